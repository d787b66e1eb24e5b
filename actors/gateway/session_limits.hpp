// How much one connection may ask for at a time.
#pragma once

#include <cstdint>

namespace ottla {

struct session_limits {
  int64_t max_request_bytes = 100 << 20;  ///< `socket.request.max.bytes`: a longer frame closes.
  /// The same for all but Produce, whose records alone are never unfolded into something larger.
  int64_t max_structured_bytes = 16 << 20;
  /// Credit: beyond this much in unanswered requests nothing more is read...
  int64_t max_in_flight_bytes = 1 << 20;
  int32_t max_in_flight_requests = 60;
  /// ...nor while more than this of the answers waits for the client to read it.
  int64_t max_unsent_bytes = 1 << 20;
  int64_t idle_ms = 600'000;  ///< `connections.max.idle.ms`; below 0: never.
  /// `ottla.request.receive.timeout.ms`: a request that has begun and does not go on for this long
  /// closes; time in which we do not read does not count.
  int64_t receive_ms = 30'000;
  int64_t write_stall_ms = 60'000;  ///< An answer of which nothing is read for this long closes.
  /// How long close_session waits for answers that are on their way.
  int64_t closing_ms = 300;
};

}  // namespace ottla
