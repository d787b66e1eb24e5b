#include "storage/time_index.hpp"

#include <fmt/core.h>

#include <array>

#include "protocol/endian.hpp"

namespace ottla {

timestamp_offset time_index::decode(std::span<const std::byte> entry) const {
  return {load_big_endian<timestamp_ms>(entry.data()),
          base_ + load_big_endian<int32_t>(entry.data() + 8)};
}

outcome<timestamp_offset> time_index::entry_before(size_t count) const {
  if (count == 0) return timestamp_offset{no_timestamp, base_};
  std::array<std::byte, entry_bytes> entry;
  OTTLA_TRY(file_.read(count - 1, entry));
  return decode(entry);
}

outcome<void> time_index::reload_last() {
  auto last = entry_before(file_.count());
  if (!last) return std::move(last.error());
  last_ = *last;
  return {};
}

outcome<void> time_index::load() {
  last_ = {no_timestamp, base_};
  OTTLA_TRY(file_.load());
  OTTLA_TRY(reload_last());
  auto first = entry_before(file_.count() == 0 ? 0 : 1);
  if (!first) return std::move(first.error());
  const bool sane = last_.offset >= base_ && last_.timestamp >= first->timestamp;
  if (sane && (file_.count() == 0 || first->timestamp >= 0)) return {};
  return fault{error_code::corrupt_message,
               fmt::format("the time index of segment {} does not rise", base_)};
}

void time_index::append(const timestamp_offset& at) {
  if (at.timestamp <= last_.timestamp) return;
  OTTLA_ASSERT(at.offset >= last_.offset);
  std::array<std::byte, entry_bytes> entry;
  store_big_endian(entry.data(), at.timestamp);
  store_big_endian(entry.data() + 8, static_cast<int32_t>(at.offset - base_));
  file_.append(entry);
  last_ = at;
}

outcome<timestamp_offset> time_index::lookup(timestamp_ms timestamp) const {
  if (last_.timestamp <= timestamp) return last_;
  auto count =
      file_.partition_point([&](auto entry) { return decode(entry).timestamp <= timestamp; });
  if (!count) return std::move(count.error());
  return entry_before(*count);
}

outcome<void> time_index::truncate_to_offset(log_offset offset) {
  auto count = file_.partition_point([&](auto entry) { return decode(entry).offset < offset; });
  if (!count) return std::move(count.error());
  OTTLA_TRY(file_.truncate(*count));
  return reload_last();
}

outcome<void> time_index::check_all() const {
  timestamp_offset before{no_timestamp, base_};
  for (size_t i = 0; i < file_.count(); ++i) {
    auto at = entry_before(i + 1);
    if (!at) return std::move(at.error());
    if (at->timestamp <= before.timestamp || at->offset < before.offset) {
      return fault{error_code::corrupt_message,
                   fmt::format("the time index of segment {} does not rise", base_)};
    }
    before = *at;
  }
  return {};
}

outcome<void> time_index::reset() {
  last_ = {no_timestamp, base_};
  return file_.reset();
}

}  // namespace ottla
