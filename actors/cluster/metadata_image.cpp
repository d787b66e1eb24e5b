#include "actors/cluster/metadata_image.hpp"

#include <algorithm>

#include "actors/cluster/topic_names.hpp"
#include "protocol/assert.hpp"

namespace ottla {
namespace {

const std::map<std::string, std::string, std::less<>> no_configs;

}  // namespace

bool is_internal_topic(std::string_view name) {
  return name == offsets_topic || name == "__transaction_state" || name == "__share_group_state";
}

bool topic_image::is_internal() const {
  return is_internal_topic(record_->name);
}

const partition_record& topic_image::partition(partition_index index) const {
  OTTLA_ASSERT(index >= 0 && index < partition_count());
  const auto& block = blocks_[static_cast<size_t>(index / partitions_per_block)];
  return block->partitions[static_cast<size_t>(index % partitions_per_block)];
}

const partition_record* topic_image::find_partition(partition_index index) const {
  return index < 0 || index >= partition_count() ? nullptr : &partition(index);
}

bool operator==(const topic_image& a, const topic_image& b) {
  return *a.record_ == *b.record_ &&
         std::ranges::equal(a.blocks_, b.blocks_,
                            [](const auto& x, const auto& y) { return x == y || *x == *y; });
}

const broker_endpoint* broker_image::endpoint(std::string_view listener) const {
  auto found = std::ranges::find(registration.endpoints, listener, &broker_endpoint::listener);
  return found == registration.endpoints.end() ? nullptr : &*found;
}

const broker_image* metadata_image::find_broker(broker_id id) const {
  auto found = std::ranges::lower_bound(brokers_, id, {},
                                        [](const broker_image& b) { return b.registration.id; });
  return found == brokers_.end() || found->registration.id != id ? nullptr : &*found;
}

bool metadata_image::is_live(const replica_seat& seat) const {
  const auto* broker = find_broker(seat.id);
  return broker != nullptr && broker->epoch == seat.epoch && broker->is_active();
}

size_t metadata_image::shard_of(std::string_view name) {
  uint32_t hash = 2'166'136'261;  // FNV-1a
  for (char c : name) hash = (hash ^ static_cast<uint8_t>(c == '.' ? '_' : c)) * 16'777'619;
  return hash % name_shards;
}

topic_ptr metadata_image::find_collision(std::string_view name) const {
  if (!can_collide(name)) return nullptr;
  auto key = collision_key(name);
  for (const auto& [other, id] : *names_[shard_of(name)]) {
    if (other != name && other.size() == name.size() && collision_key(other) == key) {
      return find_topic(id);
    }
  }
  return nullptr;
}

topic_ptr metadata_image::find_topic(std::string_view name) const {
  const auto& shard = *names_[shard_of(name)];
  auto found = shard.find(std::string{name});
  return found == shard.end() ? nullptr : find_topic(found->second);
}

topic_ptr metadata_image::find_topic(const uuid& id) const {
  const auto& home = *buckets_[static_cast<size_t>(bucket_of(id, 0, bucket_count()))];
  auto found =
      std::ranges::lower_bound(home.topics, id, {}, [](const topic_ptr& t) { return t->id(); });
  return found == home.topics.end() || (*found)->id() != id ? nullptr : *found;
}

const partition_record* metadata_image::find_partition(const topic_id_partition& which) const {
  auto topic = find_topic(which.topic_id);
  return topic ? topic->find_partition(which.partition) : nullptr;
}

const partition_record* metadata_image::find_partition(const topic_partition& which) const {
  auto topic = find_topic(which.topic);
  return topic ? topic->find_partition(which.partition) : nullptr;
}

void metadata_image::for_each_topic(const std::function<void(const topic_ptr&)>& visit) const {
  for (const auto& held : buckets_) std::ranges::for_each(held->topics, visit);
}

std::vector<topic_ptr> metadata_image::topics_by_name() const {
  std::vector<topic_ptr> topics;
  topics.reserve(topic_count_);
  for_each_topic([&](const topic_ptr& topic) { topics.push_back(topic); });
  std::ranges::sort(topics, {}, [](const topic_ptr& t) -> const std::string& { return t->name(); });
  return topics;
}

const deleted_topic_record* metadata_image::find_deleted(const uuid& id) const {
  const auto& deleted = bucket(bucket_of(id, 0, bucket_count())).deleted;
  auto found = std::ranges::find(deleted, id, &deleted_topic_record::id);
  return found == deleted.end() ? nullptr : &*found;
}

void metadata_image::for_each_deleted(
    const std::function<void(const deleted_topic_record&)>& visit) const {
  for (const auto& held : buckets_) std::ranges::for_each(held->record->deleted, visit);
}

const std::map<std::string, std::string, std::less<>>& metadata_image::configs(
    int8_t resource_type, std::string_view name) const {
  auto found = configs_->resources.find({resource_type, std::string{name}});
  return found == configs_->resources.end() ? no_configs : found->second;
}

node_version metadata_image::version(const metadata_node& node) const {
  switch (node.what) {
    case metadata_node::kind::bucket:
      return buckets_[static_cast<size_t>(node.index)]->version;
    case metadata_node::kind::broker_states:
      return broker_states_version_;
    case metadata_node::kind::configs:
      return configs_version_;
    case metadata_node::kind::producer_ids:
      break;  // Images have no use for it: the controller reads it when it takes over.
  }
  return absent_version;
}

}  // namespace ottla
