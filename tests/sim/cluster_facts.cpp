#include "tests/sim/cluster_facts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "protocol/record_batch.hpp"

namespace ottla::sim {
namespace {

const std::string buckets = "/buckets/";

std::string describe(const topic_id_partition& which, const replica_seat& seat, int32_t epoch) {
  return fmt::format("partition {} led by {}@{} in epoch {}", which.partition, seat.id, seat.epoch,
                     epoch);
}

}  // namespace

std::string leaderships::look(const std::string& viewer, const topic_id_partition& which,
                              const partition_record& record) {
  auto& last = views_[viewer].try_emplace(which, epochs{}).first->second;
  if (record.leader_epoch < last.leader || record.partition_epoch < last.partition) {
    return fmt::format("I2: epochs fall: partition {} from {}/{} to {}/{}, says {}",
                       which.partition, last.leader, last.partition, record.leader_epoch,
                       record.partition_epoch, viewer);
  }
  last = {record.leader_epoch, record.partition_epoch};
  if (record.leader.id == no_broker) return {};
  auto [known, is_new] = leaders_[which].try_emplace(record.leader_epoch, record.leader);
  if (is_new || known->second == record.leader) return {};
  return fmt::format("I2: two leaders: {}, and by {}@{}, says {}",
                     describe(which, known->second, record.leader_epoch), record.leader.id,
                     record.leader.epoch, viewer);
}

std::string leaderships::look(const memory_ensemble& store) {
  for (auto at = store.nodes.lower_bound(buckets);
       at != store.nodes.end() && at->first.starts_with(buckets); ++at) {
    const std::pair now{at->second.created, at->second.version};
    auto [seen, is_new] = versions_.try_emplace(at->first, now);
    if (!is_new && std::exchange(seen->second, now) == now) continue;
    auto bucket = decode_record<bucket_record>(at->second.value.view());
    if (!bucket) return at->first + " cannot be read: " + bucket.error().message;
    for (const auto& block : bucket->blocks) {
      for (size_t i = 0; i < block.partitions.size(); ++i) {
        const auto index = block.number * partitions_per_block + static_cast<int32_t>(i);
        auto wrong = look("the store", {block.topic_id, index}, block.partitions[i]);
        if (!wrong.empty()) return wrong;
      }
    }
  }
  return {};
}

std::string to_text(const partition_record& record) {
  auto text = fmt::format("led by {}@{} in epoch {}/{}, replicas {}, ISR", record.leader.id,
                          record.leader.epoch, record.leader_epoch, record.partition_epoch,
                          fmt::join(record.replicas, ","));
  for (const auto& seat : record.isr) text += fmt::format(" {}@{}", seat.id, seat.epoch);
  for (const auto& seat : record.eligible) text += fmt::format(" ({}@{})", seat.id, seat.epoch);
  if (!record.adding.empty()) text += fmt::format(", adds {}", fmt::join(record.adding, ","));
  if (!record.removing.empty())
    text += fmt::format(", removes {}", fmt::join(record.removing, ","));
  return text;
}

std::map<log_offset, std::string> batches_on(const memory_file_system& disk,
                                             const std::string& directory) {
  std::map<log_offset, std::string> found;
  for (const auto& path : disk.paths()) {
    if (!path.starts_with(directory + "/") || !path.ends_with(".log")) continue;
    const auto bytes = disk.contents(path);
    record_batch_walk walk{std::as_bytes(std::span{bytes})};
    for (auto batch = walk.next(); batch && *batch; batch = walk.next()) {
      const auto all = (*batch)->bytes();
      found.emplace((*batch)->header().base_offset,
                    std::string{reinterpret_cast<const char*>(all.data()), all.size()});
    }
  }
  return found;
}

std::string difference(const std::map<log_offset, std::string>& one,
                       const std::map<log_offset, std::string>& other, log_offset high_watermark) {
  const auto start =
      std::max(one.empty() ? 0 : one.begin()->first, other.empty() ? 0 : other.begin()->first);
  auto left = one.lower_bound(start), right = other.lower_bound(start);
  const auto is_due = [&](const auto& at, const auto& of) {
    return at != of.end() && at->first < high_watermark;
  };
  for (; is_due(left, one) || is_due(right, other); ++left, ++right) {
    if (!is_due(left, one)) return fmt::format("only one has a batch at {}", right->first);
    if (!is_due(right, other)) return fmt::format("only one has a batch at {}", left->first);
    if (*left != *right) return fmt::format("batches differ at {}", left->first);
  }
  return {};
}

}  // namespace ottla::sim
