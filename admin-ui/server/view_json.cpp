#include "admin-ui/server/view_json.hpp"

#include <boost/json.hpp>
#include <charconv>

namespace ottla {
namespace {

namespace json = boost::json;

json::value text(int64_t number) {
  return json::string{std::to_string(number)};
}

json::value text_or_null(const std::optional<int64_t>& number) {
  return number ? text(*number) : json::value{};
}

json::value broker_or_null(broker_id id) {
  return id == no_broker ? json::value{} : json::value(id);
}

template <class T>
json::value value_or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value{};
}

json::array numbers(const std::vector<int32_t>& values) {
  return json::array(values.begin(), values.end());
}

// The parts, in any order.
json::object to_json(const health_reason& part);
json::object to_json(const endpoint_view& part);
json::object to_json(const log_dir_view& part);
json::object to_json(const broker_view& part);
json::object to_json(const topic_row& part);
json::object to_json(const partition_view& part);
json::object to_json(const config_view& part);
json::object to_json(const group_row& part);
json::object to_json(const member_view& part);
json::object to_json(const group_offset_view& part);

template <class Items>
json::array objects(const Items& items) {
  json::array list;
  for (const auto& each : items) list.push_back(to_json(each));
  return list;
}

void add_missing(json::object& object, const std::vector<missing_broker>& missing) {
  object["partial"] = !missing.empty();
  auto& list = object["missing"].emplace_array();
  for (const auto& each : missing) {
    list.push_back({{"broker", broker_or_null(each.id)}, {"reason", each.reason}});
  }
}

template <class Page>
json::object page_json(const Page& page) {
  json::object object{{"items", objects(page.rows)},
                      {"total", page.total},
                      {"next", page.next ? json::value(encode_cursor(*page.next)) : json::value{}}};
  add_missing(object, page.missing);
  return object;
}

json::object to_json(const health_reason& reason) {
  json::array partitions;
  for (const auto& each : reason.partitions) {
    partitions.push_back({{"topic", each.topic}, {"partition", each.partition}});
  }
  return {{"code", reason.code},
          {"count", reason.count},
          {"text", reason.text},
          {"partitions", std::move(partitions)}};
}

const char* name_of(health_state verdict) {
  switch (verdict) {
    case health_state::ok:
      return "ok";
    case health_state::degraded:
      return "degraded";
    case health_state::down:
      break;
  }
  return "down";
}

json::object to_json(const endpoint_view& endpoint) {
  return {{"listener", endpoint.listener}, {"host", endpoint.host}, {"port", endpoint.port}};
}

json::object to_json(const log_dir_view& dir) {
  auto bytes = [](int64_t count) { return count < 0 ? json::value{} : text(count); };
  return {{"path", dir.path},
          {"totalBytes", bytes(dir.total_bytes)},
          {"freeBytes", bytes(dir.free_bytes)}};
}

json::object to_json(const broker_view& broker) {
  return {{"id", broker.id},
          {"state", broker.state},
          {"isController", broker.is_controller},
          {"isSelf", broker.is_self},
          {"rack", value_or_null(broker.rack)},
          {"epoch", text(broker.epoch)},
          {"endpoints", objects(broker.endpoints)},
          {"leaders", broker.leaders},
          {"replicas", broker.replicas},
          {"outOfSync", broker.out_of_sync},
          {"logDirs", broker.log_dirs ? json::value(objects(*broker.log_dirs)) : json::value{}}};
}

json::object to_json(const topic_row& row) {
  return {{"name", row.name},
          {"id", row.id.to_string()},
          {"internal", row.is_internal},
          {"partitions", row.partitions},
          {"replicationFactor", row.replication_factor},
          {"underReplicated", row.under_replicated},
          {"offline", row.offline},
          {"sizeBytes", text_or_null(row.size_bytes)},
          {"records", text_or_null(row.records)}};
}

json::object to_json(const partition_view& partition) {
  json::object object{
      {"partition", partition.partition}, {"leader", broker_or_null(partition.leader)},
      {"leaderEpoch", partition.epoch},   {"replicas", numbers(partition.replicas)},
      {"isr", numbers(partition.isr)},    {"preferredLeader", partition.is_preferred_leader},
      {"state", partition.state}};
  const auto* facts = partition.facts ? &*partition.facts : nullptr;
  object["startOffset"] = facts ? text(facts->start_offset) : json::value{};
  object["highWatermark"] = facts ? text(facts->high_watermark) : json::value{};
  object["endOffset"] = facts ? text(facts->end_offset) : json::value{};
  object["sizeBytes"] = facts ? text(facts->size_bytes) : json::value{};
  object["segments"] = facts ? json::value(facts->segments) : json::value{};
  object["logDir"] = facts ? json::value(facts->log_dir) : json::value{};
  return object;
}

json::object to_json(const config_view& config) {
  return {{"name", config.name},
          {"value", value_or_null(config.value)},
          {"source", config.source},
          {"readOnly", config.is_read_only},
          {"sensitive", config.is_sensitive},
          {"type", config.type},
          {"documentation", config.documentation}};
}

json::object to_json(const group_row& row) {
  return {{"group", row.group},
          {"state", row.state},
          {"protocolType", row.protocol_type},
          {"members", value_or_null(row.members)},
          {"topics", value_or_null(row.topics)},
          {"lag", text_or_null(row.lag)}};
}

json::object to_json(const member_view& member) {
  json::array assignment;
  for (const auto& [topic, partitions] : member.assignment) {
    assignment.push_back({{"topic", topic}, {"partitions", numbers(partitions)}});
  }
  return {{"memberId", member.member_id},
          {"instanceId", value_or_null(member.instance_id)},
          {"clientId", member.client_id},
          {"host", member.host},
          {"assignment", std::move(assignment)}};
}

json::object to_json(const group_offset_view& offset) {
  return {{"topic", offset.topic},
          {"partition", offset.partition},
          {"committed", text(offset.committed)},
          {"start", text_or_null(offset.start)},
          {"end", text_or_null(offset.end)},
          {"lag", text_or_null(offset.lag())},
          {"member", value_or_null(offset.member)},
          {"metadata", offset.metadata},
          {"waitingSince", value_or_null(offset.waiting_since)}};
}

}  // namespace

