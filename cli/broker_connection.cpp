#include "cli/broker_connection.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "protocol/messages/api_versions.hpp"

namespace ottla {
namespace {

/// An answer longer than this is not one; nobody asks for records here.
constexpr size_t answer_bytes_max = 256u << 20;

int milliseconds_until(deadline until) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, INT32_MAX));
}

/// Waits until `descriptor` can be read or written; ETIMEDOUT at the deadline.
int wait_for_socket(int descriptor, short events, deadline until) {
  pollfd waiting{.fd = descriptor, .events = events, .revents = 0};
  for (;;) {
    int ready = ::poll(&waiting, 1, milliseconds_until(until));
    if (ready > 0) return 0;
    if (ready == 0) return ETIMEDOUT;
    if (errno != EINTR) return errno;
  }
}

/// A connected, non-blocking socket, or -1 with the reason in `why`.
int connect_to(const addrinfo& info, deadline until, int& why) {
  int descriptor = ::socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    why = errno;
    return -1;
  }
  why = ::connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 ? 0 : errno;
  if (why == EINPROGRESS) why = wait_for_socket(descriptor, POLLOUT, until);
  if (why == 0) {
    socklen_t size = sizeof why;
    ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &why, &size);
  }
  if (why != 0) {
    ::close(descriptor);
    return -1;
  }
  int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

outcome<int> connect_by_name(const broker_address& where, deadline until) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int failure =
      ::getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints, &found);
  if (failure != 0) {
    return fault{error_code::network_exception,
                 fmt::format("cannot find the host {}: {}", where.host, ::gai_strerror(failure))};
  }
  int why = 0;
  int descriptor = -1;
  for (auto* at = found; at && descriptor < 0; at = at->ai_next) {
    descriptor = connect_to(*at, until, why);
  }
  ::freeaddrinfo(found);
  if (descriptor >= 0) return descriptor;
  return fault{error_code::network_exception,
               fmt::format("cannot connect to {}: {}", to_string(where), std::strerror(why)), why};
}

std::optional<broker_address> parse_address(std::string_view text) {
  broker_address address;
  std::string_view host = text;
  std::string_view port;
  if (size_t colon = text.rfind(':');
      colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error != std::errc() || end != port.data() + port.size() || address.port == 0) {
      return std::nullopt;
    }
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find_first_of("[]/ ") != std::string_view::npos) return std::nullopt;
  address.host = host;
  return address;
}

}  // namespace

std::string to_string(const broker_address& address) {
  bool is_ipv6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_ipv6 ? "[" : "", address.host, is_ipv6 ? "]" : "",
                     address.port);
}

outcome<std::vector<broker_address>> parse_bootstrap(std::string_view text) {
  std::vector<broker_address> addresses;
  for (size_t start = 0; start <= text.size();) {
    size_t end = std::min(text.find(',', start), text.size());
    auto address = parse_address(text.substr(start, end - start));
    if (!address) {
      return fault{error_code::invalid_request,
                   fmt::format("'{}' is not an address like 127.0.0.1:9092",
                               text.substr(start, end - start))};
    }
    addresses.push_back(std::move(*address));
    start = end + 1;
  }
  return addresses;
}

outcome<std::unique_ptr<broker_connection>> broker_connection::open(const broker_address& where,
                                                                    deadline until) {
  auto descriptor = connect_by_name(where, until);
  if (!descriptor) return std::move(descriptor.error());
  std::unique_ptr<broker_connection> connection(new broker_connection(where, *descriptor));
  OTTLA_TRY(connection->learn_versions(until));
  return connection;
}

broker_connection::~broker_connection() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

