#include "actors/cluster/image_builder.hpp"

#include "actors/cluster/config_requests.hpp"
#include "actors/config/config_definition.hpp"
#include "actors/config/config_value.hpp"
#include "storage/metadata/stored_records.hpp"

#include <algorithm>
#include <map>

namespace ottla {

image_builder::image_builder(const cluster_record& cluster) {
  next_.cluster_id_ = cluster.cluster_id;
  next_.broker_states_ = std::make_shared<broker_states_record>();
  next_.configs_ = std::make_shared<resource_configs_record>();
  auto empty = std::make_shared<metadata_image::image_bucket>();
  empty->record = std::make_shared<bucket_record>();
  next_.buckets_.assign(static_cast<size_t>(cluster.bucket_count), empty);
  next_.names_.assign(metadata_image::name_shards, std::make_shared<metadata_image::name_shard>());
}

image_builder::image_builder(const metadata_image& base) : next_(base) {}

outcome<void> image_builder::set(const metadata_node& which, const stored_node& node) {
  if (which.what == metadata_node::kind::producer_ids) return {};
  if (which.what == metadata_node::kind::bucket) {
    if (which.index >= next_.bucket_count()) {
      return fault{error_code::corrupt_message, "a change of a bucket that does not exist"};
    }
    auto changed = std::make_shared<metadata_image::image_bucket>();
    changed->version = node.version;
    auto record = decode_node_or_empty<bucket_record>(node);
    if (!record) return std::move(record.error());
    changed->record = std::make_shared<bucket_record>(std::move(*record));
    auto& place = next_.buckets_[static_cast<size_t>(which.index)];
    collect_topics(*place->record);
    collect_topics(*changed->record);
    changed->topics = place->topics;
    place = std::move(changed);
    changed_buckets_.insert(which.index);
    return {};
  }
  if (which.what == metadata_node::kind::broker_states) {
    auto record = decode_node_or_empty<broker_states_record>(node);
    if (!record) return std::move(record.error());
    next_.broker_states_ = std::make_shared<broker_states_record>(std::move(*record));
    next_.broker_states_version_ = node.version;
    return {};
  }
  auto record = decode_node_or_empty<resource_configs_record>(node);
  if (!record) return std::move(record.error());
  next_.configs_ = std::make_shared<resource_configs_record>(std::move(*record));
  next_.configs_version_ = node.version;
  return {};
}

void image_builder::set_brokers(std::vector<std::pair<broker_registration, broker_epoch>> brokers) {
  next_.brokers_.clear();
  for (auto& [registration, epoch] : brokers) {
    next_.brokers_.push_back({.registration = std::move(registration), .epoch = epoch});
  }
  std::ranges::sort(next_.brokers_, {}, [](const broker_image& b) { return b.registration.id; });
}

void image_builder::collect_topics(const bucket_record& bucket) {
  for (const auto& topic : bucket.topics) affected_.insert(topic.id);
  for (const auto& topic : bucket.deleted) affected_.insert(topic.id);
  for (const auto& block : bucket.blocks) affected_.insert(block.topic_id);
}

image_update image_builder::build() {
  std::map<int32_t, std::set<uuid>> homes;
  for (const auto& id : affected_) homes[bucket_of(id, 0, next_.bucket_count())].insert(id);
  for (const auto& [index, affected] : homes) rebuild_home(index, affected);
  judge_brokers();
  return {std::make_shared<const metadata_image>(std::move(next_)),
          {changed_.begin(), changed_.end()}};
}

// Unchanged topics of a changed bucket are made anew as well: kept ones would hold the memory of
// the whole bucket that they came from.
void image_builder::rebuild_home(int32_t index, const std::set<uuid>& affected) {
  auto& place = next_.buckets_[static_cast<size_t>(index)];
  auto home = std::make_shared<metadata_image::image_bucket>();
  home->version = place->version;
  home->record = place->record;
  std::map<uuid, topic_ptr> before;
  for (const auto& topic : place->topics) before[topic->id()] = topic;
  bool whole = changed_buckets_.contains(index);
  for (const auto& record : home->record->topics) {
    auto old = before.extract(record.id);
    auto old_topic = old.empty() ? nullptr : old.mapped();
    auto topic = !whole && old_topic && !affected.contains(record.id)
                     ? old_topic
                     : assemble(home->record, record);
    if (topic != old_topic) {
      if (!topic || !old_topic || !(*topic == *old_topic)) changed_.insert(record.id);
      rename(old_topic, topic);
    }
    if (topic) home->topics.push_back(std::move(topic));
  }
  for (const auto& [id, topic] : before) {
    rename(topic, nullptr);
    changed_.insert(id);
  }
  for (const auto& topic : home->record->deleted) {
    if (affected.contains(topic.id)) changed_.insert(topic.id);
  }
  next_.topic_count_ += home->topics.size();
  next_.topic_count_ -= place->topics.size();
  place = std::move(home);
}

topic_ptr image_builder::assemble(const std::shared_ptr<const bucket_record>& home,
                                  const topic_record& record) const {
  std::vector<std::shared_ptr<const partition_block>> blocks;
  for (int32_t first = 0; first < record.partition_count; first += partitions_per_block) {
    auto number = first / partitions_per_block;
    const auto& place =
        next_.buckets_[static_cast<size_t>(bucket_of(record.id, number, next_.bucket_count()))];
    const auto& candidates = place->record->blocks;
    auto key = std::pair{record.id, number};
    auto found = std::ranges::lower_bound(candidates, key, {}, [](const partition_block& b) {
      return std::pair{b.topic_id, b.number};
    });
    auto wanted = std::min(record.partition_count - first, partitions_per_block);
    if (found == candidates.end() || found->topic_id != record.id || found->number != number ||
        static_cast<int32_t>(found->partitions.size()) < wanted) {
      return nullptr;  // Not readable as a whole yet: nobody sees it.
    }
    blocks.emplace_back(place->record, &*found);
  }
  return std::make_shared<const topic_image>(std::shared_ptr<const topic_record>(home, &record),
                                             std::move(blocks));
}

void image_builder::rename(const topic_ptr& before, const topic_ptr& after) {
  if (before && after && before->name() == after->name()) return;
  auto shard_for = [&](const std::string& name) -> metadata_image::name_shard& {
    auto index = metadata_image::shard_of(name);
    auto& own = own_shards_[index];
    if (!own) {
      own = std::make_shared<metadata_image::name_shard>(*next_.names_[index]);
      next_.names_[index] = own;
    }
    return *own;
  };
  if (before) {
    // A name that was given to another topic in the same change stays with that one.
    auto& shard = shard_for(before->name());
    auto found = shard.find(before->name());
    if (found != shard.end() && found->second == before->id()) shard.erase(found);
  }
  if (after) shard_for(after->name())[after->name()] = after->id();
}

bool image_builder::is_draining(broker_id id) const {
  const auto& configs =
      next_.configs(static_cast<int8_t>(config_resource::broker), std::to_string(id));
  auto set = configs.find(draining_key);
  return set != configs.end() && parse_config_boolean(set->second).value_or(false);
}

void image_builder::judge_brokers() {
  for (auto& broker : next_.brokers_) {
    const auto* state = next_.broker_states_->find(broker.registration.id);
    bool judged = state != nullptr && state->epoch == broker.epoch;
    broker.status = judged ? state->status : broker_status::fenced;
    if (broker.status == broker_status::active && is_draining(broker.registration.id)) {
      broker.status = broker_status::draining;
    }
  }
}

}  // namespace ottla
