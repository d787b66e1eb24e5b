// From whom this broker copies what it follows: the fetchers and their connections, as the roles of
// its partitions ask for them.
//
// Two fetchers for each leading broker, one for partitions at level fsync and one for the rest,
// each with a connection of its own. Owned by the supervisor, on its thread.
#pragma once

#include <caf/actor_system.hpp>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "actors/cluster/metadata_image.hpp"
#include "actors/interfaces.hpp"
#include "actors/partition/fetch_plan.hpp"
#include "actors/partition/replication_quota.hpp"

namespace ottla {

/// Makes a connection to another broker, on that unit, for this broker in that life; `lost`, which
/// may be null, hears when it ends or cannot be made. Null: it has no address for brokers.
using make_peer =
    std::function<peer_handle(unit& where, const replica_seat& self, const broker_image& other,
                              std::function<void(bool was_refused)> lost)>;

class replica_sources {
public:
  replica_sources(caf::actor_system& system, std::vector<unit*> units, make_peer connect,
                  replica_throttle throttle)
      : system_(system),
        units_(std::move(units)),
        connect_(std::move(connect)),
        throttle_(std::move(throttle)) {}

  /// Copies a partition from the leader of that assignment, if it says so; else from nobody.
  void follow(const topic_id_partition& which, const partition_control& partition,
              const partition_assignment& assignment);
  void forget(const topic_id_partition& which);
  /// Brokers come, go and return in another life, and so may this one.
  void use(const image_ptr& image, const replica_seat& self, const fetch_plan_limits& limits,
           int64_t backoff_ms);
  void end();

private:
  struct source_key {
    replica_seat leader;
    bool is_fsync = false;
    friend auto operator<=>(const source_key&, const source_key&) = default;
  };
  struct source {
    peer_handle peer;
    replica_fetcher_handle fetcher;
    size_t partitions = 0;
  };
  struct followed {
    partition_follower partition;
    broker_id leader = no_broker;
    leader_epoch epoch = no_leader_epoch;
    bool is_fsync = false;
    source_key from;  ///< A leader without an epoch: from nobody now.
  };

  void attach(const topic_id_partition& which, followed& each);
  void detach(const topic_id_partition& which, followed& each);
  [[nodiscard]] source_key wanted_source(const followed& each) const;
  source* find_or_make(const source_key& key);

  caf::actor_system& system_;
  const std::vector<unit*> units_;
  const make_peer connect_;
  const replica_throttle throttle_;
  image_ptr image_;
  replica_seat self_;
  fetch_plan_limits limits_;
  int64_t backoff_ms_ = 0;
  std::map<source_key, source> sources_;
  std::map<topic_id_partition, followed> followed_;
};

}  // namespace ottla
