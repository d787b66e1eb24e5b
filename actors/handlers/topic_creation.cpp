#include "actors/handlers/topic_creation.hpp"

#include <algorithm>
#include <string>

#include "actors/runtime/log.hpp"

namespace ottla {

// The offsets topic has as many replicas as there are brokers, up to the setting: one node is a
// cluster, too.
create_topics_request::creatable_topic topic_by_defaults(std::string_view name,
                                                         const broker_config& config,
                                                         const metadata_image& image) {
  create_topics_request::creatable_topic topic;
  topic.name = name;
  topic.num_partitions = -1;
  topic.replication_factor = -1;
  if (name != offsets_topic) return topic;
  const auto active = std::ranges::count_if(
      image.brokers(), [](const broker_image& broker) { return broker.is_active(); });
  topic.num_partitions = config.offsets_topic_partitions;
  topic.replication_factor = static_cast<int16_t>(std::clamp<int64_t>(
      active, 1, std::max<int64_t>(1, config.offsets_topic_replication_factor)));
  topic.configs = {{"cleanup.policy", "compact"},
                   {"compression.type", "producer"},
                   {"segment.bytes", std::to_string(config.offsets_topic_segment_bytes)}};
  return topic;
}

void create_in_background(session_context& session, const std::vector<std::string>& names,
                          const caller_context& caller, const metadata_image& image) {
  const auto config = session.services().config->get();
  create_topics_command command{{}, caller};
  for (const auto& name : names) {
    command.request.topics.push_back(topic_by_defaults(name, *config, image));
  }
  session.self()
      .request(session.services().controller, caf::infinite, std::move(command))
      .then(
          [](const create_topics_response& made) {
            for (const auto& topic : made.topics) {
              if (topic.error_code == error_code::none ||
                  topic.error_code == error_code::topic_already_exists) {
                continue;
              }
              log::warn("controller", "topic {} cannot be created on its first use: {} {}",
                        topic.name, error_name(topic.error_code), topic.error_message.value_or(""));
            }
          },
          [](const caf::error&) {});
}

}  // namespace ottla
