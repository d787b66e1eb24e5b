#include "cli/reset_plan.hpp"

#include <algorithm>

namespace ottla {
namespace {

/// a + b without running over the ends of the type.
int64_t saturating_add(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? INT64_MAX : INT64_MIN;
}

log_offset wanted(const reset_target& target, const offset_range& range,
                  const std::optional<log_offset>& before, std::optional<log_offset> at_time) {
  if (!target.to) return saturating_add(*before, target.shift);
  switch (target.to->kind) {
    case position_kind::earliest:
      return range.first;
    case position_kind::latest:
      return range.end;
    case position_kind::offset:
      return target.to->value;
    case position_kind::last:
      return std::max(range.first, range.end - target.to->value);
    case position_kind::time:
      return at_time && *at_time >= 0 ? *at_time : range.end;
  }
  return range.end;
}

std::optional<log_offset> find(const partition_offsets& offsets, const topic_partition& which) {
  auto at = offsets.find(which);
  return at == offsets.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace

std::vector<reset_step> plan_reset(const reset_target& target, const partition_ranges& ranges,
                                   const partition_offsets& committed,
                                   const partition_offsets& at_time) {
  std::vector<reset_step> plan;
  for (const auto& [which, range] : ranges) {
    auto before = find(committed, which);
    if (!target.to && !before) continue;
    log_offset offset = wanted(target, range, before, find(at_time, which));
    log_offset within = std::clamp(offset, range.first, range.end);
    plan.push_back({which, before, within, within != offset});
  }
  return plan;
}

}  // namespace ottla
