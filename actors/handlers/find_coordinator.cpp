#include "actors/handlers/find_coordinator.hpp"

#include <string>
#include <utility>

#include "actors/group/java_string.hpp"
#include "actors/handlers/admin_access.hpp"
#include "actors/handlers/partition_access.hpp"
#include "actors/handlers/topic_creation.hpp"
#include "protocol/messages/find_coordinator.hpp"

namespace ottla {
namespace {

constexpr api_version first_with_batches = 4;  // KIP-699

enum class key_kind : int8_t { group = 0, transaction = 1, share = 2 };

using coordinator = find_coordinator_response::coordinator;

coordinator nobody(std::string key, error_code error, std::string message) {
  return {std::move(key), no_broker, "", -1, error, std::move(message)};
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
  const auto caller = caller_of(session, incoming);
  auto decoded = decode<find_coordinator_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  if (version < first_with_batches) decoded->coordinator_keys = {decoded->key};

  const auto image = session.services().metadata->get();
  const bool of_groups = static_cast<key_kind>(decoded->key_type) == key_kind::group;
  const auto topic = of_groups ? image->find_topic(offsets_topic) : nullptr;
  if (of_groups && !topic && !decoded->coordinator_keys.empty()) {
    create_in_background(session, {std::string{offsets_topic}}, caller, *image);
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
