#include "storage/batch_scanner.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace ottla {
namespace {

constexpr int64_t header_bytes = batch_layout::header_bytes;
constexpr int64_t small_batch_bytes = 2048;  // below it one read serves several headers
constexpr int64_t header_window_bytes = 16 << 10;
constexpr int64_t check_window_bytes = 256 << 10;

}  // namespace

batch_scanner::batch_scanner(std::shared_ptr<const readable_file> source, int64_t position,
                             int64_t end, std::span<const byte_range> holes, batch_check check)
    : source_(std::move(source)),
      position_(position),
      end_(end),
      holes_(holes.begin(), holes.end()),
      check_(check) {}

fault batch_scanner::bad(const char* why) const {
  return {error_code::corrupt_message, fmt::format("batch at position {}: {}", position_, why)};
}

outcome<std::span<const std::byte>> batch_scanner::view(int64_t position, int64_t length,
                                                        int64_t window) {
  const int64_t buffer_end = buffer_position_ + static_cast<int64_t>(buffered_);
  if (position < buffer_position_ || position + length > buffer_end) {
    const auto wanted =
        static_cast<size_t>(std::clamp(end_ - position, length, std::max(length, window)));
    if (buffer_.size() < wanted) buffer_.resize(wanted);
    auto got = source_->read_at(std::span{buffer_}.first(wanted), position);
    if (!got) return std::move(got.error());
    buffer_position_ = position;
    buffered_ = *got;
    if (static_cast<int64_t>(*got) < length) return bad("the file is shorter than it was");
  }
  return std::span<const std::byte>{buffer_}.subspan(
      static_cast<size_t>(position - buffer_position_), static_cast<size_t>(length));
}

outcome<std::optional<located_batch>> batch_scanner::next() {
  for (const auto& hole : holes_) {
    // An index entry may point into a hole.
    const int64_t hole_end = hole.position + hole.length;
    if (position_ >= hole.position && position_ < hole_end) position_ = hole_end;
  }
  if (position_ >= end_) return std::optional<located_batch>{};
  if (end_ - position_ < header_bytes) return bad("cut short");
  const bool checks = check_ == batch_check::crc;
  const int64_t window =
      checks ? check_window_bytes
             : (last_length_ < small_batch_bytes ? header_window_bytes : header_bytes);
  auto head = view(position_, header_bytes, window);
  if (!head) return std::move(head.error());
  auto header = decode_record_batch_header(*head);
  if (!header) return bad("no batch header");
  const located_batch batch{position_, *header};
  if (batch.end() > end_) return bad("cut short");
  if (batch.base_offset() < next_offset_ || header->last_offset_delta < 0) {
    return bad("offsets do not rise");
  }
  if (checks) {
    auto bytes = bytes_of(batch);
    if (!bytes) return std::move(bytes.error());
    auto parsed = record_batch_view::parse(*bytes);
    if (!parsed || !parsed->crc_valid()) return bad("wrong checksum");
  }
  position_ = batch.end();
  next_offset_ = batch.last_offset() + 1;
  last_length_ = batch.length();
  return std::optional(batch);
}

outcome<std::span<const std::byte>> batch_scanner::bytes_of(const located_batch& batch) {
  return view(batch.position, batch.length(), check_ == batch_check::crc ? check_window_bytes : 0);
}

}  // namespace ottla
