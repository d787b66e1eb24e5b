// Partitions that get other replicas: pure functions on records (KIP-455).
//
// While a move runs, `replicas` holds the new ones first and then those that leave; `adding` names
// the ones that were not there before, `removing` the ones that will go. A broker that has left
// stays in `removing` until it has said that its data is gone: no data is removed for another
// reason. Every change raises the partition epoch; one that takes replicas away also the leader
// epoch.
#pragma once

#include <vector>

#include "actors/cluster/leader_election.hpp"
#include "storage/metadata/cluster_records.hpp"

namespace ottla {

/// Whether replicas are on their way.
bool is_moving(const partition_record& record);

/// The replicas in `removing` that still take part, and those that only owe an answer.
std::vector<broker_id> leaving_replicas(const partition_record& record);
bool owes_removal(const partition_record& record, broker_id id);

/// Makes `target` (not empty, each broker once) the replicas that the partition is to have, in
/// place of those of a move that runs already, and finishes at once what needs no copying.
/// INVALID_REPLICA_ASSIGNMENT if replicas of the earlier move, which are not wanted any more, are
/// all that is in sync; the record is unchanged then.
error_code move_replicas(partition_record& record, const std::vector<broker_id>& target,
                         const election_view& view);

/// Gives the partition the replicas back that it had. NO_REASSIGNMENT_IN_PROGRESS;
/// INVALID_REPLICA_ASSIGNMENT as above.
error_code cancel_move(partition_record& record, const election_view& view);

/// Ends a move whose new replicas are all in sync, if a replica that stays can lead.
bool finish_move(partition_record& record, const election_view& view);

/// A broker has said that it has no data of the partition any more.
bool data_removed(partition_record& record, broker_id by);

}  // namespace ottla
