#include "protocol/shared_bytes.hpp"

#include <algorithm>
#include <cstring>

#include "protocol/assert.hpp"

namespace ottla {

shared_bytes shared_bytes::allocate(size_t size) {
  auto owner = std::make_shared_for_overwrite<std::byte[]>(size);
  auto* data = owner.get();
  return {std::move(owner), data, size};
}

shared_bytes shared_bytes::copy_of(std::span<const std::byte> bytes) {
  auto copy = allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.data_, bytes.data(), bytes.size());
  return copy;
}

shared_bytes shared_bytes::copy_of(std::string_view text) {
  return copy_of(as_byte_span(text));
}

shared_bytes shared_bytes::slice(size_t offset, size_t size) const {
  OTTLA_ASSERT(offset <= size_ && size <= size_ - offset);
  return {owner_, data_ + offset, size};
}

bool operator==(const shared_bytes& left, const shared_bytes& right) {
  return std::ranges::equal(left.view(), right.view());
}

}  // namespace ottla
