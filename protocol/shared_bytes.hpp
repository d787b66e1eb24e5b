// Reference-counted bytes: a frame is received once and travels as slices of its buffer.
//
// A `chunk` is the memory, a `shared_bytes` a range of it that keeps it alive. Slices are read-only
// for everybody but the owner of the range: the partition log stamps offsets into a batch in place.
// Copying a slice is thread-safe; the bytes themselves have one writer at a time by contract.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace ottla {

class shared_bytes {
public:
  shared_bytes() = default;
  /// A range inside `owner`'s memory. The range must lie within it.
  shared_bytes(std::shared_ptr<std::byte[]> owner, std::byte* data, size_t size)
      : owner_(std::move(owner)), data_(data), size_(size) {}

  /// A new buffer of exactly `size` bytes, zeroed or not as `make_shared_for_overwrite` leaves it.
  static shared_bytes allocate(size_t size);
  /// A new buffer with a copy of `bytes`.
  static shared_bytes copy_of(std::span<const std::byte> bytes);
  static shared_bytes copy_of(std::string_view text);

  [[nodiscard]] const std::byte* data() const { return data_; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::span<const std::byte> view() const { return {data_, size_}; }
  /// For the sole owner of this range only (see the comment above).
  [[nodiscard]] std::span<std::byte> writable() const { return {data_, size_}; }
  /// The sub-range [offset, offset + size), which must lie inside; shares the memory.
  [[nodiscard]] shared_bytes slice(size_t offset, size_t size) const;

  /// Same length, same bytes.
  friend bool operator==(const shared_bytes& left, const shared_bytes& right);

private:
  std::shared_ptr<std::byte[]> owner_;
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const std::byte> as_byte_span(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

}  // namespace ottla
