#include "actors/storage/log_actor.hpp"

#include <caf/send.hpp>
#include <utility>

#include "actors/runtime/log.hpp"

namespace ottla {

namespace {

constexpr int64_t flush_retry_ms = 1'000;

/// `start_ms` and `wait_ms` later; never, for a wait without end.
int64_t later(int64_t start_ms, int64_t wait_ms) {
  return wait_ms > INT64_MAX - start_ms ? INT64_MAX : start_ms + wait_ms;
}

/// A client cannot have begun a transaction: this version has no coordinator for them.
bool is_transactional(const append_batch& request) {
  if (request.origin != append_origin::client) return false;
  auto header = decode_record_batch_header(request.batch.view());
  return header && header->is_transactional();
}

/// What a large batch inflates to while it is looked at, charged like what clients send.
class lent_memory final : public inflation_memory {
public:
  explicit lent_memory(memory_budget& budget) : budget_(budget) {}
  bool lend(size_t bytes) override {
    grant_ = budget_.try_acquire(memory_pool::clients, needed_for(bytes));
    return grant_.has_value();
  }
  /// The most that lend() may ever allow, and no more than `bytes`.
  static size_t lendable(const memory_budget& budget, size_t bytes) {
    while (bytes > 0 && !budget.can_ever_grant(memory_pool::clients, needed_for(bytes))) bytes /= 2;
    return bytes;
  }

private:
  /// Output that grows is there twice for a moment.
  static int64_t needed_for(size_t bytes) { return static_cast<int64_t>(2 * bytes); }

