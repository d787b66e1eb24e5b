// Being a member of a consumer group on behalf of a browser: what is asked, and what a member
// hears.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct join_question {
  std::string group;
  std::vector<std::string> topics;
  std::optional<std::string> instance;  ///< A static member: it keeps its place over reconnects.
  int32_t session_timeout_ms = 30'000;
  std::string client_id;
  std::string host;
};

struct group_position {
  std::string topic;
  partition_index partition = 0;
  log_offset offset = -1;  ///< The next one to read; -1: nothing was committed.

  friend bool operator==(const group_position&, const group_position&) = default;
};
using group_positions = std::vector<group_position>;

/// These are the member's partitions now, instead of all that it had.
struct group_assigned {
  int32_t generation = -1;
  std::string member_id;
  group_positions positions;
};
/// It is to give up all partitions. Unless they are lost already, the member has a moment to say
/// how far it is; its next word ends that.
struct group_revoked {
  bool is_lost = false;
};
struct group_committed {
  group_positions positions;
};
/// What does not work; the member goes on trying, unless that is final.
struct group_trouble {
  fault why;
  bool is_final = false;
};

using group_news = std::variant<group_assigned, group_revoked, group_committed, group_trouble>;

/// A place in a group. Who lets go of it leaves, a static member only for so long.
class group_seat {
public:
  virtual ~group_seat() = default;
  /// How far it is, to be committed.
  virtual void commit(group_positions positions) = 0;
  /// For good, also a static member.
  virtual void leave() = 0;
};

}  // namespace ottla
