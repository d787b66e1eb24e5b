// Copies partitions from one leading broker: asks for all of them at once, hands what comes to each
// partition, and asks again when all of them have it.
//
//   follow -> begin_following -> fetch -> apply_fetched -> fetch ...
//                  ^                          | error
//                  +-------- later -----------+
//
// There are two for each leader: one for the partitions at level fsync, whose next request waits
// for the disk, and one for the rest.
//
// While nothing is written a request waits at the leader, each one longer than the one before: an
// idle cluster has nothing to say. A partition that comes meanwhile ends the wait.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <map>

#include "actors/interfaces.hpp"
#include "actors/partition/fetch_plan.hpp"
#include "actors/partition/replication_quota.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

struct replica_fetcher_setup {
  replica_seat self;
  peer_handle leader;
  fetch_plan_limits limits;
  int64_t backoff_ms = 200;  ///< After an error, of one partition or of the connection.
  replica_throttle throttle;
};

class replica_fetcher_actor final : public pinned<replica_fetcher_handle::base> {
public:
  replica_fetcher_actor(caf::actor_config& config, unit& where, replica_fetcher_setup setup);

  const char* name() const override { return "replica_fetcher"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  struct followed {
    partition_follower partition;
    leader_epoch epoch = no_leader_epoch;
    bool is_begun = false;                         ///< It has said where to read on.
    log_offset leader_high_watermark = INT64_MAX;  ///< As last heard.
  };

  void follow(const follow_partition& wanted);
  void begin_all();
  void begin(const topic_id_partition& which);
  void has_position(const topic_id_partition& which, leader_epoch epoch,
                    const follower_position& position);
  void fetch();
  void hurry(const topic_id_partition& which);
  [[nodiscard]] bool is_held(const topic_id_partition& which, const fetch_cursor& cursor) const;
  void fetched(peer_answer& answer);
  void apply(const topic_id_partition& which, fetch_response::partition_data& data);
  void applied();
  void rest();

  replica_fetcher_setup setup_;
  fetch_plan plan_;
  std::map<topic_id_partition, followed> followed_;
  bool is_fetching_ = false;  ///< A request is with the leader, or its answer with partitions.
  bool is_hurried_ = false;   ///< The leader has been told not to wait with its answer.
  size_t answers_left_ = 0;   ///< Partitions that have not taken over their part yet.
  int32_t wait_ms_;           ///< How long the next request may wait.
  timer_id rest_timer_;
};

}  // namespace ottla