outcome<void> broker_connection::learn_versions(deadline until) {
  api_versions_request request{.client_software_name = "ottla",
                               .client_software_version = OTTLA_VERSION};
  // A broker that does not know our version answers in version 0, which every client can read.
  for (api_version version : {api_version{3}, api_version{0}}) {
    request_header header{api_key::api_versions, version, next_correlation_id_++, "ottla"};
    auto answer = exchange(encode_request(request, header), until);
    if (!answer) return std::move(answer.error());
    wire_reader in(*answer);
    decode_response_header(in, api_key::api_versions, version);
    auto code = static_cast<error_code>(wire_reader(in).int16());
    if (code == error_code::unsupported_version) continue;
    auto response = decode<api_versions_response>(in, version);
    if (!response || code != error_code::none) return wrong_answer();
    for (const auto& api : response->api_keys) {
      versions_[static_cast<api_key>(api.api_key)] = {api.min_version, api.max_version};
    }
    return {};
  }
  return wrong_answer();
}

outcome<api_version> broker_connection::version_of(api_key key, api_version newest) const {
  const api_info* ours = find_api(key);
  auto theirs = versions_.find(key);
  if (ours && theirs != versions_.end()) {
    api_version version = std::min({ours->last_version, theirs->second.second, newest});
    if (version >= ours->first_version && version >= theirs->second.first) return version;
  }
  return fault{
      error_code::unsupported_version,
      fmt::format("the broker {} cannot do this: it has no version of {} that this program "
                  "speaks",
                  to_string(address_), api_name(key))};
}

outcome<shared_bytes> broker_connection::exchange(const gather_list& frame, deadline until) {
  auto bytes = flatten(frame);
  if (!bytes) return std::move(bytes.error());
  OTTLA_TRY(write_all(bytes->view(), until));
  std::byte prefix[4];
  OTTLA_TRY(read_all(prefix, until));
  auto length = wire_reader(std::span<const std::byte>(prefix)).int32();
  if (length < 4 || static_cast<size_t>(length) > answer_bytes_max) return wrong_answer();
  // Grows with what arrives: a listener that is no broker may announce anything.
  constexpr size_t step_bytes = 1u << 20;
  std::vector<std::byte> body;
  while (body.size() < static_cast<size_t>(length)) {
    size_t old = body.size();
    body.resize(std::min(old + step_bytes, static_cast<size_t>(length)));
    OTTLA_TRY(read_all(std::span(body).subspan(old), until));
  }
  return shared_bytes::copy_of(body);
}

outcome<void> broker_connection::write_all(std::span<const std::byte> bytes, deadline until) {
  while (!bytes.empty()) {
    ssize_t written = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      OTTLA_TRY(wait_for(POLLOUT, until));
    } else if (errno != EINTR) {
      return lost("sending failed", errno);
    }
  }
  return {};
}

outcome<void> broker_connection::read_all(std::span<std::byte> into, deadline until) {
  while (!into.empty()) {
    ssize_t received = ::recv(descriptor_, into.data(), into.size(), 0);
    if (received > 0) {
      into = into.subspan(static_cast<size_t>(received));
    } else if (received == 0) {
      return lost("it closed the connection; is it a Kafka broker without TLS?", 0);
    } else if (errno == EAGAIN) {
      OTTLA_TRY(wait_for(POLLIN, until));
    } else if (errno != EINTR) {
      return lost("receiving failed", errno);
    }
  }
  return {};
}

outcome<void> broker_connection::wait_for(short events, deadline until) {
  int why = wait_for_socket(descriptor_, events, until);
  if (why == ETIMEDOUT) return lost("no answer in time; --timeout allows more", why);
  if (why != 0) return lost("waiting failed", why);
  return {};
}

fault broker_connection::lost(std::string_view what, int os_errno) {
  ::close(std::exchange(descriptor_, -1));
  auto code = os_errno == ETIMEDOUT ? error_code::request_timed_out : error_code::network_exception;
  bool is_plain = os_errno == 0 || os_errno == ETIMEDOUT;
  return {code,
          fmt::format("{}: {}{}{}", to_string(address_), what, is_plain ? "" : ": ",
                      is_plain ? "" : std::strerror(os_errno)),
          os_errno};
}

fault broker_connection::wrong_answer() {
  return lost("its answer makes no sense; is it a Kafka broker without TLS?", 0);
}

}  // namespace ottla
