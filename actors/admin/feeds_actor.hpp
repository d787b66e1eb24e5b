// Reads the ends of logs for those who follow them over WebSockets: one feed for each partition
// that somebody follows, which reads and looks through each stretch once, however many wait for it.
//
// Whoever has read everything is parked and holds a number; the partition says when there is more.
// Lives on a unit like a session; records are decoded on threads of their own.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/admin/admin_messages.hpp"
#include "actors/admin/remote_partitions.hpp"
#include "actors/broker/broker_services.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"
#include "admin-ui/server/admin_backend.hpp"

namespace ottla {

class feeds_actor final : public pinned<feeds_handle::base> {
public:
  /// `services` outlives the actor. What is filtered is left to the `searcher`, so that it holds
  /// up nobody who reads along; the worker ends with this actor.
  feeds_actor(caf::actor_config& config, unit& where, const broker_services* services,
              admin_worker_handle worker, admin_worker_handle searcher);

  const char* name() const override { return "feeds"; }
  behavior_type make_behavior() override;
  void on_exit() override;

  // The questions of admin_backend, on this actor's thread.
  void locate(const locate_question& question, const admin_reply<located_topic>& reply);
  /// `number` is the asker's choice, for unfollow().
  void follow(uint64_t number, const follow_question& question,
              const admin_reply<record_stretch_ptr>& reply);
  void unfollow(uint64_t number);

private:
  struct waiter {
    uint64_t number = 0;
    follow_question question;
    admin_reply<record_stretch_ptr> reply;
  };
  struct feed {
    uint64_t id = 0;             ///< Of its watch and its timer.
    bool is_remote = false;      ///< The last read went to another broker.
    std::vector<waiter> hungry;  ///< To be read for, the first one first.
    std::vector<waiter> parked;  ///< They have read everything.
    bool is_reading = false;
    bool asked_to_watch = false;  ///< By the last read; so it is if that brought nothing.
    bool is_watching = false;     ///< The partition will say when there is more.
    timer_id linger;
    int64_t served_ms = 0;
    // What was read last, for those who come a moment later.
    follow_question last_question;
    record_stretch_ptr last;
  };
  struct log_ends {
    log_offset start = 0;
    log_offset high_watermark = 0;
  };
  using use_ends = std::function<void(outcome<log_ends>)>;
  struct locating;
  struct stretch_work;
  using feed_map = std::unordered_map<topic_id_partition, feed>;

  void locate_one(const std::shared_ptr<locating>& all, size_t index, std::function<void()> ended);
  void begin_at(const std::shared_ptr<locating>& all, size_t index, const log_ends& said,
                const std::function<void()>& ended);
  void find_time(const topic_id_partition& key, timestamp_ms timestamp,
                 const remote_partitions::use<log_offset>& use);
  void find_ends(const topic_id_partition& key, const use_ends& use);
  /// Who has the partition instead of this broker, if anybody.
  [[nodiscard]] std::optional<remote_partition> elsewhere(const topic_id_partition& key) const;

  void changed(const partition_changed& news);
  void wake_soon(const topic_id_partition& key, feed& of);
  void wake(const topic_id_partition& key);
  void step(const topic_id_partition& key);
  void read(const topic_id_partition& key, feed& of, const follow_question& question);
  void read_elsewhere(const remote_partition& there, const follow_question& question);
  void has_read(const topic_id_partition& key, const follow_question& question,
                const read_result& found);
  void find_place(const topic_id_partition& key, const follow_question& question);
  void scan(const topic_id_partition& key, const follow_question& question,
            const read_result& found);
  void serve(const topic_id_partition& key, const follow_question& question,
             const record_stretch_ptr& stretch);
  void watch_elsewhere(const topic_id_partition& key, log_offset offset);
  void fail(const topic_id_partition& key, const follow_question& question, const fault& why);
  void park(const topic_id_partition& key, const follow_question& question);
  std::vector<waiter> take_hungry(feed& of, const follow_question& question);
  void unwatch(const topic_id_partition& key, feed& of);
  void drop_if_unused(const topic_id_partition& key);
  [[nodiscard]] broker_id leader_of(const topic_id_partition& key) const;

  const broker_services& services_;
  const admin_worker_handle worker_;
  const admin_worker_handle searcher_;
  remote_partitions remote_;
  feed_map feeds_;
  std::unordered_map<uint64_t, topic_id_partition> keys_;       ///< Of the feeds, by their ids.
  std::unordered_map<uint64_t, topic_id_partition> followers_;  ///< By their numbers.
  uint64_t last_id_ = 0;
  bool is_over_ = false;
};

}  // namespace ottla
