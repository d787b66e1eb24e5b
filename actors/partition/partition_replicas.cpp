// The leader's side of replication, and how a partition changes its role.
#include <algorithm>
#include <caf/send.hpp>
#include <utility>

#include "actors/partition/partition_actor.hpp"
#include "actors/runtime/log.hpp"

namespace ottla {

replication_rules partition_actor::rules() const {
  return {assignment_.level, assignment_.config.min_insync_replicas, assignment_.lag_time_max_ms};
}

// --- roles ---

void partition_actor::assign(const partition_assignment& assignment) {
  if (assignment.epoch < assignment_.epoch ||
      assignment.seats.partition_epoch < assignment_.seats.partition_epoch) {
    return;
  }
  const auto before = std::exchange(assignment_, assignment);
  if (failed_) return;
  if (assignment.config != before.config || assignment.level != before.level) {
    this->send(log_, log_configure{assignment_.config, assignment_.level});
  }
  take_role(before);
  if (progress_.set_rules(rules(), time().mono_ms())) high_watermark_rose();
  arm_look();
}

void partition_actor::take_role(const partition_assignment& before) {
  const bool is_new_epoch = assignment_.epoch != before.epoch || assignment_.role != before.role;
  if (assignment_.leads()) {
    if (is_new_epoch) return begin_to_lead();
    if (progress_.apply(assignment_.seats, time().mono_ms())) high_watermark_rose();
    propose();
  } else if (is_new_epoch) {
    progress_.follow();
    end_all(error_code::not_leader_or_follower);
  }
}

void partition_actor::begin_to_lead() {
  const auto epoch = assignment_.epoch;
  given_.clear();
  for (auto& waiting : std::exchange(waiting_, {})) {
    waiting.promise.deliver(follower_position{.error = error_code::fenced_leader_epoch});
  }
  if (progress_.lead(epoch, assignment_.seats, time().mono_ms())) high_watermark_rose();
  this->request(log_, caf::infinite, log_begin_epoch{epoch})
      .then(
          [this, epoch](const log_facts& facts) {
            // Appends under the epoch before this one may have come in between.
            log_moved(facts.log_end_offset, facts.flushed_offset);
            progress_.epoch_began(epoch, facts.log_end_offset);
            propose();
          },
          [](const caf::error&) {});
}

// --- fetches of replicas ---

/// A replica in sync is never held back: what is acknowledged would wait for it.
bool partition_actor::is_throttled(const replica_seat& replica) const {
  const auto& isr = progress_.seats().isr;
  const bool is_in_sync = std::ranges::find(isr, replica.id, &replica_seat::id) != isr.end();
  return !is_in_sync && throttle_.holds_back(key(), time().mono_ms());
}

void partition_actor::count_received(const read_partition& request) {
  auto given = given_.extract(request.replica->id);
  if (!given || request.fetch_offset <= given.mapped().first) return;
  throttle_.count(key(), given.mapped().second, time().mono_ms());
}

caf::result<read_result> partition_actor::read_for_replica(const read_partition& request) {
  auto promise = owe<read_result>();
  count_received(request);
  const bool waits = is_throttled(*request.replica);
  log_read wanted{.from = request.fetch_offset,
                  .max_bytes = waits ? 0 : request.max_bytes,
                  .upper_bound = INT64_MAX,
                  .at_least_one_batch = request.at_least_one_batch && !waits,
                  .last_fetched_epoch = request.last_fetched_epoch,
                  .copy_above = progress_.high_watermark()};
  this->request(log_, caf::infinite, wanted)
      .then(
          [=, this, epoch = assignment_.epoch](log_read_result& ended) {
            // The answer counts for the leadership that was asked, and for no other.
            auto error = check_leadership(epoch);
            if (error != error_code::none) {
              promise.deliver(answer_without_log(request, error));
              return;
            }
            has_read_for_replica(request, ended, promise);
          },
          [=, this, asked = log_](const caf::error&) {
            if (log_ != asked) return read_again(request, promise);
            promise.deliver(answer_without_log(request, error_code::kafka_storage_error));
          });
  return promise.promise();
}

void partition_actor::has_read_for_replica(const read_partition& request, log_read_result& ended,
                                           const read_promise& promise) {
  log_start_ = std::max(log_start_, ended.log_start_offset);
  const auto now_ms = time().mono_ms();
  const bool agrees = ended.error == error_code::none && !ended.diverging;
  const bool counts = !agrees || progress_.fetched(*request.replica, request.fetch_offset, now_ms);
  if (!counts) {
    promise.deliver(answer_without_log(request, error_code::not_leader_or_follower));
    return;
  }
  if (agrees && progress_.raise(now_ms)) high_watermark_rose();
  auto answer = answer_without_log(request, ended.error);
  answer.log_start_offset = log_start_;  // also where the replica is out of range
  answer.diverging = ended.diverging;
  const auto bytes = size_bytes(ended.records);
  traffic_.replicated_bytes += bytes;
  if (bytes > 0 && throttle_.quota && throttle_.quota->is_limited()) {
    given_[request.replica->id] = {request.fetch_offset, bytes};
  }
  if (agrees && request.watch && bytes < request.watch->below_bytes) {
    replica_watches_.add(*request.watch, bytes, appended_bytes_);
  }
  answer.records = std::move(ended.records);
  promise.deliver(std::move(answer));
  propose();
}

// --- the ISR ---

void partition_actor::look_at_replicas() {
  look_timer_ = {};
  if (progress_.raise(time().mono_ms())) high_watermark_rose();
  propose();
}

void partition_actor::propose() {
  if (failed_) return;  // whom it does not serve has not fallen behind
  auto proposal = proposals_ ? progress_.next_proposal(time().mono_ms()) : std::nullopt;
  arm_look();
  if (!proposal) return;
  const auto number = proposal->number;
  this->request(proposals_, caf::infinite, propose_isr{key(), std::move(*proposal)})
      .then([this, number](const isr_proposed& ended) { proposal_ended(number, ended); },
            [this, number](const caf::error&) { proposal_ended(number, {}); });
}

void partition_actor::proposal_ended(uint64_t number, const isr_proposed& ended) {
  if (failed_ || !assignment_.leads()) return;
  if (ended.committed) {
    if (ended.committed->partition_epoch <= assignment_.seats.partition_epoch) return;
    assignment_.seats = *ended.committed;
    if (progress_.apply(assignment_.seats, time().mono_ms())) high_watermark_rose();
  } else {
    progress_.refused(number, ended.refusal, time().mono_ms());
    if (progress_.raise(time().mono_ms())) high_watermark_rose();
  }
  propose();
}

/// Time matters only while a replica lags or a proposal has to be sent again.
void partition_actor::arm_look() {
  if (look_timer_ || failed_) return;
  const auto now_ms = time().mono_ms();
  auto next_ms = progress_.next_look_ms(now_ms);
  if (next_ms) look_timer_ = arm_timer(std::max<int64_t>(*next_ms - now_ms, 1), look_token);
}

}  // namespace ottla
