#include "actors/cluster/leader_election.hpp"

#include <algorithm>

namespace ottla {
namespace {

auto seat_of(std::vector<replica_seat>& seats, broker_id id) {
  return std::ranges::find(seats, id, &replica_seat::id);
}

bool holds(const std::vector<replica_seat>& seats, const replica_seat& seat) {
  return std::ranges::find(seats, seat) != seats.end();
}

bool is_live(const replica_seat& seat, const election_view& view) {
  return view.live_seat(seat.id) == seat;
}

// Eligible replicas are remembered only while the ISR is below the minimum: then the high watermark
// stands still, so whoever left has everything below it. To be looked at before every change of the
// ISR, too: the minimum may be a lower one than when they became eligible.
void forget_eligible(partition_record& record, int32_t min_insync_replicas) {
  if (static_cast<int32_t>(record.isr.size()) < min_insync_replicas) return;
  record.eligible.clear();
  record.last_known_eligible.clear();
}

void settle_eligible(partition_record& record, const election_view& view) {
  forget_eligible(record, view.min_insync_replicas);
  std::erase_if(record.eligible,
                [&](const auto& seat) { return seat_of(record.isr, seat.id) != record.isr.end(); });
}

void lead(partition_record& record, const replica_seat& leader) {
  record.leader = leader;
  ++record.leader_epoch;
}

bool is_going(broker_id id, const election_view& view) {
  return view.is_going && view.is_going(id);
}

// The seat that a broker can lead from now.
std::optional<replica_seat> usable_seat(const partition_record& record, broker_id id,
                                        const election_view& view) {
  const auto seat = view.live_seat(id);
  return seat && !holds(record.failed, *seat) ? seat : std::nullopt;
}

// In the order of the replica list, so that the preferred one wins if it can; one of
// `is_last_resort` only if there is no other. `seat_if_live(id)` says who can.
template <class SeatIfLive, class IsLastResort>
std::optional<replica_seat> first_of(const partition_record& record, SeatIfLive seat_if_live,
                                     IsLastResort is_last_resort) {
  std::optional<replica_seat> last_resort;
  for (auto id : record.replicas) {
    auto seat = seat_if_live(id);
    if (!seat) continue;
    if (!is_last_resort(id)) return seat;
    if (!last_resort) last_resort = seat;
  }
  return last_resort;
}

std::optional<replica_seat> first_live_of(const partition_record& record,
                                          const std::vector<replica_seat>& seats,
                                          const election_view& view) {
  const auto seat_if_live = [&](broker_id id) {
    auto found = std::ranges::find(seats, id, &replica_seat::id);
    const bool can = found != seats.end() && usable_seat(record, id, view) == *found;
    return can ? std::optional{*found} : std::nullopt;
  };
  return first_of(record, seat_if_live, [&](broker_id id) { return is_going(id, view); });
}

// The last that was known to have everything, if there is one; else any that is there, but one that
// is being added, and may hold nothing yet, only if there is no other.
std::optional<replica_seat> best_unclean(const partition_record& record,
                                         const election_view& view) {
  if (record.last_known_eligible.size() == 1) {
    if (auto last = usable_seat(record, record.last_known_eligible.front(), view)) return last;
  }
  return first_of(
      record, [&](broker_id id) { return usable_seat(record, id, view); },
      [&](broker_id id) { return std::ranges::find(record.adding, id) != record.adding.end(); });
}

// A leader from outside the ISR replaces it. The caller raises the partition epoch.
void lead_alone(partition_record& record, const replica_seat& leader, bool is_unclean) {
  record.isr = {leader};
  record.recovering = record.recovering || is_unclean;
  if (is_unclean) {
    record.eligible.clear();
    record.last_known_eligible.clear();
  }
  lead(record, leader);
}

bool elect(partition_record& record, const election_view& view) {
  forget_eligible(record, view.min_insync_replicas);
  if (auto in_sync = first_live_of(record, record.isr, view)) {
    lead(record, *in_sync);
    return true;
  }
  if (auto eligible = first_live_of(record, record.eligible, view)) {
    lead_alone(record, *eligible, false);
    settle_eligible(record, view);
    return true;
  }
  if (auto any = view.allow_unclean ? best_unclean(record, view) : std::nullopt) {
    lead_alone(record, *any, true);
    return true;
  }
  return false;
}

void remember_last_known(partition_record& record, broker_id id) {
  auto& known = record.last_known_eligible;
  if (std::ranges::find(known, id) == known.end()) known.push_back(id);
}

}  // namespace

partition_record new_partition(std::vector<broker_id> replicas, const election_view& view) {
  partition_record record;
  record.replicas = std::move(replicas);
  for (auto id : record.replicas) {
    auto seat = view.live_seat(id);
    if (seat && !is_going(id, view)) record.isr.push_back(*seat);
  }
  if (!record.isr.empty()) record.leader = record.isr.front();
  return record;
}

bool broker_returned(partition_record& record, const replica_seat& returned, seat_verdict verdict,
                     const election_view& view) {
  if (std::ranges::find(record.replicas, returned.id) == record.replicas.end()) return false;
  forget_eligible(record, view.min_insync_replicas);
  bool led = record.leader.id == returned.id && record.leader != returned;
  bool has_old_seat = std::erase_if(record.failed, [&](const replica_seat& seat) {
                        return seat.id == returned.id && seat.epoch != returned.epoch;
                      }) > 0;
  for (auto* seats : {&record.isr, &record.eligible}) {
    auto seat = seat_of(*seats, returned.id);
    if (seat == seats->end() || seat->epoch == returned.epoch) continue;
    has_old_seat = true;
    if (verdict == seat_verdict::keep) {
      seat->epoch = returned.epoch;
    } else {
      seats->erase(seat);
      remember_last_known(record, returned.id);
    }
  }
  if (led) record.leader = {};
  bool elected = false;
  if (record.leader.id == no_broker) {
    if (led && verdict == seat_verdict::keep) record.recovering = false;
    elected = elect(record, view);
    if (!elected && record.replicas.size() == 1) {
      lead_alone(record, returned, true);
      elected = true;
    }
    if (!elected && led) ++record.leader_epoch;
  }
  if (!led && !has_old_seat && !elected) return false;
  ++record.partition_epoch;
  return true;
}

bool broker_gone(partition_record& record, broker_id gone, const election_view& view) {
  auto in_sync = seat_of(record.isr, gone);
  bool led = record.leader.id == gone;
  if (in_sync == record.isr.end() && !led) return false;
  forget_eligible(record, view.min_insync_replicas);
  if (in_sync != record.isr.end()) {
    record.eligible.push_back(*in_sync);
    record.isr.erase(in_sync);
    settle_eligible(record, view);
  }
  if (led) record.leader = {};
  bool elected = led && elect(record, view);
  // The old leader's writes must not count once the ISR that acknowledged them has changed.
  if (!elected) ++record.leader_epoch;
  ++record.partition_epoch;
  return true;
}

bool replica_failed(partition_record& record, const replica_seat& failed,
                    const election_view& view) {
  const bool is_replica = std::ranges::find(record.replicas, failed.id) != record.replicas.end();
  if (!is_replica || holds(record.failed, failed)) return false;
  record.failed.push_back(failed);
  if (!broker_gone(record, failed.id, view)) ++record.partition_epoch;
  return true;
}

bool broker_leaves(partition_record& record, broker_id leaving, const election_view& view) {
  const bool has_successor = std::ranges::any_of(record.isr, [&](const replica_seat& seat) {
    return seat.id != leaving && is_live(seat, view) && !is_going(seat.id, view);
  });
  return has_successor && broker_gone(record, leaving, view);
}

bool hand_over_leadership(partition_record& record, const election_view& view) {
  if (!is_going(record.leader.id, view)) return false;
  const auto next = first_live_of(record, record.isr, view);
  if (!next || is_going(next->id, view)) return false;
  lead(record, *next);
  ++record.partition_epoch;
  return true;
}

void alter_isr(partition_record& record, std::vector<replica_seat> isr, const election_view& view) {
  forget_eligible(record, view.min_insync_replicas);
  for (const auto& member : record.isr) {
    if (seat_of(isr, member.id) != isr.end()) continue;
    std::erase_if(record.eligible, [&](const auto& seat) { return seat.id == member.id; });
    record.eligible.push_back(member);  // it has all that was shown until now
  }
  record.isr = std::move(isr);
  settle_eligible(record, view);
  ++record.partition_epoch;
}

bool minimum_changed(partition_record& record, int32_t min_insync_replicas) {
  const auto before = record.eligible.size() + record.last_known_eligible.size();
  forget_eligible(record, min_insync_replicas);
  if (record.eligible.size() + record.last_known_eligible.size() == before) return false;
  ++record.partition_epoch;
  return true;
}

bool elect_if_leaderless(partition_record& record, const election_view& view) {
  if (record.leader.id != no_broker || !elect(record, view)) return false;
  ++record.partition_epoch;
  return true;
}

error_code elect_preferred(partition_record& record, const election_view& view) {
  auto preferred = record.replicas.front();
  if (record.leader.id == preferred && is_live(record.leader, view)) {
    return error_code::election_not_needed;
  }
  auto seat = view.live_seat(preferred);
  if (!seat || !holds(record.isr, *seat) || is_going(preferred, view)) {
    return error_code::preferred_leader_not_available;
  }
  lead(record, *seat);
  ++record.partition_epoch;
  return error_code::none;
}

error_code elect_unclean(partition_record& record, const election_view& view) {
  if (record.leader.id != no_broker) return error_code::election_not_needed;
  auto allowed = view;
  allowed.allow_unclean = true;
  if (!elect(record, allowed)) return error_code::eligible_leaders_not_available;
  ++record.partition_epoch;
  return error_code::none;
}

}  // namespace ottla
