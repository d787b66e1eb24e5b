// Proposals for in-sync replicas as actors say them, and as they go between brokers.
#pragma once

#include "actors/interfaces.hpp"
#include "protocol/messages/propose_isrs.hpp"

namespace ottla {

propose_isrs_request to_request(const alter_partitions& wanted);
/// `leader`: who has proved to ask. The proposals have no numbers: those are the leader's own.
alter_partitions to_proposals(const propose_isrs_request& request, const replica_seat& leader);

propose_isrs_response to_response(const partitions_altered& altered);
partitions_altered to_altered(const propose_isrs_response& response);

}  // namespace ottla
