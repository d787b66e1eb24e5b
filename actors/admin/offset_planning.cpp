#include "actors/admin/offset_planning.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/crc32c.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {
namespace {

/// Without overflow, however far.
log_offset shifted(log_offset from, int64_t by, const partition_standing& standing) {
  if (by >= 0) return by > standing.end - from ? standing.end : from + by;
  return by < standing.start - from ? standing.start : from + by;
}

log_offset wanted_offset(const offset_target& target, const partition_standing& standing) {
  if (std::holds_alternative<to_earliest>(target)) return standing.start;
  if (const auto* offset = std::get_if<to_offset>(&target)) return offset->offset;
  if (const auto* shift = std::get_if<to_shifted>(&target)) {
    return shifted(standing.committed.value_or(standing.start), shift->by, standing);
  }
  if (std::holds_alternative<to_time>(target)) return standing.at_time.value_or(standing.end);
  return standing.end;
}

}  // namespace

planned_offset plan_offset(const offset_target& target, const partition_standing& standing) {
  planned_offset planned{.partition = standing.partition,
                         .from = standing.committed,
                         .to = std::clamp(wanted_offset(target, standing), standing.start,
                                          std::max(standing.start, standing.end)),
                         .skipped = std::nullopt};
  // What the log has deleted meanwhile is neither skipped nor read again.
  if (planned.from) planned.skipped = planned.to - std::max(*planned.from, standing.start);
  return planned;
}

std::string mark_of(const std::vector<planned_offset>& offsets) {
  std::string text;
  for (const auto& each : offsets) {
    text += fmt::format("{}:{};", each.partition, each.from.value_or(-1));
  }
  return fmt::format("{:08x}", crc32c(as_byte_span(text)));
}

}  // namespace ottla
