#include "actors/cluster/topic_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "actors/cluster/assignment.hpp"
#include "actors/cluster/config_requests.hpp"
#include "actors/cluster/manual_assignment.hpp"
#include "actors/cluster/topic_names.hpp"
#include "actors/config/config_changes.hpp"
#include "actors/config/topic_config.hpp"

namespace ottla {
namespace {

using creatable_topic = create_topics_request::creatable_topic;
using topic_result = create_topics_response::creatable_topic_result;
using partitions_topic = create_partitions_request::create_partitions_topic;
using replica_lists = std::vector<std::vector<broker_id>>;

constexpr std::string_view durability_key = "ottla.durability";

fault bad_assignment(std::string why) {
  return {error_code::invalid_replica_assignment, std::move(why)};
}

std::vector<placement_candidate> candidates(const metadata_image& image) {
  std::vector<placement_candidate> result;
  for (const auto& broker : image.brokers()) {
    if (broker.status == broker_status::active) {
      result.push_back({broker.registration.id, broker.registration.rack});
    }
  }
  return result;
}

outcome<replica_lists> manual_assignment(const creatable_topic& topic,
                                         const change_context& context) {
  if (topic.replication_factor != -1) {
    return fault{error_code::invalid_request,
                 "A manual partition assignment was specified, but replication factor was not set "
                 "to -1."};
  }
  if (topic.num_partitions != -1) {
    return fault{error_code::invalid_request,
                 "A manual partition assignment was specified, but numPartitions was not set to "
                 "-1."};
  }
  std::map<int32_t, std::vector<broker_id>> by_index;
  size_t replication_factor = 0;
  for (const auto& assignment : topic.assignments) {
    if (!by_index.emplace(assignment.partition_index, assignment.broker_ids).second) {
      return bad_assignment(
          fmt::format("Found multiple manual partition assignments for partition {}",
                      assignment.partition_index));
    }
    OTTLA_TRY(
        check_manual_replicas(assignment.broker_ids, replication_factor, context.draft.base()));
    replication_factor = assignment.broker_ids.size();
  }
  replica_lists result;
  for (auto& [index, replicas] : by_index) {
    if (index != static_cast<int32_t>(result.size())) {
      return bad_assignment("partitions should be a consecutive 0-based integer sequence");
    }
    result.push_back(std::move(replicas));
  }
  return result;
}

outcome<replica_lists> automatic_assignment(const creatable_topic& topic,
                                            const change_context& context) {
  if (topic.replication_factor < -1 || topic.replication_factor == 0) {
    return fault{error_code::invalid_replication_factor,
                 "Replication factor must be larger than 0, or -1 to use the default value."};
  }
  if (topic.num_partitions < -1 || topic.num_partitions == 0) {
    return fault{error_code::invalid_partitions,
                 "Number of partitions was set to an invalid non-positive value."};
  }
  placement_request wanted{.partitions = topic.num_partitions,
                           .replication_factor = topic.replication_factor,
                           .random = context.random.next()};
  if (wanted.partitions == -1) wanted.partitions = context.config.num_partitions;
  if (wanted.replication_factor == -1) {
    wanted.replication_factor = context.config.default_replication_factor;
  }
  return assign_replicas(candidates(context.draft.base()), wanted);
}

outcome<void> check_new_name(const std::string& name, const change_context& context) {
  if (auto problem = topic_name_problem(name)) {
    return fault{error_code::invalid_topic_exception, *problem};
  }
  if (context.draft.find_topic(name) != nullptr) {
    return fault{error_code::topic_already_exists, fmt::format("Topic '{}' already exists.", name)};
  }
  if (const auto* other = context.draft.find_collision(name)) {
    return fault{error_code::invalid_topic_exception,
                 fmt::format("Topic '{}' collides with existing topic: {}", name, other->name)};
  }
  return {};
}

outcome<config_map> configs_of(const creatable_topic& topic, const change_context& context) {
  std::vector<config_change> changes;
  for (const auto& config : topic.configs) {
    if (!config.value) {
      return fault{error_code::invalid_config,
                   fmt::format("Null value not supported for topic configs: {}", config.name)};
    }
    changes.push_back({config.name, config_operation::set, config.value});
  }
  return change_topic_configs(context.config, {}, changes);
}

std::vector<partition_record> new_partitions(replica_lists assignment, const election_view& view) {
  std::vector<partition_record> result;
  result.reserve(assignment.size());
  for (auto& replicas : assignment) result.push_back(new_partition(std::move(replicas), view));
  return result;
}

// The level is fixed when the topic is made: later defaults do not change what was promised.
void fix_durability(config_map& configs, size_t replication_factor, std::string_view topic,
                    const broker_config& config) {
  auto& stored = configs[std::string{durability_key}];
  if (parse_durability(stored)) return;
  stored =
      durability_name(durability_at_creation(config, replication_factor, is_internal_topic(topic)));
}

void describe(topic_result& result, const topic_record& topic, size_t replication_factor,
              const change_context& context) {
  result.topic_id = topic.id;
  result.num_partitions = topic.partition_count;
  result.replication_factor = static_cast<int16_t>(replication_factor);
  result.configs.emplace();
  for (auto& config :
       describe_topic(context.config, topic.name, replication_factor, topic.configs)) {
    result.configs->push_back({.name = std::move(config.name),
                               .value = std::move(config.value),
                               .read_only = config.is_read_only,
                               .config_source = static_cast<int8_t>(config.source),
                               .is_sensitive = config.is_sensitive});
  }
}

outcome<topic_result> create_topic(const change_context& context, const creatable_topic& wanted) {
  OTTLA_TRY(check_new_name(wanted.name, context));
  auto configs = configs_of(wanted, context);
  if (!configs) return configs.error();
  auto assignment = wanted.assignments.empty() ? automatic_assignment(wanted, context)
                                               : manual_assignment(wanted, context);
  if (!assignment) return assignment.error();
  auto replication_factor = assignment->front().size();
  fix_durability(*configs, replication_factor, wanted.name, context.config);
  auto partitions = new_partitions(std::move(*assignment), view_of(context, *configs));
  for (size_t i = 0; i < partitions.size(); ++i) {
    if (!partitions[i].isr.empty()) continue;
    return bad_assignment(
        fmt::format("All brokers specified in the manual partition assignment "
                    "for partition {} are fenced or in controlled shutdown.",
                    i));
  }
  topic_record topic{.id = context.random.id(),
                     .name = wanted.name,
                     .partition_count = static_cast<int32_t>(partitions.size()),
                     .configs = std::move(*configs)};
  topic_result result{.name = wanted.name};
  describe(result, topic, replication_factor, context);
  context.draft.add_topic(std::move(topic), std::move(partitions));
  return result;
}

int64_t partitions_of(const creatable_topic& topic, const broker_config& config) {
  if (!topic.assignments.empty()) return static_cast<int64_t>(topic.assignments.size());
  return topic.num_partitions == -1 ? config.num_partitions : topic.num_partitions;
}

// Takes `budget` down by the partitions of one topic, or says why it may not have them.
outcome<void> charge(int64_t partitions, int64_t& budget) {
  if (partitions > budget) {
    return fault{error_code::policy_violation,
                 fmt::format("Excessively large number of partitions per request: at most {} may "
                             "be created at once.",
                             partitions_per_request_max)};
  }
  budget -= std::max<int64_t>(partitions, 0);
  return {};
}

template <class Items, class Name>
std::set<std::string> names_given_twice(const Items& items, Name name) {
  std::set<std::string> seen, twice;
  for (const auto& item : items) {
    if (!seen.insert(std::string{name(item)}).second) twice.insert(std::string{name(item)});
  }
  return twice;
}

outcome<replica_lists> assignment_of_growth(const partitions_topic& wanted, int32_t additional,
                                            const topic_record& topic,
                                            const change_context& context) {
  auto replication_factor = context.draft.partition(topic.id, 0).replicas.size();
  if (!wanted.assignments) {
    return assign_replicas(candidates(context.draft.base()),
                           {.partitions = additional,
                            .replication_factor = static_cast<int32_t>(replication_factor),
                            .first_partition = topic.partition_count,
                            .random = context.random.next()});
  }
  if (wanted.assignments->size() != static_cast<size_t>(additional)) {
    return bad_assignment(
        fmt::format("Attempted to add {} additional partition(s), but only {} assignment(s) were "
                    "specified.",
                    additional, wanted.assignments->size()));
  }
  replica_lists result;
  for (const auto& assignment : *wanted.assignments) {
    OTTLA_TRY(
        check_manual_replicas(assignment.broker_ids, replication_factor, context.draft.base()));
    result.push_back(assignment.broker_ids);
  }
  return result;
}

outcome<void> grow_topic(const change_context& context, const partitions_topic& wanted,
                         int64_t& budget) {
  const auto* topic = context.draft.find_topic(wanted.name);
  if (topic == nullptr) {
    return fault{error_code::unknown_topic_or_partition,
                 std::string{error_text(error_code::unknown_topic_or_partition)}};
  }
  // A group finds its coordinator by the number of partitions: another number, and its offsets are
  // lost to it.
  if (is_internal_topic(wanted.name)) {
    return fault{
        error_code::invalid_topic_exception,
        fmt::format("{} is internal: its number of partitions cannot change.", wanted.name)};
  }
  if (wanted.count == topic->partition_count) {
    return fault{error_code::invalid_partitions,
                 fmt::format("Topic already has {} partition(s).", topic->partition_count)};
  }
  if (wanted.count < topic->partition_count) {
    return fault{error_code::invalid_partitions,
                 fmt::format("The topic {} currently has {} partition(s); {} would not be an "
                             "increase.",
                             wanted.name, topic->partition_count, wanted.count)};
  }
  auto additional = wanted.count - topic->partition_count;
  OTTLA_TRY(charge(additional, budget));
  auto assignment = assignment_of_growth(wanted, additional, *topic, context);
  if (!assignment) return assignment.error();
  auto partitions = new_partitions(std::move(*assignment), view_of(context, topic->configs));
  for (const auto& partition : partitions) {
    if (!partition.isr.empty()) continue;
    return bad_assignment(
        "All brokers specified in the manual partition assignment are fenced or "
        "in controlled shutdown.");
  }
  context.draft.add_partitions(topic->id, std::move(partitions));
  return {};
}

std::vector<broker_id> brokers_with_data(const metadata_draft& draft, const topic_record& topic) {
  std::set<broker_id> brokers;
  for (int32_t i = 0; i < topic.partition_count; ++i) {
    const auto& partition = draft.partition(topic.id, i);
    brokers.insert(partition.replicas.begin(), partition.replicas.end());
    brokers.insert(partition.removing.begin(), partition.removing.end());
  }
  return {brokers.begin(), brokers.end()};
}

using delete_state = delete_topics_request::delete_topic_state;

outcome<const topic_record*> find_doomed(const metadata_draft& draft, const delete_state& wanted) {
  if (wanted.name && !wanted.topic_id.is_zero()) {
    return fault{error_code::invalid_request, "You may not specify both topic name and topic id."};
  }
  if (!wanted.name && wanted.topic_id.is_zero()) {
    return fault{error_code::invalid_request, "Neither topic name nor id were specified."};
  }
  const auto* topic =
      wanted.name ? draft.find_topic(*wanted.name) : draft.find_topic(wanted.topic_id);
  if (topic != nullptr) return topic;
  auto code = wanted.name ? error_code::unknown_topic_or_partition : error_code::unknown_topic_id;
  return fault{code, std::string{error_text(code)}};
}

}  // namespace

election_view view_of(const change_context& context, const config_map& topic_configs) {
  return view_of(context, make_topic_config(context.config, topic_configs));
}

election_view view_of(const change_context& context, const topic_config& config) {
  return {.live_seat = [&draft = context.draft](broker_id id) -> std::optional<replica_seat> {
            const auto* broker = draft.base().find_broker(id);
            if (broker == nullptr) return std::nullopt;
            const replica_seat seat{id, broker->epoch};
            if (draft.status_of(seat) == broker_status::fenced) return std::nullopt;
            return seat;
          },
          .is_going =
              [&draft = context.draft](broker_id id) {
                const auto* broker = draft.base().find_broker(id);
                if (broker == nullptr) return false;
                const auto status = draft.status_of({id, broker->epoch});
                return status == broker_status::draining || status == broker_status::stopping;
              },
          .min_insync_replicas = config.min_insync_replicas,
          .allow_unclean = config.unclean_leader_election};
}

create_topics_response create_topics(const change_context& context,
                                     const create_topics_request& request) {
  auto scratch = request.validate_only ? std::optional{context.draft} : std::nullopt;
  change_context into{scratch ? *scratch : context.draft, context.config, context.random};
  auto twice = names_given_twice(request.topics, [](const auto& t) { return t.name; });
  int64_t budget = partitions_per_request_max;
  create_topics_response response;
  std::set<std::string> answered;
  for (const auto& wanted : request.topics) {
    auto refuse = [&](const fault& why) {
      response.topics.push_back(
          {.name = wanted.name, .error_code = why.code, .error_message = why.message});
    };
    if (twice.contains(wanted.name)) {
      if (answered.insert(wanted.name).second) {
        refuse({error_code::invalid_request, "Duplicate topic name."});
      }
      continue;
    }
    const auto unspent = budget;
    if (auto paid = charge(partitions_of(wanted, context.config), budget); !paid) {
      refuse(paid.error());
      continue;
    }
    auto created = create_topic(into, wanted);
    if (!created) {
      budget = unspent;
      refuse(created.error());
      continue;
    }
    if (request.validate_only) created->topic_id = {};
    response.topics.push_back(std::move(*created));
  }
  return response;
}

create_partitions_response create_partitions(const change_context& context,
                                             const create_partitions_request& request) {
  auto scratch = request.validate_only ? std::optional{context.draft} : std::nullopt;
  change_context into{scratch ? *scratch : context.draft, context.config, context.random};
  auto twice = names_given_twice(request.topics, [](const auto& t) { return t.name; });
  int64_t budget = partitions_per_request_max;
  create_partitions_response response;
  std::set<std::string> answered;
  for (const auto& wanted : request.topics) {
    bool is_twice = twice.contains(wanted.name);
    if (is_twice && !answered.insert(wanted.name).second) continue;
    auto grown = is_twice
                     ? outcome<void>{fault{error_code::invalid_request, "Duplicate topic name."}}
                     : grow_topic(into, wanted, budget);
    auto& result = response.results.emplace_back();
    result.name = wanted.name;
    if (grown) continue;
    result.error_code = grown.error().code;
    result.error_message = grown.error().message;
  }
  return response;
}

delete_topics_response delete_topics(const change_context& context,
                                     const delete_topics_request& request, api_version version) {
  auto wanted = request.topics;
  for (const auto& name : request.topic_names) wanted.push_back({.name = name});
  auto key = [](const delete_state& t) { return t.name ? *t.name : t.topic_id.to_string(); };
  auto twice = names_given_twice(wanted, key);
  delete_topics_response response;
  std::set<std::string> answered;
  for (const auto& one : wanted) {
    bool is_twice = twice.contains(key(one));
    if (is_twice && !answered.insert(key(one)).second) continue;
    auto& result = response.responses.emplace_back();
    result.name = one.name;
    result.topic_id = one.topic_id;
    auto refuse = [&](error_code code, std::string message) {
      result.error_code = code;
      result.error_message = std::move(message);
    };
    if (!context.config.delete_topics) {
      auto code = version < 3 ? error_code::invalid_request : error_code::topic_deletion_disabled;
      refuse(code, std::string{error_text(code)});
    } else if (is_twice) {
      refuse(error_code::invalid_request,
             one.name ? "Duplicate topic name." : "Duplicate topic id.");
    } else if (auto topic = find_doomed(context.draft, one); !topic) {
      refuse(topic.error().code, topic.error().message);
    } else if (is_internal_topic((*topic)->name)) {
      refuse(error_code::invalid_topic_exception,
             fmt::format("{} is internal and cannot be deleted.", (*topic)->name));
    } else {
      result.name = (*topic)->name;
      result.topic_id = (*topic)->id;
      auto brokers = brokers_with_data(context.draft, **topic);
      context.draft.delete_topic(result.topic_id, std::move(brokers));
    }
  }
  return response;
}

}  // namespace ottla
