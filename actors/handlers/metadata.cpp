#include "actors/handlers/metadata.hpp"

#include <algorithm>
#include <set>

#include "actors/cluster/topic_names.hpp"
#include "actors/handlers/admin_access.hpp"
#include "actors/handlers/topic_creation.hpp"

namespace ottla {
namespace {

using topic_answer = metadata_response::metadata_response_topic;
using partition_answer = metadata_response::metadata_response_partition;

std::vector<int32_t> ids_of(const std::vector<replica_seat>& seats) {
  std::vector<int32_t> ids;
  for (const auto& seat : seats) ids.push_back(seat.id);
  return ids;
}

std::vector<int32_t> offline(const metadata_image& image, const partition_record& record) {
  std::vector<int32_t> result;
  for (auto id : record.replicas) {
    const auto* broker = image.find_broker(id);
    const bool is_there = broker != nullptr && broker->is_active();
    const bool is_usable =
        is_there &&
        std::ranges::find(record.failed, replica_seat{id, broker->epoch}) == record.failed.end();
    if (!is_usable) result.push_back(id);
  }
  return result;
}

// A leader counts for a client only if it can be reached where the client came in.
std::pair<int32_t, error_code> leader_of(const metadata_image& image,
                                         const partition_record& record,
                                         std::string_view listener) {
  if (!image.is_live(record.leader)) return {no_broker, error_code::leader_not_available};
  if (image.find_broker(record.leader.id)->endpoint(listener) == nullptr) {
    return {no_broker, error_code::listener_not_found};
  }
  return {record.leader.id, error_code::none};
}

partition_answer describe(const metadata_image& image, const partition_record& record,
                          int32_t index, std::string_view listener) {
  auto [leader, error] = leader_of(image, record, listener);
  return {.error_code = error,
          .partition_index = index,
          .leader_id = leader,
          .leader_epoch = record.leader_epoch,
          .replica_nodes = record.replicas,
          .isr_nodes = ids_of(record.isr),
          .offline_replicas = offline(image, record)};
}

topic_answer describe(const metadata_image& image, const topic_image& topic,
                      const metadata_request& wanted, std::string_view listener) {
  topic_answer answer{.name = topic.name(), .topic_id = topic.id()};
  answer.is_internal = topic.is_internal();
  if (wanted.include_topic_authorized_operations) {
    answer.topic_authorized_operations = all_topic_operations;
  }
  answer.partitions.reserve(static_cast<size_t>(topic.partition_count()));
  for (int32_t i = 0; i < topic.partition_count(); ++i) {
    answer.partitions.push_back(describe(image, topic.partition(i), i, listener));
  }
  return answer;
}

topic_answer unknown_by_name(const std::string& name) {
  auto code = topic_name_problem(name) ? error_code::invalid_topic_exception
                                       : error_code::unknown_topic_or_partition;
  return {.error_code = code, .name = name};
}

// Null is "all topics"; before version 1 there was no null, and an empty list meant it.
bool wants_all(const metadata_request& wanted, api_version version) {
  return !wanted.topics || (version == 0 && wanted.topics->empty());
}

bool is_by_id(const metadata_request::metadata_request_topic& topic) {
  return !topic.topic_id.is_zero();
}

void answer_topics(metadata_response& response, const metadata_image& image,
                   const metadata_request& wanted, api_version version, std::string_view listener) {
  if (wants_all(wanted, version)) {
    for (const auto& topic : image.topics_by_name()) {
      response.topics.push_back(describe(image, *topic, wanted, listener));
    }
    return;
  }
  std::set<std::string> names;
  std::set<uuid> ids;
  for (const auto& one : *wanted.topics) {
    if (is_by_id(one)) {
      if (!ids.insert(one.topic_id).second) continue;
      if (auto topic = image.find_topic(one.topic_id)) {
        response.topics.push_back(describe(image, *topic, wanted, listener));
      } else {
        response.topics.push_back(
            {.error_code = error_code::unknown_topic_id, .topic_id = one.topic_id});
      }
    } else if (auto name = one.name.value_or(""); names.insert(name).second) {
      auto topic = image.find_topic(name);
      response.topics.push_back(topic ? describe(image, *topic, wanted, listener)
                                      : unknown_by_name(name));
    }
  }
}

// Names and ids may not be mixed, and ids came to requests in version 12.
bool is_malformed(const metadata_request& wanted, api_version version) {
  if (!wanted.topics) return false;
  bool has_id = std::ranges::any_of(*wanted.topics, is_by_id);
  bool has_name = std::ranges::any_of(*wanted.topics, [](const auto& t) { return !is_by_id(t); });
  bool null_name =
      std::ranges::any_of(*wanted.topics, [](const auto& t) { return !is_by_id(t) && !t.name; });
  return (has_id && has_name) || (has_id && version < 12) || null_name;
}

metadata_response refuse(const metadata_request& wanted) {
  metadata_response response;
  for (const auto& one : *wanted.topics) {
    response.topics.push_back({.error_code = error_code::invalid_request,
                               .name = one.name ? one.name : std::optional<std::string>{""},
                               .topic_id = one.topic_id});
  }
  response.error_code = error_code::invalid_request;
  return response;
}

}  // namespace

std::vector<std::string> topics_to_create(const metadata_image& image,
                                          const metadata_request& wanted, api_version version) {
  std::vector<std::string> names;
  if (wants_all(wanted, version) || (version >= 4 && !wanted.allow_auto_topic_creation)) {
    return names;
  }
  std::set<std::string> seen;
  for (const auto& one : *wanted.topics) {
    if (is_by_id(one) || !one.name || topic_name_problem(*one.name)) continue;
    if (!image.find_topic(*one.name) && seen.insert(*one.name).second) names.push_back(*one.name);
  }
  return names;
}

metadata_response answer_metadata(const metadata_image& image, const metadata_request& wanted,
                                  api_version version, std::string_view listener) {
  if (is_malformed(wanted, version)) return refuse(wanted);
  metadata_response response{.cluster_id = image.cluster_id(), .controller_id = image.controller()};
  // A fenced broker is listed until its session ends, as Kafka does on ZooKeeper: librdkafka stops
  // for a second when a broker vanishes from the list in the answer that names another leader.
  for (const auto& broker : image.brokers()) {
    const auto* endpoint = broker.endpoint(listener);
    if (endpoint == nullptr) continue;
    response.brokers.push_back({.node_id = broker.registration.id,
                                .host = endpoint->host,
                                .port = endpoint->port,
                                .rack = broker.registration.rack});
  }
  if (wanted.include_cluster_authorized_operations) {
    response.cluster_authorized_operations = all_cluster_operations;
  }
  answer_topics(response, image, wanted, version, listener);
  return response;
}

void handle_metadata(session_context& session, request incoming, reply_slot reply) {
  auto version = incoming.header.version;
  auto caller = caller_of(session, incoming);
  auto decoded = decode<metadata_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto image = session.services().metadata->get();
  if (session.services().config->get()->auto_create_topics && !is_malformed(*decoded, version)) {
    auto names = topics_to_create(*image, *decoded, version);
    if (!names.empty()) create_in_background(session, names, caller, *image);
  }
  reply.send(answer_metadata(*image, *decoded, version, session.connection().listener));
}

describe_topic_partitions_response answer_describe_topic_partitions(
    const metadata_image& image, const describe_topic_partitions_request& wanted,
    std::string_view listener, int32_t partitions_max) {
  describe_topic_partitions_response response;
  std::set<std::string> names;
  for (const auto& topic : wanted.topics) names.insert(topic.name);
  if (wanted.topics.empty()) {
    image.for_each_topic([&](const topic_ptr& topic) { names.insert(topic->name()); });
  }
  auto left = std::clamp(wanted.response_partition_limit, 1, partitions_max);
  auto from = wanted.cursor ? wanted.cursor->topic_name : std::string{};
  for (auto name = names.lower_bound(from); name != names.end(); ++name) {
    auto topic = image.find_topic(*name);
    // A topic that is gone is worth an error only to a client that named it.
    if (!topic && wanted.topics.empty()) continue;
    if (left == 0) {
      response.next_cursor = {.topic_name = *name};
      break;
    }
    auto& answer = response.topics.emplace_back();
    answer.name = *name;
    if (!topic) {
      answer.error_code = topic_name_problem(*name) ? error_code::invalid_topic_exception
                                                    : error_code::unknown_topic_or_partition;
      continue;
    }
    answer.topic_id = topic->id();
    answer.is_internal = topic->is_internal();
    answer.topic_authorized_operations = all_topic_operations;
    auto first = wanted.cursor && *name == from ? std::max(wanted.cursor->partition_index, 0) : 0;
    for (auto i = first; i < topic->partition_count(); ++i) {
      if (left == 0) {
        response.next_cursor = {.topic_name = *name, .partition_index = i};
        return response;
      }
      const auto& record = topic->partition(i);
      auto described = describe(image, record, i, listener);
      answer.partitions.push_back({.error_code = described.error_code,
                                   .partition_index = i,
                                   .leader_id = described.leader_id,
                                   .leader_epoch = described.leader_epoch,
                                   .replica_nodes = std::move(described.replica_nodes),
                                   .isr_nodes = std::move(described.isr_nodes),
                                   .eligible_leader_replicas = ids_of(record.eligible),
                                   .last_known_elr = record.last_known_eligible,
                                   .offline_replicas = std::move(described.offline_replicas)});
      --left;
    }
  }
  return response;
}

void handle_describe_topic_partitions(session_context& session, request incoming,
                                      reply_slot reply) {
  auto decoded =
      decode<describe_topic_partitions_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto partitions_max = session.services().config->get()->request_partitions_max;
  reply.send(answer_describe_topic_partitions(*session.services().metadata->get(), *decoded,
                                              session.connection().listener, partitions_max));
}

describe_cluster_response answer_describe_cluster(const metadata_image& image,
                                                  const describe_cluster_request& wanted,
                                                  std::string_view listener) {
  constexpr int8_t brokers = 1, controllers = 2;
  describe_cluster_response response{.endpoint_type = wanted.endpoint_type};
  if (wanted.endpoint_type != brokers) {
    // Controllers have no endpoints of their own here.
    bool known = wanted.endpoint_type == controllers;
    response.error_code =
        known ? error_code::mismatched_endpoint_type : error_code::unsupported_endpoint_type;
    response.error_message = known ? "The request was sent to an endpoint of type BROKER, but we "
                                     "wanted an endpoint of type CONTROLLER"
                                   : "Unsupported endpoint type " +
                                         std::to_string(static_cast<int>(wanted.endpoint_type));
    return response;
  }
  response.cluster_id = image.cluster_id();
  response.controller_id = image.controller();
  if (wanted.include_cluster_authorized_operations) {
    response.cluster_authorized_operations = all_cluster_operations;
  }
  for (const auto& broker : image.brokers()) {
    const auto* endpoint = broker.endpoint(listener);
    bool hidden = !broker.is_active() && !wanted.include_fenced_brokers;
    if (hidden || endpoint == nullptr) continue;
    response.brokers.push_back({.broker_id = broker.registration.id,
                                .host = endpoint->host,
                                .port = endpoint->port,
                                .rack = broker.registration.rack,
                                .is_fenced = !broker.is_active()});
  }
  return response;
}

void handle_describe_cluster(session_context& session, request incoming, reply_slot reply) {
  auto decoded =
      decode<describe_cluster_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  reply.send(answer_describe_cluster(*session.services().metadata->get(), *decoded,
                                     session.connection().listener));
}

}  // namespace ottla
