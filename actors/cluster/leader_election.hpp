// Who leads a partition and who is in sync, when brokers come, go and return. Pure functions on
// records: the rules of KIP-966 with broker epochs.
//
// Each function leaves a record alone that it does not have to change, and raises the partition
// epoch of one that it changes. Leader epochs and partition epochs only rise.
#pragma once

#include <functional>
#include <optional>

#include "protocol/error_code.hpp"
#include "storage/metadata/cluster_records.hpp"

namespace ottla {

/// What the rules ask about the cluster.
struct election_view {
  /// The seat that a broker would take now; nothing while it is gone or fenced.
  std::function<std::optional<replica_seat>(broker_id)> live_seat;
  /// Whether a live broker is about to go: it leads only what nobody else can. Null: none is.
  std::function<bool(broker_id)> is_going;
  int32_t min_insync_replicas = 1;
  bool allow_unclean = false;
};

/// A new partition: all live replicas that are not about to go are in sync, the first of them
/// leads.
partition_record new_partition(std::vector<broker_id> replicas, const election_view& view);

/// How far a returning broker's replicas can be believed.
enum class seat_verdict : uint8_t {
  keep,   ///< It has everything that it had acknowledged: its seats move to the new epoch.
  remove  ///< It may lack something: it leaves ISR and eligible replicas and has to catch up.
};

/// Judges the seats of a broker that registered as `returned`, before it is unfenced. `view` counts
/// it as live. A partition that it led gets leader epoch + 1. One whose only replica is judged
/// `remove` is led again at once with `recovering`: there is no better copy to wait for.
bool broker_returned(partition_record& record, const replica_seat& returned, seat_verdict verdict,
                     const election_view& view);

/// Takes a broker that is gone out of the ISR (it may become eligible) and moves its leadership.
bool broker_gone(partition_record& record, broker_id gone, const election_view& view);

/// Takes the replica of a broker that goes on without it (its log directory has failed) out of the
/// ISR, and moves its leadership: it leads nothing and joins no ISR in that life of the broker.
bool replica_failed(partition_record& record, const replica_seat& failed,
                    const election_view& view);

/// Takes a broker that is about to end out of an ISR that has others, and moves its leadership to
/// one of them. What nobody else has in sync stays as it is: that broker serves it to the last.
bool broker_leaves(partition_record& record, broker_id leaving, const election_view& view);

/// Moves the leadership of a broker that is about to go to another replica in sync, if there is one
/// that stays. It remains in sync itself.
bool hand_over_leadership(partition_record& record, const election_view& view);

/// Makes `isr`, which the leader has proposed and whose members are all live, the ISR. Raises the
/// partition epoch also where nothing changes: no older proposal can be accepted after it.
void alter_isr(partition_record& record, std::vector<replica_seat> isr, const election_view& view);

/// min.insync.replicas is another one from now on: with an ISR that is enough by itself nobody else
/// is eligible, also when the minimum rises again.
bool minimum_changed(partition_record& record, int32_t min_insync_replicas);

/// Gives a partition without a leader one, if the rules allow it.
bool elect_if_leaderless(partition_record& record, const election_view& view);

/// Moves leadership to the preferred replica. ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE.
error_code elect_preferred(partition_record& record, const election_view& view);

/// Gives a leaderless partition any live replica as its leader, even one that lacks records.
/// ELECTION_NOT_NEEDED, ELIGIBLE_LEADERS_NOT_AVAILABLE.
error_code elect_unclean(partition_record& record, const election_view& view);

}  // namespace ottla
