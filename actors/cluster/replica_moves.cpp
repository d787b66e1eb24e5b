#include "actors/cluster/replica_moves.hpp"

#include <algorithm>

namespace ottla {
namespace {

using broker_ids = std::vector<broker_id>;

bool holds(const broker_ids& ids, broker_id id) {
  return std::ranges::find(ids, id) != ids.end();
}

broker_ids without(broker_ids ids, const broker_ids& others) {
  std::erase_if(ids, [&](broker_id id) { return holds(others, id); });
  return ids;
}

broker_ids common(broker_ids ids, const broker_ids& others) {
  std::erase_if(ids, [&](broker_id id) { return !holds(others, id); });
  return ids;
}

// Whether the partition has what it needs without `leaving`: somebody in sync, and a leader.
bool can_shed(const partition_record& record, const broker_ids& leaving,
              const election_view& view) {
  const auto stays = [&](const replica_seat& seat) { return !holds(leaving, seat.id); };
  if (holds(leaving, record.leader.id)) {
    return std::ranges::any_of(record.isr, [&](const replica_seat& seat) {
      return stays(seat) && view.live_seat(seat.id) == seat;
    });
  }
  return std::ranges::any_of(record.isr, stays) || std::ranges::any_of(record.eligible, stays);
}

// Whether producers with acks=all would be refused once `leaving` have left, and are served now.
bool ends_below_minimum(const partition_record& record, const broker_ids& leaving,
                        const election_view& view) {
  const auto stays =
      std::ranges::count_if(record.isr, [&](const auto& seat) { return !holds(leaving, seat.id); });
  const auto left = std::ssize(record.replicas) - std::ssize(leaving);
  const auto needed = std::min<ptrdiff_t>(view.min_insync_replicas, left);
  return stays < needed && stays < std::ssize(record.isr);
}

// Takes replicas away whose data is to be removed. Somebody who stays leads.
void shed(partition_record& record, const broker_ids& leaving, const election_view& view) {
  if (leaving.empty()) return;
  const auto leaves = [&](const replica_seat& seat) { return holds(leaving, seat.id); };
  auto isr = record.isr;
  std::erase_if(isr, leaves);
  alter_isr(record, std::move(isr), view);
  std::erase_if(record.eligible, leaves);
  std::erase_if(record.failed, leaves);
  record.last_known_eligible = without(std::move(record.last_known_eligible), leaving);
  record.replicas = without(std::move(record.replicas), leaving);
  for (auto id : leaving) {
    if (!holds(record.removing, id)) record.removing.push_back(id);
  }
  ++record.leader_epoch;  // whoever has left can neither fetch nor be counted any more
  if (!holds(leaving, record.leader.id)) return;
  record.leader = {};
  elect_if_leaderless(record, view);
}

}  // namespace

bool is_moving(const partition_record& record) {
  return !record.adding.empty() || !leaving_replicas(record).empty();
}

broker_ids leaving_replicas(const partition_record& record) {
  return common(record.removing, record.replicas);
}

bool owes_removal(const partition_record& record, broker_id id) {
  return holds(record.removing, id) && !holds(record.replicas, id);
}

error_code move_replicas(partition_record& record, const broker_ids& target,
                         const election_view& view) {
  if (!is_moving(record) && record.replicas == target) return error_code::none;
  const auto unwanted = without(record.adding, target);
  if (!unwanted.empty() && !can_shed(record, unwanted, view)) {
    return error_code::invalid_replica_assignment;
  }
  const auto settled = without(record.replicas, record.adding);
  const auto leaving = without(settled, target);
  shed(record, unwanted, view);
  const auto owing = without(record.removing, record.replicas);
  record.adding = without(target, settled);
  record.replicas = target;
  record.replicas.insert(record.replicas.end(), leaving.begin(), leaving.end());
  record.removing = without(owing, target);
  record.removing.insert(record.removing.end(), leaving.begin(), leaving.end());
  ++record.partition_epoch;
  finish_move(record, view);
  return error_code::none;
}

error_code cancel_move(partition_record& record, const election_view& view) {
  if (!is_moving(record)) return error_code::no_reassignment_in_progress;
  return move_replicas(record, without(record.replicas, record.adding), view);
}

bool finish_move(partition_record& record, const election_view& view) {
  if (!is_moving(record)) return false;
  const auto leaving = leaving_replicas(record);
  const bool all_in_sync = std::ranges::all_of(record.adding, [&](broker_id id) {
    return std::ranges::find(record.isr, id, &replica_seat::id) != record.isr.end();
  });
  if (!all_in_sync || !can_shed(record, leaving, view)) return false;
  if (ends_below_minimum(record, leaving, view)) return false;
  record.adding.clear();
  shed(record, leaving, view);
  ++record.partition_epoch;
  return true;
}

bool data_removed(partition_record& record, broker_id by) {
  if (!owes_removal(record, by)) return false;
  std::erase(record.removing, by);
  ++record.partition_epoch;
  return true;
}

}  // namespace ottla
