#include "actors/config/config_definition.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "actors/config/config_tables.hpp"
#include "actors/config/edit_distance.hpp"

namespace ottla {
namespace {

using names = std::span<const std::string_view>;

/// Broker keys that set the same thing in different units or by an older name, first wins.
constexpr std::string_view retention_keys[] = {"log.retention.ms", "log.retention.minutes",
                                               "log.retention.hours"};
constexpr std::string_view roll_keys[] = {"log.roll.ms", "log.roll.hours"};
constexpr std::string_view roll_jitter_keys[] = {"log.roll.jitter.ms", "log.roll.jitter.hours"};
constexpr std::string_view flush_keys[] = {"log.flush.interval.ms",
                                           "log.flush.scheduler.interval.ms"};
constexpr std::string_view log_dir_keys[] = {"log.dirs", "log.dir"};
constexpr std::string_view node_id_keys[] = {"node.id", "broker.id"};
const std::array<names, 6> synonym_groups = {retention_keys, roll_keys,    roll_jitter_keys,
                                             flush_keys,     log_dir_keys, node_id_keys};

struct fallback {
  std::string_view topic;
  std::string_view broker;  ///< Its synonyms count as well.
};

constexpr fallback fallbacks[] = {
    {"cleanup.policy", "log.cleanup.policy"},
    {"compression.gzip.level", "compression.gzip.level"},
    {"compression.lz4.level", "compression.lz4.level"},
    {"compression.type", "compression.type"},
    {"compression.zstd.level", "compression.zstd.level"},
    {"delete.retention.ms", "log.cleaner.delete.retention.ms"},
    {"file.delete.delay.ms", "log.segment.delete.delay.ms"},
    {"flush.messages", "log.flush.interval.messages"},
    {"flush.ms", "log.flush.interval.ms"},
    {"index.interval.bytes", "log.index.interval.bytes"},
    {"max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"},
    {"max.message.bytes", "message.max.bytes"},
    {"message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms"},
    {"message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms"},
    {"message.timestamp.type", "log.message.timestamp.type"},
    {"min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio"},
    {"min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"},
    {"min.insync.replicas", "min.insync.replicas"},
    {"ottla.durability", "ottla.durability"},
    {"ottla.record.validation", "ottla.record.validation"},
    {"preallocate", "log.preallocate"},
    {"retention.bytes", "log.retention.bytes"},
    {"retention.ms", "log.retention.ms"},
    {"segment.bytes", "log.segment.bytes"},
    {"segment.index.bytes", "log.index.size.max.bytes"},
    {"segment.jitter.ms", "log.roll.jitter.ms"},
    {"segment.ms", "log.roll.ms"},
    {"unclean.leader.election.enable", "unclean.leader.election.enable"},
};

std::vector<config_definition> sorted_union(
    std::initializer_list<std::span<const config_definition>> parts) {
  std::vector<config_definition> all;
  for (auto part : parts) all.insert(all.end(), part.begin(), part.end());
  std::ranges::sort(all, {}, &config_definition::name);
  return all;
}

const config_definition* find(std::span<const config_definition> sorted, std::string_view name) {
  auto at = std::ranges::lower_bound(sorted, name, {}, &config_definition::name);
  return at != sorted.end() && at->name == name ? &*at : nullptr;
}

std::string_view nearest(std::span<const config_definition> definitions, std::string_view name) {
  std::string_view best;
  size_t best_distance = std::min(std::max<size_t>(2, name.size() / 3), size_t{8}) + 1;
  if (name.size() > 256) return best;  // no key is near, and the distance costs the product
  for (const auto& definition : definitions) {
    const auto longer = std::max(name.size(), definition.name.size());
    const auto shorter = std::min(name.size(), definition.name.size());
    if (longer - shorter >= best_distance) continue;  // at least that far away
    size_t distance = edit_distance(name, definition.name);
    if (distance < best_distance) {
      best = definition.name;
      best_distance = distance;
    }
  }
  return best;
}

/// Milliseconds of one unit, judged by the end of the name; 0 for keys without a unit of time.
int64_t unit_ms(std::string_view name) {
  if (name.ends_with(".ms")) return 1;
  if (name.ends_with(".seconds")) return 1'000;
  if (name.ends_with(".minutes")) return 60'000;
  if (name.ends_with(".hours")) return 3'600'000;
  return 0;
}

}  // namespace

std::span<const config_definition> broker_config_definitions() {
  static const auto all =
      sorted_union({network_config_table(), log_config_table(), group_config_table(),
                    cluster_config_table(), admin_config_table(), ignored_config_table()});
  return all;
}

std::span<const config_definition> topic_config_definitions() {
  static const auto all = sorted_union({topic_config_table()});
  return all;
}

const config_definition* find_broker_config(std::string_view name) {
  return find(broker_config_definitions(), name);
}

const config_definition* find_topic_config(std::string_view name) {
  return find(topic_config_definitions(), name);
}

std::span<const std::string_view> broker_synonyms(std::string_view name) {
  for (names group : synonym_groups) {
    if (std::ranges::find(group, name) != group.end()) return group;
  }
  const config_definition* alone = find_broker_config(name);
  return alone ? names(&alone->name, 1) : names();
}

std::span<const std::string_view> broker_synonyms_of_topic_config(std::string_view topic_config) {
  auto at = std::ranges::find(fallbacks, topic_config, &fallback::topic);
  return at == std::end(fallbacks) ? names() : broker_synonyms(at->broker);
}

int64_t unit_factor(std::string_view from, std::string_view to) {
  int64_t unit_from = unit_ms(from);
  int64_t unit_to = unit_ms(to);
  return unit_from > unit_to && unit_to > 0 ? unit_from / unit_to : 1;
}

std::string_view suggest_broker_config(std::string_view unknown) {
  auto same = std::ranges::find(fallbacks, unknown, &fallback::topic);
  return same == std::end(fallbacks) ? nearest(broker_config_definitions(), unknown) : same->broker;
}

std::string_view suggest_topic_config(std::string_view unknown) {
  auto group = broker_synonyms(unknown);
  auto same = std::ranges::find_if(fallbacks, [&](const fallback& f) {
    return std::ranges::find(group, f.broker) != group.end();
  });
  return same == std::end(fallbacks) ? nearest(topic_config_definitions(), unknown) : same->topic;
}

std::string_view config_type_name(config_type type) {
  switch (type) {
    case config_type::boolean:
      return "BOOLEAN";
    case config_type::text:
      return "STRING";
    case config_type::int32:
      return "INT";
    case config_type::int16:
      return "SHORT";
    case config_type::int64:
      return "LONG";
    case config_type::float64:
      return "DOUBLE";
    case config_type::list:
      return "LIST";
    case config_type::class_name:
      return "CLASS";
    case config_type::password:
      return "PASSWORD";
  }
  return "UNKNOWN";
}

std::string_view config_importance_name(config_importance importance) {
  switch (importance) {
    case config_importance::high:
      return "high";
    case config_importance::medium:
      return "medium";
    case config_importance::low:
      return "low";
  }
  return "";
}

std::string_view config_update_name(config_update update) {
  switch (update) {
    case config_update::read_only:
      return "read-only";
    case config_update::per_broker:
      return "per-broker";
    case config_update::cluster_wide:
      return "cluster-wide";
  }
  return "";
}

}  // namespace ottla
