#include "actors/partition/replica_progress.hpp"

#include <algorithm>
#include <utility>

#include "protocol/safety_rules.hpp"

namespace ottla {

// --- the replica's own log ---

void replica_progress::opened_at(log_offset log_end, log_offset flushed,
                                 log_offset high_watermark) {
  log_end_ = log_end;
  flushed_ = std::min(flushed, log_end);
  high_watermark_ = std::min(high_watermark, log_end);
}

bool replica_progress::log_moved(log_offset log_end, log_offset flushed, int64_t now_ms) {
  if (log_end > log_end_) {
    // Whoever had everything until now begins to lag now, not when it last asked.
    for (auto& each : followers_) {
      if (each.log_end >= log_end_) each.caught_up_ms = now_ms;
    }
    log_end_ = log_end;
  }
  flushed_ = std::max(flushed_, flushed);
  return raise(now_ms);
}

void replica_progress::log_cut(log_offset log_end) {
  log_end_ = log_end;
  flushed_ = std::min(flushed_, log_end);
  high_watermark_ = std::min(high_watermark_, log_end);
}

void replica_progress::log_restarted(log_offset offset) {
  log_end_ = flushed_ = high_watermark_ = offset;
}

// --- roles ---

bool replica_progress::lead(leader_epoch epoch, const replica_seats& seats, int64_t now_ms) {
  leads_ = true;
  epoch_ = epoch;
  epoch_start_ = log_end_;
  epoch_start_known_ = false;
  if (is_kept(safety_rule::followers_begin_anew)) followers_.clear();
  forget_proposal();
  seat(seats);
  for (auto& each : followers_) {
    each.caught_up_ms = now_ms;  // the time to catch up begins with the epoch
    each.leader_end_then = log_end_;
  }
  return raise(now_ms);
}

void replica_progress::epoch_began(leader_epoch epoch, log_offset start) {
  if (!leads_ || epoch != epoch_) return;
  epoch_start_ = start;
  epoch_start_known_ = true;
}

void replica_progress::follow() {
  leads_ = false;
  if (is_kept(safety_rule::followers_begin_anew)) followers_.clear();
  pending_.reset();
}

bool replica_progress::apply(const replica_seats& seats, int64_t now_ms) {
  const bool is_newer = seats.partition_epoch > seats_.partition_epoch;
  if (!leads_ || (!is_newer && is_kept(safety_rule::newer_record_only))) return false;
  // The controller accepts a proposal only for the record that it was made for, so none that was
  // made for an older one can be applied any more.
  forget_proposal();
  seat(seats);
  return raise(now_ms);
}

bool replica_progress::set_rules(const replication_rules& rules, int64_t now_ms) {
  rules_ = rules;
  return raise(now_ms);
}

/// Takes over who is a replica and who is in sync, keeping what is known of each.
void replica_progress::seat(const replica_seats& seats) {
  seats_ = seats;
  std::vector<follower> now;
  for (auto id : seats.replicas) {
    if (id == self_) continue;
    auto* known = find(id);
    now.push_back(known != nullptr ? *known : follower{.id = id});
    now.back().in_sync = std::ranges::find(seats.isr, id, &replica_seat::id) != seats.isr.end();
  }
  followers_ = std::move(now);
}

void replica_progress::forget_proposal() {
  pending_.reset();
  not_before_ms_ = 0;
  for (auto& each : followers_) each.proposed = each.doubtful = false;
}

replica_progress::follower* replica_progress::find(broker_id id) {
  auto found = std::ranges::find(followers_, id, &follower::id);
  return found == followers_.end() ? nullptr : &*found;
}

// --- high watermark ---

log_offset replica_progress::safe_here() const {
  const bool on_disk =
      rules_.level == durability::fsync && is_kept(safety_rule::leader_counts_flushed);
  return on_disk ? std::min(flushed_, log_end_) : log_end_;
}

bool replica_progress::is_caught_up(const follower& each, int64_t now_ms) const {
  if (each.log_end < 0) return false;
  return each.log_end >= log_end_ || now_ms - each.caught_up_ms <= rules_.lag_time_max_ms;
}

/// Whether the high watermark waits for this follower.
bool replica_progress::counts(const follower& each, int64_t now_ms) const {
  const bool leaving = each.in_sync && pending_ && !each.proposed;
  if (each.in_sync && (!leaving || is_kept(safety_rule::leaving_member_counts))) return true;
  if (each.proposed && is_kept(safety_rule::proposed_member_counts)) return true;
  if (each.doubtful) return true;
  // One that has nearly caught up: without waiting it would chase the high watermark for ever.
  return is_caught_up(each, now_ms) && is_kept(safety_rule::proposed_member_counts) &&
         may_join_({each.id, each.epoch});
}

bool replica_progress::raise(int64_t now_ms) {
  if (!leads_) return false;
  const auto needed = std::min<size_t>(static_cast<size_t>(std::max(rules_.min_insync_replicas, 1)),
                                       seats_.replicas.size());
  if (seats_.isr.size() < needed && is_kept(safety_rule::high_watermark_needs_min_insync)) {
    return false;
  }
  auto safe = safe_here();
  for (const auto& each : followers_) {
    if (safe <= high_watermark_) return false;
    if (counts(each, now_ms)) safe = std::min(safe, each.log_end);
  }
  if (safe <= high_watermark_) return false;
  high_watermark_ = safe;
  return true;
}

bool replica_progress::heard(log_offset leader_high_watermark) {
  const auto now = std::min(leader_high_watermark, log_end_);
  if (leads_ || now <= high_watermark_) return false;
  high_watermark_ = now;
  return true;
}

// --- followers ---

bool replica_progress::fetched(const replica_seat& from, log_offset offset, int64_t now_ms) {
  auto* known = leads_ ? find(from.id) : nullptr;
  if (known == nullptr || from.epoch < known->epoch) return false;
  known->epoch = from.epoch;
  if (offset >= log_end_) {
    known->caught_up_ms = now_ms;
  } else if (offset >= known->leader_end_then && known->log_end >= 0) {
    known->caught_up_ms = std::max(known->caught_up_ms, known->fetched_ms);
  }
  known->log_end = offset;
  known->fetched_ms = now_ms;
  known->leader_end_then = log_end_;
  return true;
}

bool replica_progress::lags(const follower& each, int64_t now_ms) const {
  return each.in_sync && each.log_end < log_end_ &&
         now_ms - each.caught_up_ms > rules_.lag_time_max_ms;
}

bool replica_progress::joins(const follower& each, int64_t now_ms) const {
  if (each.in_sync || each.log_end < high_watermark_) return false;
  // Or whoever has just left would return at once while the high watermark stands still.
  if (!is_caught_up(each, now_ms)) return false;
  if (is_kept(safety_rule::join_from_epoch_start) &&
      (!epoch_start_known_ || each.log_end < epoch_start_)) {
    return false;
  }
  return !is_kept(safety_rule::join_with_present_incarnation) || may_join_({each.id, each.epoch});
}

std::vector<replica_seat> replica_progress::wanted_isr(int64_t now_ms) const {
  std::vector<replica_seat> wanted;
  for (const auto& member : seats_.isr) {
    auto known = std::ranges::find(followers_, member.id, &follower::id);
    if (known == followers_.end() || !lags(*known, now_ms)) wanted.push_back(member);
  }
  for (const auto& each : followers_) {
    if (joins(each, now_ms)) wanted.push_back({each.id, each.epoch});
  }
  return wanted;
}

std::optional<isr_proposal> replica_progress::next_proposal(int64_t now_ms) {
  if (!leads_ || followers_.empty() || now_ms < not_before_ms_) return std::nullopt;
  if (pending_) {
    if (!std::exchange(pending_->send, false)) return std::nullopt;
    return pending_->proposal;
  }
  bool in_doubt = false;
  bool is_change = false;
  for (const auto& each : followers_) {
    in_doubt = in_doubt || each.doubtful;
    is_change = is_change || lags(each, now_ms) || joins(each, now_ms);
  }
  // A record that says the same as before settles a doubt: nothing older can be applied after it.
  if (!is_change && !in_doubt) return std::nullopt;
  isr_proposal made{++last_number_, epoch_, seats_.partition_epoch, wanted_isr(now_ms)};
  for (const auto& member : made.isr) {
    if (auto* each = find(member.id)) each->proposed = true;
  }
  pending_ = pending{made};
  return made;
}

std::optional<broker_id> replica_progress::best_of(std::span<const broker_id> brokers,
                                                   log_offset offset) const {
  const follower* best = nullptr;
  for (const auto& each : followers_) {
    if (!each.in_sync || each.log_end < offset) continue;
    if (std::ranges::find(brokers, each.id) == brokers.end()) continue;
    if (best == nullptr || each.log_end > best->log_end) best = &each;
  }
  return best == nullptr ? std::nullopt : std::optional{best->id};
}

void replica_progress::refused(uint64_t number, isr_refusal why, int64_t now_ms) {
  if (!pending_ || pending_->proposal.number != number) return;
  if (why == isr_refusal::superseded) return;  // what is in force now comes with the newer record
  not_before_ms_ = now_ms + proposal_backoff_ms;
  if (why == isr_refusal::unknown && is_kept(safety_rule::unknown_answer_counts)) {
    pending_->send = pending_->was_in_doubt = true;
    return;
  }
  // Not applied this time; but an earlier sending of it may still be on its way.
  for (auto& each : followers_) {
    each.doubtful = each.doubtful || (pending_->was_in_doubt && each.proposed);
    each.proposed = false;
  }
  pending_.reset();
}

std::optional<int64_t> replica_progress::next_look_ms(int64_t now_ms) const {
  if (!leads_) return std::nullopt;
  std::optional<int64_t> next;
  const auto consider = [&](int64_t at_ms) { next = next ? std::min(*next, at_ms) : at_ms; };
  if (pending_ && pending_->send) consider(not_before_ms_);
  for (const auto& each : followers_) {
    if (each.doubtful && !pending_) consider(not_before_ms_);
    if (each.log_end >= log_end_) continue;
    const bool may_leave = each.in_sync && !pending_;
    const bool holds_back = !each.in_sync && is_caught_up(each, now_ms);
    if (may_leave || holds_back) consider(each.caught_up_ms + rules_.lag_time_max_ms + 1);
  }
  if (next) next = std::max(*next, std::max(now_ms, pending_ ? now_ms : not_before_ms_));
  return next;
}

size_t replica_progress::maximal_isr_size() const {
  auto size = seats_.isr.size();
  for (const auto& each : followers_) {
    if (!each.in_sync && (each.proposed || each.doubtful)) ++size;
  }
  return size;
}

}  // namespace ottla
