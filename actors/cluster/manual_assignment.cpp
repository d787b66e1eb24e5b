#include "actors/cluster/manual_assignment.hpp"

#include <fmt/format.h>

#include <set>

namespace ottla {
namespace {

fault bad(std::string why) {
  return {error_code::invalid_replica_assignment, std::move(why)};
}

}  // namespace

outcome<void> check_manual_replicas(const std::vector<broker_id>& replicas,
                                    size_t replication_factor, const metadata_image& image) {
  if (replicas.empty()) {
    return bad("The manual partition assignment includes an empty replica list.");
  }
  std::set<broker_id> seen;
  for (auto id : replicas) {
    if (!seen.insert(id).second) {
      return bad(fmt::format(
          "The manual partition assignment includes the broker {} more than once.", id));
    }
    if (image.find_broker(id) == nullptr) {
      return bad(
          fmt::format("The manual partition assignment includes broker {}, but "
                      "no such broker is registered.",
                      id));
    }
  }
  if (replication_factor != 0 && replicas.size() != replication_factor) {
    return bad(fmt::format(
        "The manual partition assignment includes a partition with {} replica(s), but this is not "
        "consistent with previous partitions, which have {} replica(s).",
        replicas.size(), replication_factor));
  }
  return {};
}

}  // namespace ottla
