// Memory for received bytes: chunks that go round in a free list, and an arena that sessions of a
// unit share to receive into.
//
// Slices of a chunk are shared_bytes; the last one to go, on whichever thread, puts the chunk back.
// A session that waits for its client owns no memory at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "actors/runtime/memory_budget.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

/// A last-in-first-out free list of equal chunks, so that the memory in use stays warm in the
/// cache. Thread-safe. Chunks may outlive it.
class buffer_pool : public std::enable_shared_from_this<buffer_pool> {
public:
  static constexpr size_t chunk_bytes = 256 << 10;
  /// Holds a frame with a record batch of 1 MiB, Kafka's largest by default.
  static constexpr size_t large_chunk_bytes = (1 << 20) + (64 << 10);

  static std::shared_ptr<buffer_pool> create() {
    return std::shared_ptr<buffer_pool>(new buffer_pool);
  }
  ~buffer_pool();
  buffer_pool(const buffer_pool&) = delete;
  buffer_pool& operator=(const buffer_pool&) = delete;

  /// A buffer of exactly `size` bytes with arbitrary content; `grant` is held as long as the memory
  /// is. Sizes from 32 KiB to large_chunk_bytes come from the free lists.
  shared_bytes take(size_t size, memory_grant grant);

  /// Frees chunks that nobody has needed since the last call, but for one of each kind.
  void trim();
  /// Whether trim() may have something to do.
  [[nodiscard]] bool can_trim() const;

  struct counters {
    int64_t free_bytes = 0;  ///< In the free lists.
    int64_t lent_bytes = 0;
  };
  [[nodiscard]] counters count() const;

private:
  friend class receive_arena;
  struct free_list {
    size_t chunk_bytes = 0;
    std::vector<std::byte*> chunks;
    size_t least = 0;  // the fewest chunks in the list since the last trim()
    int64_t lent = 0;
  };
  struct give_back;

  buffer_pool() = default;
  std::shared_ptr<std::byte[]> take_chunk(free_list& from, memory_grant grant);
  void put_back(free_list& to, std::byte* chunk);

  mutable std::mutex mutex_;
  free_list medium_{chunk_bytes, {}, 0, 0};
  free_list large_{large_chunk_bytes, {}, 0, 0};
};

/// The chunk that all sessions of a unit receive into, one after the other. What a session leaves
/// behind keeps the whole chunk alive, so it is charged as a whole. Not thread-safe.
class receive_arena {
public:
  /// Both outlive the arena.
  receive_arena(buffer_pool& buffers, memory_budget& memory, memory_pool pool)
      : buffers_(buffers), memory_(memory), pool_(pool) {}

  /// Room to receive into, at least min_room_bytes; empty if a new chunk is needed and the budget
  /// refuses it: then wait for chunk_bytes and refill(). Valid until the next call of anything.
  std::span<std::byte> room();
  /// The first `size` bytes of room(), now filled, as a slice of their own.
  shared_bytes commit(size_t size);
  /// Brings the grant that room() lacked.
  void refill(memory_grant grant);
  /// Lets go of the chunk if nobody uses it.
  void release_if_unused();

  static constexpr size_t min_room_bytes = 32 << 10;

private:
  [[nodiscard]] bool is_unused() const;

  buffer_pool& buffers_;
  memory_budget& memory_;
  const memory_pool pool_;
  std::shared_ptr<std::byte[]> chunk_;
  size_t used_ = 0;
};

}  // namespace ottla
