// A partition log against a std::map: whatever happens, it holds what the map holds.
#include <random>

#include "tests/storage/log_fixture.hpp"

namespace ottla {
namespace {

std::vector<log_offset> offsets_of(const log_contents& contents) {
  std::vector<log_offset> offsets;
  for (const auto& [offset, value] : contents) offsets.push_back(offset);
  return offsets;
}

/// The log, and what it must hold.
class log_and_model {
public:
  explicit log_and_model(uint64_t seed) : fixture_(seed), random_(seed * 7919 + 1) {
    auto& options = fixture_.options;
    options.segment_bytes = 2000;
    options.index_interval_bytes = 200;
    options.snapshot_interval_bytes = 700;
    options.crash_check_bytes = 500;
    options.segment_index_bytes = 200;
    fixture_.must_open();
  }

  void step() {
    INFO("after " << trace_);
    switch (below(12)) {
      case 0:
        return truncate();
      case 1:
        return flush();
      case 2:
        return restart_cleanly();
      case 3:
        return kill();
      case 4:
        return cut_power();
      case 5:
        return roll();
      case 6:
        return raise_start();
      default:
        return append();
    }
  }

  void check() {
    INFO("after " << trace_);
    auto& log = *fixture_.log;
    REQUIRE(log.log_end() == end_);
    REQUIRE(log.log_start() == start_);
    REQUIRE(log.recovery_point() <= end_);
    const log_contents all(model_.lower_bound(start_), model_.end());
    const auto found = read_all(log, start_, 1 + static_cast<int64_t>(below(1500)));
    REQUIRE(offsets_of(found) == offsets_of(all));
    REQUIRE(found == all);
    const log_offset from =
        start_ + static_cast<log_offset>(below(static_cast<size_t>(end_ - start_ + 1)));
    REQUIRE(read_all(log, from) == log_contents(model_.lower_bound(from), model_.end()));
    check_bounded_read(from);
    check_times();
    check_sequences();
  }

private:
  size_t below(size_t limit) { return static_cast<size_t>(random_() % limit); }
  void trace(const std::string& what) { trace_ += what + " "; }

  void append() {
    fixture_.now += static_cast<timestamp_ms>(below(3)) * 1000;
    if (below(10) == 0) ++epoch_;
    std::vector<std::string> values;
    const size_t count = 1 + below(4);
    for (size_t i = 0; i < count; ++i) {
      values.push_back(std::to_string(++counter_) + std::string(below(150), 'x'));
    }
    const bool idempotent = below(2) == 0;
    auto batch = idempotent ? produced_by(7, 0, next_sequence_, values, fixture_.now)
                            : batch_of(values, fixture_.now);
    const auto answer = fixture_.must_append(batch, epoch_);
    trace("append@" + std::to_string(answer.base_offset));
    REQUIRE(answer.base_offset == end_);
    for (size_t i = 0; i < count; ++i) {
      model_[end_ + static_cast<log_offset>(i)] = values[i];
      times_[end_ + static_cast<log_offset>(i)] = fixture_.now;
    }
    batch_start_[end_] = {next_sequence_, static_cast<int32_t>(count), idempotent};
    if (idempotent) next_sequence_ += static_cast<int32_t>(count);
    end_ += static_cast<log_offset>(count);
    REQUIRE(answer.log_end_offset == end_);
  }

  void cut_model(log_offset at) {
    model_.erase(model_.lower_bound(at), model_.end());
    times_.erase(times_.lower_bound(at), times_.end());
    for (auto i = batch_start_.lower_bound(at); i != batch_start_.end(); ++i) {
      if (i->second.idempotent) {
        next_sequence_ = std::min(next_sequence_, i->second.sequence);
      }
    }
    batch_start_.erase(batch_start_.lower_bound(at), batch_start_.end());
    end_ = at;
    start_ = std::min(start_, end_);
  }

  void truncate() {
    const auto at = start_ + static_cast<log_offset>(below(static_cast<size_t>(end_ - start_ + 1)));
    trace("truncate@" + std::to_string(at));
    auto removal = fixture_.log->truncate_to(at, fixture_.now);
    if (!removal) FAIL(removal.error().message);
    REQUIRE(removal->run(fixture_.disk));
    if (at >= end_) return;
    if (fixture_.log->log_end() != at) {  // inside a batch: all of it went
      auto holder = std::prev(batch_start_.upper_bound(at));
      REQUIRE(fixture_.log->log_end() == holder->first);
    }
    cut_model(fixture_.log->log_end());
    saved_point_ = fixture_.log->recovery_point();
  }

  void flush() {
    trace("flush");
    REQUIRE(fixture_.log->flush());
    REQUIRE(fixture_.log->recovery_point() == end_);
    saved_point_ = end_;
  }

