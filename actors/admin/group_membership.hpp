// A member of a consumer group on behalf of a browser: Kafka's classic protocol as any consumer
// speaks it, with the assignor "range".
//
//   join -> sync -> fetch offsets -> stable --the group rebalances--> revoking -> join
//
// All partitions are given up before a rebalance (the eager protocol); the browser has a moment to
// say how far it is. Plain code: requests go out through membership_port, and their answers come
// back as calls.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "admin-ui/server/group_views.hpp"
#include "protocol/messages/heartbeat.hpp"
#include "protocol/messages/join_group.hpp"
#include "protocol/messages/leave_group.hpp"
#include "protocol/messages/offset_commit.hpp"
#include "protocol/messages/offset_fetch.hpp"
#include "protocol/messages/sync_group.hpp"

namespace ottla {

enum class membership_timer : uint8_t { heartbeat, retry, commit, revoke };

class membership_port {
public:
  virtual ~membership_port() = default;
  virtual void ask(join_group_request request) = 0;
  virtual void ask(sync_group_request request) = 0;
  virtual void ask(heartbeat_request request) = 0;
  virtual void ask(offset_fetch_request request) = 0;
  virtual void ask(offset_commit_request request) = 0;
  virtual void ask(leave_group_request request) = 0;
  virtual void hear(group_news news) = 0;
  /// 0 if there is no such topic.
  virtual int32_t partition_count(const std::string& topic) = 0;
  /// Calls timer() after that time; one of each kind, the last one counts.
  virtual void arm(membership_timer kind, int64_t delay_ms) = 0;
};

class group_membership {
public:
  group_membership(join_question wanted, membership_port& port);

  void join();
  void commit(const group_positions& positions);
  /// Says goodbye, unless a static member is to keep its place.
  void leave(bool for_good);
  void timer(membership_timer kind);

  // Answers, to the last request of each kind.
  void answered(const join_group_response& response);
  void answered(const sync_group_response& response);
  void answered(const heartbeat_response& response);
  void answered(const offset_fetch_response& response);
  void answered(const offset_commit_response& response);
  void answered(const leave_group_response&) {}
  /// There is no answer: the coordinator is elsewhere or cannot be reached.
  void unanswered(const fault& why);

private:
  enum class phase : uint8_t { joining, syncing, fetching, stable, revoking, over };

  void assign(const join_group_response& response, sync_group_request& request);
  void rebalance();
  void lose(error_code why);
  void join_again_later(const fault& why);
  void tell(const fault& why);
  void give_up(const fault& why);
  void commit_pending();
  void commit_refused(error_code why);
  void fetch_offsets();
  [[nodiscard]] std::map<std::string, int32_t> partition_counts();

  const join_question wanted_;
  membership_port& port_;
  phase phase_ = phase::joining;
  std::string member_id_;
  int32_t generation_ = -1;
  std::vector<topic_partition> owned_;
  std::map<topic_partition, log_offset> pending_;  ///< To be committed.
  std::map<topic_partition, log_offset> under_way_;
  bool is_committing_ = false;
  bool must_pause_ = false;  ///< Within a second of the last commit.
  bool is_leader_ = false;
  int troubles_ = 0;  ///< Requests in a row that the coordinator did not answer or put off.
  std::map<std::string, int32_t> counts_;  ///< Of partitions, when the leader assigned them.
};

}  // namespace ottla
