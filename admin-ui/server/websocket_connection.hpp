// What the WebSockets of the admin interface have in common: they are accepted, hear one message at
// a time, send one frame at a time, and are closed when they are idle, flood or do not read.
//
// Says nothing of its own and keeps no more than short replies: what is sent comes from the class
// that derives from it. Inside admin-ui/server only; on the server's thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json/object.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "admin-ui/server/problem.hpp"
#include "admin-ui/server/server_core.hpp"
#include "admin-ui/server/upgrade.hpp"

namespace ottla {

/// How often a client should send its own ping: browsers cannot see the WebSocket's.
inline constexpr int websocket_heartbeat_ms = 15'000;

/// Reasons of closing that are our own.
enum class websocket_close : uint16_t {
  normal = 1000,
  message_too_big = 1009,
  overloaded = 1013,
  not_introduced = 4001,
  slow_consumer = 4009,
  too_many_messages = 4010
};

class websocket_connection : public open_connection,
                             public std::enable_shared_from_this<websocket_connection> {
public:
  websocket_connection(const websocket_connection&) = delete;
  websocket_connection& operator=(const websocket_connection&) = delete;
  ~websocket_connection() override;

  void start(const upgrade_request& request);
  void cut() override;

protected:
  websocket_connection(std::shared_ptr<server_core> core, boost::beast::tcp_stream stream,
                       std::string address, size_t message_bytes_max);

  virtual void opened() = 0;
  virtual void take_message(const std::string& text) = 0;
  /// The next frame, made when the one before it has left; nothing: there is none.
  virtual std::optional<std::string> next_frame() = 0;
  /// One that is not needed for some time is closed.
  [[nodiscard]] virtual bool is_needed() const = 0;
  /// Of the whole connection: nothing is sent or heard any more.
  virtual void ended() = 0;

  /// Sends a short answer before all other frames.
  void reply(const boost::json::object& frame);
  void refuse(const boost::json::value* id, const problem& why);
  void answer_ping(const boost::json::object& frame);
  /// Frames have come up.
  void send_next();
  void close(websocket_close code, const char* why);
  /// To be called when is_needed() has become false.
  void wait_until_needed();
  [[nodiscard]] bool is_open() const { return !is_over_ && !is_closing_; }
  [[nodiscard]] const std::string& peer_address() const { return address_.text(); }
  [[nodiscard]] server_core& core() const { return *core_; }
  [[nodiscard]] std::string request_id() { return core_->next_request_id(); }

private:
  void read();
  void message_read();
  bool count_message();
  std::optional<std::string> pick_frame();

  std::shared_ptr<server_core> core_;
  boost::beast::websocket::stream<boost::beast::tcp_stream> stream_;
  boost::asio::steady_timer patience_;  ///< With the reader of the frame that is on its way.
  boost::asio::steady_timer idle_;      ///< Runs while it is not needed.
  boost::asio::steady_timer second_;
  const counted_address address_;
  boost::beast::flat_buffer input_;
  std::string output_;
  std::deque<std::string> replies_;
  size_t messages_ = 0;  ///< Since second_ began.
  bool is_sending_ = false;
  bool is_closing_ = false;
  bool is_over_ = false;
};

}  // namespace ottla
