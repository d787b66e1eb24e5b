// Answers the admin interface's questions: reads the metadata image, asks partitions, coordinators
// and the controller, and puts their answers together.
//
// On a thread of its own, so that the sorting of ten thousand topics holds up no connection. It
// does nothing unasked. Questions come through actor_backend.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/admin/admin_messages.hpp"
#include "actors/admin/cluster_views.hpp"
#include "actors/admin/gather_for.hpp"
#include "actors/admin/traffic_totals.hpp"
#include "actors/broker/broker_services.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

class record_batch_builder;
using descriptions_ptr = std::shared_ptr<const partition_descriptions>;

class admin_actor final : public pinned<admin_questions_handle::base> {
public:
  /// `services` outlives the actor.
  admin_actor(caf::actor_config& config, unit& works_for, const broker_services* services,
              admin_worker_handle worker);

  const char* name() const override { return "admin"; }
  behavior_type make_behavior() override;
  void on_exit() override;

  // The questions of admin_backend, on this actor's thread.
  void cluster(const admin_reply<cluster_view>& reply);
  void brokers(const admin_reply<brokers_view>& reply);
  void traffic(const admin_reply<traffic_view>& reply);
  void topics(const topics_question& question, const admin_reply<topics_page>& reply);
  void topic(const std::string& name, const admin_reply<topic_view>& reply);
  void topic_configs(const std::string& name, const admin_reply<std::vector<config_view>>& reply);
  void groups(const groups_question& question, const admin_reply<groups_page>& reply);
  void group(const std::string& name, const admin_reply<group_detail>& reply);
  void readiness(const admin_reply<std::vector<readiness_check>>& reply);
  void metrics(const admin_reply<std::string>& reply);
  void create_topic(const topic_creation& wanted, const admin_reply<created_topic>& reply);
  void delete_topic(const std::string& name, const admin_reply<change_made>& reply);
  void change_topic_configs(const topic_config_change& wanted,
                            const admin_reply<change_made>& reply);
  void delete_group(const std::string& name, const admin_reply<change_made>& reply);
  void delete_group_offsets(const std::string& group, const std::string& topic,
                            const admin_reply<change_made>& reply);
  void reset_group_offsets(const offset_reset& wanted, const admin_reply<offset_plan>& reply);
  void delete_records(const record_deletion& wanted,
                      const admin_reply<std::vector<deleted_records>>& reply);
  void reassignments(const admin_reply<std::vector<reassignment_view>>& reply);
  void reassign(const std::vector<replica_choice>& wanted,
                const admin_reply<std::vector<partition_outcome>>& reply);
  void elect_leaders(const leader_election& wanted,
                     const admin_reply<std::vector<partition_outcome>>& reply);
  void records(const records_question& question, const admin_reply<records_page>& reply);
  void produce(const produce_question& question,
               const admin_reply<std::vector<produced_record>>& reply);

private:
  struct offset_move;
  using offset_move_ptr = std::shared_ptr<offset_move>;
  struct record_read;
  using record_read_ptr = std::shared_ptr<record_read>;
  using group_rows = std::vector<group_row>;

  /// Refuses `reply` while there is no image yet.
  template <class T>
  image_ptr image_for(const admin_reply<T>& reply) const;
  /// The topic, or a refusal.
  template <class T>
  topic_ptr topic_for(const std::string& name, const admin_reply<T>& reply) const;

  /// Asks these partitions, those that are open here, and passes on what they say.
  void describe(const std::vector<topic_id_partition>& which,
                std::function<void(const partition_descriptions&)> use);
  /// Every partition that is open here; an answer serves everybody for a moment.
  void describe_all(std::function<void(const descriptions_ptr&)> use);
  void fill_topics(const image_ptr& image, topics_page page, const admin_reply<topics_page>& reply);
  void list_groups(std::function<void(group_rows)> use);
  void measure_group(const image_ptr& image, const std::string& name,
                     std::function<void(std::optional<group_detail>, error_code)> use);
  void measure_groups(const image_ptr& image, std::vector<std::string> names,
                      std::function<void(std::vector<std::optional<group_detail>>)> use);
  void add_waits(group_detail view, const admin_reply<group_detail>& reply);
  void plan_offsets(const offset_move_ptr& move, const partition_descriptions& known);
  void finish_plan(const offset_move_ptr& move);
  void commit_plan(const offset_move_ptr& move, offset_plan plan);
  void answer_groups(const image_ptr& image, const groups_question& question, group_rows rows,
                     const admin_reply<groups_page>& reply);
  [[nodiscard]] std::vector<log_dir_view> own_log_dirs() const;
  /// The brokers whose part this one does not know.
  [[nodiscard]] std::vector<missing_broker> missing(const std::set<broker_id>& asked) const;
  [[nodiscard]] std::set<broker_id> other_coordinators(const metadata_image& image) const;
  template <class Request, class Finish>
  void change(Request wanted, api_version version, Finish finish,
              std::function<void(const fault&)> failed);
  void begin_read(const record_read_ptr& read, const partition_description& said);
  void read_on(const record_read_ptr& read);
  void scan(const record_read_ptr& read, const gather_piece& batches);
  void append(const topic_image& topic, partition_index partition, int16_t acks,
              record_batch_builder& batch,
              std::function<void(const append_result&, const fault&)> answered);
  void write_metrics(const image_ptr& image, const partition_descriptions& known,
                     const std::vector<group_detail>& groups,
                     const admin_reply<std::string>& reply);

  const broker_services& services_;
  const admin_worker_handle worker_;
  int64_t produced_ = 0;  ///< Questions: records without a key go round the partitions.
  bool is_over_ = false;  ///< Continuations that are let go of now must ask nothing more.
  descriptions_ptr all_;  ///< The last round, while it is young.
  int64_t all_ms_ = 0;
  timestamp_ms all_at_ = no_timestamp;  ///< The same, for people.
  traffic_totals traffic_;              ///< Up to the last round.
  std::vector<std::function<void(const descriptions_ptr&)>> waiting_for_all_;
};

}  // namespace ottla
