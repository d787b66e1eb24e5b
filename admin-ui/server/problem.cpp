#include "admin-ui/server/problem.hpp"

#include <boost/json.hpp>

namespace ottla {
namespace {

namespace json = boost::json;

struct mapping {
  error_code error;
  int status;
  const char* type;
  const char* title;
};

constexpr mapping mappings[] = {
    {error_code::unknown_topic_or_partition, 404, "unknown-topic", "There is no such topic"},
    {error_code::group_id_not_found, 404, "unknown-group", "There is no such group"},
    {error_code::topic_already_exists, 409, "topic-exists", "The topic exists already"},
    {error_code::invalid_topic_exception, 400, "invalid-topic",
     "The name of the topic is not valid"},
    {error_code::invalid_partitions, 400, "invalid-partitions",
     "The number of partitions is not valid"},
    {error_code::invalid_replication_factor, 400, "invalid-replication-factor",
     "The replication factor is not valid"},
    {error_code::invalid_config, 400, "invalid-config", "A configuration value is not valid"},
    {error_code::invalid_request, 400, "invalid-request", "The request is not valid"},
    {error_code::policy_violation, 403, "policy-violation", "A policy forbids it"},
    {error_code::topic_deletion_disabled, 403, "topic-deletion-disabled",
     "This broker does not delete topics"},
    {error_code::request_timed_out, 504, "timeout", "The answer took too long"},
    {error_code::not_controller, 503, "no-controller",
     "The cluster has no controller at the moment"},
    {error_code::not_leader_or_follower, 503, "not-leader",
     "Another broker has the partition's log"},
    {error_code::leader_not_available, 503, "no-leader", "The partition has no leader"},
    {error_code::not_enough_replicas, 503, "not-enough-replicas",
     "Too few replicas are in sync to write"},
    {error_code::message_too_large, 400, "record-too-large", "The record is too large"},
    {error_code::invalid_record, 400, "invalid-record", "The topic does not take such a record"},
    {error_code::invalid_timestamp, 400, "invalid-timestamp", "The timestamp is not allowed"},
    {error_code::not_coordinator, 503, "no-coordinator", "The group's coordinator is elsewhere"},
    {error_code::coordinator_not_available, 503, "no-coordinator",
     "The group has no coordinator at the moment"},
    {error_code::coordinator_load_in_progress, 503, "coordinator-loading",
     "The group's coordinator is still loading"},
    {error_code::invalid_group_id, 400, "invalid-group", "The name of the group is not valid"},
    {error_code::invalid_session_timeout, 400, "invalid-session-timeout",
     "The session timeout is not allowed"},
    {error_code::inconsistent_group_protocol, 409, "group-protocol",
     "The members of the group assign partitions in another way"},
    {error_code::fenced_instance_id, 409, "fenced-instance",
     "Another member has come with the same instance"},
    {error_code::group_max_size_reached, 503, "group-full", "There are too many members"},
    {error_code::non_empty_group, 409, "group-not-empty", "The group has members"},
    {error_code::group_subscribed_to_topic, 409, "group-reads-topic",
     "Members of the group read the topic"},
    {error_code::invalid_update_version, 412, "plan-outdated",
     "The group stands elsewhere than the plan says"},
    {error_code::offset_out_of_range, 400, "offset-out-of-range", "The log has no such offset"},
    {error_code::invalid_replica_assignment, 400, "invalid-replicas",
     "The partition cannot have these replicas"},
    {error_code::no_reassignment_in_progress, 409, "no-reassignment",
     "The partition is not being moved"},
    {error_code::election_not_needed, 409, "election-not-needed",
     "The leader is the one that would be elected"},
    {error_code::preferred_leader_not_available, 503, "preferred-leader-not-available",
     "The preferred leader is not in sync"},
    {error_code::eligible_leaders_not_available, 503, "no-eligible-leader",
     "No replica can lead the partition"},
    {error_code::broker_not_available, 503, "not-available", "The broker cannot answer now"},
};

}  // namespace

problem problem_of(const fault& why) {
  for (const auto& each : mappings) {
    if (each.error == why.code)
      return {each.status, each.type, each.title, why.message, why.code, {}};
  }
  return {500, "broker-error", "The broker reports an error", why.message, why.code, {}};
}

problem read_only_problem() {
  return {403, "read-only", "This admin interface is read-only",
          "admin.read.only=true forbids changes"};
}

problem bad_request(std::string detail, std::vector<violation> violations) {
  return {400,          "invalid-request",    "The request is not valid", std::move(detail),
          std::nullopt, std::move(violations)};
}

std::string to_json(const problem& what, const std::string& instance) {
  json::object object{{"type", "/problems/" + what.type},
                      {"title", what.title},
                      {"status", what.status},
                      {"detail", what.detail},
                      {"instance", instance}};
  if (what.error) {
    object["kafkaError"] = {{"code", static_cast<int>(*what.error)},
                            {"name", std::string{error_name(*what.error)}}};
  }
  if (!what.violations.empty()) {
    auto& list = object["violations"].emplace_array();
    for (const auto& each : what.violations) {
      list.push_back({{"pointer", each.pointer}, {"message", each.message}});
    }
  }
  return json::serialize(object);
}

http_reply reply_of(const problem& what, const std::string& instance) {
  return {what.status, "application/problem+json", to_json(what, instance), {}};
}

}  // namespace ottla
