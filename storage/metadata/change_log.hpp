// The change node: a sequence number and a ring of what the last commits touched.
//
// Every commit of a controller advances it, so a broker watches this one node and reads only what
// changed. A reader that is behind the ring reads everything. Plain values.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/metadata/metadata_store.hpp"

namespace ottla {

/// A node whose changes are listed.
struct metadata_node {
  enum class kind : int8_t { bucket = 0, broker_states = 1, configs = 2, producer_ids = 3 };
  kind what = kind::bucket;
  int32_t index = 0;  ///< Of a bucket.
  friend auto operator<=>(const metadata_node&, const metadata_node&) = default;
};

/// Paths below the root of the cluster.
namespace metadata_path {
inline constexpr const char* cluster = "/cluster";
inline constexpr const char* controller = "/controller";
inline constexpr const char* controller_epoch = "/controller_epoch";
inline constexpr const char* changes = "/changes";
inline constexpr const char* brokers = "/brokers";
std::string broker(int32_t id);
std::string of(const metadata_node& node);
}  // namespace metadata_path

struct metadata_change {
  int64_t sequence = 0;
  metadata_node node;
  node_version version = 0;  ///< After the change; absent_version when the node was removed.
  friend bool operator==(const metadata_change&, const metadata_change&) = default;
};

struct change_log {
  static constexpr size_t changes_max = 512;

  int64_t sequence = 0;       ///< Of the last commit.
  int64_t complete_from = 1;  ///< Changes of this commit and all later ones are listed.
  std::vector<metadata_change> changes;

  /// Enters the next commit; older ones fall out of the ring, all changes of a commit together.
  void advance(std::span<const std::pair<metadata_node, node_version>> touched);

  /// The last change of each node after commit `seen`; nothing if the ring does not reach back.
  [[nodiscard]] std::optional<std::vector<metadata_change>> since(int64_t seen) const;

  friend bool operator==(const change_log&, const change_log&) = default;
};

}  // namespace ottla
