#include "storage/offset_map.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace ottla {
namespace {

constexpr size_t first_slots = 1024;

/// The state of SipHash, with the 128-bit output of its authors' reference code.
struct sip_state {
  uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  uint64_t finish() {
    for (int i = 0; i < 4; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

size_t slots_within(size_t bytes, size_t slot_bytes) {
  return std::max<size_t>(std::bit_floor(bytes / slot_bytes), 16);
}

}  // namespace

offset_map::offset_map(size_t max_bytes, double load_factor, std::array<uint64_t, 2> seed)
    : seed_(seed),
      load_factor_(load_factor),
      max_slots_(slots_within(max_bytes, sizeof(slot))),
      limit_(static_cast<size_t>(static_cast<double>(max_slots_) * load_factor)),
      slots_(std::min(first_slots, max_slots_)) {}

offset_map::digest offset_map::hash(std::span<const std::byte> key) const {
  sip_state state{seed_[0] ^ 0x736f6d6570736575, seed_[1] ^ 0x646f72616e646f6d ^ 0xee,
                  seed_[0] ^ 0x6c7967656e657261, seed_[1] ^ 0x7465646279746573};
  size_t at = 0;
  for (; at + 8 <= key.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, key.data() + at, 8);
    state.absorb(word);
  }
  uint64_t last = static_cast<uint64_t>(key.size()) << 56;
  for (size_t i = 0; at + i < key.size(); ++i) {
    last |= std::to_integer<uint64_t>(key[at + i]) << (8 * i);
  }
  state.absorb(last);
  state.v2 ^= 0xee;
  digest result;
  result.low = state.finish();
  state.v1 ^= 0xdd;
  result.high = state.finish();
  return result;
}

size_t offset_map::find(const std::vector<slot>& slots, const digest& key) {
  const size_t mask = slots.size() - 1;
  size_t at = key.low & mask;
  while (slots[at].offset >= 0 && slots[at].key != key) at = (at + 1) & mask;
  return at;
}

void offset_map::grow() {
  std::vector<slot> larger(slots_.size() * 2);
  for (const auto& each : slots_) {
    if (each.offset >= 0) larger[find(larger, each.key)] = each;
  }
  slots_ = std::move(larger);
}

bool offset_map::put(std::span<const std::byte> key, log_offset offset) {
  const digest hashed = hash(key);
  size_t at = find(slots_, hashed);
  if (slots_[at].offset >= 0) {
    slots_[at].offset = offset;
    return true;
  }
  if (used_ >= limit_) return false;
  const auto room = static_cast<size_t>(static_cast<double>(slots_.size()) * load_factor_);
  if (used_ >= room) {
    grow();
    at = find(slots_, hashed);
  }
  slots_[at] = {hashed, offset};
  ++used_;
  return true;
}

log_offset offset_map::get(std::span<const std::byte> key) const {
  return slots_[find(slots_, hash(key))].offset;
}

}  // namespace ottla
