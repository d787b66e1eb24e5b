// Incremental fetch sessions (KIP-227): the broker remembers which partitions a consumer follows,
// so that a request and its answer carry only what changed.
//
// The cache is shared by all connections and guarded by one lock, held for lookups only. A session
// has a lock of its own: by the protocol one request uses it at a time, but nothing stops a client
// from naming it on two connections at once. Knows no actor or clock.
#pragma once

#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/error_code.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// A partition as the request named it: by name up to Fetch v12, by id from v13 on.
struct fetch_target {
  std::string topic;
  uuid topic_id;
  partition_index partition = 0;

  friend bool operator==(const fetch_target&, const fetch_target&) = default;
};

/// What a client wants of one partition.
struct fetch_position {
  fetch_target target;
  log_offset fetch_offset = 0;
  int32_t max_bytes = 0;
  leader_epoch current_epoch = no_leader_epoch;
  leader_epoch last_fetched_epoch = no_leader_epoch;
};

/// What an answer says of one partition, as far as it decides whether a client must hear it again.
struct fetch_answer_facts {
  error_code error = error_code::none;
  bool has_records = false;
  bool diverges = false;
  bool is_sent_elsewhere = false;
  log_offset high_watermark = -1;
  log_offset log_start_offset = -1;
};

/// The partitions that one consumer follows, in the order in which they are served. Thread-safe.
class fetch_session {
public:
  fetch_session(int32_t id, bool by_topic_id) : id_(id), by_topic_id_(by_topic_id) {}

  [[nodiscard]] int32_t id() const { return id_; }
  [[nodiscard]] bool by_topic_id() const { return by_topic_id_; }
  [[nodiscard]] size_t size() const;
  [[nodiscard]] std::vector<fetch_position> positions() const;

  /// Adds or changes the partitions in `wanted` and forgets those in `forgotten`.
  void update(const std::vector<fetch_position>& wanted,
              const std::vector<fetch_target>& forgotten);

  /// Notes what is about to be answered; true if the client has to hear it. A partition with
  /// records moves behind the others, so that a full one does not starve them.
  bool answered(const fetch_target& target, const fetch_answer_facts& facts);

private:
  struct followed {
    fetch_position position;
    fetch_answer_facts last;  ///< high_watermark -1: the client has to hear the next answer.
  };
  struct hash_target {
    size_t operator()(const fetch_target& target) const noexcept;
  };
  using order = std::list<followed>;

  int32_t id_;
  bool by_topic_id_;
  mutable std::mutex mutex_;  // of what follows
  order followed_;
  std::unordered_map<fetch_target, order::iterator, hash_target> index_;
};

/// The epoch that follows `epoch` in a session: it wraps to 1, since 0 and -1 mean something else.
constexpr int32_t next_fetch_epoch(int32_t epoch) {
  return epoch == std::numeric_limits<int32_t>::max() ? 1 : epoch + 1;
}

struct fetch_session_limits {
  size_t slots = 1000;                ///< max.incremental.fetch.session.cache.slots
  int64_t min_eviction_ms = 120'000;  ///< A session used or made since is not evicted.
};

/// What a Fetch request asks of the cache.
struct fetch_session_request {
  int32_t session_id = 0;
  int32_t epoch = -1;
  bool by_topic_id = false;
  std::vector<fetch_position> wanted;
  std::vector<fetch_target> forgotten;
};

/// How a Fetch request is to be served.
struct fetch_context {
  error_code error = error_code::none;     ///< A top-level error: no partitions are served.
  std::shared_ptr<fetch_session> session;  ///< Null: without a session.
  bool incremental = false;                ///< Answer only what changed.
  std::vector<fetch_position> positions;   ///< What to read, in order.

  [[nodiscard]] int32_t answer_session_id() const { return session ? session->id() : 0; }
};

class fetch_sessions {
public:
  /// `next_random` gives session ids; any distribution will do.
  fetch_sessions(fetch_session_limits limits, std::function<uint32_t()> next_random)
      : limits_(limits), next_random_(std::move(next_random)) {}

  /// Applies the session rules of FetchRequest: 0/0 makes one, 0/-1 goes without, n/0 replaces n by
  /// a new one, n/-1 closes n, n/e continues n. Errors: 70 unknown id, 71 wrong epoch, 106 names
  /// and ids mixed. `now_ms` is monotonic. Thread-safe.
  fetch_context open(fetch_session_request request, int64_t now_ms);

  [[nodiscard]] size_t size() const;
  [[nodiscard]] uint64_t evictions() const;

private:
  struct slot {
    std::shared_ptr<fetch_session> session;
    int32_t next_epoch = 1;
    int64_t created_ms = 0;
    int64_t used_ms = 0;
    size_t partitions = 0;
  };

  fetch_context continue_session(fetch_session_request request, int64_t now_ms);
  std::shared_ptr<fetch_session> make_session(const fetch_session_request& request, int64_t now_ms);
  bool make_room(size_t partitions, int64_t now_ms);

  fetch_session_limits limits_;
  std::function<uint32_t()> next_random_;
  mutable std::mutex mutex_;
  std::unordered_map<int32_t, slot> slots_;
  uint64_t evictions_ = 0;
};

}  // namespace ottla
