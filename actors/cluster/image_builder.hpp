// Makes the next metadata_image from the one before and from what was read of the store.
//
// For one thread; the image that comes out is immutable and shared.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "actors/cluster/metadata_image.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

/// A new image and what is different in it.
struct image_update {
  image_ptr image;
  /// Topics that appeared, vanished or changed in their record, partitions or deletion; sorted.
  std::vector<uuid> changed_topics;
};

class image_builder {
public:
  /// Starts an image of an empty cluster.
  explicit image_builder(const cluster_record& cluster);
  /// Starts from `base`.
  explicit image_builder(const metadata_image& base);

  /// Takes in what the store holds for a node. An absent node counts as an empty one.
  outcome<void> set(const metadata_node& which, const stored_node& node);
  /// All registered brokers with their epochs.
  void set_brokers(std::vector<std::pair<broker_registration, broker_epoch>> brokers);
  void set_controller(broker_id id) { next_.controller_ = id; }
  void set_sequence(int64_t sequence) { next_.sequence_ = sequence; }

  /// Puts it together. The builder is used up.
  image_update build();

private:
  void collect_topics(const bucket_record& bucket);
  void rebuild_home(int32_t index, const std::set<uuid>& affected);
  [[nodiscard]] topic_ptr assemble(const std::shared_ptr<const bucket_record>& home,
                                   const topic_record& record) const;
  void rename(const topic_ptr& before, const topic_ptr& after);
  void judge_brokers();
  [[nodiscard]] bool is_draining(broker_id id) const;

  metadata_image next_;
  std::set<int32_t> changed_buckets_;
  std::set<uuid> affected_;  ///< Topics with a record or block in a changed bucket.
  std::set<uuid> changed_;
  /// Shards of names that are already copies of ours.
  std::map<size_t, std::shared_ptr<metadata_image::name_shard>> own_shards_;
};

}  // namespace ottla
