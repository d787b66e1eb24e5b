// The socket seam: bytes in and out of one connection.
//
// Production uses TCP; tests and simulation put a network of their own behind it. Both ends run on
// the thread of the session's unit.
#pragma once

#include <caf/actor_control_block.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "protocol/gather_list.hpp"

namespace ottla {

struct socket_address {
  std::string host;  ///< Numeric.
  uint16_t port = 0;
};

/// "127.0.0.1:9092", with brackets around an IPv6 address.
std::string to_string(const socket_address& address);

/// Where input goes: first into `first` until it is full, the rest into `second`. Both empty:
/// nothing is wanted now.
struct receive_room {
  std::span<std::byte> first;
  std::span<std::byte> second;

  [[nodiscard]] size_t size() const { return first.size() + second.size(); }
};

/// What a connection tells its session. Never called from within a call of the session's.
class transport_events {
public:
  /// There is input. No room pauses reading until resume_reading().
  virtual receive_room room_for_input() = 0;
  /// The first `bytes` of the room are filled.
  virtual void received(size_t bytes) = 0;
  /// Everything given to send() has gone to the system.
  virtual void sent_everything() = 0;
  /// The connection is closed and there will be no further event. `why` is for logs; empty if the
  /// peer closed in order.
  virtual void closed(std::string_view why) = 0;

protected:
  ~transport_events() = default;
};

class transport {
public:
  virtual ~transport() = default;

  /// Begins to read. `session` is kept alive until the connection is closed.
  virtual void start(transport_events& events, caf::strong_actor_ptr session) = 0;
  /// Asks for room again, after room_for_input() had none.
  virtual void resume_reading() = 0;
  /// Sends `pieces` after all that was given before. At most turn_bytes leave at a time, so that
  /// one fast reader does not hold up the others of its unit. A file range that is shorter than it
  /// says closes the connection: the length has gone out already.
  virtual void send(gather_list pieces) = 0;
  /// Bytes given to send() that have not gone to the system.
  [[nodiscard]] virtual int64_t unsent_bytes() const = 0;
  /// Closes at once; no event follows.
  virtual void close() = 0;

  [[nodiscard]] virtual const socket_address& peer() const = 0;
  [[nodiscard]] virtual const socket_address& local() const = 0;

  static constexpr int64_t turn_bytes = 512 << 10;
};

}  // namespace ottla
