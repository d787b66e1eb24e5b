#include "actors/cluster/isr_messages.hpp"

namespace ottla {
namespace {

using member = propose_isrs_request::member;

std::vector<member> members_of(const std::vector<replica_seat>& seats) {
  std::vector<member> members;
  for (const auto& seat : seats) members.push_back({seat.id, seat.epoch});
  return members;
}

std::vector<replica_seat> seats_of(const std::vector<member>& members) {
  std::vector<replica_seat> seats;
  for (const auto& each : members) seats.push_back({each.broker_id, each.broker_epoch});
  return seats;
}

// Numbers of ProposeIsrs.
constexpr int8_t accepted = 0, not_applied = 1, superseded = 2, unknown = 3;

}  // namespace

propose_isrs_request to_request(const alter_partitions& wanted) {
  propose_isrs_request request;
  for (const auto& [which, proposal] : wanted.proposals) {
    request.proposals.push_back({which.topic_id, which.partition, proposal.epoch,
                                 proposal.partition_epoch, members_of(proposal.isr)});
  }
  return request;
}

alter_partitions to_proposals(const propose_isrs_request& request, const replica_seat& leader) {
  alter_partitions wanted{.leader = leader};
  for (const auto& each : request.proposals) {
    wanted.proposals.push_back({{each.topic_id, each.partition_index},
                                {.epoch = each.leader_epoch,
                                 .partition_epoch = each.partition_epoch,
                                 .isr = seats_of(each.isr)}});
  }
  return wanted;
}

propose_isrs_response to_response(const partitions_altered& altered) {
  propose_isrs_response response{.error_code = altered.error};
  for (const auto& answer : altered.answers) {
    auto& result = response.results.emplace_back();
    if (answer.committed) {
      result.refusal = accepted;
      result.partition_epoch = answer.committed->partition_epoch;
      result.replicas = answer.committed->replicas;
      result.isr = members_of(answer.committed->isr);
    } else {
      result.refusal = answer.refusal == isr_refusal::not_applied  ? not_applied
                       : answer.refusal == isr_refusal::superseded ? superseded
                                                                   : unknown;
    }
  }
  return response;
}

partitions_altered to_altered(const propose_isrs_response& response) {
  partitions_altered altered{.error = response.error_code};
  for (const auto& result : response.results) {
    auto& answer = altered.answers.emplace_back();
    if (result.refusal == accepted) {
      answer.committed =
          replica_seats{result.replicas, seats_of(result.isr), result.partition_epoch};
    } else if (result.refusal == not_applied) {
      answer.refusal = isr_refusal::not_applied;
    } else if (result.refusal == superseded) {
      answer.refusal = isr_refusal::superseded;
    }
  }
  return altered;
}

}  // namespace ottla
