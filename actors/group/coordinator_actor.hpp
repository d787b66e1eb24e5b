// The coordinator of one partition of `__consumer_offsets`: finds or makes the actor of a group,
// appends the groups' records, and answers for groups that do not exist.
//
// Idle until this broker leads the partition; loading while it reads it; then serving. It lives on
// one unit with its groups. Records that groups ask to store while others are being appended go
// into one batch, and nobody is told before that batch is safe.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/group/group_messages.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"
#include "protocol/compression.hpp"

namespace ottla {

struct coordinator_setup {
  std::string subject;  ///< For the log: "__consumer_offsets-7".
  std::shared_ptr<const group_options> options;
  partition_finder finder;
  compression_options compression;  ///< offsets.topic.compression.codec
};

class coordinator_actor final : public pinned<coordinator_handle::base> {
public:
  coordinator_actor(caf::actor_config& config, unit& where, coordinator_setup setup);

  const char* name() const override { return "coordinator"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  enum class phase : uint8_t { idle, loading, serving };
  struct entry {
    group_handle group;
    group_phase state = group_phase::empty;
    std::string protocol_type;
  };
  struct pending_store {
    std::vector<group_log_record> records;
    caf::typed_response_promise<group_records_stored> promise;
  };

  // Requests of clients (coordinator_requests.cpp).
  caf::result<join_group_response> join(const join_group_call& call);
  caf::result<sync_group_response> sync(const sync_group_request& request);
  caf::result<heartbeat_response> heartbeat(const heartbeat_request& request);
  caf::result<leave_group_response> leave(const leave_group_request& request);
  caf::result<offset_commit_response> commit(const commit_offsets_call& call);
  caf::result<fetched_offsets> fetch(const fetch_offsets_call& call);
  caf::result<offset_delete_response> delete_offsets(const offset_delete_request& request);
  caf::result<group_description> describe(const describe_group_call& call);
  caf::result<delete_group_result> delete_group(const delete_group_call& call);
  list_groups_response list(const list_groups_request& request) const;
  /// What every request is told while this is not the serving coordinator; none if it is.
  [[nodiscard]] error_code refusal() const;
  [[nodiscard]] const group_handle* find(const std::string& group_id) const;
  const group_handle& find_or_make(const std::string& group_id);

  // Leading and loading.
  void start(const start_coordinating& order);
  void stop();
  void look_for_partition();
  void measure_partition();
  void load(const partition_description& log);
  void loaded(const groups_loaded& result);
  void retry_later();
  void lead_again_later();
  void unload();
  const group_handle& spawn_group(const std::string& group_id, loaded_group known);

  // Appending (coordinator_appends.cpp).
  caf::result<group_records_stored> store(store_group_records& wanted);
  void append();
  void appended(const append_result& result);
  void append_failed();
  void answer_stores(std::deque<pending_store>& stores, error_code error);

  void timer_is_due(uint64_t token);
  void arm_expiry();
  void update_summary(const group_summary& summary);
  void group_is_gone(const std::string& group_id);
  template <class Message>
  void tell_groups(const Message& message);

  coordinator_setup setup_;
  phase phase_ = phase::idle;
  start_coordinating order_;
  uint64_t term_ = 0;  ///< Rises when leading begins or ends; tells late answers from good ones.
  partition_handle partition_;
  int64_t retry_delay_ms_ = 0;
  int64_t load_began_ms_ = 0;
  bool lead_again_ = false;           ///< Idle only until a timer, unless told to stop.
  topics_deleted deleted_meanwhile_;  ///< While loading; for the groups that are found then.
  std::map<std::string, entry, std::less<>> groups_;

  std::deque<pending_store> waiting_;    ///< For the next batch.
  std::deque<pending_store> appending_;  ///< In the batch that is being appended.
  timer_id expiry_timer_ = no_timer;
};

}  // namespace ottla
