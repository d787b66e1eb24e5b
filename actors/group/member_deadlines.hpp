// When each member's session ends, ordered by time.
//
// A heartbeat only moves a member's deadline later; the queue is corrected when the earlier time
// comes. So a heartbeat costs one map lookup, and the owner's timer is set once per session timeout
// and not once per heartbeat. Not thread-safe: owned by one group_state.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ottla {

class member_deadlines {
public:
  /// Sets or moves the deadline of `member`, in monotonic milliseconds.
  void set(std::string_view member, int64_t at_ms);
  void erase(std::string_view member);
  /// Removes and returns the members whose deadline is at or before `now_ms`, earliest first.
  std::vector<std::string> take_expired(int64_t now_ms);
  /// A time at or before the earliest deadline; nothing if there is no member.
  [[nodiscard]] std::optional<int64_t> next_ms() const;
  [[nodiscard]] size_t size() const { return deadlines_.size(); }

private:
  struct entry {
    int64_t at_ms = 0;
    int64_t queued_at_ms = 0;  ///< Never after at_ms.
  };
  std::map<std::string, entry, std::less<>> deadlines_;
  std::set<std::pair<int64_t, std::string>> queue_;
};

}  // namespace ottla
