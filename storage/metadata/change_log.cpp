#include "storage/metadata/change_log.hpp"

#include <algorithm>
#include <map>

namespace ottla {

std::string metadata_path::broker(int32_t id) {
  return "/brokers/" + std::to_string(id);
}

std::string metadata_path::of(const metadata_node& node) {
  switch (node.what) {
    case metadata_node::kind::bucket:
      return "/buckets/" + std::to_string(node.index);
    case metadata_node::kind::broker_states:
      return "/broker_states";
    case metadata_node::kind::configs:
      return "/configs";
    case metadata_node::kind::producer_ids:
      return "/producer_ids";
  }
  return {};
}

void change_log::advance(std::span<const std::pair<metadata_node, node_version>> touched) {
  ++sequence;
  for (const auto& [node, version] : touched) changes.push_back({sequence, node, version});
  if (changes.size() <= changes_max) return;
  auto first_kept = changes[changes.size() - changes_max].sequence;
  // A commit of which a part has to go goes whole.
  if (changes[changes.size() - changes_max - 1].sequence == first_kept) ++first_kept;
  std::erase_if(changes, [&](const metadata_change& c) { return c.sequence < first_kept; });
  complete_from = first_kept;
}

std::optional<std::vector<metadata_change>> change_log::since(int64_t seen) const {
  if (seen + 1 < complete_from) return std::nullopt;
  std::map<metadata_node, metadata_change> last;
  for (const auto& change : changes) {
    if (change.sequence > seen) last[change.node] = change;
  }
  std::vector<metadata_change> result;
  for (auto& [node, change] : last) result.push_back(change);
  return result;
}

}  // namespace ottla
