#include "actors/gateway/tcp_transport.hpp"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "protocol/assert.hpp"

namespace ottla {
namespace {

using boost::asio::ip::tcp;

// Reads without asking the kernel whether there is more; a connection with more than this to say
// lets the others have a turn.
constexpr int reads_per_turn = 4;
constexpr size_t pieces_per_write = 64;
constexpr int64_t copied_bytes = 8192;

socket_address to_address(const tcp::endpoint& endpoint) {
  return {endpoint.address().to_string(), endpoint.port()};
}

int64_t length_of(const gather_piece& piece) {
  if (const auto* memory = std::get_if<shared_bytes>(&piece)) {
    return static_cast<int64_t>(memory->size());
  }
  return std::get<file_range>(piece).length;
}

std::string describe(int error) {
  return boost::system::error_code{error, boost::system::system_category()}.message();
}

}  // namespace

std::shared_ptr<tcp_transport> tcp_transport::create(io_unit& home, tcp::socket socket) {
  return std::shared_ptr<tcp_transport>(new tcp_transport(home, std::move(socket)));
}

tcp_transport::tcp_transport(io_unit& home, tcp::socket socket)
    : home_(home), socket_(std::move(socket)) {
  // A peer that is gone already shows as an error at the first read.
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay{true}, ignored);
  socket_.set_option(boost::asio::socket_base::keep_alive{true}, ignored);
  peer_ = to_address(socket_.remote_endpoint(ignored));
  local_ = to_address(socket_.local_endpoint(ignored));
}

tcp_transport::~tcp_transport() = default;

void tcp_transport::start(transport_events& events, caf::strong_actor_ptr session) {
  OTTLA_ASSERT(events_ == nullptr);
  events_ = &events;
  session_ = std::move(session);
  await_input();
}

void tcp_transport::resume_reading() {
  if (events_ != nullptr && !awaits_input_) await_input();
}

// Waits for input without a buffer: a connection with nothing to say owns no memory.
void tcp_transport::await_input() {
  awaits_input_ = true;
  socket_.async_wait(tcp::socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->awaits_input_ = false;
                       if (self->events_ == nullptr) return;
                       if (error) return self->home_.burst([&] { self->fail(error.message()); });
                       self->read_turn();
                     });
}

void tcp_transport::read_turn() {
  auto session = session_;  // stays until this returns, whatever the events do
  bool more = true;
  for (int i = 0; more && i < reads_per_turn; ++i) {
    // Everything that one read brings is answered before the next.
    home_.burst([&] { more = events_ != nullptr && read_once(); });
    if (events_ == nullptr || awaits_input_) return;
  }
  if (paused_) return;
  await_input();
}

/// Whether there may be more to read now.
bool tcp_transport::read_once() {
  const auto room = events_->room_for_input();
  paused_ = room.size() == 0;
  if (paused_) return false;
  std::array<iovec, 2> parts{iovec{room.first.data(), room.first.size()},
                             iovec{room.second.data(), room.second.size()}};
  const auto got = ::readv(socket_.native_handle(), parts.data(), room.second.empty() ? 1 : 2);
  if (got > 0) {
    events_->received(static_cast<size_t>(got));
    return static_cast<size_t>(got) == room.size();
  }
  if (got == 0) {
    fail({});
  } else if (errno != EAGAIN && errno != EINTR) {
    fail(describe(errno));
  }
  return false;
}

void tcp_transport::send(gather_list pieces) {
  if (events_ == nullptr || !failure_.empty()) return;
  for (auto& piece : pieces) {
    const auto length = length_of(piece);
    if (length == 0) continue;
    unsent_bytes_ += length;
    out_.push_back(std::move(piece));
  }
  if (!awaits_room_) write_turn();
}

void tcp_transport::write_turn() {
  int64_t budget_bytes = turn_bytes;
  auto now = progress::more;
  while (!out_.empty() && now == progress::more && budget_bytes > 0) now = write_some(budget_bytes);
  if (now != progress::failed && !out_.empty()) await_room();
}

void tcp_transport::await_room() {
  awaits_room_ = true;
  socket_.async_wait(tcp::socket::wait_write,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       self->awaits_room_ = false;
                       if (self->events_ == nullptr) return;
                       auto session = self->session_;
                       self->home_.burst([&] {
                         if (error) return self->fail(error.message());
                         self->write_turn();
                         if (self->out_.empty() && self->failure_.empty())
                           self->events_->sent_everything();
                       });
                     });
}

tcp_transport::progress tcp_transport::write_some(int64_t& budget_bytes) {
  const auto* range = std::get_if<file_range>(&out_.front());
  const bool is_large = range != nullptr && range->length - sent_of_front_ > copied_bytes;
  return is_large ? write_file(budget_bytes) : write_together(budget_bytes);
}

