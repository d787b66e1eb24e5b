#include "admin-ui/server/admin_backend.hpp"

#include <algorithm>

namespace ottla {

std::optional<int64_t> group_offset_view::lag() const {
  if (!start || !end) return std::nullopt;
  return std::max<int64_t>(0, *end - std::max(committed, *start));
}

std::optional<int64_t> group_detail::lag() const {
  int64_t sum = 0;
  for (const auto& each : offsets) {
    auto one = each.lag();
    if (!one) return std::nullopt;
    sum += *one;
  }
  return sum;
}

std::optional<int64_t> group_detail::lag_seconds() const {
  const auto records = lag();
  if (!records || *records == 0) return records;
  std::optional<timestamp_ms> oldest;
  for (const auto& each : offsets) {
    if (!each.waiting_since || *each.waiting_since < 0) continue;
    oldest = std::min(oldest.value_or(*each.waiting_since), *each.waiting_since);
  }
  if (!oldest) return std::nullopt;
  return std::max<int64_t>(0, as_of - *oldest) / 1000;
}

}  // namespace ottla
