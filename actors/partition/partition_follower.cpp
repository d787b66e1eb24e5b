// The follower's side of a partition: it makes its log a copy of the leader's.
#include <caf/send.hpp>
#include <utility>

#include "actors/partition/partition_actor.hpp"
#include "actors/runtime/log.hpp"

namespace ottla {
namespace {

using position_promise = owed_answer<follower_position>;

void refuse(position_promise promise, error_code error) {
  promise.deliver(follower_position{.error = error});
}

/// For requests to a log that has ended.
auto no_log(const position_promise& promise) {
  return [promise](const caf::error&) { refuse(promise, error_code::kafka_storage_error); };
}

}  // namespace

bool partition_actor::follows(leader_epoch epoch) const {
  return assignment_.role == partition_role::follower && assignment_.epoch == epoch;
}

caf::result<follower_position> partition_actor::begin(const begin_following& wanted) {
  if (failed_) return follower_position{.error = error_code::kafka_storage_error};
  if (!follows(wanted.epoch) || stopped_in_ == wanted.epoch) {
    return follower_position{.error = error_code::fenced_leader_epoch};
  }
  auto promise = owe<follower_position>();
  this->request(log_, caf::infinite, log_follow{})
      .then(
          [=, this](const log_facts& facts) {
            if (!follows(wanted.epoch)) {
              return refuse(promise, error_code::fenced_leader_epoch);
            }
            log_moved(facts.log_end_offset, facts.flushed_offset);
            go_on(facts, promise);
          },
          no_log(promise));
  return promise.promise();
}

caf::result<follower_position> partition_actor::apply(apply_fetched& fetched) {
  if (failed_) return follower_position{.error = error_code::kafka_storage_error};
  // F5: an answer counts only where nothing has changed since the question.
  if (!follows(fetched.epoch)) return follower_position{.error = error_code::fenced_leader_epoch};
  if (fetched.fetch_offset != progress_.log_end() || fetched.last_fetched_epoch != last_epoch_) {
    return follower_position{.error = error_code::offset_not_available};
  }
  auto promise = owe<follower_position>();
  if (fetched.diverging) {
    cut_to_leader(fetched, promise);
  } else if (fetched.error == error_code::offset_out_of_range &&
             fetched.leader_log_start > fetched.fetch_offset) {
    restart_at(fetched.leader_log_start, promise);
  } else if (fetched.error != error_code::none) {
    refuse(promise, fetched.error);
  } else {
    append_fetched(fetched, promise);
  }
  return promise.promise();
}

void partition_actor::append_fetched(apply_fetched& fetched, position_promise promise) {
  const auto leader_high_watermark = fetched.leader_high_watermark;
  const auto leader_log_start = fetched.leader_log_start;
  if (fetched.records.empty()) {
    if (progress_.heard(leader_high_watermark)) high_watermark_rose();
    follow_log_start(leader_log_start);
    return answer_when_safe(promise, {.fetch_offset = progress_.log_end(),
                                      .last_fetched_epoch = last_epoch_,
                                      .log_start_offset = log_start_,
                                      .high_watermark = progress_.high_watermark()});
  }
  this->request(log_, caf::infinite, log_append_fetched{std::move(fetched.records)})
      .then(
          [=, this, epoch = fetched.epoch](const log_appended& ended) {
            count_appended(ended);
            log_moved(ended.log_end_offset, ended.flushed_offset);
            if (ended.result.error != error_code::none) {
              log::warn("partition", "{}: what the leader sent was refused: {}", to_string(which_),
                        ended.result.message);
              return refuse(promise, ended.result.error);
            }
            last_epoch_ = ended.latest_epoch;
            if (!follows(epoch)) {
              return refuse(promise, error_code::fenced_leader_epoch);
            }
            if (progress_.heard(leader_high_watermark)) high_watermark_rose();
            follow_log_start(leader_log_start);
            answer_when_safe(promise, {.fetch_offset = ended.log_end_offset,
                                       .last_fetched_epoch = last_epoch_,
                                       .log_start_offset = log_start_,
                                       .high_watermark = progress_.high_watermark()});
          },
          no_log(promise));
}

/// Cuts back to where both logs agree. Below the high watermark everything agrees: a leader that
/// says otherwise has lost what was acknowledged, and only a recovering one is believed.
void partition_actor::cut_to_leader(const apply_fetched& fetched, position_promise promise) {
  const auto keep_below = assignment_.recovering ? 0 : progress_.high_watermark();
  const auto leader_end = *fetched.diverging;
  this->request(log_, caf::infinite, log_truncate{leader_end, keep_below})
      .then(
          [=, this, epoch = fetched.epoch](const log_facts& facts) {
            if (facts.error == error_code::corrupt_message) {
              log::error("partition",
                         "{}: the leader {} has epoch {} only to offset {}, but everything below "
                         "{} was acknowledged. This replica stops rather than lose it",
                         to_string(which_), assignment_.leader, leader_end.epoch,
                         leader_end.end_offset, keep_below);
              stopped_in_ = epoch;
              return refuse(promise, error_code::fenced_leader_epoch);
            }
            if (facts.error != error_code::none) {
              return refuse(promise, facts.error);
            }
            progress_.log_cut(facts.log_end_offset);
            hidden_bytes_.clear();
            last_epoch_ = facts.latest_epoch;
            if (!follows(epoch)) {
              return refuse(promise, error_code::fenced_leader_epoch);
            }
            go_on(facts, promise);
          },
          no_log(promise));
}

/// The leader has dropped what this replica would need next: it begins where the leader does.
void partition_actor::restart_at(log_offset offset, position_promise promise) {
  log::info("partition", "{}: begins anew at offset {}, where the leader's log starts",
            to_string(which_), offset);
  this->request(log_, caf::infinite, log_restart_at{offset})
      .then(
          [=, this](const log_facts& facts) {
            if (facts.error != error_code::none) {
              return refuse(promise, facts.error);
            }
            progress_.log_restarted(facts.log_end_offset);
            hidden_bytes_.clear();
            log_start_ = facts.log_start_offset;
            go_on(facts, promise);
          },
          no_log(promise));
}

void partition_actor::follow_log_start(log_offset leader_log_start) {
  const auto start = std::min(leader_log_start, progress_.log_end());
  if (start <= log_start_ || resting_) return;  // then the next answer of the leader says it again
  log_start_ = start;
  this->request(log_, caf::infinite, log_advance_start{start})
      .then([](const log_facts&) {}, [](const caf::error&) {});
}

void partition_actor::go_on(const log_facts& facts, position_promise promise) {
  last_epoch_ = facts.latest_epoch;
  log_start_ = facts.log_start_offset;
  answer_when_safe(promise, {.fetch_offset = facts.log_end_offset,
                             .last_fetched_epoch = facts.latest_epoch,
                             .log_start_offset = facts.log_start_offset,
                             .high_watermark = progress_.high_watermark()});
}

/// A fetch from an offset says that everything below it counts here. So at level fsync the next one
/// waits for the disk.
void partition_actor::answer_when_safe(position_promise promise,
                                       const follower_position& position) {
  if (assignment_.level == durability::fsync && progress_.flushed() < position.fetch_offset) {
    waiting_.push_back({std::move(promise), position});
  } else {
    promise.deliver(position);
  }
}

void partition_actor::release_followers() {
  for (auto& waiting : std::exchange(waiting_, {})) {
    answer_when_safe(std::move(waiting.promise), waiting.position);
  }
}

}  // namespace ottla
