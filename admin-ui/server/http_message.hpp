// A request and its answer as the API sees them: plain values, without Beast.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ottla {

/// What follows the host in a URL, decoded.
struct request_target {
  std::vector<std::string> segments;  ///< "/api/v1/topics/a%2Fb" has four; "/" none.
  std::map<std::string, std::string, std::less<>> query;  ///< The first value of each name.

  /// Nothing unless `text` is an absolute path with sound percent-encoding.
  static std::optional<request_target> parse(std::string_view text);
};

struct http_request {
  std::string method;
  request_target target;
  std::map<std::string, std::string, std::less<>> headers;  ///< Names in lower case.
  std::string body;
  std::string id;  ///< Of this request, for logs and problems.

  /// Empty if there is no such header.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  /// Nothing if the query does not have it.
  [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
  /// Whether it only reads.
  [[nodiscard]] bool is_safe() const { return method == "GET" || method == "HEAD"; }
};

struct http_reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Sends the answer; called once, from any thread.
using http_responder = std::function<void(http_reply)>;

}  // namespace ottla
