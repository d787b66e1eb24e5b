#include "actors/group/group_log_replay.hpp"

#include <utility>

#include "protocol/record_batch_builder.hpp"

namespace ottla {

outcome<void> group_log_replay::apply(const record_batch_view& batch) {
  const auto& header = batch.header();
  return for_each_record(batch, scratch_, [&](const record_view& record) {
    ++records_;
    if (header.is_control()) {
      end_transaction(header.producer_id, record);
    } else {
      apply(header, record);
    }
  });
}

void group_log_replay::apply(const record_batch_header& batch, const record_view& record) {
  auto key = record.key ? decode_group_log_key(*record.key)
                        : outcome<group_log_key>{fault{error_code::invalid_record, "no key"}};
  if (!key) {
    ++unreadable_;
  } else if (const auto* offset = std::get_if<offset_record_key>(&*key)) {
    apply(batch, *offset, record.value);
  } else if (const auto* group = std::get_if<group_record_key>(&*key)) {
    apply(*group, record.value);
  } else {
    ++foreign_;
  }
}

void group_log_replay::apply(const record_batch_header& batch, const offset_record_key& key,
                             const nullable_bytes& value) {
  if (!value) {
    auto found = groups_.find(key.group);
    if (found != groups_.end()) found->second.offsets.erase(key.topic, key.partition);
    return;
  }
  auto offset = decode_offset_value(*value);
  if (!offset) {
    ++unreadable_;
    return;
  }
  auto& offsets = groups_[key.group].offsets;
  if (batch.is_transactional()) {
    offsets.put_pending(batch.producer_id, key.topic, key.partition, std::move(*offset));
  } else {
    offsets.put(key.topic, key.partition, std::move(*offset));
  }
}

void group_log_replay::apply(const group_record_key& key, const nullable_bytes& value) {
  if (!value) {
    auto found = groups_.find(key.group);
    if (found != groups_.end()) found->second.stored.reset();
    return;
  }
  auto stored = decode_group_value(*value);
  if (!stored) {
    ++unreadable_;
    return;
  }
  groups_[key.group].stored = std::move(*stored);
}

void group_log_replay::end_transaction(producer_id producer, const record_view& marker) {
  auto end = read_end_transaction_marker(marker);
  if (!end) return;
  for (auto& [_, group] : groups_) {
    group.offsets.end_transaction(producer, end->type == end_transaction::commit);
  }
}

loaded_groups group_log_replay::take() {
  std::erase_if(groups_, [](const auto& entry) {
    return !entry.second.stored && entry.second.offsets.empty();
  });
  return std::exchange(groups_, {});
}

}  // namespace ottla
