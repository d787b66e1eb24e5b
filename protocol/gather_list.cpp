#include "protocol/gather_list.hpp"

#include <cstring>

namespace ottla {
namespace {

outcome<void> copy_into(const gather_piece& piece, std::span<std::byte> into) {
  if (const auto* bytes = std::get_if<shared_bytes>(&piece)) {
    if (!bytes->empty()) std::memcpy(into.data(), bytes->data(), bytes->size());
    return {};
  }
  const auto& range = std::get<file_range>(piece);
  auto got = range.file->read_at(into, range.position);
  if (!got) return std::move(got.error());
  if (*got != into.size())
    return fault{error_code::kafka_storage_error, "short read of a file range"};
  return {};
}

}  // namespace

int64_t size_bytes(const gather_piece& piece) {
  if (const auto* bytes = std::get_if<shared_bytes>(&piece)) {
    return static_cast<int64_t>(bytes->size());
  }
  return std::get<file_range>(piece).length;
}

int64_t size_bytes(const gather_list& pieces) {
  int64_t total = 0;
  for (const auto& piece : pieces) total += size_bytes(piece);
  return total;
}

outcome<shared_bytes> flatten(const gather_list& pieces) {
  auto flat = shared_bytes::allocate(static_cast<size_t>(size_bytes(pieces)));
  size_t filled = 0;
  for (const auto& piece : pieces) {
    auto length = static_cast<size_t>(size_bytes(piece));
    OTTLA_TRY(copy_into(piece, flat.writable().subspan(filled, length)));
    filled += length;
  }
  return flat;
}

}  // namespace ottla
