#include "actors/cluster/isr_changes.hpp"

#include <algorithm>

#include "actors/cluster/replica_moves.hpp"

namespace ottla {
namespace {

isr_proposed refusal(isr_refusal why) {
  return {.refusal = why};
}

/// Whether the ISR may be that: replicas in their present lives, each once, the leader among them.
/// Who is in it already stays, whatever becomes of it: to take it out is the controller's matter.
bool may_be_isr(const partition_record& record, const std::vector<replica_seat>& isr,
                const metadata_draft& draft) {
  if (std::ranges::find(isr, record.leader) == isr.end()) return false;
  for (const auto& member : isr) {
    const bool is_replica = std::ranges::find(record.replicas, member.id) != record.replicas.end();
    const bool is_single = std::ranges::count(isr, member.id, &replica_seat::id) == 1;
    const bool is_member = std::ranges::find(record.isr, member) != record.isr.end();
    const bool has_failed = std::ranges::find(record.failed, member) != record.failed.end();
    if (!is_replica || !is_single || has_failed) return false;
    const auto status = draft.status_of(member);
    const bool takes_part = status == broker_status::active || status == broker_status::draining;
    const bool stays = is_member && status == broker_status::stopping;
    if (!takes_part && !stays) return false;
  }
  return true;
}

isr_proposed alter_one(const change_context& context, const replica_seat& leader,
                       const topic_id_partition& which, const isr_proposal& proposal) {
  if (!context.draft.has_partition(which)) return refusal(isr_refusal::superseded);
  auto record = context.draft.partition(which.topic_id, which.partition);
  const bool is_present = record.leader == leader && record.leader_epoch == proposal.epoch &&
                          record.partition_epoch == proposal.partition_epoch;
  const bool is_live = context.draft.status_of(leader) != broker_status::fenced;
  if (!is_present) return refusal(isr_refusal::superseded);
  // A leader that is not let in yet hears of no newer record when it is: it has to ask again.
  if (!is_live) return refusal(isr_refusal::not_applied);
  if (!may_be_isr(record, proposal.isr, context.draft)) return refusal(isr_refusal::not_applied);
  const auto view = view_of(context, context.draft.find_topic(which.topic_id)->configs);
  alter_isr(record, proposal.isr, view);
  isr_proposed accepted{.committed =
                            replica_seats{record.replicas, record.isr, record.partition_epoch}};
  // The leader hears of it with the next record: until then it counts more replicas than it has to.
  finish_move(record, view);
  hand_over_leadership(record, view);
  context.draft.set_partition(which.topic_id, which.partition, std::move(record));
  return accepted;
}

}  // namespace

partitions_altered alter_isrs(const change_context& context, const alter_partitions& wanted) {
  partitions_altered altered;
  for (const auto& [which, proposal] : wanted.proposals) {
    altered.answers.push_back(alter_one(context, wanted.leader, which, proposal));
  }
  return altered;
}

}  // namespace ottla
