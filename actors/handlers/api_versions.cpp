#include "actors/handlers/api_versions.hpp"

#include <algorithm>
#include <utility>

#include "protocol/messages/api_versions.hpp"

namespace ottla {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Kafka's pattern `[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?`.
bool is_software_name(std::string_view name) {
  return !name.empty() && is_letter_or_digit(name.front()) && is_letter_or_digit(name.back()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; });
}

api_versions_response::api_version offer(const route& row) {
  return {static_cast<int16_t>(row.key), row.first_advertised, row.last};
}

}  // namespace

void handle_api_versions(session_context& session, request incoming, reply_slot reply) {
  auto asked = decode<api_versions_request>(std::move(incoming.body), incoming.header.version);
  if (!asked) return reply.close_connection(asked.error().message);
  api_versions_response response;
  if (incoming.header.version >= 3) {
    if (!is_software_name(asked->client_software_name) ||
        !is_software_name(asked->client_software_version)) {
      response.error_code = error_code::invalid_request;
      return reply.send(response);
    }
    session.name_client_software(std::move(asked->client_software_name),
                                 std::move(asked->client_software_version));
  }
  for (const auto& row : session.routes()) response.api_keys.push_back(offer(row));
  reply.send(response);
}

void answer_unknown_api_versions(std::span<const route> routes, reply_slot reply) {
  api_versions_response response;
  response.error_code = error_code::unsupported_version;
  for (const auto& row : routes) {
    if (row.key == api_key::api_versions) response.api_keys.push_back(offer(row));
  }
  reply.send(response, 0);
}

}  // namespace ottla
