#include "tests/actors/partition/replication_model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/safety_rules.hpp"

namespace ottla {
namespace {

constexpr int64_t lag_ms = 1000;
constexpr int32_t min_insync = 2;

template <class T>
T take_at(std::vector<T>& from, size_t index) {
  T taken = std::move(from[index]);
  from.erase(from.begin() + static_cast<std::ptrdiff_t>(index));
  return taken;
}

}  // namespace

replication_model::replication_model(uint64_t seed) : random_(seed), replicas_(3) {
  level_ = below(3) == 0 ? durability::fsync : durability::replicated;
  // Each walk prefers other events: undirected walks miss what needs many of one kind.
  for (int i = 0; i < 12; ++i) weights_.push_back(1 + below(4) * below(5));
  for (auto busy : {3, 4, 5, 8}) weights_[static_cast<size_t>(busy)] += 8;  // or nothing gets done
  for (broker_id id = 1; id <= 3; ++id) {
    at(id).seat = {id, next_broker_epoch_++};
    live_[id] = at(id).seat.epoch;
    start(at(id));
  }
  record_ = new_partition({1, 2, 3}, view());
  past_.push_back(record_);
}

election_view replication_model::view() const {
  return {.live_seat = [this](broker_id id) -> std::optional<replica_seat> {
            auto found = live_.find(id);
            if (found == live_.end()) return std::nullopt;
            return replica_seat{id, found->second};
          },
          .min_insync_replicas = min_insync};
}

void replication_model::start(replica& which) {
  which.is_known = false;
  which.progress.emplace(which.seat.id, replication_rules{level_, min_insync, lag_ms},
                         [this](const replica_seat& seat) {
                           auto found = live_.find(seat.id);
                           return found != live_.end() && found->second == seat.epoch;
                         });
}

// --- replicas ---

void replication_model::hear(replica& which, const partition_record& record) {
  const bool is_newer = !which.is_known || record.partition_epoch > which.known.partition_epoch;
  if (!is_newer && is_kept(safety_rule::newer_record_only)) return;
  const bool is_new_epoch = !which.is_known || record.leader_epoch != which.known.leader_epoch;
  // An old record of an earlier life names a seat that is not this one (F2).
  which.known = record;
  which.is_known = true;
  const replica_seats seats{record.replicas, record.isr, record.partition_epoch};
  if (which.leads()) {
    if (is_new_epoch) {
      which.progress->lead(record.leader_epoch, seats, now_ms_);
      which.progress->epoch_began(record.leader_epoch, static_cast<log_offset>(which.log.size()));
    } else {
      which.progress->apply(seats, now_ms_);
    }
  } else if (is_new_epoch) {
    which.progress->follow();
  }
}

void replication_model::append(replica& which) {
  if (!which.leads() || which.log.size() > 40) return;
  which.log.push_back({which.known.leader_epoch, next_value_++});
  which.progress->log_moved(static_cast<log_offset>(which.log.size()),
                            static_cast<log_offset>(which.flushed), now_ms_);
}

void replication_model::flush(replica& which) {
  which.flushed = which.log.size();
  which.progress->log_moved(static_cast<log_offset>(which.log.size()),
                            static_cast<log_offset>(which.flushed), now_ms_);
}

void replication_model::ask(replica& which) {
  if (!which.follows() || fetches_.size() > 6) return;
  if (level_ == durability::fsync) flush(which);  // it asks only when the disk has everything
  fetches_.push_back({which.seat, which.known.leader.id, which.known.leader_epoch,
                      static_cast<log_offset>(which.log.size()), last_epoch_of(which)});
}

std::pair<leader_epoch, log_offset> replication_model::end_of(const std::vector<entry>& log,
                                                              leader_epoch epoch) {
  auto end = static_cast<log_offset>(log.size());
  while (end > 0 && log[static_cast<size_t>(end - 1)].epoch > epoch) --end;
  return {end == 0 ? no_leader_epoch : log[static_cast<size_t>(end - 1)].epoch, end};
}

void replication_model::serve(const fetch& asked) {
  auto& leader = at(asked.to);
  if (!leader.leads() || leader.known.leader_epoch != asked.epoch) return;
  answer given{.asked = asked};
  const auto end = end_of(leader.log, asked.last_epoch);
  const bool parts =
      asked.last_epoch >= 0 && (end.first != asked.last_epoch || end.second < asked.offset);
  if (parts) {
    given.parts_at = end;
    if (is_kept(safety_rule::diverging_fetch_does_not_count)) {
      answers_.push_back(std::move(given));
      return;
    }
  }
  if (!leader.progress->fetched(asked.from, asked.offset, now_ms_)) return;
  leader.progress->raise(now_ms_);
  for (auto i = static_cast<size_t>(asked.offset); i < leader.log.size() && !parts; ++i) {
    given.entries.push_back(leader.log[i]);
    if (below(3) == 0) break;
  }
  given.high_watermark = leader.progress->high_watermark();
  answers_.push_back(std::move(given));
}

leader_epoch replication_model::last_epoch_of(const replica& which) {
  return which.log.empty() ? no_leader_epoch : which.log.back().epoch;
}

void replication_model::take(answer& given) {
  auto& which = at(given.asked.from.id);
  if (which.seat != given.asked.from || !which.follows()) return;
  const auto end = static_cast<log_offset>(which.log.size());
  const bool fits = which.known.leader_epoch == given.asked.epoch &&
                    which.known.leader.id == given.asked.to && end == given.asked.offset &&
                    last_epoch_of(which) == given.asked.last_epoch;
  if (!fits && is_kept(safety_rule::answer_fits_question)) return;
  if (given.parts_at) {
    const auto own = end_of(which.log, given.parts_at->first);
    const auto cut = given.parts_at->first < 0 ? 0 : std::min(own.second, given.parts_at->second);
    if (cut < which.progress->high_watermark() && !which.known.recovering) {
      broken_ = fmt::format("replica {} would have to cut below its high watermark", which.seat.id);
      return;
    }
    which.log.resize(static_cast<size_t>(std::min(cut, end)));
    which.flushed = std::min(which.flushed, which.log.size());
    which.progress->log_cut(static_cast<log_offset>(which.log.size()));
    return;
  }
  which.log.insert(which.log.end(), given.entries.begin(), given.entries.end());
  which.progress->log_moved(static_cast<log_offset>(which.log.size()),
                            static_cast<log_offset>(which.flushed), now_ms_);
  which.progress->heard(given.high_watermark);
}

// --- the controller ---

void replication_model::propose(replica& which) {
  if (!which.leads()) return;
  which.progress->raise(now_ms_);
  if (auto made = which.progress->next_proposal(now_ms_)) {
    wishes_.push_back({which.seat, std::move(*made)});
  }
}

void replication_model::judge(const wish& made, bool answer_is_lost) {
  auto& from = at(made.from.id);
  const bool is_same =
      from.seat == made.from && from.leads() && from.known.leader_epoch == made.proposal.epoch;
  const auto refuse = [&](isr_refusal why) {
    if (is_same) from.progress->refused(made.proposal.number, why, now_ms_);
  };
  if (answer_is_lost) refuse(isr_refusal::unknown);  // and it arrives nevertheless, perhaps
  if (record_.leader != made.from || record_.leader_epoch != made.proposal.epoch ||
      record_.partition_epoch != made.proposal.partition_epoch) {
    return refuse(isr_refusal::superseded);
  }
  for (const auto& member : made.proposal.isr) {
    if (view().live_seat(member.id) != member) return refuse(isr_refusal::not_applied);
  }
  alter_isr(record_, made.proposal.isr, view());
  past_.push_back(record_);
  if (is_same && !answer_is_lost) hear(from, record_);
}

void replication_model::lose_session(replica& which) {
  if (live_.erase(which.seat.id) == 0) return;
  if (broker_gone(record_, which.seat.id, view())) past_.push_back(record_);
}

void replication_model::come_back(replica& which, bool lost_power) {
  lose_session(which);
  const bool keeps_seat = !lost_power || level_ == durability::fsync;
  if (lost_power) which.log.resize(which.flushed);
  const auto high_watermark = which.progress->high_watermark();
  which.seat.epoch = next_broker_epoch_++;
  start(which);
  const auto end = static_cast<log_offset>(which.log.size());
  which.progress->opened_at(
      end, static_cast<log_offset>(which.flushed),
      static_cast<log_offset>(below(static_cast<size_t>(high_watermark) + 1)));
  live_[which.seat.id] = which.seat.epoch;
  const auto verdict = keeps_seat ? seat_verdict::keep : seat_verdict::remove;
  if (broker_returned(record_, which.seat, verdict, view())) past_.push_back(record_);
}

// --- steps and checks ---

bool replication_model::step() {
  size_t sum = 0;
  for (auto weight : weights_) sum += weight;
  auto pick = below(sum);
  size_t event = 0;
  while (pick >= weights_[event]) pick -= weights_[event++];
  auto& which = at(static_cast<broker_id>(1 + below(3)));
  switch (event) {
    case 0:
      append(at(record_.leader.id == no_broker ? which.seat.id : record_.leader.id));
      break;
    case 1:
      append(which);
      break;
    case 2:
      flush(which);
      break;
    case 3:
      ask(which);
      break;
    case 4:
      if (!fetches_.empty()) serve(take_at(fetches_, below(fetches_.size())));
      break;
    case 5:
      if (!answers_.empty()) {
        auto given = take_at(answers_, below(answers_.size()));
        take(given);
      }
      break;
    case 6:
      propose(which);
      break;
    case 7:
      if (!wishes_.empty()) {
        const auto index = below(wishes_.size());
        const bool stays = below(4) == 0;  // it arrives later: its sender hears nothing meanwhile
        const auto made = wishes_[index];
        if (stays) {
          if (at(made.from.id).seat == made.from && at(made.from.id).leads()) {
            at(made.from.id).progress->refused(made.proposal.number, isr_refusal::unknown, now_ms_);
          }
        } else {
          wishes_.erase(wishes_.begin() + static_cast<std::ptrdiff_t>(index));
          judge(made, below(4) == 0);
        }
      }
      break;
    case 8:
      hear(which, record_);
      break;
    case 9:
      if (below(4) == 0) hear(which, past_[below(past_.size())]);
      break;
    case 10:
      now_ms_ += below(2) == 0 ? 100 : lag_ms + 1;
      break;
    default:
      if (below(6) != 0) break;
      if (below(2) == 0) {
        lose_session(which);
      } else {
        come_back(which, below(2) == 0);
      }
  }
  check();
  return broken_.empty();
}

void replication_model::check() {
  for (auto& each : replicas_) {
    if (!each.leads()) continue;
    const auto high_watermark = static_cast<size_t>(each.progress->high_watermark());
    for (size_t i = 0; i < high_watermark; ++i) {
      if (i < shown_.size() && !(shown_[i] == each.log[i])) {
        broken_ = fmt::format("leader {} shows another record at {}", each.seat.id, i);
        return;
      }
      if (i >= shown_.size()) shown_.push_back(each.log[i]);
    }
  }
  for (const auto& seat : record_.isr) check_member(seat);
  for (const auto& seat : record_.eligible) check_member(seat);
}

/// Whoever may be elected has all that was shown.
void replication_model::check_member(const replica_seat& seat) {
  const auto& log = at(seat.id).log;
  const bool has_all =
      log.size() >= shown_.size() && std::equal(shown_.begin(), shown_.end(), log.begin());
  if (!has_all && broken_.empty()) {
    broken_ = fmt::format("replica {} may lead without what was shown", seat.id);
  }
}

}  // namespace ottla
