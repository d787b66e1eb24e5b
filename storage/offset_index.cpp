#include "storage/offset_index.hpp"

#include <fmt/core.h>

#include <array>

#include "protocol/endian.hpp"

namespace ottla {

offset_position offset_index::decode(std::span<const std::byte> entry) const {
  return {base_ + load_big_endian<int32_t>(entry.data()),
          load_big_endian<int32_t>(entry.data() + 4)};
}

outcome<offset_position> offset_index::entry_before(size_t count) const {
  if (count == 0) return offset_position{base_, 0};
  std::array<std::byte, entry_bytes> entry;
  OTTLA_TRY(file_.read(count - 1, entry));
  return decode(entry);
}

// Loading looks at the last entry only: a damaged one before it shows here, and is no place to
// start from.
outcome<offset_position> offset_index::start_before(size_t count) const {
  auto at = entry_before(count);
  if (!at) return at;
  const bool sane = at->offset >= base_ && at->position >= 0 && at->position <= last_.position;
  return sane ? *at : offset_position{base_, 0};
}

outcome<void> offset_index::reload_last() {
  auto last = entry_before(file_.count());
  if (!last) return std::move(last.error());
  last_ = *last;
  return {};
}

outcome<void> offset_index::load(int64_t log_bytes) {
  last_ = {base_, 0};
  OTTLA_TRY(file_.load());
  OTTLA_TRY(reload_last());
  // Zeros behind the entries are what Kafka leaves of a preallocated index after a crash.
  const bool in_file = last_.position < log_bytes && (file_.count() == 1 || last_.position > 0);
  if (file_.count() == 0 || (last_.offset >= base_ && last_.position >= 0 && in_file)) return {};
  return fault{error_code::corrupt_message,
               fmt::format("the offset index of segment {} points beyond it", base_)};
}

void offset_index::append(const offset_position& at) {
  OTTLA_ASSERT(file_.count() == 0 || (at.offset > last_.offset && at.position > last_.position));
  std::array<std::byte, entry_bytes> entry;
  store_big_endian(entry.data(), static_cast<int32_t>(at.offset - base_));
  store_big_endian(entry.data() + 4, static_cast<int32_t>(at.position));
  file_.append(entry);
  last_ = at;
}

outcome<offset_position> offset_index::lookup(log_offset offset) const {
  if (file_.count() != 0 && last_.offset <= offset) return last_;
  auto count = file_.partition_point([&](auto entry) { return decode(entry).offset <= offset; });
  if (!count) return std::move(count.error());
  return start_before(*count);
}

outcome<offset_position> offset_index::lookup_position(int64_t position) const {
  if (file_.count() != 0 && last_.position <= position) return last_;
  auto count =
      file_.partition_point([&](auto entry) { return decode(entry).position <= position; });
  if (!count) return std::move(count.error());
  return start_before(*count);
}

outcome<void> offset_index::truncate_to_position(int64_t position) {
  auto count = file_.partition_point([&](auto entry) { return decode(entry).position < position; });
  if (!count) return std::move(count.error());
  OTTLA_TRY(file_.truncate(*count));
  OTTLA_TRY(reload_last());
  // A damaged entry may be the last now: without entries the log is walked from its start.
  return last_.offset >= base_ && last_.position >= 0 ? outcome<void>{} : reset();
}

outcome<void> offset_index::check_all(int64_t log_bytes) const {
  offset_position before{base_ - 1, -1};
  for (size_t i = 0; i < file_.count(); ++i) {
    auto at = entry_before(i + 1);
    if (!at) return std::move(at.error());
    const bool rises = at->offset > before.offset && at->position > before.position;
    if (!rises || at->position >= log_bytes) {
      return fault{error_code::corrupt_message,
                   fmt::format("the offset index of segment {} does not rise", base_)};
    }
    before = *at;
  }
  return {};
}

outcome<void> offset_index::reset() {
  last_ = {base_, 0};
  return file_.reset();
}

}  // namespace ottla
