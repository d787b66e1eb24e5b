// The HTTP API: the table of what can be asked, and who answers.
//
// Handlers read the request, ask the backend and render its answer as JSON. They run on the
// server's thread, the rendering on whichever thread answers. openapi.json describes the same
// table; a test compares them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin-ui/server/admin_backend.hpp"
#include "admin-ui/server/http_message.hpp"
#include "admin-ui/server/problem.hpp"

namespace ottla {

/// What the server knows of itself.
struct server_facts {
  broker_id broker = no_broker;
  std::string version;
  std::string ui_hash;  ///< Of the built dashboard; empty: there is none.
  bool is_read_only = false;
};

/// One request on its way through a handler.
struct api_call {
  std::shared_ptr<const http_request> request;
  std::vector<std::string> parameters;  ///< What stands for the {names} of the path, in order.
  std::shared_ptr<admin_backend> backend;
  const server_facts* facts = nullptr;  ///< Outlives every request.
  http_responder respond;

  void refuse(const problem& why) const { respond(reply_of(why, request->id)); }
};

struct api_route {
  std::string_view method;
  std::string_view path;  ///< "/api/v1/topics/{topic}"
  void (*handle)(const api_call& call);
  size_t body_bytes_max = 0;
  int64_t answer_ms = 10'000;  ///< How long the backend may take.
};

std::span<const api_route> api_routes();

/// The route of a request.
struct route_match {
  const api_route* route = nullptr;  ///< Null: see `allowed`.
  std::vector<std::string> parameters;
  std::string allowed;  ///< The methods of that path, if it has any: "GET, POST".
};
route_match find_route(const http_request& request);

/// The text of openapi.json.
std::string_view openapi_document();

}  // namespace ottla