json::object to_json(const cluster_view& view) {
  return {{"clusterId", view.cluster_id},
          {"controller", broker_or_null(view.controller)},
          {"servedBy", view.served_by},
          {"asOf", view.as_of},
          {"sequence", text(view.sequence)},
          {"brokers", {{"registered", view.registered_brokers}, {"active", view.active_brokers}}},
          {"topics", view.topics},
          {"internalTopics", view.internal_topics},
          {"partitions", view.partitions},
          {"offlinePartitions", view.offline_partitions},
          {"underReplicatedPartitions", view.under_replicated_partitions},
          {"underMinIsrPartitions", view.under_min_isr_partitions},
          {"verdict", {{"state", name_of(view.verdict)}, {"reasons", objects(view.reasons)}}}};
}

json::object to_json(const brokers_view& view) {
  json::object object{{"items", objects(view.brokers)}};
  add_missing(object, view.missing);
  return object;
}

json::object to_json(const traffic_view& view) {
  json::object object{{"broker", view.broker},
                      {"measuredAt", view.measured_at},
                      {"recordsIn", text(view.appended_records)},
                      {"bytesIn", text(view.appended_bytes)},
                      {"bytesOut", text(view.read_bytes)},
                      {"replicationBytesOut", text(view.replicated_bytes)}};
  add_missing(object, view.missing);
  return object;
}

json::object to_json(const topics_page& page) {
  return page_json(page);
}

json::object to_json(const topic_view& view) {
  json::object configs;
  for (const auto& [name, value] : view.configs) configs[name] = value;
  json::object object{{"name", view.name},
                      {"id", view.id.to_string()},
                      {"internal", view.is_internal},
                      {"replicationFactor", view.replication_factor},
                      {"durability", view.durability},
                      {"configs", std::move(configs)},
                      {"partitions", objects(view.partitions)}};
  add_missing(object, view.missing);
  return object;
}

json::object to_json(const std::vector<config_view>& configs) {
  return {{"items", objects(configs)}};
}

json::object to_json(const groups_page& page) {
  return page_json(page);
}

json::object to_json(const group_detail& view) {
  json::object object{{"group", view.group},
                      {"state", view.state},
                      {"protocolType", view.protocol_type},
                      {"protocol", view.protocol},
                      {"coordinator", broker_or_null(view.coordinator)},
                      {"members", objects(view.members)},
                      {"lag", text_or_null(view.lag())},
                      {"lagSeconds", value_or_null(view.lag_seconds())},
                      {"offsets", objects(view.offsets)}};
  add_missing(object, view.missing);
  return object;
}

json::object to_json(const created_topic& topic) {
  return {{"name", topic.name},
          {"id", topic.id.is_zero() ? json::value{} : json::value(topic.id.to_string())},
          {"partitions", topic.partitions},
          {"replicationFactor", topic.replication_factor}};
}

// "<value>.<name>", the name in hexadecimal digits: names of groups may hold anything.
std::string encode_cursor(const page_request::position& position) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string cursor = std::to_string(position.value) + ".";
  for (const char each : position.name) {
    const auto byte = static_cast<unsigned char>(each);
    cursor.push_back(digits[byte >> 4U]);
    cursor.push_back(digits[byte & 15U]);
  }
  return cursor;
}

std::optional<page_request::position> decode_cursor(std::string_view text) {
  page_request::position position;
  const auto* end = text.data() + text.size();
  const auto value = std::from_chars(text.data(), end, position.value);
  if (value.ec != std::errc{} || value.ptr == end || *value.ptr != '.') return std::nullopt;
  const auto* next = value.ptr + 1;
  for (; next + 1 < end; next += 2) {
    uint8_t byte = 0;
    const auto digits = std::from_chars(next, next + 2, byte, 16);
    if (digits.ec != std::errc{} || digits.ptr != next + 2) return std::nullopt;
    position.name.push_back(static_cast<char>(byte));
  }
  if (next != end || position.name.empty()) return std::nullopt;
  return position;
}

}  // namespace ottla
