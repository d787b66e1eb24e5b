// Topics: lists, one topic, its configs, and changes.
#include <boost/json.hpp>

#include "admin-ui/server/api_handlers.hpp"
#include "admin-ui/server/api_parameters.hpp"

namespace ottla {
namespace {

namespace json = boost::json;
using violations = std::vector<violation>;

constexpr std::string_view sort_keys[] = {
    "name", "partitions", "replicationFactor", "underReplicated", "size", "records"};

/// A whole number from 1 to `most`; absent: nothing is read.
template <class Number>
void read_number(const json::object& body, const char* name, int64_t most, Number& target,
                 violations& wrong) {
  const auto* value = body.if_contains(name);
  if (value == nullptr) return;
  const auto* number = value->if_int64();
  if (number == nullptr || *number < 1 || *number > most) {
    wrong.push_back({"/" + std::string{name}, "a number from 1 to " + std::to_string(most)});
    return;
  }
  target = static_cast<Number>(*number);
}

template <class Map>
void read_texts(const json::object& body, const char* name, Map& target, violations& wrong) {
  const auto* value = body.if_contains(name);
  if (value == nullptr) return;
  const auto* members = value->if_object();
  if (members == nullptr) {
    wrong.push_back({"/" + std::string{name}, "an object of strings"});
    return;
  }
  for (const auto& each : *members) {
    const std::string key{each.key().data(), each.key().size()};
    if (const auto* text = each.value().if_string()) {
      target[key] = std::string{text->data(), text->size()};
    } else {
      wrong.push_back({"/" + std::string{name} + "/" + key, "a string"});
    }
  }
}

void read_names(const json::object& body, const char* name, std::vector<std::string>& target,
                violations& wrong) {
  const auto* value = body.if_contains(name);
  if (value == nullptr) return;
  const auto* items = value->if_array();
  const bool is_list = items != nullptr && std::ranges::all_of(*items, [](const json::value& each) {
                         return each.is_string();
                       });
  if (!is_list) {
    wrong.push_back({"/" + std::string{name}, "a list of strings"});
    return;
  }
  for (const auto& each : *items) {
    target.emplace_back(each.get_string().data(), each.get_string().size());
  }
}

}  // namespace

void answer_topics(const api_call& call) {
  auto page = read_page(call, sort_keys);
  if (!page) return;
  auto with_internal = read_flag(call, "internal");
  if (!with_internal) return;
  call.backend->topics({std::move(*page), *with_internal}, reply_with_json<topics_page>(call));
}

void answer_topic(const api_call& call) {
  call.backend->topic(call.parameters.front(), reply_with_json<topic_view>(call));
}

void answer_topic_configs(const api_call& call) {
  call.backend->topic_configs(call.parameters.front(),
                              reply_with_json<std::vector<config_view>>(call));
}

void create_topic(const api_call& call) {
  constexpr std::string_view members[] = {"name", "partitions", "replicationFactor", "configs"};
  auto body = read_body(call, members);
  if (!body) return;
  auto validate_only = read_flag(call, "validateOnly");
  if (!validate_only) return;
  violations wrong;
  topic_creation wanted{.validate_only = *validate_only};
  const auto* name = body->if_contains("name");
  if (name != nullptr && name->is_string()) {
    wanted.name.assign(name->get_string().data(), name->get_string().size());
  } else {
    wrong.push_back({"/name", "the name of the topic"});
  }
  read_number(*body, "partitions", INT32_MAX, wanted.partitions, wrong);
  read_number(*body, "replicationFactor", INT16_MAX, wanted.replication_factor, wrong);
  read_texts(*body, "configs", wanted.configs, wrong);
  if (!wrong.empty()) return call.refuse(bad_request("the body is not valid", std::move(wrong)));
  call.backend->create_topic(
      std::move(wanted),
      reply_with<created_topic>(call, [was_asked = *validate_only](const created_topic& topic) {
        return json_reply(to_json(topic), was_asked ? 200 : 201);
      }));
}

void delete_topic(const api_call& call) {
  const auto& topic = call.parameters.front();
  if (!is_confirmed(call, topic, "deleting a topic deletes its records")) return;
  call.backend->delete_topic(topic, reply_with_nothing(call));
}

void change_topic_configs(const api_call& call) {
  constexpr std::string_view members[] = {"set", "unset"};
  auto body = read_body(call, members);
  if (!body) return;
  auto validate_only = read_flag(call, "validateOnly");
  if (!validate_only) return;
  violations wrong;
  topic_config_change wanted{.topic = call.parameters.front(), .validate_only = *validate_only};
  read_texts(*body, "set", wanted.set, wrong);
  read_names(*body, "unset", wanted.unset, wrong);
  if (!wrong.empty()) return call.refuse(bad_request("the body is not valid", std::move(wrong)));
  call.backend->change_topic_configs(std::move(wanted), reply_with_nothing(call));
}

}  // namespace ottla