/// What is left of a short piece from `skip` on: memory as it is, a range of a file copied into
/// `room`. Nothing if it is too long for that, or the file was cut.
std::optional<iovec> tcp_transport::view(const gather_piece& piece, size_t skip,
                                         std::span<std::byte>& room) {
  if (const auto* memory = std::get_if<shared_bytes>(&piece)) {
    // The kernel only reads what is sent.
    return iovec{const_cast<std::byte*>(memory->data()) + skip, memory->size() - skip};
  }
  const auto& range = std::get<file_range>(piece);
  const auto length = static_cast<size_t>(range.length) - skip;
  if (length > room.size()) return std::nullopt;
  const auto into = room.first(length);
  auto got = range.file->read_at(into, range.position + static_cast<int64_t>(skip));
  if (!got || *got != length) return std::nullopt;
  room = room.subspan(length);
  return iovec{into.data(), length};
}

/// Sends the memory and the short ranges of files at the front with one call: for a few records, a
/// copy costs less than a sendfile() of their own.
tcp_transport::progress tcp_transport::write_together(int64_t& budget_bytes) {
  std::array<std::byte, copied_bytes> copies;
  std::span<std::byte> room{copies};
  std::array<iovec, pieces_per_write> parts;
  size_t count = 0;
  int64_t total = 0;
  for (; count < out_.size() && count < parts.size() && total < budget_bytes; ++count) {
    auto part = view(out_[count], count == 0 ? static_cast<size_t>(sent_of_front_) : 0, room);
    if (!part) break;
    parts[count] = *part;
    total += static_cast<int64_t>(part->iov_len);
  }
  if (count == 0) {
    fail_later("a file was cut while it was being sent");
    return progress::failed;
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  const int more = count < out_.size() ? MSG_MORE : 0;
  const auto written = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | more);
  if (written < 0) return stopped(errno);
  sent(written, budget_bytes);
  return written == total ? progress::more : progress::blocked;
}

tcp_transport::progress tcp_transport::write_file(int64_t& budget_bytes) {
  const auto& range = std::get<file_range>(out_.front());
  const auto wanted = std::min(range.length - sent_of_front_, budget_bytes);
  const int descriptor = range.file->descriptor();
  if (descriptor < 0) return copy_file(range, static_cast<size_t>(wanted), budget_bytes);
  off_t position = range.position + sent_of_front_;
  const auto written =
      ::sendfile(socket_.native_handle(), descriptor, &position, static_cast<size_t>(wanted));
  if (written < 0) return stopped(errno);
  if (written == 0) {
    fail_later("a file was cut while it was being sent");
    return progress::failed;
  }
  return sent(written, budget_bytes);
}

/// For files without a descriptor: those of simulated disks.
tcp_transport::progress tcp_transport::copy_file(const file_range& range, size_t wanted,
                                                 int64_t& budget_bytes) {
  std::array<std::byte, 16 << 10> buffer;
  auto part = std::span{buffer}.first(std::min(wanted, buffer.size()));
  auto got = range.file->read_at(part, range.position + sent_of_front_);
  if (!got || *got != part.size()) {
    fail_later("a file was cut while it was being sent");
    return progress::failed;
  }
  const auto written = ::send(socket_.native_handle(), part.data(), part.size(), MSG_NOSIGNAL);
  if (written < 0) return stopped(errno);
  return sent(written, budget_bytes);
}

tcp_transport::progress tcp_transport::sent(int64_t bytes, int64_t& budget_bytes) {
  unsent_bytes_ -= bytes;
  budget_bytes -= bytes;
  sent_of_front_ += bytes;
  while (!out_.empty() && sent_of_front_ >= length_of(out_.front())) {
    sent_of_front_ -= length_of(out_.front());
    out_.pop_front();
  }
  return progress::more;
}

tcp_transport::progress tcp_transport::stopped(int error) {
  if (error == EAGAIN) return progress::blocked;
  if (error == EINTR) return progress::more;
  fail_later(describe(error));
  return progress::failed;
}

/// Tells the session from within an event.
void tcp_transport::fail(std::string why) {
  if (events_ == nullptr) return;
  auto* events = events_;
  auto session = session_;
  close();
  events->closed(why);
}

/// The session may be calling right now: it hears of it in an event of its own.
void tcp_transport::fail_later(std::string why) {
  if (!failure_.empty()) return;
  failure_ = std::move(why);
  out_.clear();
  boost::asio::post(home_.context(), [self = shared_from_this()] {
    self->home_.burst([&] { self->fail(self->failure_); });
  });
}

void tcp_transport::close() {
  events_ = nullptr;
  out_.clear();
  unsent_bytes_ = 0;
  boost::system::error_code ignored;
  socket_.close(ignored);
  // The caller may be the session, whose last reference this could be.
  boost::asio::post(home_.context(), [kept = std::move(session_)] {});
}

}  // namespace ottla
