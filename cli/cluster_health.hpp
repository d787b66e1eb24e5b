// The verdict on a cluster: what is wrong, worst first, and what to do about it. Plain functions on
// a cluster_state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/cluster_state.hpp"

namespace ottla {

enum class severity : uint8_t {
  broken,    ///< Something cannot be read or written now.
  degraded,  ///< All works, but one more loss may end that.
  note       ///< Worth knowing; the cluster is well.
};

struct finding {
  severity how_bad = severity::note;
  std::string kind;  ///< A word for programs: "offline_partitions", "missing_broker", ...
  std::string text;
  std::string advice;              ///< What may help; may be empty.
  std::vector<std::string> names;  ///< The partitions, topics or brokers it is about; all of them.
};

struct health {
  std::vector<finding> findings;  ///< Worst first.
  [[nodiscard]] severity worst() const;
};

health judge_cluster(const cluster_state& cluster);

/// "healthy", "degraded", "broken".
std::string_view verdict_word(severity worst);

/// "a, b, c and 4 more".
std::string shortened(const std::vector<std::string>& names);

/// "2,3"; "-" for none.
std::string id_list(const std::vector<broker_id>& ids);

/// Problems of one partition, for the list of those that are not well. Empty: it is well.
std::string partition_trouble(const topic_state& topic, const partition_state& partition);

}  // namespace ottla
