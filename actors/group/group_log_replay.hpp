// Rebuilds the groups of one partition of `__consumer_offsets` from its batches.
//
// Of each key the last record counts; offsets committed in a transaction count once its marker has
// come. A log can hold any bytes: a record that cannot be read is counted and passed over, a batch
// that cannot is a fault. Not thread-safe; used by one loader.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/group/committed_offsets.hpp"
#include "actors/group/group_records.hpp"
#include "protocol/outcome.hpp"
#include "protocol/record_batch.hpp"

namespace ottla {

/// A group as the log has it. Without `stored` it has only ever committed offsets.
struct loaded_group {
  std::optional<stored_group> stored;
  committed_offsets offsets;
};

using loaded_groups = std::map<std::string, loaded_group, std::less<>>;

class group_log_replay {
public:
  /// Applies the records of the next batch in the log.
  outcome<void> apply(const record_batch_view& batch);

  /// The groups that exist at this point of the log; leaves the replay empty.
  loaded_groups take();

  [[nodiscard]] int64_t records() const { return records_; }
  /// Records of kinds that this broker does not keep.
  [[nodiscard]] int64_t foreign() const { return foreign_; }
  [[nodiscard]] int64_t unreadable() const { return unreadable_; }

private:
  void apply(const record_batch_header& batch, const record_view& record);
  void apply(const record_batch_header& batch, const offset_record_key& key,
             const nullable_bytes& value);
  void apply(const group_record_key& key, const nullable_bytes& value);
  void end_transaction(producer_id producer, const record_view& marker);

  loaded_groups groups_;
  std::vector<std::byte> scratch_;
  int64_t records_ = 0;
  int64_t foreign_ = 0;
  int64_t unreadable_ = 0;
};

}  // namespace ottla
