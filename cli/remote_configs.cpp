#include "cli/remote_configs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "actors/config/config_definition.hpp"
#include "actors/config/config_layers.hpp"
#include "protocol/messages/incremental_alter_configs.hpp"

namespace ottla {
namespace {

/// A broker answers for itself only; everything else is known to each.
outcome<describe_configs_response> ask(admin_client& client, int8_t resource_type,
                                       const std::string& name,
                                       const describe_configs_request& request) {
  broker_id id = no_broker;
  auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), id);
  bool is_number = failure == std::errc() && end == name.data() + name.size();
  if (resource_type != broker_resource || !is_number) return client.call(request);
  auto brokers = client.brokers();
  if (!brokers) return std::move(brokers.error());
  if (std::ranges::find(*brokers, id) == brokers->end()) {
    return fault{
        error_code::broker_not_available,
        fmt::format("there is no broker {}; the cluster has {}", id, fmt::join(*brokers, ", "))};
  }
  return client.call_broker(id, request);
}

std::string resource_words(int8_t resource_type, const std::string& name) {
  if (resource_type == topic_resource) return "topic " + name;
  return name.empty() ? "all brokers" : "broker " + name;
}

bool is_known(int8_t resource_type, const std::string& key) {
  if (resource_type == topic_resource) return find_topic_config(key) != nullptr;
  return find_broker_config(key) != nullptr;
}

/// Brokers take the removal of any name in silence; a mistyped one must not look as if it had
/// worked. A name that only the broker knows is fine.
outcome<void> check_removals(admin_client& client, int8_t resource_type, const std::string& name,
                             const std::vector<config_edit>& edits) {
  for (const auto& [kind, key] : edits) {
    if (kind != edit_kind::remove || is_known(resource_type, key)) continue;
    auto configs = describe_configs(client, resource_type, name);
    if (!configs) return std::move(configs.error());
    if (std::ranges::find(*configs, key, &remote_config::name) != configs->end()) continue;
    auto near =
        resource_type == topic_resource ? suggest_topic_config(key) : suggest_broker_config(key);
    return fault{error_code::invalid_config,
                 near.empty() ? fmt::format("there is no key {}", key)
                              : fmt::format("there is no key {}; did you mean {}?", key, near)};
  }
  return {};
}

incremental_alter_configs_request::alter_configs_resource wire_form(const resource_edits& wanted) {
  incremental_alter_configs_request::alter_configs_resource resource{
      .resource_type = wanted.resource_type, .resource_name = wanted.name};
  for (const auto& [kind, text] : wanted.edits) {
    if (kind == edit_kind::remove) {
      resource.configs.push_back({text, static_cast<int8_t>(kind), std::nullopt});
      continue;
    }
    auto [key, value] = split_key_value(text);
    resource.configs.push_back({key, static_cast<int8_t>(kind), value});
  }
  return resource;
}

/// `harmless`: an error of one resource that is no fault of the whole.
outcome<void> ask_to_alter(admin_client& client, const incremental_alter_configs_request& request,
                           std::optional<error_code> harmless) {
  return client.retry([&]() -> outcome<void> {
    auto controller = client.controller();
    if (!controller) return std::move(controller.error());
    auto answer = client.call_broker(*controller, request);
    if (!answer) return std::move(answer.error());
    for (const auto& result : answer->responses) {
      if (result.error_code == error_code::none || result.error_code == harmless) continue;
      return broker_fault(result.error_code,
                          resource_words(result.resource_type, result.resource_name),
                          result.error_message);
    }
    return {};
  });
}

}  // namespace

std::pair<std::string, std::string> split_key_value(const std::string& text) {
  size_t equals = text.find('=');
  if (equals == std::string::npos) return {};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

outcome<std::vector<remote_config>> describe_configs(admin_client& client, int8_t resource_type,
                                                     const std::string& name) {
  describe_configs_request request{
      .resources = {{.resource_type = resource_type, .resource_name = name}},
      .include_synonyms = true,
      .include_documentation = true};
  return client.retry([&]() -> outcome<std::vector<remote_config>> {
    auto answer = ask(client, resource_type, name, request);
    if (!answer) return std::move(answer.error());
    if (answer->results.empty()) {
      return fault{error_code::unknown_server_error, "the broker described nothing"};
    }
    auto& result = answer->results.front();
    if (result.error_code != error_code::none) {
      return broker_fault(result.error_code, resource_words(resource_type, name),
                          result.error_message);
    }
    std::ranges::sort(result.configs, {}, &remote_config::name);
    return std::move(result.configs);
  });
}

outcome<std::vector<topic_override>> topic_overrides(admin_client& client,
                                                     const std::string& topic) {
  auto configs = describe_configs(client, topic_resource, topic);
  if (!configs) return std::move(configs.error());
  std::vector<topic_override> own;
  for (const auto& config : *configs) {
    if (config.config_source == static_cast<int8_t>(config_source::dynamic_topic)) {
      own.push_back({config.name, config.value});
    }
  }
  return own;
}

outcome<std::vector<config_edit>> joined(const std::vector<config_edit>& edits) {
  auto key_of = [](const config_edit& edit) { return edit.text.substr(0, edit.text.find('=')); };
  std::vector<config_edit> all;
  for (const auto& edit : edits) {
    auto before = std::ranges::find(all, key_of(edit), key_of);
    bool is_list = edit.kind == edit_kind::append || edit.kind == edit_kind::subtract;
    if (before == all.end()) {
      all.push_back(edit);
    } else if (is_list && before->kind == edit.kind) {
      before->text += "," + split_key_value(edit.text).second;
    } else {
      return fault{error_code::invalid_request,
                   fmt::format("{} is changed twice; which one counts?", key_of(edit))};
    }
  }
  return all;
}

outcome<void> alter_configs(admin_client& client, int8_t resource_type, const std::string& name,
                            const std::vector<config_edit>& edits, bool dry_run) {
  OTTLA_TRY(check_removals(client, resource_type, name, edits));
  return ask_to_alter(
      client, {.resources = {wire_form({resource_type, name, edits})}, .validate_only = dry_run},
      {});
}

outcome<void> alter_configs(admin_client& client, const std::vector<resource_edits>& all) {
  constexpr size_t portion_max = 500;  // so that no request gets long
  for (size_t start = 0; start < all.size(); start += portion_max) {
    incremental_alter_configs_request request;
    for (size_t i = start; i < std::min(start + portion_max, all.size()); ++i) {
      request.resources.push_back(wire_form(all[i]));
    }
    OTTLA_TRY(ask_to_alter(client, request, error_code::unknown_topic_or_partition));
  }
  return {};
}

outcome<std::vector<topic_values>> describe_topics(admin_client& client,
                                                   const std::vector<std::string>& topics,
                                                   const std::vector<std::string>& keys) {
  describe_configs_request request;
  for (const auto& topic : topics) request.resources.push_back({topic_resource, topic, keys});
  auto answer = client.retry([&] { return client.call(request); });
  if (!answer) return std::move(answer.error());
  std::vector<topic_values> found;
  for (const auto& result : answer->results) {
    auto& topic = found.emplace_back();
    topic.topic = result.resource_name;
    for (const auto& config : result.configs) {
      if (config.value) topic.values.emplace_back(config.name, *config.value);
    }
  }
  return found;
}

}  // namespace ottla
