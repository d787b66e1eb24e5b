// The last offset of each key, for compaction: keys by keyed 128-bit hash, in bounded memory.
//
// The hash is SipHash-2-4 under a secret seed, so that nobody can make two keys collide and with
// that make one record delete another.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "protocol/types.hpp"

namespace ottla {

class offset_map {
public:
  offset_map(size_t max_bytes, double load_factor, std::array<uint64_t, 2> seed);

  /// Notes `offset` as the last of `key`. False if the key is new and the map is full.
  bool put(std::span<const std::byte> key, log_offset offset);
  /// The last offset of the key, or -1.
  [[nodiscard]] log_offset get(std::span<const std::byte> key) const;
  [[nodiscard]] size_t size() const { return used_; }
  /// How many keys fit.
  [[nodiscard]] size_t capacity() const { return limit_; }

private:
  struct digest {
    uint64_t low = 0, high = 0;
    friend bool operator==(const digest&, const digest&) = default;
  };
  struct slot {
    digest key;
    log_offset offset = -1;  // -1: free
  };

  [[nodiscard]] digest hash(std::span<const std::byte> key) const;
  [[nodiscard]] static size_t find(const std::vector<slot>& slots, const digest& key);
  void grow();

  std::array<uint64_t, 2> seed_;
  double load_factor_;
  size_t max_slots_;
  size_t limit_;
  size_t used_ = 0;
  std::vector<slot> slots_;
};

}  // namespace ottla
