// From an HTTP connection to a WebSocket. Inside admin-ui/server only.
#pragma once

#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "admin-ui/server/problem.hpp"

namespace ottla {

struct server_core;

inline constexpr std::string_view events_path = "/ws/v1/events";
inline constexpr std::string_view data_path = "/ws/v1/data";
inline constexpr std::string_view websocket_protocol = "log.v1.json";

using upgrade_request = boost::beast::http::request<boost::beast::http::string_body>;

/// Why there is no WebSocket for this request; asked before it is accepted.
std::optional<problem> refuse_websocket(const server_core& core, const http_request& request,
                                        const std::string& address);

/// Accepts the WebSocket and serves it until it closes (event_connection.cpp).
void serve_events(const std::shared_ptr<server_core>& core, boost::beast::tcp_stream stream,
                  const upgrade_request& request, std::string address);
/// The same (data_connection.cpp).
void serve_data(const std::shared_ptr<server_core>& core, boost::beast::tcp_stream stream,
                const upgrade_request& request, std::string address);

}  // namespace ottla
