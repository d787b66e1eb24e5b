#include "actors/handlers/find_coordinator.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "actors/group/java_string.hpp"
#include "actors/handlers/partition_access.hpp"
#include "actors/runtime/log.hpp"
#include "protocol/messages/find_coordinator.hpp"

namespace ottla {
namespace {

constexpr api_version first_with_batches = 4;  // KIP-699
constexpr const char* offsets_topic = "__consumer_offsets";

enum class key_kind : int8_t { group = 0, transaction = 1, share = 2 };

using coordinator = find_coordinator_response::coordinator;

coordinator nobody(std::string key, error_code error, std::string message) {
  return {std::move(key), no_broker, "", -1, error, std::move(message)};
}

// With as many replicas as there are brokers, up to the setting: one node is a cluster, too.
create_topics_request::creatable_topic offsets_topic_of(const broker_config& config,
                                                        const metadata_image& image) {
  const auto active = std::ranges::count_if(
      image.brokers(), [](const broker_image& broker) { return broker.is_active(); });
  create_topics_request::creatable_topic topic;
  topic.name = offsets_topic;
  topic.num_partitions = config.offsets_topic_partitions;
  topic.replication_factor =
      static_cast<int16_t>(std::clamp<int64_t>(active, 1, config.offsets_topic_replication_factor));
  topic.configs = {{"cleanup.policy", "compact"},
                   {"compression.type", "producer"},
                   {"segment.bytes", std::to_string(config.offsets_topic_segment_bytes)}};
  return topic;
}

void create_offsets_topic(session_context& session, const metadata_image& image) {
  create_topics_command command;
  command.request.topics.push_back(offsets_topic_of(*session.services().config->get(), image));
  command.caller.listener = session.connection().listener;
  command.caller.client_address = session.connection().peer.host;
  command.caller.version = 7;
  session.self()
      .request(session.services().controller, caf::infinite, std::move(command))
      .then(
          [](const create_topics_response& response) {
            for (const auto& topic : response.topics) {
              if (topic.error_code == error_code::none ||
                  topic.error_code == error_code::topic_already_exists) {
                continue;
              }
              log::warn("groups", "{} cannot be created: {} {}", topic.name,
                        error_name(topic.error_code), topic.error_message.value_or(""));
            }
          },
          [](const caf::error&) {});
}

coordinator find_group(const session_context& session, const metadata_image& image,
                       const topic_ptr& topic, const std::string& key) {
  const auto unavailable = [&] { return nobody(key, error_code::coordinator_not_available, ""); };
  if (!topic || topic->partition_count() == 0) return unavailable();
  const auto partition = coordinator_partition(key, topic->partition_count());
  const auto leader = topic->partition(partition).leader.id;
  const auto* endpoint = endpoint_for(session, image, leader);
  if (endpoint == nullptr) return unavailable();
  return {key, leader, endpoint->host, endpoint->port, error_code::none, ""};
}

// Versions below 4 name one key, and spell out the error, even if it is none.
void flatten(find_coordinator_response& response) {
  auto only = std::move(response.coordinators.front());
  response.coordinators.clear();
  response.error_code = only.error_code;
  const bool has_text = only.error_message && !only.error_message->empty();
  response.error_message = has_text ? std::move(*only.error_message)
                           : only.error_code == error_code::none
                               ? std::string{"NONE"}
                               : std::string{error_text(only.error_code)};
  response.node_id = only.node_id;
  response.host = std::move(only.host);
  response.port = only.port;
}

}  // namespace

void handle_find_coordinator(session_context& session, request incoming, reply_slot reply) {
  const auto version = incoming.header.version;
  auto decoded = decode<find_coordinator_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  if (version < first_with_batches) decoded->coordinator_keys = {decoded->key};

  const auto image = session.services().metadata->get();
  const bool of_groups = static_cast<key_kind>(decoded->key_type) == key_kind::group;
  const auto topic = of_groups ? image->find_topic(offsets_topic) : nullptr;
  if (of_groups && !topic && !decoded->coordinator_keys.empty()) {
    create_offsets_topic(session, *image);
  }
  find_coordinator_response response;
  for (const auto& key : decoded->coordinator_keys) {
    // Clients give up at this error instead of asking until they time out.
    response.coordinators.push_back(
        of_groups ? find_group(session, *image, topic, key)
                  : nobody(key, error_code::invalid_request,
                           "this broker coordinates groups only, no transactions"));
  }
  if (version < first_with_batches) flatten(response);
  reply.send(response);
}

}  // namespace ottla
