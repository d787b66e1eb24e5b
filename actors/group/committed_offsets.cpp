#include "actors/group/committed_offsets.hpp"

#include <algorithm>
#include <utility>

namespace ottla {

namespace {

const stored_offset* find_in(const committed_offsets::topic_map& topics, std::string_view topic,
                             partition_index partition) {
  auto partitions = topics.find(topic);
  if (partitions == topics.end()) return nullptr;
  auto found = partitions->second.find(partition);
  return found == partitions->second.end() ? nullptr : &found->second;
}

// Returns whether it was there.
bool erase_from(committed_offsets::topic_map& topics, std::string_view topic,
                partition_index partition) {
  auto partitions = topics.find(topic);
  if (partitions == topics.end()) return false;
  const bool erased = partitions->second.erase(partition) != 0;
  if (partitions->second.empty()) topics.erase(partitions);
  return erased;
}

}  // namespace

const stored_offset* committed_offsets::find(std::string_view topic,
                                             partition_index partition) const {
  return find_in(topics_, topic, partition);
}

void committed_offsets::put(const std::string& topic, partition_index partition,
                            stored_offset offset) {
  auto [_, added] = topics_[topic].insert_or_assign(partition, std::move(offset));
  if (added) ++size_;
}

void committed_offsets::erase(std::string_view topic, partition_index partition) {
  if (erase_from(topics_, topic, partition)) --size_;
  for (auto& [_, writes] : pending_) erase_from(writes, topic, partition);
  std::erase_if(pending_, [](const auto& transaction) { return transaction.second.empty(); });
}

void committed_offsets::put_pending(producer_id producer, const std::string& topic,
                                    partition_index partition, stored_offset offset) {
  pending_[producer][topic].insert_or_assign(partition, std::move(offset));
}

void committed_offsets::end_transaction(producer_id producer, bool commit) {
  auto transaction = pending_.extract(producer);
  if (transaction.empty() || !commit) return;
  for (auto& [topic, partitions] : transaction.mapped()) {
    for (auto& [partition, offset] : partitions) put(topic, partition, std::move(offset));
  }
}

bool committed_offsets::is_unstable(std::string_view topic, partition_index partition) const {
  return std::ranges::any_of(pending_, [&](const auto& transaction) {
    return find_in(transaction.second, topic, partition) != nullptr;
  });
}

std::vector<topic_partition> committed_offsets::all() const {
  std::set<topic_partition> all;
  auto add = [&](const topic_map& topics) {
    for (const auto& [topic, partitions] : topics) {
      for (const auto& [partition, _] : partitions) all.insert({topic, partition});
    }
  };
  add(topics_);
  for (const auto& [_, topics] : pending_) add(topics);
  return {all.begin(), all.end()};
}

std::vector<topic_partition> committed_offsets::select(
    const std::function<bool(const std::string& topic, const stored_offset&)>& wanted) const {
  std::vector<topic_partition> selected;
  for (const auto& [topic, partitions] : topics_) {
    for (const auto& [partition, offset] : partitions) {
      if (!is_unstable(topic, partition) && wanted(topic, offset)) {
        selected.push_back({topic, partition});
      }
    }
  }
  return selected;
}

}  // namespace ottla
