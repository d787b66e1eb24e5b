#include "storage/batch_search.hpp"

#include <algorithm>
#include <array>

#include "protocol/endian.hpp"

namespace ottla {
namespace {

constexpr int64_t header_bytes = batch_layout::header_bytes;
constexpr size_t window_bytes = size_t{1} << 20;

/// Whether a batch may begin at `at`: cheap, and wrong for nearly all other bytes.
bool looks_like_header(std::span<const std::byte> at, int64_t room, log_offset lowest) {
  if (at[batch_layout::magic] != std::byte{batch_layout::current_magic}) return false;
  const auto length = load_big_endian<int32_t>(at.data() + batch_layout::length);
  if (length < header_bytes - static_cast<int64_t>(batch_layout::log_overhead_bytes)) return false;
  if (length + static_cast<int64_t>(batch_layout::log_overhead_bytes) > room) return false;
  return load_big_endian<log_offset>(at.data()) >= lowest;
}

outcome<bool> is_valid(const readable_file& source, const located_batch& batch) {
  std::vector<std::byte> bytes(static_cast<size_t>(batch.length()));
  auto got = source.read_at(bytes, batch.position);
  if (!got) return std::move(got.error());
  auto view = record_batch_view::parse(std::span{bytes}.first(*got));
  return view && view->crc_valid();
}

}  // namespace

outcome<bool> is_contradicted(const readable_file& source, const located_batch& batch, int64_t end,
                              const offset_bounds& bounds) {
  std::array<std::byte, header_bytes> bytes{};
  if (end - batch.end() < header_bytes) return false;
  auto got = source.read_at(bytes, batch.end());
  if (!got) return std::move(got.error());
  if (*got < bytes.size() || !looks_like_header(bytes, end - batch.end(), bounds.lowest))
    return false;
  auto header = decode_record_batch_header(bytes);
  if (!header || header->base_offset > batch.last_offset()) return false;
  return is_valid(source, {batch.end(), *header});
}

outcome<std::optional<located_batch>> find_valid_batch(const readable_file& source, int64_t from,
                                                       int64_t end, const offset_bounds& bounds) {
  std::vector<std::byte> window(window_bytes);
  while (end - from >= header_bytes) {
    const auto wanted = std::min<int64_t>(end - from, static_cast<int64_t>(window.size()));
    auto got = source.read_at(std::span{window}.first(static_cast<size_t>(wanted)), from);
    if (!got) return std::move(got.error());
    const auto usable = static_cast<int64_t>(*got) - header_bytes + 1;
    if (usable <= 0) break;
    for (int64_t i = 0; i < usable; ++i) {
      const auto at = std::span<const std::byte>{window}.subspan(static_cast<size_t>(i),
                                                                 static_cast<size_t>(header_bytes));
      if (!looks_like_header(at, end - from - i, bounds.lowest)) continue;
      auto header = decode_record_batch_header(at);
      if (!header || header->last_offset_delta < 0) continue;
      const located_batch batch{from + i, *header};
      if (batch.base_offset() >= bounds.limit || batch.last_offset() >= bounds.limit) continue;
      auto valid = is_valid(source, batch);
      if (!valid) return std::move(valid.error());
      if (!*valid) continue;
      auto contradicted = is_contradicted(source, batch, end, bounds);
      if (!contradicted) return std::move(contradicted.error());
      if (!*contradicted) return std::optional(batch);
    }
    from += usable;
  }
  return std::optional<located_batch>{};
}

}  // namespace ottla
