#include "storage/compaction.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace ottla {
namespace {

constexpr int64_t step_bytes = 1 << 20;

/// When the first batch of a segment was written, as far as its timestamps tell.
outcome<timestamp_ms> first_timestamp(segment& where) {
  auto scanner = where.scan(0);
  if (!scanner) return std::move(scanner.error());
  auto batch = scanner->next();
  if (!batch) return std::move(batch.error());
  return *batch ? (*batch)->header.max_timestamp : no_timestamp;
}

}  // namespace

double compaction_plan::dirty_ratio() const {
  const auto total = static_cast<double>(clean_bytes + dirty_bytes);
  return dirty_bytes == 0 ? 0.0 : static_cast<double>(dirty_bytes) / total;
}

bool compaction_plan::is_due(const log_options& options) const {
  if (dirty_bytes == 0 || first_dirty >= upper) return false;
  return overdue || dirty_ratio() >= options.min_cleanable_dirty_ratio;
}

outcome<compaction_plan> plan_compaction(partition_log& log, log_offset clean_point,
                                         log_offset stable_below, timestamp_ms now_ms) {
  const auto& segments = log.segments();
  const auto& options = log.options();
  compaction_plan plan;
  const log_offset front = segments.front()->base_offset();
  plan.first_dirty = clean_point > log.log_end() ? front : std::max(clean_point, front);
  const log_offset settled = std::min(stable_below, log.recovery_point());
  log_offset limit = std::min(settled, log.active_base_offset());
  for (const auto& bad : log.recovered().quarantined) limit = std::min(limit, bad.segment_base);
  plan.upper = front;
  const auto look_again = [&](timestamp_ms when_ms) {
    plan.look_again_ms = std::min(plan.look_again_ms.value_or(when_ms), when_ms);
  };
  for (size_t i = 0; i + 1 < segments.size(); ++i) {
    segment& candidate = *segments[i];
    const log_offset end = segments[i + 1]->base_offset();
    if (end > limit) {
      if (end > settled) look_again(now_ms);
      break;
    }
    const bool dirty = end > plan.first_dirty;
    if (dirty && options.min_compaction_lag_ms > 0) {
      auto newest = candidate.max_timestamp();
      if (!newest) return std::move(newest.error());
      if (newest->timestamp > now_ms - options.min_compaction_lag_ms) {
        look_again(newest->timestamp + options.min_compaction_lag_ms);
        break;
      }
    }
    if (dirty && plan.dirty_bytes == 0) {
      auto oldest = first_timestamp(candidate);
      if (!oldest) return std::move(oldest.error());
      const bool ages = *oldest >= 0 && options.max_compaction_lag_ms < INT64_MAX;
      plan.overdue = ages && now_ms - *oldest > options.max_compaction_lag_ms;
      if (ages && !plan.overdue) look_again(*oldest + options.max_compaction_lag_ms + 1);
    }
    (dirty ? plan.dirty_bytes : plan.clean_bytes) += candidate.size_bytes();
    plan.upper = end;
  }
  return plan;
}

struct compaction::state {
  /// A closed segment, as it was when the compaction began.
  struct source {
    log_offset base = 0;
    int64_t size = 0;
    size_t index_entries = 0;
    std::string path;
  };
  struct group {
    size_t first = 0;
    size_t last = 0;  // inclusive
  };
  enum class phase : uint8_t { mapping, cleaning, swapping, done };

  state(partition_log& log, const compaction_plan& the_plan, const compaction_limits& the_limits,
        timestamp_ms now)
      : handles(log.handles()),
        directory(log.directory()),
        plan(the_plan),
        limits(the_limits),
        now_ms(now),
        map(limits.map_bytes, limits.map_load_factor, limits.hash_seed),
        mapped_below(plan.first_dirty) {
    const auto& segments = log.segments();
    for (size_t i = 0; i + 1 < segments.size(); ++i) {
      segment& each = *segments[i];
      if (each.base_offset() >= plan.upper) break;
      sources.push_back(
          {each.base_offset(), each.size_bytes(), each.offsets().count(), each.paths().front()});
    }
    for (const auto& producer : log.producers().summaries()) {
      producers[producer.id] = log.producers().last_offset_of(producer.id);
    }
    skip_clean_sources();
  }

  void skip_clean_sources() {
    while (next_source + 1 < sources.size() && sources[next_source + 1].base <= plan.first_dirty) {
      ++next_source;
    }
    if (sources.empty() || plan.first_dirty >= plan.upper) at = phase::done;
  }

  outcome<void> open_source(size_t index) {
    auto opened = handles.disk().open(sources[index].path, open_mode::read_only);
    if (!opened) return std::move(opened.error());
    scanner.emplace(std::shared_ptr<const readable_file>(*opened), 0, sources[index].size,
                    std::span<const byte_range>{}, batch_check::crc);
    return {};
  }

