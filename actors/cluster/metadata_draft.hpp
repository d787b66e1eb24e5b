// Changes of the cluster's metadata that are being put together: an image with edits on top, and
// the writes that make them true.
//
// Used by one thread for one round: start from the newest image, edit, plan() and throw away.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/cluster/metadata_image.hpp"

namespace ottla {

/// The nodes that one commit writes.
struct node_write {
  metadata_node node;
  shared_bytes value;
};
using planned_commit = std::vector<node_write>;

class metadata_draft {
public:
  explicit metadata_draft(image_ptr base);

  [[nodiscard]] const metadata_image& base() const { return *base_; }

  // Topics as they would be after the edits so far.
  [[nodiscard]] const topic_record* find_topic(std::string_view name) const;
  [[nodiscard]] const topic_record* find_topic(const uuid& id) const;
  /// A topic whose name collides with `name` ('.' against '_'), or null.
  [[nodiscard]] const topic_record* find_collision(std::string_view name) const;
  [[nodiscard]] bool has_partition(const topic_id_partition& which) const;
  /// `index` must be below the topic's partition count.
  [[nodiscard]] const partition_record& partition(const uuid& topic_id, int32_t index) const;

  /// Of a broker in that life: fenced also while it is not registered or not judged.
  [[nodiscard]] broker_status status_of(const replica_seat& seat) const;

  /// `topic.partition_count` follows from `partitions`.
  void add_topic(topic_record topic, std::vector<partition_record> partitions);
  /// From now on it is among the deleted ones until `brokers_with_data` have all confirmed.
  void delete_topic(const uuid& id, std::vector<broker_id> brokers_with_data);
  /// A broker has removed its data of a deleted topic; the last one ends the record.
  void confirm_deleted(const uuid& id, broker_id by);
  void add_partitions(const uuid& id, std::vector<partition_record> partitions);
  void set_partition(const uuid& id, int32_t index, partition_record record);
  void set_topic_configs(const uuid& id, std::map<std::string, std::string, std::less<>> configs);
  void set_broker_state(const broker_state_record& state);
  /// The life of a broker that was judged last, if any was.
  [[nodiscard]] broker_epoch judged_epoch(broker_id id) const;
  void set_configs(int8_t resource_type, const std::string& name,
                   std::map<std::string, std::string, std::less<>> configs);
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& configs(
      int8_t resource_type, const std::string& name) const;
  /// Enters a value for "/producer_ids", which images do not hold.
  void set_producer_ids(const producer_ids_record& ids) { producer_ids_ = ids; }

  [[nodiscard]] bool is_empty() const;
  /// The commits that make the edits true, in order. Usually one. A change that is too large is cut
  /// so that every commit leaves the metadata valid: first the new blocks of partitions, which
  /// nobody sees, then the topics that show them.
  [[nodiscard]] std::vector<planned_commit> plan() const;

private:
  [[nodiscard]] const broker_states_record& states() const {
    return states_ ? *states_ : base_->broker_states();
  }
  bucket_record& edit(int32_t bucket);
  [[nodiscard]] const bucket_record& bucket(int32_t index) const;
  [[nodiscard]] int32_t home(const uuid& id) const { return block_home(id, 0); }
  [[nodiscard]] int32_t block_home(const uuid& id, int32_t number) const;
  topic_record& edit_topic(const uuid& id);
  partition_block& edit_block(const uuid& id, int32_t number);
  void store_partitions(const uuid& id, int32_t first, std::vector<partition_record> partitions);
  void drop_orphans(bucket_record& bucket);

  image_ptr base_;
  std::map<int32_t, bucket_record> buckets_;
  std::unordered_map<std::string, uuid> new_names_;
  std::unordered_map<std::string, uuid> new_collision_keys_;
  std::optional<broker_states_record> states_;
  std::optional<resource_configs_record> configs_;
  std::optional<producer_ids_record> producer_ids_;
};

}  // namespace ottla
