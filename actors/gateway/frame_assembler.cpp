#include "actors/gateway/frame_assembler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "protocol/assert.hpp"

namespace ottla {

frame_assembler::frame_assembler(unit& home, memory_pool pool, int64_t max_frame_bytes,
                                 signals to_owner)
    : home_(home),
      arena_(home.arena(pool)),
      pool_(pool),
      max_frame_bytes_(static_cast<size_t>(max_frame_bytes)),
      signals_(std::move(to_owner)),
      revoked_frame_(std::make_shared<std::atomic<uint64_t>>(0)) {}

receive_room frame_assembler::room() {
  if (waits_for_memory() || !unparsed_.empty()) return {};
  if (!begun_) return {arena_room(), {}};
  auto rest = own_.writable().subspan(filled_bytes_);
  if (own_.size() < frame_bytes_) return {rest, {}};  // grows first
  return {rest, arena_room()};
}

std::span<std::byte> frame_assembler::arena_room() {
  auto room = arena_.room();
  if (room.empty()) {
    if (!begun_) {
      arena_starved_ = true;
      wait_for(buffer_pool::chunk_bytes);
    }
    return {};
  }
  size_t limit =
      after_large_ || (begun_ && frame_bytes_ > large_frame_bytes) ? short_read_bytes : room.size();
  if (home_.memory().is_short(pool_)) limit = read_bytes_when_short;
  return room.first(std::min(limit, room.size()));
}

void frame_assembler::received(size_t size) {
  if (begun_) {
    const auto into_own = std::min(size, own_.size() - filled_bytes_);
    filled_bytes_ += into_own;
    size -= into_own;
    watch_.progressed(static_cast<int64_t>(filled_bytes_), home_.time().mono_ms());
    if (filled_bytes_ == own_.size() && own_.size() < frame_bytes_) grow();
  }
  if (size > 0) {
    unparsed_ = arena_.commit(size);
    unparsed_is_own_ = false;
  }
}

outcome<std::optional<shared_bytes>> frame_assembler::next_frame() {
  if (waits_for_memory()) return std::optional<shared_bytes>{};
  if (begun_) {
    if (filled_bytes_ < frame_bytes_) return std::optional<shared_bytes>{};
    begun_ = false;
    watch_.end();
    after_large_ = frame_bytes_ > large_frame_bytes;
    return std::optional{std::exchange(own_, {})};
  }
  const auto missing = std::min(frame_prefix_bytes - prefix_filled_, unparsed_.size());
  if (missing > 0) std::memcpy(prefix_.data() + prefix_filled_, unparsed_.data(), missing);
  prefix_filled_ += missing;
  unparsed_ = unparsed_.slice(missing, unparsed_.size() - missing);
  auto length = frame_length(std::span{prefix_}.first(prefix_filled_), max_frame_bytes_);
  if (!length) return std::move(length.error());
  if (!*length) {
    unparsed_ = {};
    return std::optional<shared_bytes>{};
  }
  prefix_filled_ = 0;
  frame_bytes_ = **length;
  if (auto whole = whole_frame_within()) return whole;
  OTTLA_TRY(begin_frame());
  return std::optional<shared_bytes>{};
}

std::optional<shared_bytes> frame_assembler::whole_frame_within() {
  if (unparsed_.size() < frame_bytes_) return std::nullopt;
  after_large_ = frame_bytes_ > large_frame_bytes;
  auto frame = unparsed_.slice(0, frame_bytes_);
  const auto rest = unparsed_.size() - frame_bytes_;
  unparsed_ = rest > 0 ? unparsed_.slice(frame_bytes_, rest) : shared_bytes{};
  return frame;
}

outcome<void> frame_assembler::begin_frame() {
  const auto bytes = static_cast<int64_t>(frame_bytes_);
  auto& memory = home_.memory();
  if (!memory.can_ever_grant(pool_, bytes)) {
    return fault{error_code::invalid_request,
                 "a frame of " + std::to_string(bytes) + " bytes exceeds the memory for requests"};
  }
  begun_ = true;
  ++frames_begun_;
  filled_bytes_ = 0;
  if (auto grant = memory.try_acquire(pool_, bytes)) {
    start_filling(std::move(*grant));
  } else {
    wait_for(bytes);
  }
  return {};
}

void frame_assembler::wait_for(int64_t bytes) {
  ticket_ = home_.memory().wait(pool_, bytes, signals_.granted);
  let_go_of_chunk();
}

void frame_assembler::memory_granted() {
  auto grant = ticket_.take();
  if (!grant) return;
  if (std::exchange(arena_starved_, false)) {
    arena_.refill(std::move(*grant));
  } else {
    start_filling(std::move(*grant));
  }
}

/// What has been received of the frame moves into memory of its own.
void frame_assembler::start_filling(memory_grant grant) {
  auto revoke = [tell = signals_.revoked, which = revoked_frame_, frame = frames_begun_] {
    *which = frame;
    tell();
  };
  watch_ = home_.memory().watch_progress(grant, home_.time().mono_ms(), std::move(revoke));
  if (frame_bytes_ <= first_step_bytes) {
    own_ = home_.buffers().take(frame_bytes_, std::move(grant));
  } else {
    own_ = home_.buffers().take(first_step_bytes, {});
    extra_ = std::move(grant);
  }
  const auto begun = std::exchange(unparsed_, {});
  OTTLA_ASSERT(begun.size() < frame_bytes_);
  if (begun.empty()) return;
  OTTLA_ASSERT(begun.size() <= own_.size());
  std::memcpy(own_.writable().data(), begun.data(), begun.size());
  filled_bytes_ = begun.size();
}

void frame_assembler::grow() {
  const auto wanted = std::min(frame_bytes_, own_.size() * 2);
  auto larger =
      home_.buffers().take(wanted, wanted == frame_bytes_ ? std::move(extra_) : memory_grant{});
  std::memcpy(larger.writable().data(), own_.data(), filled_bytes_);
  own_ = std::move(larger);
}

std::string frame_assembler::describe_begun() const {
  if (begun_) {
    const auto held = std::max(filled_bytes_, unparsed_.size());
    return fmt::format("{} of {} bytes", held, frame_bytes_);
  }
  return fmt::format("{} of the {} bytes of its length", prefix_filled_, frame_prefix_bytes);
}

void frame_assembler::abandon() {
  ticket_.leave();
  watch_.end();
  unparsed_ = {};
  own_ = {};
  extra_.release();
}

void frame_assembler::let_go_of_chunk() {
  if (!holds_chunk()) return;
  auto copy = home_.buffers().take(
      unparsed_.size(), home_.memory().charge(pool_, static_cast<int64_t>(unparsed_.size())));
  std::memcpy(copy.writable().data(), unparsed_.data(), unparsed_.size());
  unparsed_ = std::move(copy);
  unparsed_is_own_ = true;
}

}  // namespace ottla
