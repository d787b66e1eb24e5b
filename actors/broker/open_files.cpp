#include "actors/broker/open_files.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace ottla {
namespace {

/// Listeners, wake-ups, the metadata store, checkpoints, and files that jobs open for a moment.
constexpr size_t own_files = 64;
constexpr size_t files_min = 16;  ///< Segments, and connections, that any use needs.
constexpr size_t log_files_max = 8192;
constexpr size_t unlimited_files = 1 << 20;
constexpr auto connections_unset = std::numeric_limits<int32_t>::max();

}  // namespace

size_t raise_open_files_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  auto raised = limit;
  raised.rlim_cur = limit.rlim_max;
  if (limit.rlim_cur < limit.rlim_max && setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  if (limit.rlim_cur == RLIM_INFINITY) return unlimited_files;
  return std::min<size_t>(limit.rlim_cur, std::numeric_limits<int32_t>::max());
}

outcome<open_files_plan> plan_open_files(size_t limit, const broker_config& config) {
  const auto wanted_files = static_cast<size_t>(std::max(config.open_files_max, 0));
  if (limit < own_files + files_min + std::max(wanted_files, files_min)) {
    return fault{error_code::invalid_config,
                 fmt::format("the process may have {} files open, too few for {} segment files "
                             "and connections: raise the limit (ulimit -n, LimitNOFILE)",
                             limit, wanted_files > 0 ? wanted_files : files_min)};
  }
  open_files_plan plan;
  const auto free = limit - own_files;
  // Half for segments, the rest for connections.
  plan.log_files = wanted_files > 0 ? wanted_files : std::clamp(free / 2, files_min, log_files_max);
  plan.connections_max = static_cast<int32_t>(free - plan.log_files);
  if (config.connections_max != connections_unset &&
      config.connections_max > plan.connections_max) {
    plan.warnings.push_back(
        fmt::format("max.connections={} does not fit: the process may have {} files open, of which "
                    "{} are kept for log segments (ottla.open.files.max). {} connections are "
                    "accepted at once; raise the limit (ulimit -n, LimitNOFILE) for more",
                    config.connections_max, limit, plan.log_files, plan.connections_max));
  }
  return plan;
}

}  // namespace ottla
