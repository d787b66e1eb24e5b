// One connection to one broker: requests out, answers in, one at a time, each with a deadline.
//
// Blocking, for the foreground commands only; not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "protocol/messages/message.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

using deadline = std::chrono::steady_clock::time_point;

struct broker_address {
  std::string host;
  uint16_t port = 9092;

  friend auto operator<=>(const broker_address&, const broker_address&) = default;
};

std::string to_string(const broker_address& address);
/// "host:port", "host" or "[::1]:9092"; several separated by commas.
outcome<std::vector<broker_address>> parse_bootstrap(std::string_view text);

class broker_connection {
public:
  /// Connects and asks which versions of which APIs the broker has.
  static outcome<std::unique_ptr<broker_connection>> open(const broker_address& where,
                                                          deadline until);
  ~broker_connection();
  broker_connection(const broker_connection&) = delete;
  broker_connection& operator=(const broker_connection&) = delete;

  /// The newest version that both sides know, at most `newest`; UNSUPPORTED_VERSION if there is
  /// none.
  [[nodiscard]] outcome<api_version> version_of(api_key key, api_version newest) const;

  /// Sends and waits for the answer. After a fault that is not in the answer itself the connection
  /// is of no more use.
  template <class Request>
  outcome<typename Request::response> call(const Request& request, deadline until,
                                           api_version newest = INT16_MAX) {
    auto version = version_of(Request::api, newest);
    if (!version) return std::move(version.error());
    return call_version(request, *version, until);
  }

  [[nodiscard]] const broker_address& address() const { return address_; }
  [[nodiscard]] bool is_usable() const { return descriptor_ >= 0; }

private:
  broker_connection(broker_address address, int descriptor)
      : address_(std::move(address)), descriptor_(descriptor) {}

  template <class Request>
  outcome<typename Request::response> call_version(const Request& request, api_version version,
                                                   deadline until) {
    request_header header{Request::api, version, next_correlation_id_++, "ottla"};
    auto answer = exchange(encode_request(request, header), until);
    if (!answer) return std::move(answer.error());
    wire_reader in(std::move(*answer));
    int32_t correlation_id = decode_response_header(in, Request::api, version);
    if (correlation_id != header.correlation_id) return wrong_answer();
    return decode<typename Request::response>(in, version);
  }

  outcome<void> learn_versions(deadline until);
  outcome<shared_bytes> exchange(const gather_list& frame, deadline until);
  outcome<void> write_all(std::span<const std::byte> bytes, deadline until);
  outcome<void> read_all(std::span<std::byte> into, deadline until);
  outcome<void> wait_for(short events, deadline until);
  fault lost(std::string_view what, int os_errno);
  fault wrong_answer();

  broker_address address_;
  int descriptor_;
  int32_t next_correlation_id_ = 1;
  std::map<api_key, std::pair<api_version, api_version>> versions_;
};

}  // namespace ottla
