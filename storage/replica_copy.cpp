#include "storage/replica_copy.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "storage/batch_scanner.hpp"

namespace ottla {
namespace {

constexpr int64_t step_bytes = 4 << 20;
constexpr int64_t chunk_bytes = 1 << 20;
constexpr int64_t close_bytes = 16 << 20;  ///< So little may be written while the log is closed.

bool is_gone(const fault& why) {
  return why.code == error_code::resource_not_found;
}

/// What an open log may leave behind and the next start removes, or what is being removed.
bool is_leftover(const std::string& name) {
  auto parsed = parse_log_file(name);
  return name.ends_with(".tmp") || (parsed && parsed->suffix != log_file_suffix::none);
}

}  // namespace

/// Lists what is to be copied, the oldest segment first.
outcome<void> replica_copy::begin_pass(bool is_last) {
  auto entries = disk_.list(from_);
  if (!entries) return std::move(entries.error());
  log_offset active = 0;
  for (const auto& entry : *entries) {
    active = std::max(active, segment_base(entry.name).value_or(0));
  }
  todo_.clear();
  position_ = 0;
  written_in_pass_ = 0;
  for (const auto& entry : *entries) {
    if (entry.is_directory || is_leftover(entry.name)) continue;
    if (settled_.contains(entry.name)) {
      auto is_same = is_last ? has_size(entry.name, copied_[entry.name]) : outcome<bool>{true};
      if (!is_same) return std::move(is_same.error());
      if (*is_same) continue;
    }
    auto name = parse_log_file(entry.name);
    const bool is_segment = name && name->kind != log_file_kind::snapshot;
    wanted_file wanted{entry.name, name ? name->base : 0, name && name->kind == log_file_kind::log,
                       is_last || (is_segment && name->base < active)};
    // Indexes and small files of a log in use are not worth a look before the end.
    if (wanted.is_final || wanted.is_log) todo_.push_back(std::move(wanted));
  }
  std::ranges::sort(todo_, {},
                    [](const wanted_file& file) { return std::tie(file.base, file.name); });
  if (!todo_.empty() && !todo_.front().is_final) position_ = copied_[todo_.front().name];
  return {};
}

/// A disk that was full may have kept the last entries of an index back when its segment ended.
outcome<bool> replica_copy::has_size(const std::string& name, int64_t bytes) {
  auto source = disk_.open(join_path(from_, name), open_mode::read_only);
  if (!source && is_gone(source.error())) return true;
  if (!source) return std::move(source.error());
  auto size = (*source)->size();
  if (!size) return std::move(size.error());
  return *size == bytes;
}

/// While both places are live, after a crash, only the topic id tells that they are one log: it has
/// to outlast the power in the old place, too.
outcome<void> replica_copy::keep_id() {
  auto metadata = disk_.open(join_path(from_, partition_metadata_name), open_mode::read_write);
  if (!metadata && is_gone(metadata.error())) return {};
  if (!metadata) return std::move(metadata.error());
  OTTLA_TRY((*metadata)->sync());
  return disk_.sync_directory(from_);
}

outcome<replica_copy::progress> replica_copy::step() {
  if (todo_.empty()) OTTLA_TRY(begin_pass(false));
  int64_t budget_bytes = step_bytes;
  while (budget_bytes > 0 && !todo_.empty()) {
    auto copied = copy_some(budget_bytes);
    if (!copied) return std::move(copied.error());
  }
  progress now{.end_offset = end_offset_,
               .is_close = todo_.empty() && written_in_pass_ <= close_bytes};
  for (const auto& [name, bytes] : copied_) {
    if (name.ends_with(".log")) now.size_bytes += bytes;
  }
  return now;
}

outcome<void> replica_copy::finish() {
  OTTLA_TRY(begin_pass(true));
  int64_t budget_bytes = std::numeric_limits<int64_t>::max();
  while (!todo_.empty()) {
    auto copied = copy_some(budget_bytes);
    if (!copied) return std::move(copied.error());
  }
  OTTLA_TRY(drop_extras());
  OTTLA_TRY(disk_.sync_directory(to_));
  return keep_id();
}

/// Goes on with the first file of todo_. Answers whether it is done with it.
outcome<bool> replica_copy::copy_some(int64_t& budget_bytes) {
  const auto wanted = todo_.front();
  auto next_file = [this] {
    todo_.pop_front();
    const bool goes_on = !todo_.empty() && !todo_.front().is_final;
    position_ = goes_on ? copied_[todo_.front().name] : 0;
    return true;
  };
  auto source = disk_.open(join_path(from_, wanted.name), open_mode::read_only);
  if (!source && is_gone(source.error())) return next_file();  // retention was faster
  if (!source) return std::move(source.error());
  auto target = disk_.open(join_path(to_, wanted.name), open_mode::create);
  if (!target) return std::move(target.error());
  auto length = (*source)->size();
  if (!length) return std::move(length.error());
  if (wanted.is_log) end_offset_ = std::max(end_offset_, wanted.base);
  while (budget_bytes > 0 && position_ < *length) {
    auto did = copy_chunk(**source, **target, std::min(chunk_bytes, *length - position_));
    if (!did) return std::move(did.error());
    if (*did == 0) break;  // cut after a failed append
    budget_bytes -= *did;
  }
  const bool is_done = budget_bytes > 0 || position_ >= *length;
  if (is_done) OTTLA_TRY(end_file(**target, position_));
  OTTLA_TRY((*target)->sync());
  if (wanted.is_log) walk(*target);
  if (!is_done) return false;
  if (wanted.is_final) settled_.insert(wanted.name);
  return next_file();
}

/// Answers with the bytes done. What the target has already is written only where it differs: an
/// append that failed may have been cut and written over.
outcome<int64_t> replica_copy::copy_chunk(const file& source, file& target, int64_t length) {
  std::vector<std::byte> bytes(static_cast<size_t>(length));
  auto got = source.read_at(bytes, position_);
  if (!got) return std::move(got.error());
  bytes.resize(*got);
  auto& copied = copied_[todo_.front().name];
  bool is_equal = false;
  if (position_ + static_cast<int64_t>(*got) <= copied) {
    std::vector<std::byte> there(*got);
    auto read = target.read_at(there, position_);
    if (!read) return std::move(read.error());
    is_equal = *read == *got && there == bytes;
  }
  if (!is_equal && *got > 0) {
    OTTLA_TRY(target.write_at(std::span<const std::byte>(bytes), position_));
    written_in_pass_ += static_cast<int64_t>(*got);
  }
  position_ += static_cast<int64_t>(*got);
  copied = std::max(copied, position_);
  return static_cast<int64_t>(*got);
}

outcome<void> replica_copy::end_file(file& target, int64_t length) {
  auto size = target.size();
  if (!size) return std::move(size.error());
  if (*size > length) OTTLA_TRY(target.truncate(length));
  copied_[todo_.front().name] = length;
  return {};
}

/// Learns up to which offset the copy reaches.
void replica_copy::walk(const std::shared_ptr<file>& target) {
  if (std::exchange(walked_, todo_.front().name) != todo_.front().name) walked_bytes_ = 0;
  batch_scanner batches(target, walked_bytes_, position_);
  for (;;) {
    auto batch = batches.next();
    if (!batch || !*batch) return;  // the rest of a batch follows with the next step
    walked_bytes_ = (*batch)->end();
    end_offset_ = std::max(end_offset_, (*batch)->last_offset() + 1);
  }
}

/// Segments that retention has removed since they were copied.
outcome<void> replica_copy::drop_extras() {
  auto entries = disk_.list(to_);
  if (!entries) return std::move(entries.error());
  for (const auto& entry : *entries) {
    auto is_there = disk_.exists(join_path(from_, entry.name));
    if (!is_there) return std::move(is_there.error());
    if (!*is_there) OTTLA_TRY(disk_.remove_file(join_path(to_, entry.name)));
  }
  return {};
}

}  // namespace ottla
