// What a fetcher asks its leader next: the requests of one incremental fetch session (KIP-227), as
// the side that makes them keeps it. Plain bookkeeping.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "protocol/messages/fetch.hpp"
#include "protocol/types.hpp"
#include "storage/metadata/cluster_records.hpp"

namespace ottla {

/// Where a follower reads on.
struct fetch_cursor {
  leader_epoch epoch = no_leader_epoch;  ///< Of the leadership that is asked.
  log_offset fetch_offset = 0;
  leader_epoch last_fetched_epoch = no_leader_epoch;
  log_offset log_start_offset = 0;

  friend bool operator==(const fetch_cursor&, const fetch_cursor&) = default;
};

struct fetch_plan_limits {
  int32_t max_wait_ms = 500;
  int32_t idle_wait_ms = 500;  ///< At most, where nothing is written; at least max_wait_ms.
  int32_t min_bytes = 1;
  int32_t max_bytes = 10 << 20;
  int32_t partition_max_bytes = 1 << 20;
};

class fetch_plan {
public:
  fetch_plan(const replica_seat& self, const fetch_plan_limits& limits)
      : self_(self), limits_(limits) {}

  /// Reads this partition from here on.
  void set(const topic_id_partition& which, const fetch_cursor& cursor);
  /// Does not read it for now.
  void remove(const topic_id_partition& which);
  [[nodiscard]] const fetch_cursor* find(const topic_id_partition& which) const;
  /// What the last request asked, if that is still what is wanted: an answer counts for nothing
  /// else.
  [[nodiscard]] const fetch_cursor* asked(const topic_id_partition& which) const;
  [[nodiscard]] bool empty() const { return wanted_.empty(); }

  using hold = std::function<bool(const topic_id_partition&, const fetch_cursor&)>;
  /// The next request, without the partitions that are to wait. Its answer goes to answered(), or
  /// lost() if there is none.
  fetch_request next(const hold& is_held = {});
  /// Whether that request asks for anything; it need not be sent otherwise.
  [[nodiscard]] bool asks_for_any() const { return !sent_.empty(); }
  /// Whether that request leaves out what waits.
  [[nodiscard]] bool holds_any_back() const { return sent_.size() < wanted_.size(); }
  /// False: the leader has forgotten the session, or means another one: nothing was read.
  bool answered(const fetch_response& response);
  void lost();

  /// Of the messages: has topic ids, replica state and fetch sessions.
  static constexpr api_version version = 17;

private:
  void add_topics(fetch_request& request) const;
  void add_forgotten(fetch_request& request) const;

  const replica_seat self_;
  const fetch_plan_limits limits_;
  std::map<topic_id_partition, fetch_cursor> wanted_;
  std::map<topic_id_partition, fetch_cursor> known_;  ///< What the leader's session has.
  std::map<topic_id_partition, fetch_cursor> sent_;   ///< What it has if the request gets there.
  int32_t session_id_ = 0;
  int32_t epoch_ = 0;  ///< Of the next request; 0: a new session.
};

}  // namespace ottla
