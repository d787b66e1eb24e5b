#include "actors/partition/partition_actor.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

namespace ottla {
namespace {

template <class... Messages>
bool is_one_of(const caf::type_erased_tuple& content) {
  return (content.match_elements<Messages>() || ...);
}

append_result refused(error_code error, leader_hint hint = {}) {
  return {.error = error, .message = std::string(error_text(error)), .hint = hint};
}

}  // namespace

partition_actor::partition_actor(caf::actor_config& config, unit& where, partition_setup setup)
    : pinned(config, where),
      which_(std::move(setup.which)),
      topic_id_(setup.topic_id),
      log_(std::move(setup.log)),
      assignment_(std::move(setup.assignment)),
      progress_(setup.self.id, rules(), std::move(setup.may_join)),
      proposals_(std::move(setup.proposals)),
      throttle_(std::move(setup.throttle)),
      log_start_(setup.facts.log_start_offset),
      last_epoch_(setup.facts.latest_epoch) {
  const auto& facts = setup.facts;
  // Nothing above the high watermark was ever deleted.
  const auto flushed = std::max(facts.flushed_offset, log_start_);
  if (assignment_.seats.replicas.size() <= 1) {
    // There is no other replica to ask: what counts here is shown at once.
    const bool on_disk = assignment_.level == durability::fsync;
    progress_.opened_at(facts.log_end_offset, flushed, on_disk ? flushed : facts.log_end_offset);
  } else {
    progress_.opened_at(facts.log_end_offset, flushed, std::max(setup.high_watermark, log_start_));
  }
}

caf::invoke_message_result partition_actor::consume(caf::mailbox_element& message) {
  if (!resting_ || message.mid.is_response()) return pinned::consume(message);
  const auto& content = message.content();
  const bool waits =
      (is_one_of<append_batch, read_partition, unwatch_partition, query_offset, query_epoch_end,
                 delete_records_before, query_producers, query_partition>(content) ||
       is_one_of<partition_assignment, maintain_partition, plan_compaction_of_log, begin_compaction,
                 swap_compaction, begin_scrub, quarantine_range>(content) ||
       is_one_of<begin_following, apply_fetched>(content));
  return waits ? caf::invoke_message_result::skipped : pinned::consume(message);
}

partition_actor::behavior_type partition_actor::make_behavior() {
  link_to(log_);  // one without the other is of no use: the supervisor reopens both
  caf::anon_send(log_, log_attach{caf::actor_cast<partition_control>(this), nullptr});
  take_role({});
  return {
      [this](append_batch& request) { return append(request); },
      [this](const read_partition& request) { return read(request); },
      [this](const unwatch_partition& ended) {
        watches_.remove(ended);
        replica_watches_.remove(ended);
      },
      [this](const query_offset& query) { return find_offset(query); },
      [this](const query_epoch_end& query) { return find_epoch_end(query); },
      [this](const delete_records_before& request) { return delete_records(request); },
      [this](const query_producers&) { return describe_producers(); },
      [this](const query_partition& query) { return describe(query.for_checkpoint); },
      [this](const begin_following& wanted) { return begin(wanted); },
      [this](apply_fetched& fetched) { return apply(fetched); },
      [this](const partition_assignment& assignment) { assign(assignment); },
      [this](const log_flushed& flushed) {
        log_moved(progress_.log_end(), flushed.offset);
        release_followers();
      },
      [this](const log_start_moved& moved) {
        log_start_ = std::max(log_start_, moved.log_start_offset);
      },
      [this](const log_failed&) {
        if (resting_) return;  // the answer to rest_partition says so, too
        failed_ = true;
        end_all(error_code::kafka_storage_error);
      },
      [this](const maintain_partition&) {
        this->send(log_, log_maintain{progress_.high_watermark()});
      },
      [this](plan_compaction_of_log wanted) {
        wanted.stable_below = progress_.high_watermark();
        return this->delegate(log_, wanted);
      },
      [this](const begin_compaction& wanted) { return this->delegate(log_, wanted); },
      [this](swap_compaction& wanted) { return this->delegate(log_, std::move(wanted)); },
      [this](const begin_scrub& wanted) { return this->delegate(log_, wanted); },
      [this](const quarantine_range& found) { return this->delegate(log_, found); },
      [this](const close_partition&) { return close(); },
      [this](const rest_partition&) { return rest(); },
      [this](const resume_partition& opened) { go_on_with(opened); },
      [this](const timer_expired& timer) {
        if (timer.token == look_token) return look_at_replicas();
        expire_parked();
      },
  };
}

void partition_actor::on_exit() {
  end_all(error_code::not_leader_or_follower);
  cancel_timer(ack_timer_);
  cancel_timer(look_timer_);
  proposals_ = nullptr;
  if (log_) caf::anon_send_exit(log_, caf::exit_reason::user_shutdown);
  log_ = nullptr;
}

// --- admission ---

error_code partition_actor::check_leadership(leader_epoch epoch) const {
  if (failed_) return error_code::kafka_storage_error;
  if (epoch != no_leader_epoch && epoch < assignment_.epoch) return error_code::fenced_leader_epoch;
  if (epoch != no_leader_epoch && epoch > assignment_.epoch)
    return error_code::unknown_leader_epoch;
  if (!assignment_.leads()) return error_code::not_leader_or_follower;
  return error_code::none;
}

// --- produce ---

/// As Kafka: a partition cannot be asked for more replicas than it has.
int32_t partition_actor::min_insync_replicas() const {
  return std::min(assignment_.config.min_insync_replicas,
                  static_cast<int32_t>(assignment_.seats.replicas.size()));
}

caf::result<append_result> partition_actor::append(append_batch& request) {
  auto error = check_leadership(request.current_epoch);
  const auto in_sync = static_cast<int32_t>(assignment_.seats.isr.size());
  if (error == error_code::none && request.acks == acks_all && in_sync < min_insync_replicas()) {
    error = error_code::not_enough_replicas;
  }
  if (error != error_code::none) {
    if (!failed_ && !resting_) this->send(log_, log_refused{std::move(request.batch)});
    return refused(error, error == error_code::not_enough_replicas ? leader_hint{} : hint());
  }
  auto acks = request.acks;
  auto deadline_ms = time().mono_ms() + std::max(request.timeout_ms, 0);
  auto promise = owe<append_result>();
  this->request(log_, caf::infinite, log_append{std::move(request), assignment_.epoch})
      .then([=, this](const log_appended& ended) { appended(ended, acks, deadline_ms, promise); },
            [promise](const caf::error&) {
              promise.deliver(refused(error_code::kafka_storage_error));
            });
  return promise.promise();
}

void partition_actor::appended(const log_appended& ended, int16_t acks, int64_t deadline_ms,
                               append_promise promise) {
  count_appended(ended);
  if (ended.appended_bytes > 0) {  // nothing was: refused, or a producer's repetition
    traffic_.appended_bytes += ended.appended_bytes;
    traffic_.appended_records += ended.result.last_offset - ended.result.base_offset + 1;
  }
  bool is_good = ended.result.error == error_code::none;
  if (is_good && !assignment_.leads() && !closing_) {
    promise.deliver(refused(error_code::not_leader_or_follower, hint()));
  } else if (is_good && waits_for_high_watermark(acks) &&
             ended.result.last_offset >= progress_.high_watermark()) {
    park({std::move(promise), ended.result, acks == acks_all}, deadline_ms);
  } else {
    promise.deliver(ended.result);
  }
  log_moved(ended.log_end_offset, ended.flushed_offset);
}

// Without followers acks=1 and acks=all mean the same, and a producer that has its answer expects
// to find the record: at level fsync both wait for the disk.
bool partition_actor::waits_for_high_watermark(int16_t acks) const {
  return acks == acks_all || (acks == acks_leader && !progress_.has_followers());
}

void partition_actor::park(parked_append parked, int64_t deadline_ms) {
  auto last_offset = parked.result.last_offset;
  pending_.park(last_offset, deadline_ms, std::move(parked));
}

void partition_actor::log_moved(log_offset log_end, log_offset flushed) {
  const bool grew = log_end > progress_.log_end();
  if (progress_.log_moved(log_end, flushed, time().mono_ms())) high_watermark_rose();
  if (grew && progress_.has_followers()) {
    wake(replica_watches_, appended_bytes_, key());
    arm_look();
  }
  arm_ack_timer();
}

void partition_actor::arm_ack_timer() {
  if (pending_.empty() || ack_timer_) return;
  auto wait_ms = pending_.next_deadline_ms() - time().mono_ms();
  ack_timer_ = arm_timer(std::max<int64_t>(wait_ms, 1), ack_token);
}

void partition_actor::count_appended(const log_appended& ended) {
  constexpr size_t steps_max = 1'000;  // the high watermark may stand still for long
  if (ended.appended_bytes == 0) return;
  appended_bytes_ += ended.appended_bytes;
  if (hidden_bytes_.size() < steps_max) {
    hidden_bytes_.emplace_back(ended.log_end_offset, ended.appended_bytes);
  } else {
    hidden_bytes_.back().first = ended.log_end_offset;
    hidden_bytes_.back().second += ended.appended_bytes;
  }
}

void partition_actor::high_watermark_rose() {
  while (!hidden_bytes_.empty() && hidden_bytes_.front().first <= progress_.high_watermark()) {
    visible_bytes_ += hidden_bytes_.front().second;
    hidden_bytes_.pop_front();
  }
  release_safe();
  wake(watches_, visible_bytes_, key());
}

void partition_actor::release_safe() {
  const auto in_sync = static_cast<int32_t>(progress_.maximal_isr_size());
  const bool enough = in_sync >= min_insync_replicas();
  pending_.release(progress_.high_watermark(), [enough](parked_append parked) {
    if (parked.all && !enough) {
      parked.promise.deliver(refused(error_code::not_enough_replicas_after_append));
    } else {
      parked.promise.deliver(std::move(parked.result));
    }
  });
}

void partition_actor::expire_parked() {
  ack_timer_ = {};
  for (auto& late : pending_.expire(time().mono_ms())) {
    late.promise.deliver(refused(error_code::request_timed_out));
  }
  arm_ack_timer();
}

// --- fetch ---

error_code partition_actor::check_readable(const read_partition& request) const {
  const auto error = check_leadership(request.current_epoch);
  const bool follows = assignment_.role == partition_role::follower;
  if (error == error_code::not_leader_or_follower && follows && request.from_any_replica) {
    return error_code::none;
  }
  return error;
}

caf::result<read_result> partition_actor::read(const read_partition& request) {
  if (auto error = check_readable(request); error != error_code::none) {
    return answer_without_log(request, error);
  }
  if (request.replica) return read_for_replica(request);
  // Whoever asks for what is not there hears it from the leader: nobody else's word resets it.
  const bool is_visible =
      request.fetch_offset >= log_start_ && request.fetch_offset <= progress_.high_watermark();
  if (request.nearer && assignment_.leads() && is_visible) {
    if (auto better = progress_.best_of(*request.nearer, request.fetch_offset)) {
      auto answer = answer_without_log(request, error_code::none);
      answer.preferred_replica = *better;
      return answer;
    }
  }
  if (request.fetch_offset == progress_.high_watermark() &&
      request.last_fetched_epoch == no_leader_epoch) {
    // The usual case of a consumer that has read everything: no need to ask the log.
    if (request.watch) watches_.add(*request.watch, 0, visible_bytes_);
    return answer_without_log(request, error_code::none);
  }
  auto promise = owe<read_result>();
  read_log(request, promise);
  return promise.promise();
}

read_result partition_actor::answer_without_log(const read_partition&, error_code error) const {
  read_result answer{.error = error};
  if (error == error_code::none) {
    answer.high_watermark = progress_.high_watermark();
    answer.last_stable_offset = progress_.high_watermark();
    answer.log_start_offset = log_start_;
  } else {
    answer.hint = hint();
  }
  return answer;
}

void partition_actor::read_log(const read_partition& request, read_promise promise) {
  log_read wanted{.from = request.fetch_offset,
                  .max_bytes = request.max_bytes,
                  .upper_bound = progress_.high_watermark(),
                  .at_least_one_batch = request.at_least_one_batch,
                  .last_fetched_epoch = request.last_fetched_epoch};
  this->request(log_, caf::infinite, wanted)
      .then([=, this](log_read_result& ended) { has_read(request, ended, promise); },
            [=, this, asked = log_](const caf::error&) {
              if (log_ != asked) return read_again(request, promise);
              promise.deliver(answer_without_log(request, error_code::kafka_storage_error));
            });
}

/// The log was brought to rest while its disk was still looking for the records.
void partition_actor::read_again(const read_partition& request, read_promise promise) {
  this->request(caf::actor_cast<partition_control>(this), caf::infinite, request)
      .then([promise](read_result& answer) { promise.deliver(std::move(answer)); },
            [promise](const caf::error& why) { promise.fail(why); });
}

void partition_actor::has_read(const read_partition& request, log_read_result& ended,
                               const read_promise& promise) {
  log_start_ = std::max(log_start_, ended.log_start_offset);
  auto answer = answer_without_log(request, ended.error);
  answer.diverging = ended.diverging;
  if (ended.error == error_code::none && !ended.diverging) {
    auto bytes = size_bytes(ended.records);
    traffic_.read_bytes += bytes;
    if (request.watch && bytes < request.watch->below_bytes) {
      watches_.add(*request.watch, bytes, visible_bytes_);
    }
    answer.records = std::move(ended.records);
  }
  promise.deliver(std::move(answer));
}

void partition_actor::wake(const fetch_watches& watches, int64_t appended_bytes,
                           topic_id_partition key) {
  watches.grown(appended_bytes, [&](const partition_watch& watch, int64_t bytes) {
    caf::anon_send(caf::actor_cast<caf::actor>(watch.session),
                   partition_changed{watch.watch_id, key, bytes, error_code::none});
  });
}

void partition_actor::end_all(error_code why) {
  for (auto& parked : pending_.drain()) parked.promise.deliver(refused(why, hint()));
  auto tell = [&](const partition_watch& watch) {
    caf::anon_send(caf::actor_cast<caf::actor>(watch.session),
                   partition_changed{watch.watch_id, key(), 0, why});
  };
  watches_.end_all(tell);
  replica_watches_.end_all(tell);
  for (auto& waiting : std::exchange(waiting_, {}))
    waiting.promise.deliver(follower_position{.error = why});
}

// --- questions ---

caf::result<offset_result> partition_actor::find_offset(const query_offset& query) {
  if (auto error = check_leadership(query.current_epoch); error != error_code::none) {
    return offset_result{.error = error};
  }
  switch (query.timestamp) {
    case offset_latest:
      // What an earlier leader has shown may lie above what this one knows to be safe (KIP-207).
      if (progress_.has_followers() && progress_.high_watermark() < progress_.epoch_start()) {
        return offset_result{.error = error_code::offset_not_available};
      }
      return offset_with_epoch(progress_.high_watermark());
    case offset_earliest:
    case offset_earliest_local:
      return offset_with_epoch(log_start_);
    case offset_latest_tiered:
    case offset_earliest_pending_upload:
      return offset_result{};  // no remote tier: offset -1
    default:
      break;
  }
  auto promise = owe<offset_result>();
  this->request(log_, caf::infinite, log_find_timestamp{query.timestamp})
      .then(
          [=, this](const log_offset_found& found) {
            // A record that consumers cannot see yet is not there.
            bool is_visible = found.offset < progress_.high_watermark();
            if (found.error != error_code::none)
              promise.deliver(offset_result{.error = found.error});
            else if (!is_visible)
              promise.deliver(offset_result{});
            else
              promise.deliver(
                  offset_result{error_code::none, found.timestamp, found.offset, found.epoch});
          },
          [promise](const caf::error&) {
            promise.deliver(offset_result{.error = error_code::kafka_storage_error});
          });
  return promise.promise();
}

caf::result<offset_result> partition_actor::offset_with_epoch(log_offset offset) {
  auto promise = owe<offset_result>();
  this->request(log_, caf::infinite, log_epoch_of{offset})
      .then(
          [=, this](const log_offset_found& found) {
            auto epoch = found.epoch != no_leader_epoch ? found.epoch : assignment_.epoch;
            promise.deliver(offset_result{found.error, no_timestamp, offset, epoch});
          },
          [promise](const caf::error&) {
            promise.deliver(offset_result{.error = error_code::kafka_storage_error});
          });
  return promise.promise();
}

caf::result<epoch_end_result> partition_actor::find_epoch_end(const query_epoch_end& query) {
  if (auto error = check_leadership(query.current_epoch); error != error_code::none) {
    return epoch_end_result{.error = error};
  }
  if (query.epoch == assignment_.epoch) {
    return epoch_end_result{error_code::none, {assignment_.epoch, progress_.high_watermark()}};
  }
  if (query.epoch > assignment_.epoch) return epoch_end_result{};
  auto promise = owe<epoch_end_result>();
  this->request(log_, caf::infinite, log_find_epoch{query.epoch})
      .then([promise](const epoch_end_result& found) { promise.deliver(found); },
            [promise](const caf::error&) {
              promise.deliver(epoch_end_result{.error = error_code::kafka_storage_error});
            });
  return promise.promise();
}

caf::result<delete_records_result> partition_actor::delete_records(
    const delete_records_before& request) {
  if (auto error = check_leadership(no_leader_epoch); error != error_code::none) {
    return delete_records_result{.error = error};
  }
  auto before = request.before_offset == -1 ? progress_.high_watermark() : request.before_offset;
  if (before < 0 || before > progress_.high_watermark()) {
    return delete_records_result{.error = error_code::offset_out_of_range};
  }
  auto promise = owe<delete_records_result>();
  this->request(log_, caf::infinite, log_advance_start{before})
      .then(
          [=, this](const log_facts& facts) {
            log_start_ = std::max(log_start_, facts.log_start_offset);
            promise.deliver(delete_records_result{facts.error, log_start_});
          },
          [promise](const caf::error&) {
            promise.deliver(delete_records_result{.error = error_code::kafka_storage_error});
          });
  return promise.promise();
}

caf::result<producers_result> partition_actor::describe_producers() {
  if (auto error = check_leadership(no_leader_epoch); error != error_code::none) {
    return producers_result{.error = error};
  }
  auto promise = owe<producers_result>();
  this->request(log_, caf::infinite, log_query_producers{})
      .then([promise](producers_result& found) { promise.deliver(std::move(found)); },
            [promise](const caf::error&) {
              promise.deliver(producers_result{.error = error_code::kafka_storage_error});
            });
  return promise.promise();
}

caf::result<partition_description> partition_actor::describe(bool for_checkpoint) {
  owed_answer promise{make_response_promise<partition_description>()};
  this->request(log_, caf::infinite, log_query_facts{for_checkpoint})
      .then([=, this](const log_facts& facts) { promise.deliver(describe(facts)); },
            [promise](const caf::error& why) { promise.fail(why); });
  return promise.promise();
}

partition_description partition_actor::describe(const log_facts& facts) const {
  return {.which = which_,
          .topic_id = topic_id_,
          .log_directory = facts.directory,
          .epoch = assignment_.epoch,
          .is_leader = assignment_.leads(),
          .log_start_offset = facts.log_start_offset,
          .high_watermark = progress_.high_watermark(),
          .log_end_offset = facts.log_end_offset,
          .flushed_offset = facts.flushed_offset,
          .size_bytes = facts.size_bytes,
          .segments = facts.segments,
          .traffic = traffic_};
}

// --- end ---

template <class Done>
caf::result<partition_closed> partition_actor::close_log(Done after) {
  owed_answer promise{make_response_promise<partition_closed>(),
                      +[] { return partition_closed{}; }};
  this->request(log_, caf::infinite, log_close{})
      .then(
          [=, this](const log_facts& facts) {
            const bool is_clean = facts.error == error_code::none;
            // What was appended before is on the disk now: its producers must not send it again.
            if (is_clean) log_moved(facts.log_end_offset, facts.flushed_offset);
            refused_ = facts.refused;
            release_followers();
            promise.deliver(partition_closed{is_clean, describe(facts)});
            after();
          },
          [=](const caf::error&) {
            promise.deliver(partition_closed{});
            after();
          });
  return promise.promise();
}

caf::result<partition_closed> partition_actor::close() {
  closing_ = true;
  assignment_.role = partition_role::offline;  // nothing is accepted from here on
  cancel_timer(look_timer_);
  return close_log([this] { this->quit(caf::exit_reason::user_shutdown); });
}

caf::result<partition_closed> partition_actor::rest() {
  resting_ = true;
  return close_log([this] {
    this->unlink_from(log_);
    caf::anon_send_exit(log_, caf::exit_reason::user_shutdown);
    log_ = nullptr;
  });
}

void partition_actor::go_on_with(const resume_partition& opened) {
  log_ = opened.log;
  link_to(log_);
  caf::anon_send(
      log_, log_attach{caf::actor_cast<partition_control>(this), std::exchange(refused_, nullptr)});
  resting_ = false;
}

}  // namespace ottla
