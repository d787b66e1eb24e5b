// The offsets that one group has committed, and those that open transactions would commit.
//
// Holds what is stored in the log, no more: a commit is put here once its record is stored. Knows
// no group, clock or log. Not thread-safe: owned by one group_actor, or by the replay of a log.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "actors/group/group_records.hpp"
#include "protocol/types.hpp"

namespace ottla {

class committed_offsets {
public:
  using partition_map = std::map<partition_index, stored_offset>;
  using topic_map = std::map<std::string, partition_map, std::less<>>;

  [[nodiscard]] const topic_map& topics() const { return topics_; }
  /// The committed offset, or null.
  [[nodiscard]] const stored_offset* find(std::string_view topic, partition_index partition) const;
  [[nodiscard]] size_t size() const { return size_; }

  void put(const std::string& topic, partition_index partition, stored_offset offset);
  /// Also forgets what open transactions would commit there, as a tombstone does.
  void erase(std::string_view topic, partition_index partition);

  /// An offset that counts when the transaction of `producer` commits.
  void put_pending(producer_id producer, const std::string& topic, partition_index partition,
                   stored_offset offset);
  void end_transaction(producer_id producer, bool commit);
  [[nodiscard]] bool has_open_transactions() const { return !pending_.empty(); }
  /// An open transaction may change this offset (KIP-447).
  [[nodiscard]] bool is_unstable(std::string_view topic, partition_index partition) const;

  /// Every partition with an offset, committed or pending, for a deletion of all.
  [[nodiscard]] std::vector<topic_partition> all() const;
  /// The partitions whose committed offset satisfies `wanted` and which no transaction touches.
  [[nodiscard]] std::vector<topic_partition> select(
      const std::function<bool(const std::string& topic, const stored_offset&)>& wanted) const;

  [[nodiscard]] bool empty() const { return topics_.empty() && pending_.empty(); }

private:
  topic_map topics_;
  std::map<producer_id, topic_map> pending_;
  size_t size_ = 0;
};

}  // namespace ottla
