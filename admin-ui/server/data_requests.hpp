// What clients say on /ws/v1/data: frames of JSON, checked and taken apart. Plain code.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <variant>

#include "admin-ui/server/feed_views.hpp"
#include "admin-ui/server/group_views.hpp"
#include "admin-ui/server/problem.hpp"

namespace ottla {

inline constexpr int64_t credit_messages_max = 1'000;
inline constexpr int64_t credit_bytes_max = 1 << 20;
inline constexpr int32_t preview_bytes_max = 256 << 10;
inline constexpr size_t published_records_max = 500;

/// How much may be sent.
struct record_credit {
  int64_t messages = 0;
  int64_t bytes = 0;
};

struct hello_request {
  std::string client;
};

struct subscribe_request {
  int64_t id = 0;
  locate_question where;
  follow_question terms;  ///< Without the topic, partition and offset.
  std::optional<int64_t> limit;
  bool stops_at_end = false;
  bool samples = false;  ///< Skips what there was no credit for, instead of waiting for it.
  record_credit credit{credit_messages_max, credit_bytes_max};
};

struct credit_request {
  int64_t id = 0;
  record_credit more;
};

struct pause_request {
  int64_t id = 0;
  bool is_paused = false;
};

struct seek_request {
  int64_t id = 0;
  record_start start;
  std::map<partition_index, log_offset> offsets;
};

struct unsubscribe_request {
  int64_t id = 0;
};

struct publish_request {
  int64_t id = 0;
  produce_question what;
};

/// Reads as a member of a consumer group.
struct join_request {
  int64_t id = 0;
  join_question who;
  follow_question terms;
  bool commits_by_itself = false;     ///< What was sent, every few seconds.
  record_start reset = from_tail{0};  ///< Where nothing was committed.
  record_credit credit{credit_messages_max, credit_bytes_max};
};

struct ack_request {
  int64_t id = 0;
  group_positions positions;
};

struct leave_request {
  int64_t id = 0;
};

struct ping_request {};

using data_request = std::variant<hello_request, subscribe_request, credit_request, pause_request,
                                  seek_request, unsubscribe_request, publish_request, join_request,
                                  ack_request, leave_request, ping_request>;

/// The request, or what is wrong with it.
std::variant<data_request, problem> read_data_request(const boost::json::object& frame);

}  // namespace ottla
