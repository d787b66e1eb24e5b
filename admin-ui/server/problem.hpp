// What goes wrong, as clients are told it: RFC 9457 problem details.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin-ui/server/http_message.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

/// A member of the request that is at fault.
struct violation {
  std::string pointer;  ///< "/partitions" in the body, or "limit" in the query.
  std::string message;
};

struct problem {
  int status = 500;
  std::string type;  ///< The last part of its URI: "unknown-topic".
  std::string title;
  std::string detail;
  std::optional<error_code> error = std::nullopt;  ///< Of Kafka, where it has one.
  std::vector<violation> violations = {};
};

/// What a fault of the broker is over HTTP.
problem problem_of(const fault& why);
problem read_only_problem();
problem bad_request(std::string detail, std::vector<violation> violations = {});
/// As JSON text. `instance` is the request's id.
std::string to_json(const problem& what, const std::string& instance);
http_reply reply_of(const problem& what, const std::string& instance);

}  // namespace ottla
