// Which brokers have a partition, and which of them leads: moves and elections.
#include <boost/json.hpp>

#include "admin-ui/server/api_handlers.hpp"
#include "admin-ui/server/api_parameters.hpp"

namespace ottla {
namespace {

namespace json = boost::json;
using violations = std::vector<violation>;

constexpr size_t partitions_max = 1'000;
constexpr size_t replicas_max = 100;

topic_partition read_which(const json::object& body, const std::string& where, violations& wrong) {
  topic_partition which;
  const auto* topic = body.if_contains("topic");
  if (topic != nullptr && topic->is_string()) {
    which.topic.assign(topic->get_string().data(), topic->get_string().size());
  } else {
    wrong.push_back({where + "/topic", "the name of the topic"});
  }
  which.partition = read_partition(body, "partition", where, wrong).value_or(0);
  return which;
}

replica_choice read_wanted(const json::object& body, const std::string& where, violations& wrong) {
  replica_choice wanted{.which = read_which(body, where, wrong), .replicas = std::nullopt};
  const auto* value = body.if_contains("replicas");
  if (value != nullptr && value->is_null()) return wanted;
  const auto* items = value == nullptr ? nullptr : value->if_array();
  const bool is_sound = items != nullptr && !items->empty() && items->size() <= replicas_max &&
                        std::ranges::all_of(*items, [](const json::value& each) {
                          const auto* number = each.if_int64();
                          return number != nullptr && *number >= 0 && *number <= INT32_MAX;
                        });
  if (!is_sound) {
    wrong.push_back({where + "/replicas", "the ids of brokers, or null to end a move"});
    return wanted;
  }
  auto& replicas = wanted.replicas.emplace();
  for (const auto& each : *items) replicas.push_back(static_cast<broker_id>(each.get_int64()));
  return wanted;
}

/// Calls `read(object, where)` for each item of "partitions".
template <class Read>
void read_each(const json::object& body, violations& wrong, Read read) {
  const auto* items = read_objects(body, "partitions", partitions_max, wrong);
  for (size_t i = 0; items != nullptr && i < items->size(); ++i) {
    read((*items)[i].get_object(), "/partitions/" + std::to_string(i));
  }
}

json::object to_json(const reassignment_view& view) {
  return {{"topic", view.which.topic},
          {"partition", view.which.partition},
          {"replicas", json::array(view.replicas.begin(), view.replicas.end())},
          {"adding", json::array(view.adding.begin(), view.adding.end())},
          {"removing", json::array(view.removing.begin(), view.removing.end())}};
}

/// One result for each partition, in the order of the question.
admin_reply<std::vector<partition_outcome>> reply_with_results(const api_call& call) {
  return reply_with<std::vector<partition_outcome>>(
      call, [id = call.request->id](const std::vector<partition_outcome>& all) {
        json::array results;
        for (const auto& each : all) {
          json::object result{{"topic", each.which.topic}, {"partition", each.which.partition}};
          if (each.failure) {
            result["problem"] = json::parse(to_json(problem_of(*each.failure), id));
          }
          results.push_back(std::move(result));
        }
        return json_reply({{"results", std::move(results)}});
      });
}

}  // namespace

void answer_reassignments(const api_call& call) {
  call.backend->reassignments(reply_with<std::vector<reassignment_view>>(
      call, [](const std::vector<reassignment_view>& all) {
        json::array items;
        for (const auto& each : all) items.push_back(to_json(each));
        return json_reply({{"items", std::move(items)}});
      }));
}

void reassign(const api_call& call) {
  constexpr std::string_view members[] = {"partitions"};
  auto body = read_body(call, members);
  if (!body) return;
  std::vector<replica_choice> wanted;
  violations wrong;
  read_each(*body, wrong, [&](const json::object& item, const std::string& where) {
    wanted.push_back(read_wanted(item, where, wrong));
  });
  if (!wrong.empty()) return call.refuse(bad_request("the body is not valid", std::move(wrong)));
  call.backend->reassign(std::move(wanted), reply_with_results(call));
}

void elect_leaders(const api_call& call) {
  constexpr std::string_view members[] = {"type", "partitions"};
  auto body = read_body(call, members);
  if (!body) return;
  leader_election wanted;
  violations wrong;
  const auto* type = body->if_contains("type");
  wanted.is_unclean = type != nullptr && type->is_string() && type->get_string() == "unclean";
  if (!wanted.is_unclean && (type == nullptr || *type != json::value("preferred"))) {
    wrong.push_back({"/type", "preferred, or unclean, which may lose records"});
  }
  read_each(*body, wrong, [&](const json::object& item, const std::string& where) {
    wanted.partitions.push_back(read_which(item, where, wrong));
  });
  if (!wrong.empty()) return call.refuse(bad_request("the body is not valid", std::move(wrong)));
  call.backend->elect_leaders(std::move(wanted), reply_with_results(call));
}

}  // namespace ottla
