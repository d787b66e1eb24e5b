// Outgoing TCP connections, on the io_unit of whoever wants one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/gateway/transport.hpp"
#include "actors/runtime/unit.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

/// How an attempt to connect ended; without a transport, why, with the errno if there is one.
using connect_ended = std::function<void(std::shared_ptr<transport> made, const fault& why)>;

/// connect_tcp is one; a simulated network has another.
using connector = std::function<void(unit& home, const std::string& host, uint16_t port,
                                     int64_t timeout_ms, connect_ended ended)>;

/// Begins to connect; `ended` is called once, on the thread of `home` (an io_unit), and not from
/// within. Every address of the name is tried; all of it takes at most `timeout_ms`.
void connect_tcp(unit& home, const std::string& host, uint16_t port, int64_t timeout_ms,
                 connect_ended ended);

}  // namespace ottla