  void restart_cleanly() {
    trace("restart");
    REQUIRE(fixture_.log->close_cleanly());
    saved_point_ = end_;
    fixture_.disk.kill_process();
    fixture_.must_open(last_shutdown::clean, saved_point_, start_);
    REQUIRE(fixture_.log->recovered().bytes_cut == 0);
  }

  void kill() {
    trace("kill");
    fixture_.disk.kill_process();
    fixture_.must_open(last_shutdown::process_crash, saved_point_, start_);
    REQUIRE(fixture_.log->recovered().bytes_cut == 0);
  }

  void cut_power() {
    trace("power");
    fixture_.disk.cut_power();
    fixture_.must_open(last_shutdown::machine_crash, saved_point_, start_);
    for (const auto& note : fixture_.log->recovered().notes) trace("(" + note + ")");
    INFO("after " << trace_);
    REQUIRE(fixture_.log->recovered().quarantined.empty());
    const log_offset end = fixture_.log->log_end();
    REQUIRE(end >= saved_point_);
    REQUIRE(end <= end_);
    if (end < end_) {
      REQUIRE((end == start_ || batch_start_.contains(end)));
      cut_model(end);
    }
    // A start that was moved up without a checkpoint would be elsewhere; the checkpoint is ours.
  }

  void roll() {
    trace("roll");
    REQUIRE(fixture_.log->roll(fixture_.now));
  }

  void raise_start() {
    const auto at = start_ + static_cast<log_offset>(below(static_cast<size_t>(
                                 saved_point_ > start_ ? saved_point_ - start_ + 1 : 1)));
    trace("start@" + std::to_string(at));
    REQUIRE(fixture_.log->advance_log_start(at));
    start_ = at;
    auto count = fixture_.log->segments_to_delete(fixture_.now, end_);
    REQUIRE(count);
    auto removal = fixture_.log->delete_segments(*count, fixture_.now);
    REQUIRE(removal);
    REQUIRE(removal->run(fixture_.disk));
    REQUIRE(fixture_.log->log_start() == start_);
  }

  void check_bounded_read(log_offset from) {
    if (from == end_) return;
    const log_offset bound = from + static_cast<log_offset>(below(8));
    auto slice = fixture_.log->read(from, {1 << 20, bound, true});
    REQUIRE(slice);
    REQUIRE(slice->next_offset <= std::max(bound, from));
    auto holder = std::prev(batch_start_.upper_bound(from));
    if (holder->first + holder->second.count <= bound) {
      REQUIRE(slice->range.length > 0);
      REQUIRE(slice->first_offset == holder->first);
    } else {
      REQUIRE(slice->range.length == 0);
    }
  }

  void check_times() {
    const timestamp_ms asked = test_now + static_cast<timestamp_ms>(below(400)) * 500;
    auto found = fixture_.log->offset_for_timestamp(asked);
    REQUIRE(found);
    log_offset expected = -1;
    timestamp_ms newest = no_timestamp;
    log_offset newest_offset = -1;
    for (const auto& [offset, time] : times_) {
      if (offset < start_) continue;
      if (expected < 0 && time >= asked) expected = offset;
      if (time > newest) {
        newest = time;
        newest_offset = offset;
      }
    }
    REQUIRE(found->offset == expected);
    auto last = fixture_.log->offset_of_max_timestamp();
    REQUIRE(last);
    REQUIRE(last->offset == newest_offset);
  }

  void check_sequences() {
    log_offset last = -1;
    for (const auto& [base, batch] : batch_start_) {
      if (batch.idempotent) last = base;
    }
    // Retention may forget a producer whose batches are all gone; until then it must be known.
    if (last < start_) return;
    const auto& batch = batch_start_.at(last);
    producer_batch retry{7, 0, batch.sequence, batch.sequence + batch.count - 1, 0, 0, test_now};
    auto known = fixture_.log->producers().check(retry);
    REQUIRE(known);
    REQUIRE(known->has_value());
    REQUIRE((*known)->first_offset() == last);
  }

  struct model_batch {
    int32_t sequence = 0;
    int32_t count = 0;
    bool idempotent = false;
  };

  log_fixture fixture_;
  std::mt19937_64 random_;
  std::string trace_;
  log_contents model_;
  std::map<log_offset, timestamp_ms> times_;
  std::map<log_offset, model_batch> batch_start_;
  log_offset start_ = 0;
  log_offset end_ = 0;
  log_offset saved_point_ = 0;
  leader_epoch epoch_ = 0;
  int32_t next_sequence_ = 0;
  int64_t counter_ = 0;
};

TEST_CASE("a log holds what a map holds, through rolls, cuts, restarts and crashes") {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    log_and_model pair(seed);
    for (int i = 0; i < 60; ++i) {
      pair.step();
      pair.check();
    }
  }
}

}  // namespace
}  // namespace ottla
