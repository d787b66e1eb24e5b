// The transport over TCP, on the io_unit of its session.
#pragma once

#include <sys/uio.h>

#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "actors/gateway/transport.hpp"
#include "actors/runtime/io_unit.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

class tcp_transport final : public transport, public std::enable_shared_from_this<tcp_transport> {
public:
  /// Takes over a connected socket of `home`'s context and sets its options.
  static std::shared_ptr<tcp_transport> create(io_unit& home, boost::asio::ip::tcp::socket socket);
  ~tcp_transport() override;

  void start(transport_events& events, caf::strong_actor_ptr session) override;
  void resume_reading() override;
  void send(gather_list pieces) override;
  [[nodiscard]] int64_t unsent_bytes() const override { return unsent_bytes_; }
  void close() override;
  [[nodiscard]] const socket_address& peer() const override { return peer_; }
  [[nodiscard]] const socket_address& local() const override { return local_; }

private:
  enum class progress : uint8_t { more, blocked, failed };

  tcp_transport(io_unit& home, boost::asio::ip::tcp::socket socket);

  void await_input();
  void read_turn();
  bool read_once();
  void await_room();
  void write_turn();
  progress write_some(int64_t& budget_bytes);
  progress write_together(int64_t& budget_bytes);
  static std::optional<iovec> view(const gather_piece& piece, size_t skip,
                                   std::span<std::byte>& room);
  progress write_file(int64_t& budget_bytes);
  progress copy_file(const file_range& range, size_t wanted, int64_t& budget_bytes);
  progress sent(int64_t bytes, int64_t& budget_bytes);
  progress stopped(int error);
  void fail(std::string why);
  void fail_later(std::string why);

  io_unit& home_;
  boost::asio::ip::tcp::socket socket_;
  socket_address peer_, local_;
  transport_events* events_ = nullptr;  // null before start() and after close()
  caf::strong_actor_ptr session_;
  std::deque<gather_piece> out_;
  int64_t sent_of_front_ = 0;
  int64_t unsent_bytes_ = 0;
  std::string failure_;
  bool awaits_input_ = false;
  bool paused_ = false;  // the session had no room
  bool awaits_room_ = false;
};

}  // namespace ottla
