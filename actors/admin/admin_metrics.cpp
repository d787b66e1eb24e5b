// The page of metrics: names of kafka_exporter, of Strimzi's JMX exporter, and our own.
//
// Each broker shows what it leads and coordinates, so that sums over brokers are right.
#include <algorithm>
#include <utility>

#include "actors/admin/admin_access.hpp"
#include "actors/admin/admin_actor.hpp"
#include "actors/metrics/metric_page.hpp"

namespace ottla {
namespace {

/// Beyond it a page would be slow to read for everybody.
constexpr size_t partition_series_max = 5'000;

struct led_partition {
  const topic_image* topic = nullptr;
  partition_index index = 0;
  const partition_record* record = nullptr;
  const partition_description* said = nullptr;  ///< Null while it does not answer.
  partition_health health;

  [[nodiscard]] metric_labels labels() const {
    return {{"topic", topic->name()}, {"partition", std::to_string(index)}};
  }
};

/// What this broker has, of all that the image knows.
struct own_partitions {
  std::vector<topic_ptr> topics;
  std::vector<led_partition> led;
  int64_t led_count = 0;
  int64_t replicas = 0;
  int64_t under_replicated = 0;
};

bool has_replica(const partition_record& record, broker_id id) {
  return std::ranges::find(record.replicas, id) != record.replicas.end();
}

own_partitions partitions_of(const metadata_image& image, const partition_descriptions& known,
                             const broker_config& config) {
  own_partitions own;
  own.topics = image.topics_by_name();
  for (const auto& topic : own.topics) {
    const auto min_isr = min_insync_replicas_of(*topic, config);
    for (partition_index i = 0; i < topic->partition_count(); ++i) {
      const auto& record = topic->partition(i);
      own.replicas += has_replica(record, config.node_id) ? 1 : 0;
      if (record.leader.id != config.node_id) continue;
      const auto found = health_of(record, min_isr);
      ++own.led_count;
      own.under_replicated += found.is_under_replicated ? 1 : 0;
      if (own.led.size() == partition_series_max) continue;
      auto said = known.find({topic->id(), i});
      own.led.push_back(
          {topic.get(), i, &record, said == known.end() ? nullptr : &said->second, found});
    }
  }
  return own;
}

/// One line for each partition that this broker leads.
template <class Value>
void each_led(metric_page& page, const own_partitions& own, std::string_view name,
              std::string_view help, Value value) {
  page.gauge(name, help);
  for (const auto& each : own.led) page.add(static_cast<double>(value(each)), each.labels());
}

template <class Value>
void each_open(metric_page& page, const own_partitions& own, std::string_view name,
               std::string_view help, Value value) {
  page.gauge(name, help);
  for (const auto& each : own.led) {
    if (each.said != nullptr) page.add(static_cast<double>(value(*each.said)), each.labels());
  }
}

void add_partitions(metric_page& page, const own_partitions& own) {
  each_open(page, own, "kafka_topic_partition_current_offset",
            "The offset that the next record visible to consumers gets",
            [](const auto& said) { return said.high_watermark; });
  each_open(page, own, "kafka_topic_partition_oldest_offset", "The first offset still kept",
            [](const auto& said) { return said.log_start_offset; });
  each_led(page, own, "kafka_topic_partition_in_sync_replica", "Replicas in sync",
           [](const auto& each) { return each.record->isr.size(); });
  each_led(page, own, "kafka_topic_partition_leader", "The id of the leading broker",
           [](const auto& each) { return each.record->leader.id; });
  each_led(page, own, "kafka_topic_partition_leader_is_preferred",
           "1 if the first of the replicas leads", [](const auto& each) {
             return each.record->replicas.front() == each.record->leader.id ? 1 : 0;
           });
  each_led(page, own, "kafka_topic_partition_replicas", "Replicas",
           [](const auto& each) { return each.record->replicas.size(); });
  each_led(page, own, "kafka_topic_partition_under_replicated_partition",
           "1 if not all replicas are in sync",
           [](const auto& each) { return each.health.is_under_replicated ? 1 : 0; });
  each_led(page, own, "kafka_cluster_partition_underminisr",
           "1 if fewer replicas are in sync than min.insync.replicas asks for",
           [](const auto& each) { return each.health.is_under_min_isr ? 1 : 0; });
  each_led(page, own, "kafka_cluster_partition_replicascount", "Replicas",
           [](const auto& each) { return each.record->replicas.size(); });
  each_open(page, own, "kafka_log_log_size", "Bytes of the leader's log on its disk",
            [](const auto& said) { return said.size_bytes; });
}

void add_cluster(metric_page& page, const metadata_image& image, const own_partitions& own,
                 const cluster_view& view, broker_id self) {
  page.gauge("kafka_brokers", "Brokers registered in the cluster");
  page.add(view.registered_brokers);
  page.gauge("kafka_topic_partitions", "Partitions of the topic");
  if (image.controller() == self) {  // one broker only, so that sums are right
    for (const auto& topic : own.topics) {
      page.add(topic->partition_count(), {{"topic", topic->name()}});
    }
  }
  page.gauge("kafka_controller_kafkacontroller_activecontrollercount",
             "1 on the broker that is the controller");
  page.add(image.controller() == self ? 1 : 0);
  page.gauge("kafka_controller_kafkacontroller_offlinepartitionscount",
             "Partitions without a leader, told by the controller");
  page.add(image.controller() == self ? view.offline_partitions : 0);
  page.gauge("kafka_server_replicamanager_leadercount", "Partitions that this broker leads");
  page.add(static_cast<double>(own.led_count));
  page.gauge("kafka_server_replicamanager_partitioncount", "Replicas on this broker");
  page.add(static_cast<double>(own.replicas));
  page.gauge("kafka_server_replicamanager_underreplicatedpartitions",
             "Partitions led here whose replicas are not all in sync");
  page.add(static_cast<double>(own.under_replicated));
  page.gauge("ottla_metrics_dropped_series",
             "Partitions led here that have no lines of their own: there are too many");
  page.add(static_cast<double>(own.led_count) - static_cast<double>(own.led.size()));
}

void add_traffic(metric_page& page, const traffic_totals& traffic) {
  auto family = [&](std::string_view name, std::string_view help,
                    int64_t partition_traffic::* counter) {
    page.counter(name, help);
    page.add(static_cast<double>(traffic.all().*counter));
    for (const auto& [topic, sums] : traffic.by_topic()) {
      page.add(static_cast<double>(sums.*counter), {{"topic", topic}});
    }
  };
  family("kafka_server_brokertopicmetrics_messagesin_total", "Records that clients have produced",
         &partition_traffic::appended_records);
  family("kafka_server_brokertopicmetrics_bytesin_total", "Bytes that clients have produced",
         &partition_traffic::appended_bytes);
  family("kafka_server_brokertopicmetrics_bytesout_total", "Bytes that consumers have fetched",
         &partition_traffic::read_bytes);
  family("kafka_server_brokertopicmetrics_replicationbytesout_total",
         "Bytes that followers have fetched", &partition_traffic::replicated_bytes);
}

void add_groups(metric_page& page, const std::vector<group_detail>& groups) {
  auto each_offset = [&](std::string_view name, std::string_view help, auto value) {
    page.gauge(name, help);
    for (const auto& group : groups) {
      for (const auto& offset : group.offsets) {
        const std::optional<int64_t> number = value(offset);
        if (!number) continue;
        page.add(static_cast<double>(*number), {{"consumergroup", group.group},
                                                {"topic", offset.topic},
                                                {"partition", std::to_string(offset.partition)}});
      }
    }
  };
  each_offset("kafka_consumergroup_current_offset", "The committed offset",
              [](const auto& offset) { return std::optional{offset.committed}; });
  each_offset("kafka_consumergroup_lag", "Records that the group has not consumed yet",
              [](const auto& offset) { return offset.lag(); });
  page.gauge("kafka_consumergroup_members", "Members of the group");
  for (const auto& group : groups) {
    page.add(static_cast<double>(group.members.size()), {{"consumergroup", group.group}});
  }
}

void add_memory(metric_page& page, const memory_budget& memory) {
  constexpr std::pair<memory_pool, const char*> pools[] = {
      {memory_pool::clients, "clients"},
      {memory_pool::replication, "replication"},
      {memory_pool::controller, "controller"},
      {memory_pool::admin, "admin"}};
  page.gauge("ottla_memory_used_bytes", "Memory for requests that is in use");
  for (const auto& [pool, name] : pools) {
    page.add(static_cast<double>(memory.count(pool).used_bytes), {{"pool", name}});
  }
}

void add_log_dirs(metric_page& page, const std::vector<log_dir_view>& dirs) {
  auto family = [&](std::string_view name, std::string_view help, int64_t log_dir_view::* bytes) {
    page.gauge(name, help);
    for (const auto& each : dirs) {
      if (each.*bytes >= 0) page.add(static_cast<double>(each.*bytes), {{"path", each.path}});
    }
  };
  family("ottla_log_dir_total_bytes", "Size of the file system of a log directory",
         &log_dir_view::total_bytes);
  family("ottla_log_dir_free_bytes", "What is free of it", &log_dir_view::free_bytes);
}

}  // namespace

void admin_actor::metrics(const admin_reply<std::string>& reply) {
  auto image = image_for(reply);
  if (!image) return;
  describe_all([=, this](const descriptions_ptr& known) {
    list_groups([=, this](const group_rows& rows) {
      auto names = names_of(rows);
      std::ranges::sort(names);
      measure_groups(image, std::move(names),
                     [=, this](const std::vector<std::optional<group_detail>>& found) {
                       std::vector<group_detail> groups;
                       for (const auto& each : found) {
                         if (each) groups.push_back(*each);
                       }
                       write_metrics(image, *known, groups, reply);
                     });
    });
  });
}

void admin_actor::write_metrics(const image_ptr& image, const partition_descriptions& known,
                                const std::vector<group_detail>& groups,
                                const admin_reply<std::string>& reply) {
  const auto config = services_.config->get();
  const auto own = partitions_of(*image, known, *config);
  metric_page page;
  add_cluster(page, *image, own, view_cluster(*image, *config, time().wall_ms()), config->node_id);
  add_partitions(page, own);
  add_traffic(page, traffic_);
  add_groups(page, groups);
  add_log_dirs(page, own_log_dirs());
  if (services_.memory != nullptr) add_memory(page, *services_.memory);
  reply(page.text());
}

}  // namespace ottla
