// The supervisor of one broker: carries out what the metadata image asks of it.
//
//   start -> registered -> image: open what is ours -> in effect -> ready -> unfenced: lead ->
//   serve
//
// It opens, assigns, closes and removes partitions, reopens one that failed, takes a failed
// directory offline, and saves the checkpoints. The only actor that includes other actors' headers.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "actors/broker/apply_progress.hpp"
#include "actors/broker/broker_services.hpp"
#include "actors/broker/local_replicas.hpp"
#include "actors/broker/log_dirs.hpp"
#include "actors/broker/replica_sources.hpp"
#include "actors/config/replication_throttle.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"
#include "storage/free_space.hpp"

namespace ottla {

/// One log directory and the threads that work for it.
struct directory_crew {
  std::string path;
  uuid id;
  directory_handle owner;
  std::vector<disk_handle> flushers;
  std::vector<disk_handle> workers;  ///< Open logs, read ahead, remove files.
  std::shared_ptr<free_space> space;
  size_t partitions = 0;
  bool is_offline = false;
};

struct broker_setup {
  const broker_services* services = nullptr;
  open_partitions* open = nullptr;
  config_cell* config = nullptr;
  metadata_handle metadata;
  cleaner_handle cleaner;
  scrubber_handle scrubber;
  /// The last run ended by a crash of the process: the start has checked only the ends of the logs.
  bool scrub_first = false;
  isr_proposals_handle proposals;  ///< Null where this broker is the only one.
  make_peer connect;               ///< The same.
  offset_checkpoint clean_points;  ///< How far compacted logs were cleaned in earlier runs.
  std::vector<directory_crew> directories;
  log_places found;  ///< At the start, and where they have moved since.
  /// A directory could not be opened: what should be there and is not may lie in it.
  bool is_directory_missing = false;
  /// The broker cannot go on: every log directory has failed. Called once.
  std::function<void(std::string why)> give_up;
};

class broker_actor final : public pinned<broker_control::base> {
public:
  broker_actor(caf::actor_config& config, unit& where, broker_setup setup);

