// What goes, or goes elsewhere: records of a log, groups and their offsets.
#include <boost/json.hpp>

#include "admin-ui/server/api_handlers.hpp"
#include "admin-ui/server/api_parameters.hpp"

namespace ottla {
namespace {

namespace json = boost::json;
using violations = std::vector<violation>;

constexpr size_t partitions_max = 1'000;

json::value text_or_null(const std::optional<int64_t>& number) {
  return number ? json::value(std::to_string(*number)) : json::value{};
}

partition_deletion read_deletion(const json::object& body, const std::string& where,
                                 violations& wrong) {
  partition_deletion wanted;
  wanted.partition = read_partition(body, "partition", where, wrong).value_or(0);
  const auto* before = body.if_contains("before");
  if (before != nullptr && before->is_string() && before->get_string() == "end") return wanted;
  if (before != nullptr) wanted.before = whole_number(*before);
  if (!wanted.before || *wanted.before < 0) {
    wrong.push_back({where + "/before", "an offset, or \"end\" for all that is safe"});
  }
  return wanted;
}

json::object to_json(const std::vector<deleted_records>& all, bool is_done,
                     const std::string& request_id) {
  json::array items;
  for (const auto& each : all) {
    json::object item{{"partition", each.partition}};
    if (each.failure) {
      item["problem"] = json::parse(to_json(problem_of(*each.failure), request_id));
    } else {
      item["start"] = std::to_string(each.start);
      item["before"] = std::to_string(each.before);
      item["records"] = std::to_string(each.records());
    }
    items.push_back(std::move(item));
  }
  return {{"items", std::move(items)}, {"done", is_done}};
}

/// "earliest", "latest", or an object with one of timestamp, offset and shift.
std::optional<offset_target> read_target(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto* word = value->if_string()) {
    if (*word == "earliest") return to_earliest{};
    if (*word == "latest") return to_latest{};
    return std::nullopt;
  }
  const auto* body = value->if_object();
  if (body == nullptr || body->size() != 1) return std::nullopt;
  const auto& member = *body->begin();
  const auto number = whole_number(member.value());
  if (!number) return std::nullopt;
  if (member.key() == "shift") return to_shifted{*number};
  if (*number < 0) return std::nullopt;
  if (member.key() == "timestamp") return to_time{*number};
  if (member.key() == "offset") return to_offset{*number};
  return std::nullopt;
}

void read_partitions(const json::object& body, std::vector<partition_index>& partitions,
                     violations& wrong) {
  const auto* value = body.if_contains("partitions");
  if (value == nullptr) return;
  const auto* items = value->if_array();
  const bool is_sound = items != nullptr && !items->empty() && items->size() <= partitions_max &&
                        std::ranges::all_of(*items, [](const json::value& each) {
                          const auto* number = each.if_int64();
                          return number != nullptr && *number >= 0 && *number <= INT32_MAX;
                        });
  if (!is_sound) return wrong.push_back({"/partitions", "1 to 1000 numbers of partitions"});
  for (const auto& each : *items) {
    partitions.push_back(static_cast<partition_index>(each.get_int64()));
  }
}

std::string tag_of(const offset_plan& plan) {
  return '"' + plan.mark + '"';
}

http_reply reply_of(const offset_plan& plan) {
  json::array items;
  for (const auto& each : plan.offsets) {
    items.push_back({{"partition", each.partition},
                     {"from", text_or_null(each.from)},
                     {"to", std::to_string(each.to)},
                     {"skipped", text_or_null(each.skipped)}});
  }
  auto reply = json_reply({{"items", std::move(items)}, {"done", plan.is_done}});
  reply.headers.emplace_back("ETag", tag_of(plan));
  return reply;
}

}  // namespace

void delete_records(const api_call& call) {
  constexpr std::string_view members[] = {"partitions"};
  auto body = read_body(call, members);
  if (!body) return;
  auto validate_only = read_flag(call, "validateOnly");
  if (!validate_only) return;
  record_deletion wanted{.topic = call.parameters.front(), .validate_only = *validate_only};
  if (!*validate_only && !is_confirmed(call, wanted.topic, "deleted records do not come back")) {
    return;
  }
  violations wrong;
  if (const auto* items = read_objects(*body, "partitions", partitions_max, wrong)) {
    for (size_t i = 0; i < items->size(); ++i) {
      wanted.partitions.push_back(
          read_deletion((*items)[i].get_object(), "/partitions/" + std::to_string(i), wrong));
    }
  }
  if (!wrong.empty()) return call.refuse(bad_request("the body is not valid", std::move(wrong)));
  call.backend->delete_records(
      std::move(wanted),
      reply_with<std::vector<deleted_records>>(
          call, [was_asked = *validate_only, id = call.request->id](const auto& all) {
            return json_reply(to_json(all, !was_asked, id));
          }));
}

void delete_group(const api_call& call) {
  const auto& group = call.parameters.front();
  if (!is_confirmed(call, group, "deleting a group deletes what it has committed")) return;
  call.backend->delete_group(group, reply_with_nothing(call));
}

void delete_group_offsets(const api_call& call) {
  const auto& topic = call.parameters.at(1);
  if (!is_confirmed(call, topic, "the group will not know where it was in the topic")) return;
  call.backend->delete_group_offsets(call.parameters.front(), topic, reply_with_nothing(call));
}

void reset_group_offsets(const api_call& call) {
  constexpr std::string_view members[] = {"topic", "partitions", "to"};
  auto body = read_body(call, members);
  if (!body) return;
  auto validate_only = read_flag(call, "validateOnly");
  if (!validate_only) return;
  offset_reset wanted{.group = call.parameters.front(), .validate_only = *validate_only};
  violations wrong;
  const auto* topic = body->if_contains("topic");
  if (topic != nullptr && topic->is_string()) {
    wanted.topic.assign(topic->get_string().data(), topic->get_string().size());
  } else {
    wrong.push_back({"/topic", "the name of the topic"});
  }
  read_partitions(*body, wanted.partitions, wrong);
  if (auto target = read_target(body->if_contains("to"))) {
    wanted.target = *target;
  } else {
    wrong.push_back({"/to",
                     "\"earliest\", \"latest\", or an object with one of timestamp, offset and "
                     "shift"});
  }
  std::string_view expected = call.request->header("if-match");
  if (expected.size() > 2 && expected.starts_with('"') && expected.ends_with('"')) {
    wanted.expected = expected.substr(1, expected.size() - 2);
  } else if (!expected.empty() && expected != "*") {
    wrong.push_back({"If-Match", "the ETag of a plan"});
  }
  if (!wrong.empty()) return call.refuse(bad_request("the request is not valid", std::move(wrong)));
  call.backend->reset_group_offsets(
      std::move(wanted),
      reply_with<offset_plan>(call, [](const offset_plan& plan) { return reply_of(plan); }));
}

}  // namespace ottla
