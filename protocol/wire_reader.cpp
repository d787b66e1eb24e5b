#include "protocol/wire_reader.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace ottla {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return bytes.empty() ? std::string_view{""} : as_text(bytes);
}

template <class Signed, class Unsigned>
Signed unzigzag(Unsigned value) {
  return static_cast<Signed>((value >> 1) ^ (Unsigned{0} - (value & 1)));
}

}  // namespace

void wire_reader::fail(const char* why) {
  if (failure_ != nullptr) return;
  failure_ = why;
  failed_at_ = position();
  at_ = end_;  // nothing is left to read, so every later read fails by itself
}

outcome<void> wire_reader::check() const {
  if (failure_ == nullptr) return {};
  return fault{error_code::invalid_request,
               std::string{failure_} + ", at byte " + std::to_string(failed_at_)};
}

uuid wire_reader::id() {
  uuid value;
  auto from = raw(value.bytes.size());
  std::copy(from.begin(), from.end(), value.bytes.begin());
  return value;
}

template <std::unsigned_integral T>
T wire_reader::base128() {
  constexpr int bits = std::numeric_limits<T>::digits;
  T value = 0;
  for (int shift = 0; shift < bits; shift += 7) {
    auto next = integer<uint8_t>();
    auto payload = static_cast<T>(next & 0x7f);
    if (shift + 7 > bits && (payload >> (bits - shift)) != 0) break;
    value |= static_cast<T>(payload << shift);
    if ((next & 0x80) == 0) return value;
  }
  fail("a variable-length integer is too long");
  return 0;
}

uint32_t wire_reader::unsigned_varint() {
  return base128<uint32_t>();
}

int32_t wire_reader::varint() {
  return unzigzag<int32_t>(base128<uint32_t>());
}

int64_t wire_reader::varlong() {
  return unzigzag<int64_t>(base128<uint64_t>());
}

std::span<const std::byte> wire_reader::raw(size_t size) {
  if (size > remaining()) {
    fail("the bytes end within a value");
    return {};
  }
  std::span<const std::byte> view{at_, size};
  at_ += size;
  return view;
}

std::optional<std::span<const std::byte>> wire_reader::sized(int64_t length) {
  if (length == -1) return std::nullopt;
  if (length < 0) {
    fail("a length is negative");
    return std::span<const std::byte>{};
  }
  return raw(static_cast<size_t>(length));
}

std::optional<std::span<const std::byte>> wire_reader::nullable_bytes() {
  return sized(int32());
}

std::optional<std::span<const std::byte>> wire_reader::compact_nullable_bytes() {
  return sized(int64_t{unsigned_varint()} - (failed() ? 0 : 1));
}

std::span<const std::byte> wire_reader::bytes() {
  auto value = nullable_bytes();
  if (!value) fail("null where bytes are required");
  return value.value_or(std::span<const std::byte>{});
}

std::span<const std::byte> wire_reader::compact_bytes() {
  auto value = compact_nullable_bytes();
  if (!value) fail("null where bytes are required");
  return value.value_or(std::span<const std::byte>{});
}

std::optional<std::string_view> wire_reader::nullable_string() {
  auto value = sized(int16());
  if (!value) return std::nullopt;
  return text_of(*value);
}

std::optional<std::string_view> wire_reader::compact_nullable_string() {
  auto value = compact_nullable_bytes();
  if (!value) return std::nullopt;
  // As Kafka's: the same text must fit where its length is an int16, in records of groups above
  // all.
  if (value->size() > static_cast<size_t>(std::numeric_limits<int16_t>::max())) {
    fail("a string is longer than 32767 bytes");
    return std::string_view{""};
  }
  return text_of(*value);
}

std::string_view wire_reader::string() {
  auto value = nullable_string();
  if (!value) fail("null where a string is required");
  return value.value_or("");
}

std::string_view wire_reader::compact_string() {
  auto value = compact_nullable_string();
  if (!value) fail("null where a string is required");
  return value.value_or("");
}

shared_bytes wire_reader::shared(std::span<const std::byte> view) const {
  if (view.empty()) return {};
  if (owner_.empty()) return shared_bytes::copy_of(view);
  return owner_.slice(static_cast<size_t>(view.data() - owner_.data()), view.size());
}

std::optional<size_t> wire_reader::counted(int64_t count) {
  if (count == -1) return std::nullopt;
  if (count < 0 || count > static_cast<int64_t>(remaining())) {
    fail("an array announces more elements than bytes are left");
    return 0;
  }
  return static_cast<size_t>(count);
}

std::optional<size_t> wire_reader::array_count() {
  return counted(int32());
}

std::optional<size_t> wire_reader::compact_array_count() {
  return counted(int64_t{unsigned_varint()} - (failed() ? 0 : 1));
}

void wire_reader::skip_tagged_fields() {
  auto count = unsigned_varint();
  for (uint32_t i = 0; i < count && !failed(); ++i) {
    unsigned_varint();
    raw(unsigned_varint());
  }
}

}  // namespace ottla
