#include "actors/cluster/producer_ids.hpp"

namespace ottla {

std::optional<producer_id> producer_ids::take() {
  std::lock_guard lock{mutex_};
  if (blocks_.empty()) return std::nullopt;
  auto& block = blocks_.front();
  auto id = block.first++;
  if (--block.count == 0) blocks_.pop_front();
  return id;
}

void producer_ids::add(const producer_id_block& block) {
  if (block.error != error_code::none || block.count <= 0) return;
  std::lock_guard lock{mutex_};
  blocks_.push_back(block);
}

}  // namespace ottla
