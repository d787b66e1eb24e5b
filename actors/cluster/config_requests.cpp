#include "actors/cluster/config_requests.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "actors/cluster/replica_moves.hpp"
#include "actors/config/config_changes.hpp"
#include "actors/config/topic_config.hpp"

namespace ottla {
namespace {

constexpr std::string_view durability_key = "ottla.durability";

/// How the configs of one resource are to change.
struct resource_change {
  config_resource type{};
  std::string name;
  std::vector<config_change> changes;
  bool replaces_all = false;  ///< AlterConfigs: what is not named goes back to its default.
};

// A topic never loses its durability level by the way: a level that is not named stays, and one
// that is removed becomes the default of topics made today.
void keep_durability(const config_map& before, const resource_change& change,
                     const topic_record& topic, const change_context& context, config_map& after) {
  auto stored = after.find(durability_key);
  if (stored != after.end() && parse_durability(stored->second)) return;
  auto previous = before.find(durability_key);
  if (change.replaces_all && previous != before.end()) {
    after.insert(*previous);
    return;
  }
  auto replicas = context.draft.partition(topic.id, 0).replicas.size();
  after[std::string{durability_key}] = durability_name(
      durability_at_creation(context.config, replicas, is_internal_topic(topic.name)));
}

constexpr std::string_view minimum_key = "min.insync.replicas";

/// What waited for another configuration: moves that would have ended below the minimum, partitions
/// that only an unclean leader can have.
void apply_new_rules(const change_context& context, const uuid& topic_id) {
  const auto& topic = *context.draft.find_topic(topic_id);
  const auto view = view_of(context, topic.configs);
  for (int32_t i = 0; i < topic.partition_count; ++i) {
    auto record = context.draft.partition(topic_id, i);
    const bool is_elected = elect_if_leaderless(record, view);
    const bool is_moved = finish_move(record, view);
    if (is_elected || is_moved) context.draft.set_partition(topic_id, i, std::move(record));
  }
}

void forget_eligible(const change_context& context, const topic_record& topic, int32_t minimum) {
  for (int32_t i = 0; i < topic.partition_count; ++i) {
    auto record = context.draft.partition(topic.id, i);
    if (!minimum_changed(record, minimum)) continue;
    context.draft.set_partition(topic.id, i, std::move(record));
  }
}

std::optional<std::string> minimum_in(const config_map& configs) {
  auto found = configs.find(minimum_key);
  return found == configs.end() ? std::nullopt : std::optional{found->second};
}

outcome<void> change_topic(const change_context& context, const resource_change& change) {
  const auto* topic = context.draft.find_topic(change.name);
  if (topic == nullptr) {
    return fault{error_code::unknown_topic_or_partition,
                 fmt::format("The topic '{}' does not exist.", change.name)};
  }
  auto changed = change_topic_configs(
      context.config, change.replaces_all ? config_map{} : topic->configs, change.changes);
  if (!changed) return changed.error();
  keep_durability(topic->configs, change, *topic, context, *changed);
  if (*changed == topic->configs) return {};
  if (minimum_in(*changed) != minimum_in(topic->configs)) {
    forget_eligible(context, *topic, view_of(context, *changed).min_insync_replicas);
  }
  const auto id = topic->id;
  context.draft.set_topic_configs(id, std::move(*changed));
  apply_new_rules(context, id);
  return {};
}

outcome<void> change_broker(const change_context& context, const resource_change& change) {
  auto id = parse_broker_resource(change.name);
  if (!id) return id.error();
  // One that is away may be set up as well, to be drained for example.
  const bool is_known = !*id || context.draft.base().find_broker(**id) != nullptr ||
                        context.draft.judged_epoch(**id) != no_broker_epoch;
  if (!is_known) {
    return fault{error_code::broker_id_not_registered,
                 fmt::format("There is no broker with id {}.", **id)};
  }
  auto type = static_cast<int8_t>(config_resource::broker);
  const auto& current = context.draft.configs(type, change.name);
  auto changed = change_broker_configs(context.config, change.replaces_all ? config_map{} : current,
                                       change.changes, !id->has_value());
  if (!changed) return changed.error();
  if (*changed == current) return {};
  if (minimum_in(*changed) != minimum_in(current)) {
    // Which leaders will take which minimum is theirs to know: the lowest one is assumed.
    context.draft.base().for_each_topic([&](const topic_ptr& topic) {
      const auto* record = context.draft.find_topic(topic->id());
      if (record != nullptr) forget_eligible(context, *record, 1);
    });
  }
  context.draft.set_configs(type, change.name, std::move(*changed));
  return {};
}

outcome<void> change_resource(const change_context& context, const resource_change& change) {
  switch (change.type) {
    case config_resource::topic:
      return change_topic(context, change);
    case config_resource::broker:
      return change_broker(context, change);
    case config_resource::broker_logger:
    case config_resource::client_metrics:
    case config_resource::group:
      return fault{error_code::invalid_request,
                   fmt::format("This broker has no configs of resource type {}.",
                               static_cast<int>(change.type))};
    case config_resource::unknown:
      break;
  }
  return fault{error_code::invalid_request,
               fmt::format("Unknown config resource type {}.", static_cast<int>(change.type))};
}

bool is_known(int8_t type) {
  for (auto known :
       {config_resource::topic, config_resource::broker, config_resource::broker_logger,
        config_resource::client_metrics, config_resource::group}) {
    if (type == static_cast<int8_t>(known)) return true;
  }
  return false;
}

// Both APIs differ only in how a change is written.
template <class Response, class Request, class MakeChange>
Response change_all(const change_context& context, const Request& request, MakeChange make_change) {
  auto scratch = request.validate_only ? std::optional{context.draft} : std::nullopt;
  change_context into{scratch ? *scratch : context.draft, context.config, context.random};
  std::set<std::pair<int8_t, std::string>> seen, twice;
  for (const auto& resource : request.resources) {
    std::pair key{resource.resource_type, resource.resource_name};
    if (!seen.insert(key).second) twice.insert(key);
  }
  Response response;
  for (const auto& resource : request.resources) {
    auto& result = response.responses.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    outcome<void> changed = fault{error_code::invalid_request, "Duplicate resource."};
    if (!twice.contains({resource.resource_type, resource.resource_name})) {
      auto change = make_change(resource);
      change.type = is_known(resource.resource_type)
                        ? static_cast<config_resource>(resource.resource_type)
                        : config_resource::unknown;
      change.name = resource.resource_name;
      changed = change_resource(into, change);
    }
    if (changed) continue;
    result.error_code = changed.error().code;
    result.error_message = changed.error().message;
  }
  return response;
}

struct election {
  std::string topic;
  std::vector<int32_t> partitions;
};

std::vector<election> elections_of(const metadata_draft& draft,
                                   const elect_leaders_request& request) {
  std::vector<election> result;
  if (request.topic_partitions) {
    for (const auto& set : *request.topic_partitions) result.push_back({set.topic, set.partitions});
    return result;
  }
  for (const auto& topic : draft.base().topics_by_name()) {
    auto& one = result.emplace_back();
    one.topic = topic->name();
    for (int32_t i = 0; i < topic->partition_count(); ++i) one.partitions.push_back(i);
  }
  return result;
}

}  // namespace

outcome<std::optional<broker_id>> parse_broker_resource(std::string_view name) {
  if (name.empty()) return std::optional<broker_id>{};
  broker_id id = no_broker;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  // Stored under its name: "01" would be another name for the same broker.
  const bool is_canonical = name == "0" || name.front() != '0';
  if (error != std::errc{} || end != name.data() + name.size() || id < 0 || !is_canonical) {
    return fault{error_code::invalid_request,
                 fmt::format("Broker id must be an integer, but it is: {}", name)};
  }
  return std::optional{id};
}

std::vector<described_config> describe_topic(const broker_config& config, std::string_view name,
                                             size_t replication_factor,
                                             const config_map& overrides) {
  auto level =
      durability_name(durability_at_creation(config, replication_factor, is_internal_topic(name)));
  auto stored = overrides.find(durability_key);
  if (stored == overrides.end() || stored->second != level) {
    return describe_topic_configs(config, overrides);
  }
  auto others = overrides;
  others.erase(std::string{durability_key});
  auto described = describe_topic_configs(config, others);
  for (auto& one : described) {
    // A level that the broker's configuration names tells by itself where it comes from.
    if (one.name != durability_key || one.value != "auto") continue;
    one.value = level;
    one.source = config_source::default_value;
    one.synonyms.assign(1, {one.name, one.value, one.source});
  }
  return described;
}

alter_configs_response alter_configs(const change_context& context,
                                     const alter_configs_request& request) {
  return change_all<alter_configs_response>(context, request, [](const auto& resource) {
    resource_change change{.replaces_all = true};
    for (const auto& config : resource.configs) {
      change.changes.push_back({config.name, config_operation::set, config.value});
    }
    return change;
  });
}

incremental_alter_configs_response incremental_alter_configs(
    const change_context& context, const incremental_alter_configs_request& request) {
  return change_all<incremental_alter_configs_response>(context, request, [](const auto& resource) {
    resource_change change;
    for (const auto& config : resource.configs) {
      change.changes.push_back(
          {config.name, static_cast<config_operation>(config.config_operation), config.value});
    }
    return change;
  });
}

elect_leaders_response elect_leaders(const change_context& context,
                                     const elect_leaders_request& request) {
  constexpr int8_t preferred = 0, unclean = 1;
  elect_leaders_response response;
  if (request.election_type != preferred && request.election_type != unclean) {
    response.error_code = error_code::invalid_request;
    return response;
  }
  for (const auto& wanted : elections_of(context.draft, request)) {
    elect_leaders_response::replica_election_result results{.topic = wanted.topic};
    const auto* topic = context.draft.find_topic(wanted.topic);
    auto view = topic == nullptr ? election_view{} : view_of(context, topic->configs);
    for (auto index : wanted.partitions) {
      auto code = error_code::unknown_topic_or_partition;
      if (topic != nullptr && index >= 0 && index < topic->partition_count) {
        auto record = context.draft.partition(topic->id, index);
        code = request.election_type == preferred ? elect_preferred(record, view)
                                                  : elect_unclean(record, view);
        if (code == error_code::none) {
          context.draft.set_partition(topic->id, index, std::move(record));
        }
      }
      // Who asks for all partitions hears only of those where something was to be done.
      if (!request.topic_partitions && code == error_code::election_not_needed) continue;
      results.partition_result.push_back(
          {.partition_id = index,
           .error_code = code,
           .error_message = code == error_code::none
                                ? std::nullopt
                                : std::optional<std::string>{error_text(code)}});
    }
    if (!results.partition_result.empty()) {
      response.replica_election_results.push_back(std::move(results));
    }
  }
  return response;
}

}  // namespace ottla