  /// The next batch of the open source with its bytes; nothing at its end.
  outcome<std::optional<record_batch_view>> next_batch() {
    auto found = scanner->next();
    if (!found) return std::move(found.error());
    if (!*found) return std::optional<record_batch_view>{};
    located = **found;
    auto bytes = scanner->bytes_of(located);
    if (!bytes) return std::move(bytes.error());
    auto view = record_batch_view::parse(*bytes);
    if (!view) return std::move(view.error());
    return std::optional(*view);
  }

  outcome<void> map_step();
  outcome<bool> map_batch(const record_batch_view& batch);
  void make_groups();
  outcome<void> clean_step();
  outcome<void> begin_group();
  outcome<void> finish_group();
  outcome<void> write_out();
  [[nodiscard]] bool ends_group() const;
  void emit(const record_batch_header& header, std::span<const std::byte> bytes);

  file_handles& handles;
  std::string directory;
  compaction_plan plan;
  compaction_limits limits;
  timestamp_ms now_ms;
  offset_map map;
  log_offset mapped_below;
  std::vector<source> sources;
  std::unordered_map<producer_id, log_offset> producers;
  phase at = phase::mapping;

  size_t next_source = 0;
  std::optional<batch_scanner> scanner;
  located_batch located;
  std::vector<std::byte> scratch;
  std::vector<std::pair<std::span<const std::byte>, log_offset>> keys;  // of one batch

  std::vector<group> groups;
  size_t next_group = 0;
  std::optional<batch_cleaner> cleaner;
  std::unique_ptr<segment> output;
  bool group_changed = false;
  std::vector<std::byte> pending;
  std::vector<located_batch> pending_batches;
  compaction_stats stats;
};

outcome<bool> compaction::state::map_batch(const record_batch_view& batch) {
  if (batch.header().is_control() || batch.header().last_offset() < plan.first_dirty) return true;
  // All of it or nothing: keys of a batch that cannot be read must not replace older records.
  keys.clear();
  auto read = for_each_record(batch, scratch, [&](const record_view& record) {
    if (record.key && record.offset >= plan.first_dirty) {
      keys.emplace_back(*record.key, record.offset);
    }
  });
  if (!read) return true;
  return std::all_of(keys.begin(), keys.end(),
                     [&](const auto& each) { return map.put(each.first, each.second); });
}

outcome<void> compaction::state::map_step() {
  int64_t done_bytes = 0;
  while (done_bytes < step_bytes) {
    if (!scanner) OTTLA_TRY(open_source(next_source));
    auto batch = next_batch();
    if (!batch) return std::move(batch.error());
    if (!*batch) {
      scanner.reset();
      const bool last = ++next_source == sources.size();
      mapped_below = last ? plan.upper : sources[next_source].base;
      if (!last) continue;
      make_groups();
      return {};
    }
    auto fits = map_batch(**batch);
    if (!fits) return std::move(fits.error());
    if (!*fits) {
      if (mapped_below > plan.first_dirty) return make_groups(), outcome<void>{};
      return fault{
          error_code::record_list_too_large,
          fmt::format("one batch has more keys than the {} of the cleaner's map", map.capacity())};
    }
    mapped_below = std::max(mapped_below, located.last_offset() + 1);
    done_bytes += located.length();
  }
  return {};
}

/// Neighbours that fit into one segment become one.
void compaction::state::make_groups() {
  scanner.reset();
  at = phase::cleaning;
  int64_t bytes = 0;
  size_t entries = 0;
  const size_t max_entries =
      static_cast<size_t>(limits.segment_index_bytes) / offset_index::entry_bytes;
  for (size_t i = 0; i < sources.size() && sources[i].base < mapped_below; ++i) {
    const log_offset end = i + 1 < sources.size() ? sources[i + 1].base : plan.upper;
    bytes += sources[i].size;
    entries += sources[i].index_entries + 1;
    const bool fits = !groups.empty() && bytes <= limits.segment_bytes && entries <= max_entries &&
                      end - sources[groups.back().first].base <= INT32_MAX;
    if (fits) {
      groups.back().last = i;
    } else {
      groups.push_back({i, i});
      bytes = sources[i].size;
      entries = sources[i].index_entries + 1;
    }
  }
  cleaner.emplace(
      cleaning_rules{&map, mapped_below, now_ms, limits.delete_retention_ms, &producers});
  if (groups.empty()) at = phase::done;
}

outcome<void> compaction::state::begin_group() {
  const group& current = groups[next_group];
  output = std::make_unique<segment>(handles, directory, sources[current.first].base,
                                     log_file_suffix::cleaned);
  OTTLA_TRY(output->create(now_ms));
  group_changed = current.first != current.last;
  next_source = current.first;
  return open_source(next_source);
}

void compaction::state::emit(const record_batch_header& header, std::span<const std::byte> bytes) {
  pending_batches.push_back({static_cast<int64_t>(pending.size()), header});
  pending.insert(pending.end(), bytes.begin(), bytes.end());
}

outcome<void> compaction::state::write_out() {
  if (pending.empty()) return {};
  OTTLA_TRY(output->append(pending, pending_batches, limits.index_interval_bytes));
  stats.bytes_written += static_cast<int64_t>(pending.size());
  pending.clear();
  pending_batches.clear();
  return {};
}