  memory_budget& budget_;
  std::optional<memory_grant> grant_;
};

}  // namespace

log_actor::log_actor(caf::actor_config& config, unit& where, log_setup setup)
    : pinned(config, where),
      which_(setup.which),
      log_(std::move(setup.log)),
      defaults_(setup.defaults),
      config_(setup.config),
      policy_{.level = setup.level},
      disks_(std::move(setup.disks)),
      supervisor_(std::move(setup.supervisor)) {
  apply_options();
}

log_actor::behavior_type log_actor::make_behavior() {
  return {
      [this](const log_attach& attached) {
        partition_ = attached.partition;
        if (attached.refused) log_->set_refused(*attached.refused);
        note_breakage();
        if (log_->stats().flushes > 0) tell_progress();  // while it was opened
        flush_if_due();
      },
      [this](log_append& request) { return append(request); },
      [this](const log_read& wanted) { return read(wanted); },
      [this](const log_find_timestamp& wanted) { return find_timestamp(wanted.timestamp); },
      [this](const log_find_epoch& wanted) {
        auto found = log_->epoch_end_offset(wanted.epoch);
        return epoch_end_result{error_code::none, {found.epoch, found.end_offset}};
      },
      [this](const log_epoch_of& wanted) {
        return log_offset_found{.offset = wanted.offset, .epoch = log_->epoch_of(wanted.offset)};
      },
      [this](const log_begin_epoch& begun) {
        log_->begin_epoch(begun.epoch);
        return facts();
      },
      [this](const log_follow&) { return follow(); },
      [this](const log_refused& refused) { log_->note_refused(refused.batch.view()); },
      [this](const log_append_fetched& fetched) { return append_fetched(fetched); },
      [this](const log_truncate& wanted) { return truncate(wanted); },
      [this](const log_restart_at& wanted) { return restart_at(wanted.offset); },
      [this](const log_advance_start& wanted) { return advance_start(wanted.offset); },
      [this](const log_query_producers&) { return producers(); },
      [this](const log_query_facts& query) {
        if (query.for_checkpoint) progress_told_ = false;
        return facts();
      },
      [this](const log_configure& change) { configure(change); },
      [this](const log_maintain& wanted) { maintain(wanted.high_watermark); },
      [this](const plan_compaction_of_log& wanted) { return plan(wanted); },
      [this](const begin_compaction& wanted) { return begin(wanted); },
      [this](const swap_compaction& wanted) { return swap(wanted); },
      [this](const begin_scrub&) {
        return scrub_begun{failed_ ? nullptr : std::make_shared<log_scrub>(*log_)};
      },
      [this](const quarantine_range& found) { return quarantine(found); },
      [this](const log_close&) { return close(); },
      [this](const timer_expired& timer) {
        if (timer.token == removal_token) return remove_due();
        flush_timer_ = {};
        if (!flushing_) start_flush();
      },
  };
}

void log_actor::on_exit() {
  cancel_timer(flush_timer_);
  cancel_timer(removal_timer_);
  if (closing_.pending()) {
    log_facts last;
    last.error = error_code::kafka_storage_error;
    std::exchange(closing_, {}).deliver(std::move(last));
  }
  partition_ = nullptr;
  log_.reset();
}

// --- append ---

log_appended log_actor::append(log_append& request) {
  if (failed_) return refuse({error_code::kafka_storage_error, "the log is offline", 0});
  if (is_transactional(request.request)) {
    return refuse({error_code::invalid_txn_state, "no transaction was begun for this batch", 0});
  }
  const auto before_bytes = log_->stats().bytes_appended;
  const bool may_write = has_room(request.request);
  lent_memory memory{home_unit().memory()};
  auto answer =
      log_->append(request.request.batch, {.epoch = request.epoch,
                                           .now_ms = time().wall_ms(),
                                           .origin = request.request.origin,
                                           .produce_version = request.request.produce_version,
                                           .has_room = may_write,
                                           .memory = &memory});
  note_full(may_write, answer);
  log_appended ended{.log_end_offset = log_->log_end(), .flushed_offset = log_->recovery_point()};
  if (auto* rejected = std::get_if<batch_rejection>(&answer)) {
    note_breakage();
    ended.result.error = rejected->error;
    ended.result.message = std::move(rejected->message);
    ended.result.record_faults = std::move(rejected->records);
    ended.result.log_start_offset = log_->log_start();
    return ended;
  }
  const auto& where = std::get<appended>(answer);
  ended.result.base_offset = where.base_offset;
  ended.result.last_offset = where.last_offset;
  ended.result.log_append_time_ms = where.log_append_time_ms;
  ended.result.log_start_offset = where.log_start_offset;
  ended.appended_bytes = static_cast<int64_t>(log_->stats().bytes_appended - before_bytes);
  dirty_bytes_ += ended.appended_bytes;
  if (log_->stats().segments_rolled != rolled_at_jitter_) apply_options();
  flush_if_due();
  return ended;
}

log_appended log_actor::refuse(const fault& why) const {
  log_appended ended{.log_end_offset = log_->log_end(), .flushed_offset = log_->recovery_point()};
  ended.result.error = why.code;
  ended.result.message = why.message;
  ended.result.log_start_offset = log_->log_start();
  return ended;
}

// --- a full disk ---

/// Whether the reserve of the disk is untouched; what coordinators write may use it.
bool log_actor::has_room(const append_batch& request) {
  if (request.origin != append_origin::client) return true;
  const auto asked =
      disks_.space->ask(static_cast<int64_t>(request.batch.size()), time().mono_ms());
  report_space(asked.what);
  return asked.has_room;
}

void log_actor::note_full(bool tried, const append_answer& answer) {
  if (!tried) return;
  auto* rejected = std::get_if<batch_rejection>(&answer);
  if (rejected == nullptr) return report_space(disks_.space->wrote(time().mono_ms()));
  const bool is_full = rejected->error == error_code::kafka_storage_error && !log_->broken();
  if (is_full) report_space(disks_.space->found_full(time().mono_ms()));
}

void log_actor::report_space(free_space::change what) const {
  if (what == free_space::change::none) return;
  const auto directory = facts().directory;
  if (what == free_space::change::filled) {
    log::warn("disk", "{} is full: producers are refused until there is room", directory);
  } else {
    log::info("disk", "{} has room again", directory);
  }
}

// A full disk passes by itself; what breaks the log takes its whole directory offline.
void log_actor::note_breakage() {
  if (failed_ || !log_->broken()) return;
  failed_ = true;
  if (partition_) caf::anon_send(partition_, log_failed{*log_->broken()});
  caf::anon_send(supervisor_, directory_failed{log_->directory(), *log_->broken()});
}

// --- read ---

caf::result<log_read_result> log_actor::read(const log_read& wanted) {
  if (wanted.last_fetched_epoch > log_->latest_epoch()) {
    // The reader has seen what nobody can have written: there is nothing to go back to.
    return log_read_result{.error = error_code::offset_out_of_range,
                           .log_start_offset = log_->log_start()};
  }
  if (auto parted = divergence(wanted)) {
    return log_read_result{.log_start_offset = log_->log_start(), .diverging = parted};
  }
  auto slice = log_->read(wanted.from, {.max_bytes = wanted.max_bytes,
                                        .upper_bound = wanted.upper_bound,
                                        .at_least_one_batch = wanted.at_least_one_batch});
  log_read_result answer{.log_start_offset = log_->log_start()};
  if (!slice) {
    answer.error = slice.error().code;
    note_unreadable(slice.error());
    return answer;
  }
  if (slice->range.length == 0) return answer;
  auto source = std::dynamic_pointer_cast<const file>(slice->range.file);
  const auto position = slice->range.position;
  const auto length = slice->range.length;
  const bool copy = slice->next_offset > wanted.copy_above;
  answer.records = std::move(slice->range);
  if (copy) return copied(std::move(answer));
  if (!source || source->is_cached(position, length)) return answer;

  auto promise = make_response_promise<log_read_result>();
  this->request(disks_.reader, caf::infinite, run_read_ahead{std::move(source), position, length})
      .then(
          [=, this](const disk_done& ended) mutable {
            if (ended.failure) {
              answer = {.error = ended.failure->code};
              note_unreadable(*ended.failure);
            }
            promise.deliver(std::move(answer));
          },
          [promise](const caf::error&) mutable {
            promise.deliver(log_read_result{.error = error_code::kafka_storage_error});
          });
  return promise;
}

/// A range that cannot be read is refused, all others are served; said once, not for each fetch.
void log_actor::note_unreadable(const fault& why) {
  if (why.code == error_code::offset_out_of_range || is_passing(why)) return;
  if (std::exchange(is_unreadable_told_, true)) return;
  log::error("disk", "{}: {}", log_->directory(), why.message);
}

/// With the bytes themselves in the place of a file range.
log_read_result log_actor::copied(log_read_result answer) {
  auto bytes = flatten({std::move(answer.records)});
  if (!bytes) return {.error = bytes.error().code, .log_start_offset = log_->log_start()};
  answer.records = std::move(*bytes);
  return answer;
}

log_offset_found log_actor::find_timestamp(timestamp_ms timestamp) {
  auto found = timestamp == offset_of_max_timestamp ? log_->offset_of_max_timestamp()
                                                    : log_->offset_for_timestamp(timestamp);
  if (!found) return {.error = found.error().code};
  auto epoch = found->offset < 0 ? no_leader_epoch : log_->epoch_of(found->offset);
  return {error_code::none, found->timestamp, found->offset, epoch};
}

log_facts log_actor::advance_start(log_offset offset) {
  auto moved = offset <= log_->log_start() ? outcome<void>{} : log_->advance_log_start(offset);
  auto now = facts();
  if (!moved)
    now.error = moved.error().code;
  else
    caf::anon_send(supervisor_, log_progressed{which_, log_->log_start()});
  return now;
}

log_facts log_actor::facts() const {
  return {.log_start_offset = log_->log_start(),
          .log_end_offset = log_->log_end(),
          .flushed_offset = log_->recovery_point(),
          .latest_epoch = log_->latest_epoch(),
          .size_bytes = log_->size_bytes(),
          .segments = static_cast<int32_t>(log_->segment_count()),
          .directory = log_->directory().substr(0, log_->directory().rfind('/'))};
}

producers_result log_actor::producers() const {
  producers_result all;
  for (const auto& each : log_->producers().summaries()) {
    all.producers.push_back({.id = each.id,
                             .epoch = each.epoch,
                             .last_sequence = each.last_sequence,
                             .last_timestamp = each.last_timestamp,
                             .coordinator_epoch = each.coordinator_epoch,
                             .transaction_start_offset = each.transaction_start});
  }
  return all;
}

// --- flush ---

void log_actor::flush_if_due() {
  if (flushing_ || failed_) return;
  flush_policy::dirt found{.is_clean = log_->recovery_point() >= log_->log_end(),
                           .bytes = dirty_bytes_,
                           .messages_due = log_->flush_due(),
                           .segment_rolled = log_->stats().segments_rolled != rolled_at_flush_};
  if (policy_.flush_now(found))
    start_flush();
  else if (!found.is_clean)
    arm_flush_timer();
}

void log_actor::arm_flush_timer() {
  if (flush_timer_) return;
  auto wait_ms = policy_.level == durability::replicated ? policy_.background_delay_ms : INT64_MAX;
  if (auto deadline = log_->flush_deadline()) {
    wait_ms = std::min(wait_ms, std::max<int64_t>(*deadline - time().wall_ms(), 1));
  }
  if (wait_ms != INT64_MAX) flush_timer_ = arm_timer(wait_ms, flush_token);
}

void log_actor::start_flush() {
  if (failed_) return;
  auto job = log_->flush_target();
  if (!job) {
    note_breakage();
    if (failed_ || flush_timer_) return;
    log::warn("disk", "{} cannot be flushed now: {}", log_->directory(), job.error().message);
    flush_timer_ = arm_timer(flush_retry_ms, flush_token);
    return;
  }
  if (job->empty()) return;
  flushing_ = true;
  dirty_bytes_ = 0;
  rolled_at_flush_ = log_->stats().segments_rolled;
  auto up_to = job->up_to;
  this->request(disks_.flusher, caf::infinite, run_flush{std::move(*job)})
      .then([this, up_to](const disk_done& ended) { flush_ended(ended, up_to); },
            [this, up_to](const caf::error&) {
              flush_ended({fault{error_code::kafka_storage_error, "the disk actor is gone", 0}},
                          up_to);
            });
}

void log_actor::flush_ended(const disk_done& ended, log_offset up_to) {
  flushing_ = false;
  if (ended.failure) {
    // Never tried again: the pages may be marked clean although the disk does not have them.
    log_->flush_failed(*ended.failure);
    note_breakage();
  } else {
    log_->flushed_to(up_to);
    tell_progress();
    if (partition_) caf::anon_send(partition_, log_flushed{log_->recovery_point()});
    if (!closing_.pending()) flush_if_due();
  }
  if (closing_.pending()) close_log();
}

void log_actor::tell_progress() {
  if (std::exchange(progress_told_, true)) return;
  caf::anon_send(supervisor_, log_progressed{which_, log_->log_start()});
}

// --- retention ---

void log_actor::configure(const log_configure& change) {
  config_ = change.config;
  policy_.level = change.level;
  apply_options();
  flush_if_due();
}

/// Each segment gets a jitter of its own, so that logs filled alike do not all roll at once.
void log_actor::apply_options() {
  auto options = make_log_options(config_, defaults_);
  const auto jitter_max_ms = std::min(options.segment_jitter_ms, options.segment_ms);
  options.segment_jitter_ms =
      jitter_max_ms <= 0
          ? 0
          : static_cast<int64_t>(home_unit().random().next() % uint64_t(jitter_max_ms));
  rolled_at_jitter_ = log_->stats().segments_rolled;
  auto& inflation = options.validation.inflation;
  inflation.max_output_bytes =
      lent_memory::lendable(home_unit().memory(), inflation.max_output_bytes);
  log_->set_options(options);
}

void log_actor::maintain(log_offset high_watermark) {
  if (failed_) return;
  const auto now_ms = time().wall_ms();
  log_->expire_producers(now_ms);
  auto count = log_->segments_to_delete(now_ms, high_watermark);
  if (!count) return note_breakage();
  if (*count > 0) {
    auto job = log_->delete_segments(*count, now_ms);
    if (!job) return note_breakage();
    remove_later(std::move(*job));
    if (partition_) caf::anon_send(partition_, log_start_moved{log_->log_start()});
  }
  // Nothing written since the last visit: let go of memory and files.
  const auto appended = log_->stats().bytes_appended;
  if (appended == appended_at_maintain_ && !flushing_) {
    if (auto rested = log_->rest(); !rested) return note_breakage();
  }
  appended_at_maintain_ = appended;
}

void log_actor::remove_later(removal_job job) {
  doomed_.push_back({later(time().mono_ms(), config_.file_delete_delay_ms), std::move(job)});
  if (removal_timer_) return;
  removal_timer_ = arm_timer(std::max<int64_t>(config_.file_delete_delay_ms, 1), removal_token);
}

void log_actor::remove_due() {
  removal_timer_ = {};
  const auto now_ms = time().mono_ms();
  while (!doomed_.empty() && doomed_.front().due_ms <= now_ms) {
    this->request(disks_.reader, caf::infinite, run_removal{std::move(doomed_.front().job)})
        .then(
            [this](const disk_done& ended) {
              if (!ended.failure) return;
              log::warn("disk", "{}: files stay until the next start: {}", log_->directory(),
                        ended.failure->message);
            },
            [](const caf::error&) {});
    doomed_.pop_front();
  }
  if (doomed_.empty()) return;
  removal_timer_ = arm_timer(std::max<int64_t>(doomed_.front().due_ms - now_ms, 1), removal_token);
}

// --- compaction ---

compaction_planned log_actor::plan(const plan_compaction_of_log& wanted) {
  if (failed_ || !config_.cleanup_compact) return {};
  // Only what is on disk is compacted, and at level relaxed nobody else brings it there: the next
  // look finds it.
  if (log_->recovery_point() < log_->active_base_offset() && !flushing_) start_flush();
  auto planned = plan_compaction(*log_, wanted.clean_point, wanted.stable_below, time().wall_ms());
  if (!planned) return {.failure = std::move(planned.error())};
  return {.is_due = planned->is_due(log_->options()), .plan = *planned};
}

compaction_begun log_actor::begin(const begin_compaction& wanted) {
  if (failed_) return {};
  auto limits = wanted.limits;
  limits.max_message_bytes = config_.max_message_bytes;
  limits.segment_bytes = config_.segment_bytes;
  limits.segment_index_bytes = config_.segment_index_bytes;
  limits.index_interval_bytes = config_.index_interval_bytes;
  limits.delete_retention_ms = config_.delete_retention_ms;
  return {std::make_shared<compaction>(*log_, wanted.plan, limits, time().wall_ms())};
}

compaction_swapped log_actor::swap(const swap_compaction& wanted) {
  if (failed_) return {fault{error_code::kafka_storage_error, "the log is offline", 0}};
  auto replaced = wanted.job->swap(*log_);
  if (!replaced) {
    note_breakage();
    return {std::move(replaced.error())};
  }
  remove_later(std::move(*replaced));
  return {};
}

range_quarantined log_actor::quarantine(const quarantine_range& found) {
  if (failed_) return {};
  auto judged = log_->quarantine(found.range);
  if (!judged) return {false, std::move(judged.error())};
  return {*judged, std::nullopt};
}

// --- end ---

caf::result<log_facts> log_actor::close() {
  closing_ = make_response_promise<log_facts>();
  auto answer = closing_;
  // The flush under way has the only error that the disk may report.
  if (!flushing_) close_log();
  return answer;
}

void log_actor::close_log() {
  if (failed_) return closed({});
  // Nothing else is done meanwhile: the log is the disk actor's.
  this->request(disks_.flusher, caf::infinite, run_close{log_})
      .await([this](const disk_done& ended) { closed(ended); },
             [this](const caf::error&) {
               closed({fault{error_code::kafka_storage_error, "the disk actor is gone", 0}});
             });
}

void log_actor::closed(const disk_done& ended) {
  note_breakage();
  auto last = facts();
  if (failed_ || ended.failure) last.error = error_code::kafka_storage_error;
  const auto& refused = log_->producers().refused();
  if (!refused.empty()) last.refused = std::make_shared<refused_batches>(refused);
  std::exchange(closing_, {}).deliver(std::move(last));
}

}  // namespace ottla
