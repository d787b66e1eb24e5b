// What one broker knows of the cluster at one moment: brokers, topics, partitions, configs.
//
// Immutable: a change makes a new image that shares everything unchanged with the old one. Any
// thread may read an image that it holds. Knows nothing of actors or of the store.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/metadata/change_log.hpp"
#include "storage/metadata/cluster_records.hpp"

namespace ottla {

/// One topic with all its partitions. The record and the blocks are parts of shared buckets.
class topic_image {
public:
  topic_image(std::shared_ptr<const topic_record> record,
              std::vector<std::shared_ptr<const partition_block>> blocks)
      : record_(std::move(record)), blocks_(std::move(blocks)) {}

  [[nodiscard]] const uuid& id() const { return record_->id; }
  [[nodiscard]] const std::string& name() const { return record_->name; }
  [[nodiscard]] int32_t partition_count() const { return record_->partition_count; }
  [[nodiscard]] const auto& configs() const { return record_->configs; }
  /// Kafka's internal topics: clients may neither create nor write them by name.
  [[nodiscard]] bool is_internal() const;
  /// `index` must be below partition_count().
  [[nodiscard]] const partition_record& partition(partition_index index) const;
  /// Null unless 0 <= index < partition_count().
  [[nodiscard]] const partition_record* find_partition(partition_index index) const;

  friend bool operator==(const topic_image& a, const topic_image& b);

private:
  std::shared_ptr<const topic_record> record_;
  std::vector<std::shared_ptr<const partition_block>> blocks_;
};
using topic_ptr = std::shared_ptr<const topic_image>;

/// "__consumer_offsets", "__transaction_state", "__share_group_state".
bool is_internal_topic(std::string_view name);
/// Keeps the offsets of groups.
inline constexpr std::string_view offsets_topic = "__consumer_offsets";

/// A broker that is registered now.
struct broker_image {
  broker_registration registration;
  broker_epoch epoch = no_broker_epoch;
  broker_status status =
      broker_status::fenced;  ///< Fenced also while the controller has not judged.

  [[nodiscard]] bool is_active() const { return status != broker_status::fenced; }
  /// Null if the broker does not have that listener.
  [[nodiscard]] const broker_endpoint* endpoint(std::string_view listener) const;
  friend bool operator==(const broker_image&, const broker_image&) = default;
};

class metadata_image {
public:
  /// Of the last change that this image contains; rises with every change of the controller.
  [[nodiscard]] int64_t sequence() const { return sequence_; }
  [[nodiscard]] const std::string& cluster_id() const { return cluster_id_; }
  [[nodiscard]] int32_t bucket_count() const { return static_cast<int32_t>(buckets_.size()); }
  /// no_broker while there is none.
  [[nodiscard]] broker_id controller() const { return controller_; }

  /// Registered brokers, sorted by id.
  [[nodiscard]] const std::vector<broker_image>& brokers() const { return brokers_; }
  [[nodiscard]] const broker_image* find_broker(broker_id id) const;
  /// Whether the seat is taken by a broker that is registered, in that incarnation, and not fenced.
  [[nodiscard]] bool is_live(const replica_seat& seat) const;
  [[nodiscard]] const broker_states_record& broker_states() const { return *broker_states_; }

  [[nodiscard]] topic_ptr find_topic(std::string_view name) const;
  [[nodiscard]] topic_ptr find_topic(const uuid& id) const;
  /// Another topic whose name differs from `name` only by '.' and '_', or null.
  [[nodiscard]] topic_ptr find_collision(std::string_view name) const;
  /// Null if there is none. The pointer lives as long as the image.
  [[nodiscard]] const partition_record* find_partition(const topic_id_partition& which) const;
  [[nodiscard]] const partition_record* find_partition(const topic_partition& which) const;
  [[nodiscard]] size_t topic_count() const { return topic_count_; }
  /// Every topic, in no particular order.
  void for_each_topic(const std::function<void(const topic_ptr&)>& visit) const;
  /// All topics sorted by name.
  [[nodiscard]] std::vector<topic_ptr> topics_by_name() const;

  /// Null unless the topic is deleted and some broker still has to remove its data.
  [[nodiscard]] const deleted_topic_record* find_deleted(const uuid& id) const;
  void for_each_deleted(const std::function<void(const deleted_topic_record&)>& visit) const;

  /// Stored configs of a resource other than a topic; empty if there are none.
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& configs(
      int8_t resource_type, std::string_view name) const;
  [[nodiscard]] const resource_configs_record& all_configs() const { return *configs_; }

  [[nodiscard]] const bucket_record& bucket(int32_t index) const {
    return *buckets_[static_cast<size_t>(index)]->record;
  }
  /// The version of the node that this image contains.
  [[nodiscard]] node_version version(const metadata_node& node) const;

private:
  friend class image_builder;
  using name_shard = std::unordered_map<std::string, uuid>;

  struct image_bucket {
    node_version version = absent_version;
    std::shared_ptr<const bucket_record> record;
    std::vector<topic_ptr> topics;  ///< Those whose record is here, sorted by id.
  };
  static constexpr size_t name_shards = 256;
  /// Names that collide share a shard.
  static size_t shard_of(std::string_view name);

  int64_t sequence_ = 0;
  std::string cluster_id_;
  broker_id controller_ = no_broker;
  std::vector<broker_image> brokers_;
  std::shared_ptr<const broker_states_record> broker_states_;
  node_version broker_states_version_ = absent_version;
  std::shared_ptr<const resource_configs_record> configs_;
  node_version configs_version_ = absent_version;
  std::vector<std::shared_ptr<const image_bucket>> buckets_;
  std::vector<std::shared_ptr<const name_shard>> names_;
  size_t topic_count_ = 0;
};
using image_ptr = std::shared_ptr<const metadata_image>;

}  // namespace ottla
