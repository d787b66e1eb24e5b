#include "actors/handlers/list_config_resources.hpp"

#include <algorithm>
#include <set>

#include "actors/cluster/config_requests.hpp"

namespace ottla {

list_config_resources_response answer_list_config_resources(
    const metadata_image& image, const list_config_resources_request& wanted, api_version version) {
  constexpr auto topic = static_cast<int8_t>(config_resource::topic);
  constexpr auto broker = static_cast<int8_t>(config_resource::broker);
  constexpr auto broker_logger = static_cast<int8_t>(config_resource::broker_logger);
  constexpr auto client_metrics = static_cast<int8_t>(config_resource::client_metrics);
  constexpr auto group = static_cast<int8_t>(config_resource::group);
  const std::set<int8_t> known{topic, broker, broker_logger, client_metrics, group};
  std::set<int8_t> types(wanted.resource_types.begin(), wanted.resource_types.end());
  if (types.empty()) types = known;
  if (version == 0) types = {client_metrics};
  list_config_resources_response response;
  if (!std::ranges::includes(known, types)) {
    response.error_code = error_code::unsupported_version;
    return response;
  }
  for (auto type : {broker, broker_logger}) {
    if (!types.contains(type)) continue;
    for (const auto& one : image.brokers()) {
      response.config_resources.push_back({std::to_string(one.registration.id), type});
    }
  }
  if (types.contains(topic)) {
    for (const auto& one : image.topics_by_name()) {
      response.config_resources.push_back({one->name(), topic});
    }
  }
  return response;
}

void handle_list_config_resources(session_context& session, request incoming, reply_slot reply) {
  const auto version = incoming.header.version;
  auto decoded = decode<list_config_resources_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  reply.send(answer_list_config_resources(*session.services().metadata->get(), *decoded, version));
}

}  // namespace ottla
