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

}  // namespace ottla
