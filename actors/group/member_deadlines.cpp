#include "actors/group/member_deadlines.hpp"

#include <utility>

namespace ottla {

void member_deadlines::set(std::string_view member, int64_t at_ms) {
  auto found = deadlines_.find(member);
  if (found == deadlines_.end()) {
    deadlines_.emplace(member, entry{at_ms, at_ms});
    queue_.emplace(at_ms, member);
    return;
  }
  auto& known = found->second;
  known.at_ms = at_ms;
  if (at_ms >= known.queued_at_ms) return;
  queue_.erase({known.queued_at_ms, found->first});
  queue_.emplace(at_ms, found->first);
  known.queued_at_ms = at_ms;
}

void member_deadlines::erase(std::string_view member) {
  auto found = deadlines_.find(member);
  if (found == deadlines_.end()) return;
  queue_.erase({found->second.queued_at_ms, found->first});
  deadlines_.erase(found);
}

std::vector<std::string> member_deadlines::take_expired(int64_t now_ms) {
  std::vector<std::string> expired;
  while (!queue_.empty() && queue_.begin()->first <= now_ms) {
    auto member = std::move(queue_.extract(queue_.begin()).value().second);
    auto found = deadlines_.find(member);
    auto& known = found->second;
    if (known.at_ms > now_ms) {
      known.queued_at_ms = known.at_ms;
      queue_.emplace(known.at_ms, std::move(member));
    } else {
      deadlines_.erase(found);
      expired.push_back(std::move(member));
    }
  }
  return expired;
}

std::optional<int64_t> member_deadlines::next_ms() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.begin()->first;
}

}  // namespace ottla
