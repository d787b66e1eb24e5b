#include "actors/cluster/metadata_draft.hpp"

#include <algorithm>

#include "actors/cluster/topic_names.hpp"
#include "protocol/assert.hpp"
#include "storage/metadata/metadata_store.hpp"

namespace ottla {
namespace {

using config_values = std::map<std::string, std::string, std::less<>>;

const config_values no_configs;

std::pair<uuid, int32_t> block_key(const partition_block& block) {
  return {block.topic_id, block.number};
}

template <class Bucket>  // bucket_record, const or not
auto* find_record(Bucket& bucket, const uuid& id) {
  auto found = std::ranges::lower_bound(bucket.topics, id, {}, &topic_record::id);
  return found == bucket.topics.end() || found->id != id ? nullptr : &*found;
}

template <class Bucket>
auto* find_block(Bucket& bucket, const uuid& id, int32_t number) {
  auto key = std::pair{id, number};
  auto found = std::ranges::lower_bound(bucket.blocks, key, {}, block_key);
  return found == bucket.blocks.end() || block_key(*found) != key ? nullptr : &*found;
}

bool has_deleted(const bucket_record& bucket, const uuid& id) {
  return std::ranges::find(bucket.deleted, id, &deleted_topic_record::id) != bucket.deleted.end();
}

int32_t block_count(int32_t partitions) {
  return (partitions + partitions_per_block - 1) / partitions_per_block;
}

// Cuts `writes` into commits below the target size, in order.
void append_commits(std::vector<planned_commit>& commits, planned_commit writes) {
  size_t bytes = 0;
  planned_commit current;
  for (auto& write : writes) {
    if (!current.empty() && bytes + write.value.size() > commit_bytes_target) {
      commits.push_back(std::exchange(current, {}));
      bytes = 0;
    }
    bytes += write.value.size();
    current.push_back(std::move(write));
  }
  if (!current.empty()) commits.push_back(std::move(current));
}

}  // namespace

metadata_draft::metadata_draft(image_ptr base) : base_(std::move(base)) {
  OTTLA_ASSERT(base_);
}

int32_t metadata_draft::block_home(const uuid& id, int32_t number) const {
  return bucket_of(id, number, base_->bucket_count());
}

const bucket_record& metadata_draft::bucket(int32_t index) const {
  auto edited = buckets_.find(index);
  return edited == buckets_.end() ? base_->bucket(index) : edited->second;
}

bucket_record& metadata_draft::edit(int32_t index) {
  auto [place, is_new] = buckets_.try_emplace(index);
  if (is_new) {
    place->second = base_->bucket(index);
    drop_orphans(place->second);
  }
  return place->second;
}

// Blocks without a topic are what a change that was cut short by a crash left behind.
void metadata_draft::drop_orphans(bucket_record& edited) {
  std::erase_if(edited.blocks, [&](const partition_block& block) {
    const auto& owner = bucket(home(block.topic_id));
    return find_record(owner, block.topic_id) == nullptr && !has_deleted(owner, block.topic_id);
  });
}

const topic_record* metadata_draft::find_topic(std::string_view name) const {
  if (auto made = new_names_.find(std::string{name}); made != new_names_.end()) {
    return find_topic(made->second);
  }
  auto topic = base_->find_topic(name);
  return topic ? find_topic(topic->id()) : nullptr;
}

const topic_record* metadata_draft::find_topic(const uuid& id) const {
  return find_record(bucket(home(id)), id);
}

const topic_record* metadata_draft::find_collision(std::string_view name) const {
  if (!can_collide(name)) return nullptr;
  if (auto made = new_collision_keys_.find(collision_key(name));
      made != new_collision_keys_.end()) {
    const auto* topic = find_topic(made->second);
    if (topic != nullptr && topic->name != name) return topic;
  }
  auto other = base_->find_collision(name);
  return other ? find_topic(other->id()) : nullptr;
}

bool metadata_draft::has_partition(const topic_id_partition& which) const {
  const auto* topic = find_topic(which.topic_id);
  return topic != nullptr && which.partition >= 0 && which.partition < topic->partition_count;
}

const partition_record& metadata_draft::partition(const uuid& topic_id, int32_t index) const {
  auto number = index / partitions_per_block;
  const auto* block = find_block(bucket(block_home(topic_id, number)), topic_id, number);
  OTTLA_ASSERT(block != nullptr);
  return block->partitions.at(static_cast<size_t>(index % partitions_per_block));
}

void metadata_draft::add_topic(topic_record topic, std::vector<partition_record> partitions) {
  OTTLA_ASSERT(find_topic(topic.id) == nullptr && !partitions.empty());
  topic.partition_count = static_cast<int32_t>(partitions.size());
  auto id = topic.id;
  new_names_[topic.name] = id;
  if (can_collide(topic.name)) new_collision_keys_[collision_key(topic.name)] = id;
  auto& topics = edit(home(id)).topics;
  topics.insert(std::ranges::lower_bound(topics, id, {}, &topic_record::id), std::move(topic));
  store_partitions(id, 0, std::move(partitions));
}

void metadata_draft::store_partitions(const uuid& id, int32_t first,
                                      std::vector<partition_record> partitions) {
  auto index = first;
  for (auto& record : partitions) {
    auto& block = edit_block(id, index / partitions_per_block);
    auto slot = static_cast<size_t>(index % partitions_per_block);
    // Beyond the partition count there may be leftovers of a change that did not finish.
    if (block.partitions.size() > slot) block.partitions.resize(slot);
    OTTLA_ASSERT(block.partitions.size() == slot);
    block.partitions.push_back(std::move(record));
    ++index;
  }
}

partition_block& metadata_draft::edit_block(const uuid& id, int32_t number) {
  auto& edited = edit(block_home(id, number));
  if (auto* block = find_block(edited, id, number)) return *block;
  auto place = std::ranges::lower_bound(edited.blocks, std::pair{id, number}, {}, block_key);
  return *edited.blocks.insert(place, {.topic_id = id, .number = number});
}

topic_record& metadata_draft::edit_topic(const uuid& id) {
  auto* topic = find_record(edit(home(id)), id);
  OTTLA_ASSERT(topic != nullptr);
  return *topic;
}

void metadata_draft::delete_topic(const uuid& id, std::vector<broker_id> brokers_with_data) {
  auto& edited = edit(home(id));
  auto topic = std::ranges::find(edited.topics, id, &topic_record::id);
  OTTLA_ASSERT(topic != edited.topics.end());
  new_names_.erase(topic->name);
  new_collision_keys_.erase(collision_key(topic->name));
  edited.deleted.push_back({.id = id,
                            .name = topic->name,
                            .partition_count = topic->partition_count,
                            .pending = std::move(brokers_with_data)});
  edited.topics.erase(topic);
}

void metadata_draft::confirm_deleted(const uuid& id, broker_id by) {
  if (!has_deleted(bucket(home(id)), id)) return;
  auto& deleted = edit(home(id)).deleted;
  auto record = std::ranges::find(deleted, id, &deleted_topic_record::id);
  std::erase(record->pending, by);
  if (!record->pending.empty()) return;
  auto blocks = block_count(record->partition_count);
  deleted.erase(record);
  for (int32_t number = 0; number < blocks; ++number) {
    std::erase_if(edit(block_home(id, number)).blocks,
                  [&](const partition_block& block) { return block.topic_id == id; });
  }
}

void metadata_draft::add_partitions(const uuid& id, std::vector<partition_record> partitions) {
  auto first = edit_topic(id).partition_count;
  edit_topic(id).partition_count += static_cast<int32_t>(partitions.size());
  store_partitions(id, first, std::move(partitions));
}

void metadata_draft::set_partition(const uuid& id, int32_t index, partition_record record) {
  auto& block = edit_block(id, index / partitions_per_block);
  auto& place = block.partitions.at(static_cast<size_t>(index % partitions_per_block));
  OTTLA_ASSERT(record.partition_epoch > place.partition_epoch &&
               record.leader_epoch >= place.leader_epoch);
  place = std::move(record);
}

void metadata_draft::set_topic_configs(const uuid& id, config_values configs) {
  edit_topic(id).configs = std::move(configs);
}

broker_status metadata_draft::status_of(const replica_seat& seat) const {
  const auto* broker = base_->find_broker(seat.id);
  if (broker == nullptr || broker->epoch != seat.epoch) return broker_status::fenced;
  const auto* state = states().find(seat.id);
  if (state == nullptr || state->epoch != seat.epoch) return broker_status::fenced;
  const bool is_draining =
      state->status == broker_status::active && broker->status == broker_status::draining;
  return is_draining ? broker_status::draining : state->status;
}

broker_epoch metadata_draft::judged_epoch(broker_id id) const {
  const auto* state = states().find(id);
  return state == nullptr ? no_broker_epoch : state->epoch;
}

void metadata_draft::set_broker_state(const broker_state_record& state) {
  if (!states_) states_ = base_->broker_states();
  auto& brokers = states_->brokers;
  auto place = std::ranges::lower_bound(brokers, state.id, {}, &broker_state_record::id);
  if (place == brokers.end() || place->id != state.id) place = brokers.insert(place, state);
  OTTLA_ASSERT(state.epoch >= place->epoch);
  *place = state;
}

void metadata_draft::set_configs(int8_t resource_type, const std::string& name,
                                 config_values configs) {
  if (!configs_) configs_ = base_->all_configs();
  if (configs.empty()) {
    configs_->resources.erase({resource_type, name});
  } else {
    configs_->resources[{resource_type, name}] = std::move(configs);
  }
}

const config_values& metadata_draft::configs(int8_t resource_type, const std::string& name) const {
  if (!configs_) return base_->configs(resource_type, name);
  auto found = configs_->resources.find({resource_type, name});
  return found == configs_->resources.end() ? no_configs : found->second;
}

bool metadata_draft::is_empty() const {
  return buckets_.empty() && !states_ && !configs_ && !producer_ids_;
}

std::vector<planned_commit> metadata_draft::plan() const {
  planned_commit all;
  size_t bytes = 0;
  auto add = [&](metadata_node::kind kind, int32_t index, shared_bytes value) {
    bytes += value.size();
    all.push_back({{kind, index}, std::move(value)});
  };
  for (const auto& [index, record] : buckets_) {
    add(metadata_node::kind::bucket, index, encode_record(record));
  }
  if (states_) add(metadata_node::kind::broker_states, 0, encode_record(*states_));
  if (configs_) add(metadata_node::kind::configs, 0, encode_record(*configs_));
  if (producer_ids_) add(metadata_node::kind::producer_ids, 0, encode_record(*producer_ids_));
  if (all.empty()) return {};
  if (bytes <= commit_bytes_target) return {std::move(all)};

  // Too much for one commit. First the blocks alone, with the topics as they were and nothing
  // removed; then everything.
  planned_commit blocks;
  for (const auto& [index, record] : buckets_) {
    const auto& before = base_->bucket(index);
    auto first = before;
    for (const auto& block : record.blocks) {
      if (auto* place = find_block(first, block.topic_id, block.number)) {
        *place = block;
      } else {
        first.blocks.push_back(block);
      }
    }
    std::ranges::sort(first.blocks, {}, block_key);
    if (first == before) continue;
    if (first == record) {
      std::erase_if(all, [&, at = index](const node_write& write) {
        return write.node == metadata_node{metadata_node::kind::bucket, at};
      });
    }
    blocks.push_back({{metadata_node::kind::bucket, index}, encode_record(first)});
  }
  std::vector<planned_commit> commits;
  append_commits(commits, std::move(blocks));
  append_commits(commits, std::move(all));
  return commits;
}

}  // namespace ottla
