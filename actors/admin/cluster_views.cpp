#include "actors/admin/cluster_views.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/config/config_value.hpp"
#include "actors/config/topic_config.hpp"
#include "protocol/ascii.hpp"

namespace ottla {
namespace {

constexpr size_t named_partitions_max = 10;

/// Counts one kind of trouble and names the first few partitions.
struct trouble {
  health_reason reason;

  void count(bool holds, const topic_image& topic, partition_index partition) {
    if (!holds) return;
    ++reason.count;
    if (reason.partitions.size() < named_partitions_max) {
      reason.partitions.push_back({topic.name(), partition});
    }
  }
};

std::string counted(int32_t count, std::string_view what, std::string_view rest) {
  return fmt::format("{} {}{} {}", count, what, count == 1 ? "" : "s", rest);
}

void add_reason(cluster_view& view, health_state level, health_reason reason, std::string text) {
  reason.text = std::move(text);
  view.reasons.push_back(std::move(reason));
  view.verdict = std::max(view.verdict, level);
}

void judge(cluster_view& view, trouble& offline, trouble& under_min, trouble& under_replicated,
           trouble& recovering) {
  const auto tell = [&view](trouble& of, health_state level, std::string_view rest) {
    if (const auto n = of.reason.count; n > 0) {
      add_reason(view, level, std::move(of.reason), counted(n, "partition", rest));
    }
  };
  if (view.controller == no_broker) {
    add_reason(view, health_state::down, {.code = "no-controller", .count = 1},
               "the cluster has no controller: nothing can be changed");
  }
  tell(offline, health_state::down, "without a leader: no reads, no writes");
  tell(under_min, health_state::down, "below min.insync.replicas: writes with acks=all fail");
  tell(under_replicated, health_state::degraded, "with replicas that are not in sync");
  tell(recovering, health_state::degraded, "led by a replica that may lack acknowledged records");
  if (const auto n = view.registered_brokers - view.active_brokers; n > 0) {
    add_reason(view, health_state::degraded, {.code = "fenced-brokers", .count = n},
               counted(n, "broker", "registered but not serving yet"));
  }
}

const char* name_of(broker_status status) {
  switch (status) {
    case broker_status::fenced:
      return "fenced";
    case broker_status::active:
      return "active";
    case broker_status::draining:
      return "draining";
    case broker_status::stopping:
      break;
  }
  return "stopping";
}

bool is_in_sync(const partition_record& record, broker_id id) {
  return std::ranges::any_of(record.isr, [id](const replica_seat& seat) { return seat.id == id; });
}

}  // namespace

partition_health health_of(const partition_record& record, int32_t min_insync_replicas) {
  const auto replicas = static_cast<int32_t>(record.replicas.size());
  const auto isr = static_cast<int32_t>(record.isr.size());
  return {.is_offline = record.leader.id == no_broker,
          .is_under_replicated = isr < replicas,
          .is_under_min_isr = isr < std::min(min_insync_replicas, replicas),
          .is_recovering = record.recovering};
}

int32_t min_insync_replicas_of(const topic_image& topic, const broker_config& config) {
  const auto own = topic.configs().find("min.insync.replicas");
  const auto set = own == topic.configs().end() ? std::nullopt : parse_config_integer(own->second);
  return set ? static_cast<int32_t>(*set) : config.topic_defaults.min_insync_replicas;
}

cluster_view view_cluster(const metadata_image& image, const broker_config& config,
                          timestamp_ms now) {
  cluster_view view{.cluster_id = image.cluster_id(),
                    .controller = image.controller(),
                    .served_by = config.node_id,
                    .as_of = now,
                    .sequence = image.sequence()};
  for (const auto& broker : image.brokers()) {
    ++view.registered_brokers;
    view.active_brokers += broker.is_active() ? 1 : 0;
  }
  trouble offline{{.code = "offline"}};
  trouble under_min{{.code = "under-min-isr"}};
  trouble under_replicated{{.code = "under-replicated"}};
  trouble recovering{{.code = "recovering"}};
  image.for_each_topic([&](const topic_ptr& topic) {
    ++view.topics;
    view.internal_topics += topic->is_internal() ? 1 : 0;
    view.partitions += topic->partition_count();
    const auto min_isr = min_insync_replicas_of(*topic, config);
    for (partition_index i = 0; i < topic->partition_count(); ++i) {
      const auto found = health_of(topic->partition(i), min_isr);
      offline.count(found.is_offline, *topic, i);
      under_min.count(found.is_under_min_isr && !found.is_offline, *topic, i);
      under_replicated.count(found.is_under_replicated, *topic, i);
      recovering.count(found.is_recovering, *topic, i);
    }
  });
  view.offline_partitions = offline.reason.count;
  view.under_min_isr_partitions = under_min.reason.count;
  view.under_replicated_partitions = under_replicated.reason.count;
  judge(view, offline, under_min, under_replicated, recovering);
  return view;
}

brokers_view view_brokers(const metadata_image& image, broker_id self) {
  brokers_view view;
  std::map<broker_id, size_t> place;
  for (const auto& broker : image.brokers()) {
    const auto id = broker.registration.id;
    auto& made = view.brokers.emplace_back();
    made.id = id;
    made.state = name_of(broker.status);
    made.is_controller = id == image.controller();
    made.is_self = id == self;
    made.rack = broker.registration.rack;
    made.epoch = broker.epoch;
    for (const auto& each : broker.registration.endpoints) {
      made.endpoints.push_back({each.listener, each.host, each.port});
    }
    place[id] = view.brokers.size() - 1;
  }
  image.for_each_topic([&](const topic_ptr& topic) {
    for (partition_index i = 0; i < topic->partition_count(); ++i) {
      const auto& record = topic->partition(i);
      if (auto leader = place.find(record.leader.id); leader != place.end()) {
        ++view.brokers[leader->second].leaders;
      }
      for (auto id : record.replicas) {
        auto broker = place.find(id);
        if (broker == place.end()) continue;
        ++view.brokers[broker->second].replicas;
        view.brokers[broker->second].out_of_sync += is_in_sync(record, id) ? 0 : 1;
      }
    }
  });
  return view;
}

topic_view view_topic(const topic_image& topic, const broker_config& config) {
  const auto settings = make_topic_config(config, topic.configs());
  topic_view view{.name = topic.name(),
                  .id = topic.id(),
                  .is_internal = topic.is_internal(),
                  .configs = topic.configs()};
  for (partition_index i = 0; i < topic.partition_count(); ++i) {
    const auto& record = topic.partition(i);
    const auto found = health_of(record, settings.min_insync_replicas);
    auto& made = view.partitions.emplace_back();
    made.partition = i;
    made.leader = record.leader.id;
    made.epoch = record.leader_epoch;
    made.replicas = record.replicas;
    for (const auto& seat : record.isr) made.isr.push_back(seat.id);
    made.is_preferred_leader =
        !record.replicas.empty() && record.leader.id == record.replicas.front();
    made.state = found.is_offline            ? "offline"
                 : found.is_recovering       ? "recovering"
                 : found.is_under_replicated ? "under-replicated"
                                             : "ok";
    view.replication_factor =
        std::max(view.replication_factor, static_cast<int32_t>(record.replicas.size()));
  }
  view.durability = durability_name(settings.durability_level.value_or(
      default_durability(view.replication_factor, topic.is_internal())));
  return view;
}

topic_row row_of(const topic_image& topic) {
  topic_row row{.name = topic.name(),
                .id = topic.id(),
                .is_internal = topic.is_internal(),
                .partitions = topic.partition_count()};
  for (partition_index i = 0; i < topic.partition_count(); ++i) {
    const auto& record = topic.partition(i);
    const auto found = health_of(record, 1);
    row.replication_factor =
        std::max(row.replication_factor, static_cast<int32_t>(record.replicas.size()));
    row.under_replicated += found.is_under_replicated ? 1 : 0;
    row.offline += found.is_offline ? 1 : 0;
  }
  return row;
}

bool contains_ignoring_case(std::string_view name, std::string_view part) {
  return !std::ranges::search(name, part,
                              [](char a, char b) { return lower_case(a) == lower_case(b); })
              .empty() ||
         part.empty();
}

std::vector<page_key> cut_page(std::vector<page_key> keys, const page_request& page,
                               std::optional<page_key>& next) {
  // Equal values are in the order of names, whichever way the values run.
  auto before = [&page](const page_key& a, const page_key& b) {
    if (a.value != b.value) return page.is_descending ? a.value > b.value : a.value < b.value;
    const bool is_by_name = page.sort == "name";
    return page.is_descending && is_by_name ? a.name > b.name : a.name < b.name;
  };
  if (page.after)
    std::erase_if(keys, [&](const page_key& key) { return !before(*page.after, key); });
  const auto rows = std::min(keys.size(), static_cast<size_t>(page.limit));
  std::ranges::partial_sort(keys, keys.begin() + static_cast<ptrdiff_t>(rows), before);
  if (rows < keys.size()) next = keys[rows - 1];
  keys.resize(rows);
  return keys;
}

}  // namespace ottla
