#include "protocol/types.hpp"

#include <cstring>

namespace ottla {
namespace {

constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr size_t text_length = 22;

}  // namespace

std::string uuid::to_string() const {
  std::string text;
  text.reserve(text_length);
  uint32_t bits = 0;
  int held = 0;
  for (auto byte : bytes) {
    bits = (bits << 8) | std::to_integer<uint32_t>(byte);
    for (held += 8; held >= 6; held -= 6) text += base64_digits[(bits >> (held - 6)) & 63];
  }
  text += base64_digits[(bits << (6 - held)) & 63];
  return text;
}

std::optional<uuid> uuid::parse(std::string_view text) {
  if (text.size() != text_length) return std::nullopt;
  uuid id;
  uint32_t bits = 0;
  int held = 0;
  size_t next = 0;
  for (char digit : text) {
    auto value = base64_digits.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    if (next < id.bytes.size()) id.bytes[next++] = static_cast<std::byte>((bits >> held) & 255);
  }
  return (bits & 15) == 0 ? std::optional{id} : std::nullopt;  // unused low bits must be zero
}

std::string to_string(const topic_partition& which) {
  return which.topic + "-" + std::to_string(which.partition);
}

}  // namespace ottla

size_t std::hash<ottla::uuid>::operator()(const ottla::uuid& id) const noexcept {
  uint64_t halves[2];
  std::memcpy(halves, id.bytes.data(), sizeof halves);
  return static_cast<size_t>(halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15u));
}

size_t std::hash<ottla::topic_partition>::operator()(
    const ottla::topic_partition& which) const noexcept {
  return std::hash<std::string>{}(which.topic) ^
         (static_cast<size_t>(which.partition) * 0x9e3779b97f4a7c15u);
}

size_t std::hash<ottla::topic_id_partition>::operator()(
    const ottla::topic_id_partition& which) const noexcept {
  return std::hash<ottla::uuid>{}(which.topic_id) ^
         (static_cast<size_t>(which.partition) * 0x9e3779b97f4a7c15u);
}
