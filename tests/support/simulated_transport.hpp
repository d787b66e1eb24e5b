// A connection without a socket: a test writes what the client sends and reads what it gets.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "actors/gateway/transport.hpp"

namespace ottla {

class simulated_transport final : public transport {
public:
  // The session's side.
  void start(transport_events& events, caf::strong_actor_ptr session) override {
    events_ = &events;
    session_ = std::move(session);
  }
  void resume_reading() override { paused_ = false; }
  void send(gather_list pieces) override {
    auto flat = flatten(pieces);
    unsent_.insert(unsent_.end(), flat->view().begin(), flat->view().end());
    ++writes;
    move_out();
  }
  [[nodiscard]] int64_t unsent_bytes() const override {
    return static_cast<int64_t>(unsent_.size());
  }
  void close() override {
    events_ = nullptr;
    is_closed = true;
    released_ = std::move(session_);
  }
  [[nodiscard]] const socket_address& peer() const override { return peer_; }
  [[nodiscard]] const socket_address& local() const override { return local_; }

  // The client's side.
  void client_sends(std::span<const std::byte> bytes) {
    input_.insert(input_.end(), bytes.begin(), bytes.end());
  }
  void client_sends(const gather_list& frame) { client_sends(flatten(frame)->view()); }
  void client_closes() { client_gone_ = true; }
  /// What the session has sent since it was taken last.
  std::vector<std::byte> take_output() { return std::exchange(output, {}); }
  /// How many more bytes the client will read.
  void client_reads(int64_t bytes) { window_ = bytes; }

  /// Moves what can be moved; whether anything did.
  bool pump() {
    released_ = nullptr;
    bool moved = deliver();
    if (events_ != nullptr && move_out() && unsent_.empty()) {
      events_->sent_everything();
      moved = true;
    }
    if (events_ != nullptr && client_gone_ && input_.empty()) {
      auto* events = events_;
      auto kept = session_;
      close();
      events->closed({});
      moved = true;
    }
    return moved;
  }

  [[nodiscard]] size_t undelivered_bytes() const { return input_.size(); }

  std::vector<std::byte> output;  ///< What the client has read.
  int writes = 0;
  bool is_closed = false;
  size_t most_per_read = SIZE_MAX;  ///< 1: the network brings single bytes.

private:
  bool deliver() {
    if (events_ == nullptr || paused_ || input_.empty()) return false;
    const auto room = events_->room_for_input();
    const auto size = std::min({room.size(), input_.size(), most_per_read});
    paused_ = room.size() == 0;
    if (paused_) return false;
    const auto first = std::min(size, room.first.size());
    std::memcpy(room.first.data(), input_.data(), first);
    if (size > first) std::memcpy(room.second.data(), input_.data() + first, size - first);
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(size));
    events_->received(size);
    return true;
  }
  bool move_out() {
    const auto size = std::min<int64_t>(window_, unsent_bytes());
    if (size == 0) return false;
    const auto end = unsent_.begin() + static_cast<std::ptrdiff_t>(size);
    output.insert(output.end(), unsent_.begin(), end);
    unsent_.erase(unsent_.begin(), end);
    window_ -= size;
    return true;
  }

  transport_events* events_ = nullptr;
  caf::strong_actor_ptr session_, released_;
  std::vector<std::byte> input_, unsent_;
  int64_t window_ = INT64_MAX;
  bool paused_ = false;
  bool client_gone_ = false;
  socket_address peer_{"192.0.2.1", 50000};
  socket_address local_{"192.0.2.2", 9092};
};

}  // namespace ottla
