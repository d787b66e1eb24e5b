// Changes that the admin interface asks for: the same requests to the controller that Kafka's admin
// API makes, judged by the same rules.
#include <utility>

#include "actors/admin/admin_access.hpp"
#include "actors/admin/admin_actor.hpp"
#include "actors/admin/admin_change.hpp"
#include "actors/cluster/config_requests.hpp"
#include "actors/config/config_changes.hpp"

namespace ottla {
namespace {

constexpr int32_t change_timeout_ms = 30'000;
constexpr auto topic_resource = static_cast<int8_t>(config_resource::topic);
constexpr auto set_value = static_cast<int8_t>(config_operation::set);
constexpr auto delete_value = static_cast<int8_t>(config_operation::remove);

/// The first refusal among the answers, if there is one.
template <class Response>
void answer_change(const Response& answer, const admin_reply<change_made>& reply) {
  for (const auto& each : answer.responses) {
    if (each.error_code != error_code::none) {
      return reply(fault_of(each.error_code, each.error_message.value_or("")));
    }
  }
  reply(change_made{});
}

}  // namespace

void admin_actor::create_topic(const topic_creation& wanted,
                               const admin_reply<created_topic>& reply) {
  if (!image_for(reply)) return;
  create_topics_request request{.timeout_ms = change_timeout_ms,
                                .validate_only = wanted.validate_only};
  auto& topic = request.topics.emplace_back();
  topic.name = wanted.name;
  topic.num_partitions = wanted.partitions;
  topic.replication_factor = wanted.replication_factor;
  for (const auto& [name, value] : wanted.configs) topic.configs.push_back({name, value});
  change(
      std::move(request), 7,
      [reply](const create_topics_response& answer) {
        if (answer.topics.empty()) {
          return reply(fault{error_code::unknown_server_error, "the controller did not answer", 0});
        }
        const auto& made = answer.topics.front();
        if (made.error_code != error_code::none) {
          return reply(fault_of(made.error_code, made.error_message.value_or("")));
        }
        reply(
            created_topic{made.name, made.topic_id, made.num_partitions, made.replication_factor});
      },
      reply);
}

void admin_actor::delete_topic(const std::string& name, const admin_reply<change_made>& reply) {
  if (!topic_for(name, reply)) return;
  delete_topics_request request{.topics = {{.name = name}}, .timeout_ms = change_timeout_ms};
  change(
      std::move(request), 6,
      [reply](const delete_topics_response& answer) { answer_change(answer, reply); }, reply);
}

void admin_actor::change_topic_configs(const topic_config_change& wanted,
                                       const admin_reply<change_made>& reply) {
  if (!topic_for(wanted.topic, reply)) return;
  incremental_alter_configs_request request{.validate_only = wanted.validate_only};
  auto& resource = request.resources.emplace_back();
  resource.resource_type = topic_resource;
  resource.resource_name = wanted.topic;
  for (const auto& [name, value] : wanted.set) {
    resource.configs.push_back({name, set_value, value});
  }
  for (const auto& name : wanted.unset) {
    resource.configs.push_back({name, delete_value, std::nullopt});
  }
  change(
      std::move(request), 1,
      [reply](const incremental_alter_configs_response& answer) { answer_change(answer, reply); },
      reply);
}

}  // namespace ottla
