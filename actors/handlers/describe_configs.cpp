#include "actors/handlers/describe_configs.hpp"

#include <algorithm>

#include "actors/cluster/config_requests.hpp"
#include "actors/cluster/topic_names.hpp"

namespace ottla {
namespace {

using resource = describe_configs_request::describe_configs_resource;
using result = describe_configs_response::describe_configs_result;
using described = outcome<std::vector<described_config>>;

fault invalid(std::string why) {
  return {error_code::invalid_request, std::move(why)};
}

described of_topic(const metadata_image& image, const broker_config& config,
                   const std::string& name) {
  if (auto problem = topic_name_problem(name)) {
    return fault{error_code::invalid_topic_exception, *problem};
  }
  auto topic = image.find_topic(name);
  if (!topic) {
    return fault{error_code::unknown_topic_or_partition,
                 std::string{error_text(error_code::unknown_topic_or_partition)}};
  }
  return describe_topic(config, name, topic->partition(0).replicas.size(), topic->configs());
}

described of_broker(const broker_config& config, broker_id self, const std::string& name) {
  auto id = parse_broker_resource(name);
  if (!id) return id.error();
  if (!id->has_value()) return describe_cluster_default_configs(config);
  if (**id == self) return describe_broker_configs(config);
  return invalid("Unexpected broker id, expected " + std::to_string(self) +
                 " or empty string, but received " + name);
}

// Groups and client metrics have no configs of their own here, and the log has no loggers.
described nothing_of(const std::string& name, const char* what) {
  if (name.empty()) return invalid(std::string{what} + " name must not be empty");
  return std::vector<described_config>{};
}

described describe(const metadata_image& image, const broker_config& config, broker_id self,
                   const resource& wanted) {
  switch (static_cast<config_resource>(wanted.resource_type)) {
    case config_resource::topic:
      return of_topic(image, config, wanted.resource_name);
    case config_resource::broker:
      return of_broker(config, self, wanted.resource_name);
    case config_resource::broker_logger:
      return nothing_of(wanted.resource_name, "Broker");
    case config_resource::client_metrics:
      return nothing_of(wanted.resource_name, "Client metrics subscription");
    case config_resource::group:
      return nothing_of(wanted.resource_name, "Group");
    case config_resource::unknown:
      break;
  }
  return invalid("Unsupported resource type: " + std::to_string(wanted.resource_type));
}

void add(result& answer, described_config config, const describe_configs_request& wanted) {
  auto& entry = answer.configs.emplace_back();
  entry.name = std::move(config.name);
  entry.value = config.is_sensitive ? std::nullopt : std::move(config.value);
  entry.read_only = config.is_read_only;
  entry.config_source = static_cast<int8_t>(config.source);
  entry.is_sensitive = config.is_sensitive;
  entry.config_type = static_cast<int8_t>(config.type);
  if (wanted.include_documentation) entry.documentation = std::string{config.doc};
  if (!wanted.include_synonyms) return;
  for (auto& synonym : config.synonyms) {
    entry.synonyms.push_back(
        {std::move(synonym.name), std::move(synonym.value), static_cast<int8_t>(synonym.source)});
  }
}

bool is_wanted(const resource& wanted, const std::string& name) {
  // Null and, as clients send it, an empty list stand for all keys.
  if (!wanted.configuration_keys || wanted.configuration_keys->empty()) return true;
  return std::ranges::find(*wanted.configuration_keys, name) != wanted.configuration_keys->end();
}

}  // namespace

describe_configs_response answer_describe_configs(const metadata_image& image,
                                                  const broker_config& config, broker_id self,
                                                  const describe_configs_request& wanted) {
  describe_configs_response response;
  for (const auto& one : wanted.resources) {
    auto& answer = response.results.emplace_back();
    answer.resource_type = one.resource_type;
    answer.resource_name = one.resource_name;
    auto configs = describe(image, config, self, one);
    if (!configs) {
      answer.error_code = configs.error().code;
      answer.error_message = configs.error().message;
      continue;
    }
    for (auto& each : *configs) {
      if (is_wanted(one, each.name)) add(answer, std::move(each), wanted);
    }
  }
  return response;
}

void handle_describe_configs(session_context& session, request incoming, reply_slot reply) {
  auto decoded =
      decode<describe_configs_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto config = session.services().config->get();
  reply.send(answer_describe_configs(*session.services().metadata->get(), *config, config->node_id,
                                     *decoded));
}

}  // namespace ottla
