// One subscription of a WebSocket for records: where it is in each partition, how much it may still
// send, what it asks next and what it makes of the answer.
//
// Without credit, or paused, it is parked: it keeps an offset per partition and no record. Plain
// code, which neither asks nor sends by itself; data_session does.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin-ui/server/data_requests.hpp"
#include "admin-ui/server/feed_views.hpp"

namespace ottla {

/// Where a subscription is in one partition.
struct partition_cursor {
  std::string topic;
  uuid topic_id;
  partition_index partition = 0;
  log_offset next = 0;
  log_offset end = 0;  ///< Of what was visible when it began.
  log_offset high_watermark = 0;
  bool must_skip = false;              ///< To the end: there was no credit for what came.
  follow_interest interest = nullptr;  ///< While it is asked about.
  bool is_asked = false;
  bool is_resting = false;   ///< After a fault, until the next tick.
  bool is_troubled = false;  ///< The client was told of it.
  bool is_done = false;

  /// There is something to read as far as is known.
  [[nodiscard]] bool is_behind() const { return next < high_watermark; }
};

class data_subscription {
public:
  using send_frame = std::function<void(std::string)>;

  data_subscription(const subscribe_request& request, uint64_t serial);
  /// Has no partitions until the group assigns it some.
  data_subscription(const join_request& request, uint64_t serial);

  /// Of this subscription among all that ever had its id in the session, and of its generation:
  /// what was asked under another one is not wanted any more.
  [[nodiscard]] uint64_t serial() const { return serial_; }
  [[nodiscard]] const locate_question& where() const { return where_; }
  [[nodiscard]] const std::vector<partition_cursor>& cursors() const { return cursors_; }
  [[nodiscard]] partition_cursor& cursor(size_t index) { return cursors_[index]; }

  /// Begins anew elsewhere, in the next generation.
  void seek(const seek_request& request, uint64_t serial);
  /// Where its partitions begin. Says "ok".
  void located(const located_topic& found, const send_frame& send);

  /// As a member of a group: its partitions change, in the next generation.
  void reassign(uint64_t serial);
  void add(const std::string& topic, const located_topic& found);
  [[nodiscard]] int64_t generation() const { return generation_; }

  void add_credit(const record_credit& more);
  void set_paused(bool is_paused) { is_paused_ = is_paused; }

  /// The cursor to ask about next, marked as asked; nothing while it must wait.
  std::optional<size_t> next_to_ask();
  [[nodiscard]] follow_question question(const partition_cursor& cursor) const;
  /// What is there, sent as far as the credit goes.
  void take(partition_cursor& cursor, const record_stretch& stretch, const send_frame& send);
  /// Whether it has come to its end, which it says.
  bool say_if_ended(const send_frame& send) const;
  /// Half a second has gone by: cursors that rested may be asked about again, and what was searched
  /// meanwhile is told. Whether it needs another tick.
  bool tick(const send_frame& send);

  [[nodiscard]] bool is_searching() const { return terms_.filter != record_filter{}; }

private:
  class frame_writer;
  struct search_progress {
    int64_t scanned_bytes = 0;
    int64_t scanned_records = 0;
    int64_t matched = 0;
    int64_t bytes_since_tick = 0;
    bool is_news = false;
  };

  void count_searched(const record_stretch& stretch);
  [[nodiscard]] size_t asked_behind_max() const;
  [[nodiscard]] std::string positions() const;

  [[nodiscard]] bool may_send() const;
  [[nodiscard]] std::string head(std::string_view op) const;
  void say_gap(const partition_cursor& cursor, log_offset to, std::string_view why,
               const send_frame& send) const;

  int64_t id_;
  uint64_t serial_;
  int64_t generation_ = 1;
  locate_question where_;
  follow_question terms_;
  std::optional<int64_t> limit_;  ///< Records left.
  bool stops_at_end_ = false;
  bool samples_ = false;
  bool is_member_ = false;  ///< Of a group: having no partitions is no end.
  bool is_located_ = false;
  bool is_paused_ = false;
  record_credit credit_;
  std::vector<partition_cursor> cursors_;
  search_progress search_;
  size_t turn_ = 0;  ///< Of the cursors: the one that is asked about next.
};

}  // namespace ottla
