// Cuts what a connection receives into frames, within the memory budget.
//
// Whole frames are slices of the unit's arena, without a copy. A frame that has only begun is
// charged whole and then gets memory of its own, which grows with the bytes that come; until the
// charge is granted nothing more is read. A connection between two frames holds nothing.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "actors/gateway/transport.hpp"
#include "actors/runtime/unit.hpp"
#include "protocol/frame.hpp"
#include "protocol/outcome.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

class frame_assembler {
public:
  /// What it says to its owner about memory, from any thread.
  struct signals {
    std::function<void()> granted;  ///< Memory waited for is there: call memory_granted().
    std::function<void()> revoked;  ///< Others need the memory of a frame that does not come.
  };

  frame_assembler(unit& home, memory_pool pool, int64_t max_frame_bytes, signals to_owner);

  /// For the frames that follow.
  void allow_frames_of(int64_t max_bytes) { max_frame_bytes_ = static_cast<size_t>(max_bytes); }

  /// Where to receive; empty while waiting for memory, or before all frames are taken out.
  receive_room room();
  /// The first `size` bytes of the last room() are filled.
  void received(size_t size);
  /// The next whole frame without its length, or nothing yet. A fault: the stream is lost.
  outcome<std::optional<shared_bytes>> next_frame();

  [[nodiscard]] bool waits_for_memory() const { return static_cast<bool>(ticket_); }
  /// Fetches what was waited for.
  void memory_granted();
  /// Whether bytes that are not cut yet keep a shared chunk.
  [[nodiscard]] bool holds_chunk() const { return !unparsed_.empty() && !unparsed_is_own_; }
  /// Copies them, so that the chunk is free for others.
  void let_go_of_chunk();
  /// Lets go of everything; the connection is closed.
  void abandon();
  /// Whether a frame has begun and not ended.
  [[nodiscard]] bool mid_frame() const {
    return begun_ || prefix_filled_ > 0 || !unparsed_.empty();
  }

  /// Whether the frame that is being filled must give its memory up. The signal may come late, when
  /// it is whole and another one has begun.
  [[nodiscard]] bool is_revoked() const { return begun_ && *revoked_frame_ == frames_begun_; }
  /// Of a frame that has begun and not ended: how far it has come, for people.
  [[nodiscard]] std::string describe_begun() const;

  /// Frames above this get memory step by step...
  static constexpr size_t first_step_bytes = buffer_pool::large_chunk_bytes;
  /// ...and frames above this make the next read a short one, so that a large frame is received
  /// straight into memory of its own.
  static constexpr size_t large_frame_bytes = 64 << 10;
  static constexpr size_t short_read_bytes = 4 << 10;
  static constexpr size_t read_bytes_when_short = 1 << 10;

private:
  std::span<std::byte> arena_room();
  outcome<void> begin_frame();
  void wait_for(int64_t bytes);
  void start_filling(memory_grant grant);
  void grow();
  std::optional<shared_bytes> whole_frame_within();

  unit& home_;
  receive_arena& arena_;
  const memory_pool pool_;
  size_t max_frame_bytes_;
  const signals signals_;

  shared_bytes unparsed_;  // received, not yet cut
  bool unparsed_is_own_ = false;
  std::array<std::byte, frame_prefix_bytes> prefix_{};
  size_t prefix_filled_ = 0;

  bool begun_ = false;  // frame_bytes_ of a frame in memory of its own are expected
  uint64_t frames_begun_ = 0;
  std::shared_ptr<std::atomic<uint64_t>> revoked_frame_;  // written by any thread
  size_t frame_bytes_ = 0;
  size_t filled_bytes_ = 0;
  shared_bytes own_;    // room for the frame, or for its first part
  memory_grant extra_;  // charge for what own_ does not hold yet
  memory_budget::watch watch_;

  memory_budget::wait_ticket ticket_;
  bool arena_starved_ = false;  // the ticket is for the arena
  bool after_large_ = false;
};

}  // namespace ottla