/// Whether nothing of the group comes after the batch that was read last.
bool compaction::state::ends_group() const {
  if (located.position + located.length() != sources[next_source].size) return false;
  for (size_t i = next_source + 1; i <= groups[next_group].last; ++i) {
    if (sources[i].size > 0) return false;
  }
  return true;
}

outcome<void> compaction::state::clean_step() {
  if (!output) OTTLA_TRY(begin_group());
  while (static_cast<int64_t>(pending.size()) < step_bytes) {
    auto batch = next_batch();
    if (!batch) return std::move(batch.error());
    if (!*batch) {
      if (next_source == groups[next_group].last) return finish_group();
      OTTLA_TRY(open_source(++next_source));
      break;  // a source is a step of its own, however little is left of it
    }
    auto cleaned = cleaner->clean(**batch, ends_group());
    if (!cleaned) {  // its checksum is right: the producer sent it so, and it stays so
      ++stats.batches_unreadable;
      cleaned = cleaned_batch{};
    }
    if (cleaned->what != cleaned_batch::kind::unchanged) group_changed = true;
    if (cleaned->what == cleaned_batch::kind::unchanged) {
      emit((*batch)->header(), (*batch)->bytes());
    } else if (cleaned->what == cleaned_batch::kind::rewritten) {
      auto view = record_batch_view::parse(cleaned->rewritten.view());
      if (!view) return std::move(view.error());
      emit(view->header(), view->bytes());
    }
  }
  return write_out();
}

outcome<void> compaction::state::finish_group() {
  OTTLA_TRY(write_out());
  scanner.reset();
  if (!group_changed) {  // one segment, clean already: it stays where it is
    auto paths = output->paths();
    output.reset();
    OTTLA_TRY(removal_job{std::move(paths)}.run(handles.disk()));
    at = ++next_group == groups.size() ? phase::done : phase::cleaning;
    return {};
  }
  OTTLA_TRY(output->seal());
  for (const auto& path : output->paths()) {
    auto opened = handles.disk().open(path, open_mode::read_write);
    if (!opened && opened.error().code == error_code::resource_not_found) continue;
    if (!opened) return std::move(opened.error());
    OTTLA_TRY((*opened)->sync());
  }
  OTTLA_TRY(output->rest());
  OTTLA_TRY(handles.disk().sync_directory(directory));
  at = phase::swapping;
  return {};
}

compaction::compaction(partition_log& log, const compaction_plan& plan,
                       const compaction_limits& limits, timestamp_ms now_ms)
    : state_(std::make_unique<state>(log, plan, limits, now_ms)) {}

compaction::~compaction() {
  cancel();
}

outcome<compaction::progress> compaction::step() {
  auto& s = *state_;
  OTTLA_ASSERT(s.at != state::phase::swapping);
  outcome<void> done;
  if (s.at == state::phase::mapping) {
    done = s.map_step();
  } else if (s.at == state::phase::cleaning) {
    done = s.clean_step();
  }
  if (!done) {
    cancel();
    return std::move(done.error());
  }
  if (s.at == state::phase::swapping) return progress::swap_ready;
  return s.at == state::phase::done ? progress::done : progress::working;
}

outcome<removal_job> compaction::swap(partition_log& log) {
  auto& s = *state_;
  OTTLA_ASSERT(s.at == state::phase::swapping);
  const auto& group = s.groups[s.next_group];
  const auto& segments = log.segments();
  const auto is_there = [&](const state::source& wanted) {
    return std::any_of(segments.begin(), segments.end() - 1, [&](const auto& each) {
      return each->base_offset() == wanted.base && each->size_bytes() == wanted.size;
    });
  };
  for (size_t i = group.first; i <= group.last; ++i) {
    if (is_there(s.sources[i])) continue;
    cancel();
    return fault{error_code::invalid_request, fmt::format("segment {} is gone", s.sources[i].base)};
  }
  s.output.reset();
  auto removal =
      log.replace_segments(s.sources[group.first].base, s.sources[group.last].base, s.now_ms);
  s.at = removal && ++s.next_group < s.groups.size() ? state::phase::cleaning : state::phase::done;
  return removal;
}

void compaction::cancel() {
  auto& s = *state_;
  s.at = state::phase::done;
  if (!s.output) return;
  const auto paths = s.output->paths();
  s.output.reset();
  (void)removal_job{paths}.run(s.handles.disk());  // recovery removes what is left
}

log_offset compaction::cleaned_up_to() const {
  return state_->mapped_below;
}

const std::string& compaction::directory() const {
  return state_->directory;
}

compaction_stats compaction::stats() const {
  compaction_stats sum = state_->cleaner ? state_->cleaner->stats() : compaction_stats{};
  sum.bytes_written = state_->stats.bytes_written;
  sum.batches_unreadable = state_->stats.batches_unreadable;
  return sum;
}

}  // namespace ottla