  const char* name() const override { return "broker"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  /// moving: the log is at rest, and not open again yet.
  enum class phase : uint8_t { opening, open, failed, moving, closing };
  enum timer_token : uint64_t {
    checkpoint_token = 1,
    maintain_token = 2,
    clean_token = 3,
    scrub_token = 4,
    hand_over_token = 5,
    clean_later_token = 6,
    first_reopen_token = 16
  };
  static constexpr int64_t retry_open_ms = 5'000;  ///< After a full disk, for example.

  struct local_partition {
    local_replica replica;
    size_t directory = 0;
    phase state = phase::opening;
    partition_control actor;
    int32_t failures = 0;  ///< In a row; a good while without one starts anew.
    int64_t opened_ms = 0;
    bool is_being_opened = false;     ///< A disk actor has it.
    std::optional<int64_t> removal;   ///< Doomed meanwhile: the image whose step this is.
    bool is_moved_away = false;       ///< Doomed because others have it now.
    bool was_open = false;            ///< In this run.
    log_offset log_start_offset = 0;  ///< As far as the log has said.
    std::vector<int64_t> steps;       ///< Images that are in effect once this is open.
    std::vector<caf::typed_response_promise<partition_found>> waiting;

    /// Its data is being removed, or will be.
    [[nodiscard]] bool is_doomed() const { return state == phase::closing || removal; }
    [[nodiscard]] doomed_replica doomed() const {
      return {replica.key, replica.name, is_moved_away};
    }
  };
  /// On its way from one log directory to another.
  struct replica_move {
    topic_id_partition key;
    topic_partition name;
    size_t from = 0, to = 0;
    bool is_begun = false;
    std::string future_path;  ///< Empty while there is no copy to drop.
    std::shared_ptr<replica_copy> copy;
    replica_copy::progress done;
    partition_closed closed;
  };
  using move_ptr = std::shared_ptr<replica_move>;
  using partition_map = std::unordered_map<topic_id_partition, local_partition>;

  // broker_actor.cpp: life of the broker, images
  caf::result<broker_started> start(const start_broker& wanted);
  void registered(const register_broker_result& result);
  void apply(const image_changed& change);
  void apply_topics(const std::vector<uuid>& topics);
  void session_expired();
  void begin_new_life(broker_epoch epoch);
  void use_sources();
  void use_throttles();
  [[nodiscard]] replica_throttle throttle_of(throttled_side side) const;
  void report_applied();
  void report_image(const metadata_image& image);
  caf::result<leaderships_handed_over> hand_over(const hand_over_leaderships& wanted);
  [[nodiscard]] size_t leaderships_to_hand_over() const;
  void handed_over();
  caf::result<broker_stopped> stop();
  void stopped_one(const partition_closed& closed, size_t directory);
  void finish_stop();
  void directory_done(bool is_clean);

  // broker_partitions.cpp: life of partitions
  using open_batches = std::map<size_t, prepare_partitions>;
  size_t adopt(const local_replica& replica, int64_t sequence, open_batches& batches);
  size_t choose_directory(const topic_partition& name, const uuid& topic_id);
  [[nodiscard]] bool is_out_of_reach(const local_replica& replica) const;
  void forget_storage_errors_recovered();
  [[nodiscard]] partition_to_open wish_for(const local_partition& partition) const;
  void open_batch(size_t directory, prepare_partitions batch);
  void distribute(size_t directory, prepared_partitions& prepared);
  void opened(size_t directory, opened_log& log);
  void bring_up(local_partition& partition, opened_log& opened);
  void opening_ended(local_partition& partition, error_code error);
  void partition_down(const caf::down_msg& down);
  void reopen_after(const topic_id_partition& which, int64_t delay_ms);
  void reopen(uint64_t token);
  size_t retire(const uuid& topic_id, int64_t sequence);
  void retire(const topic_id_partition& which, bool is_moved_away, int64_t sequence);
  void forget_waiting(const std::function<bool(const topic_id_partition&)>& is_doomed);
  size_t remove_doomed(int64_t sequence);
  size_t remove_moved_away(const topic_image& topic, int64_t sequence);
  void repeat_moved_away();
  void remove_unopened(const doomed_replica& doomed, int64_t sequence);
  void remove_data(const doomed_replica& doomed, size_t directory, int64_t sequence);
  void removed(const doomed_replica& doomed, int64_t sequence);
  caf::result<partition_found> find(const topic_id_partition& which);
  void fail_directory(const directory_failed& failed);
  void could_not_open(const local_partition& partition, const fault& why);
  void lose(const std::vector<topic_id_partition>& which);
  void report_lost(const std::vector<topic_id_partition>& which);
  void cleaner_answered();
  void save_dirty();
  void maintain_all();
  [[nodiscard]] bool clocks_agree();
  void want_cleaning(const topic_id_partition& which);
  void clean();
  void clean_later(const waiting_log& log);
  void arm_clean_later();
  void clean_what_is_late();
  void cleaned(const logs_cleaned& result);
  void note_log_start(const log_progressed& progressed);
  void settled();
  void scrub();
  void arm_scrub_timer();
  [[nodiscard]] unit& unit_for(const topic_id_partition& which) const;

  // broker_moves.cpp: replicas that change their log directory
  replica_move_begun move(const move_replica& wanted);
  error_code move_to(const topic_partition& which, size_t target);
  [[nodiscard]] running_moves describe_moves() const;
  void begin_move(const topic_id_partition& key, size_t target);
  void begin_waiting_moves();
  void make_future(const move_ptr& move);
  void copy_step(const move_ptr& move);
  void rest_for_move(const move_ptr& move);
  void copy_rest(const move_ptr& move);
  void install(const move_ptr& move);
  void release_source(const move_ptr& move);
  void reopen_after_move(const move_ptr& move, const std::optional<fault>& failure);
  void reopened_after_move(local_partition& partition, opened_log& log);
  void remove_moved(local_partition& partition);
  void end_actor(local_partition& partition, phase state);
  void abandon(const topic_id_partition& key, std::string_view why);
  void abandon_moves(size_t directory);
  void drop_copy(const move_ptr& move);
  void move_failed(const move_ptr& move, const fault& why);
  [[nodiscard]] bool is_running(const move_ptr& move) const;
  [[nodiscard]] disk_handle copier_of(const replica_move& move) const;

  broker_setup setup_;
  std::shared_ptr<const broker_config> config_;  ///< By which the partitions are configured.
  replica_seat self_;
  image_ptr image_;
  bool is_registered_ = false;
  bool is_image_new_ = true;  ///< The first image: its partitions are those of earlier runs.
  bool is_settled_ = false;   ///< The first image is in effect.
  bool is_stopping_ = false;
  std::stop_source disk_work_;  ///< Ends the recovery of logs and the removal of deleted ones.
  apply_progress progress_;
  partition_map partitions_;
  std::shared_ptr<replication_quota> sending_ = std::make_shared<replication_quota>();
  std::shared_ptr<replication_quota> receiving_ = std::make_shared<replication_quota>();
  std::optional<replica_sources> sources_;  ///< None where this broker is the only one.
  std::map<caf::actor_addr, topic_id_partition> by_address_;
  struct removal {
    size_t left = 0;  ///< Directories of the name that are still being removed.
    std::vector<std::pair<local_replica, int64_t>> waiting;  ///< New replicas of the name.
  };
  std::map<topic_partition, removal> removing_;
  std::set<size_t> unsure_directories_;  ///< Not marked as clean at the stop.
  /// Replicas whose data is being removed, or will be when nothing holds it open any more.
  std::set<topic_id_partition> doomed_;
  std::set<uuid> deleted_;  ///< Topics that are said to be gone when nothing of them is doomed.
  /// Moved away, data gone: said again until the image shows that it was heard.
  std::set<topic_id_partition> moved_away_;
  /// Replicas that cannot be used until the next start: said again until the image shows that it
  /// was heard.
  std::set<topic_id_partition> lost_;
  std::map<uint64_t, topic_id_partition> reopening_;
  uint64_t next_reopen_token_ = first_reopen_token;
  std::set<topic_id_partition> dirty_;
  timer_id checkpoint_timer_;
  timer_id maintain_timer_;
  std::optional<int64_t> wall_ahead_ms_;  ///< Of the monotonic clock, at the last maintenance.
  timer_id clean_timer_;
  timer_id clean_later_timer_;
  timer_id scrub_timer_;
  std::map<topic_id_partition, move_ptr> moves_;
  /// Where partitions that are not here yet shall be created, as clients have asked.
  std::map<topic_partition, size_t> preferred_;
  std::set<topic_id_partition> cleaning_;  ///< With the cleaner: they do not move yet.
  size_t cleanings_ = 0;                   ///< Questions that the cleaner has not answered.
  std::set<topic_id_partition> to_clean_;  ///< Compacted, and written since the last look.
  /// When time alone may have made them due, by the monotonic clock.
  std::map<topic_id_partition, int64_t> clean_later_ms_;

  std::vector<caf::typed_response_promise<broker_started>> starting_;
  std::vector<caf::typed_response_promise<broker_stopped>> stopping_;
  caf::typed_response_promise<leaderships_handed_over> handing_over_;
  timer_id hand_over_timer_;
  std::vector<save_checkpoints> last_checkpoints_;
  size_t stops_left_ = 0;
  bool is_stop_clean_ = true;
};

}  // namespace ottla
