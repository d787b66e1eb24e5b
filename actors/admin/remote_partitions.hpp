// Partitions that this broker has no replica of, read from their leaders as a consumer would, over
// this broker's own connections to them.
//
// Two connections to each leader: one for what is answered at once, and one on which a fetch waits
// for all partitions there that somebody follows. Owned by one actor, in whose name it asks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "actors/admin/admin_messages.hpp"
#include "actors/broker/broker_services.hpp"
#include "actors/interfaces.hpp"
#include "protocol/messages/fetch.hpp"
#include "protocol/messages/list_offsets.hpp"

namespace ottla {

struct remote_partition {
  broker_id leader = no_broker;
  topic_id_partition key;
};

class remote_partitions {
public:
  using actor = feeds_handle::base;
  template <class T>
  using use = std::function<void(outcome<T>)>;

  /// All outlive it.
  remote_partitions(actor& self, unit& home, const broker_services& services)
      : self_(self), home_(home), services_(services) {}

  void read(const remote_partition& which, log_offset offset, int32_t max_bytes,
            bool committed_only, use<read_result> done);
  /// The time of ListOffsets, or one of its special values; -1: there is no such record.
  void find_offset(const remote_partition& which, timestamp_ms timestamp, use<log_offset> done);
  /// Calls `changed` once, when there is something at that offset or the leader does not answer.
  void watch(const remote_partition& which, log_offset offset, std::function<void()> changed);
  void unwatch(const topic_id_partition& key);
  /// With its actor.
  void end();

private:
  struct watched {
    log_offset offset = 0;
    std::function<void()> changed;
  };
  struct leader_link {
    peer_handle asks;
    peer_handle waits;
    std::map<topic_id_partition, watched> watches;
    bool is_waiting = false;
  };

  template <class Request>
  void ask(broker_id leader, peer_handle leader_link::*which, Request request, api_version version,
           int64_t timeout_ms, use<typename Request::response> done);
  void wait(broker_id leader);
  void has_waited(broker_id leader, outcome<fetch_response> answer);
  void lose(broker_id leader, peer_handle leader_link::*which);

  actor& self_;
  unit& home_;
  const broker_services& services_;
  std::map<broker_id, leader_link> leaders_;
};

}  // namespace ottla
