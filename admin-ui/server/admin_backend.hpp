// The questions that the admin interface asks of its broker, and what it is told.
//
// The server (HTTP, WebSocket) knows nothing else of the broker: actors/admin implements this,
// tests put their own answers behind it. A question may be asked from the server's thread at any
// time; its answer comes once, on any thread, perhaps before the question returns.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admin-ui/server/change_views.hpp"
#include "admin-ui/server/feed_views.hpp"
#include "admin-ui/server/group_views.hpp"
#include "admin-ui/server/record_views.hpp"
#include "protocol/outcome.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// The way back of one answer: called once. If the last copy goes away before, the asker hears that
/// the broker is stopping.
template <class T>
class admin_reply {
public:
  explicit admin_reply(std::function<void(outcome<T>)> deliver)
      : state_(std::make_shared<state>(std::move(deliver))) {}

  void operator()(outcome<T> answer) const {
    if (auto deliver = std::exchange(state_->deliver, nullptr)) deliver(std::move(answer));
  }

private:
  struct state {
    explicit state(std::function<void(outcome<T>)> how) : deliver(std::move(how)) {}
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
      if (deliver) deliver(fault{error_code::broker_not_available, "the broker is stopping", 0});
    }
    std::function<void(outcome<T>)> deliver;
  };
  std::shared_ptr<state> state_;
};

/// A broker whose part of an answer is missing, and why.
struct missing_broker {
  broker_id id = no_broker;
  std::string reason;
};

/// Something that is not as it should be. `code` is for programs, `text` for people.
struct health_reason {
  std::string code;
  int32_t count = 0;
  std::string text;
  std::vector<topic_partition> partitions;  ///< The first few.
};

/// down: some partition cannot be read or written.
enum class health_state : uint8_t { ok, degraded, down };

struct cluster_view {
  std::string cluster_id;
  broker_id controller = no_broker;
  broker_id served_by = no_broker;
  timestamp_ms as_of = no_timestamp;
  int64_t sequence = 0;  ///< Of the last change of the metadata.
  int32_t registered_brokers = 0;
  int32_t active_brokers = 0;
  int32_t topics = 0;  ///< Internal ones among them.
  int32_t internal_topics = 0;
  int32_t partitions = 0;
  int32_t offline_partitions = 0;
  int32_t under_replicated_partitions = 0;
  int32_t under_min_isr_partitions = 0;
  health_state verdict = health_state::ok;
  std::vector<health_reason> reasons;
};

struct endpoint_view {
  std::string listener;
  std::string host;
  uint16_t port = 0;
};

struct log_dir_view {
  std::string path;
  int64_t total_bytes = -1;  ///< -1: unknown, as below.
  int64_t free_bytes = -1;
};

struct broker_view {
  broker_id id = no_broker;
  std::string state;  ///< "active", "fenced", "draining", "stopping".
  bool is_controller = false;
  bool is_self = false;
  std::optional<std::string> rack;
  int64_t epoch = -1;
  std::vector<endpoint_view> endpoints;
  int32_t leaders = 0;
  int32_t replicas = 0;
  int32_t out_of_sync = 0;                            ///< Of its replicas.
  std::optional<std::vector<log_dir_view>> log_dirs;  ///< Nothing: unknown.
};

struct brokers_view {
  std::vector<broker_view> brokers;
  std::vector<missing_broker> missing;
};

/// What has gone through the answering broker since its start. Never falls while it runs.
struct traffic_view {
  broker_id broker = no_broker;
  timestamp_ms measured_at = no_timestamp;
  int64_t appended_records = 0;
  int64_t appended_bytes = 0;
  int64_t read_bytes = 0;        ///< By consumers.
  int64_t replicated_bytes = 0;  ///< By followers.
  std::vector<missing_broker> missing;
};

/// One page of a list. Rows come after the row that `after` names, in the order of the sort key and
/// then of the name.
struct page_request {
  std::string search;  ///< Part of the name, whatever the case; empty: all.
  std::string sort = "name";
  bool is_descending = false;
  int32_t limit = 100;
  struct position {
    int64_t value = 0;  ///< Of the sort key; 0 where that is the name.
    std::string name;
  };
  std::optional<position> after;
};

struct topics_question {
  page_request page;
  bool with_internal = false;
};

struct topic_row {
  std::string name;
  uuid id;
  bool is_internal = false;
  int32_t partitions = 0;
  int32_t replication_factor = 0;
  int32_t under_replicated = 0;
  int32_t offline = 0;
  std::optional<int64_t> size_bytes;  ///< Of the leaders' logs.
  std::optional<int64_t> records;     ///< Offsets from the logs' starts to the high watermarks.
};

struct topics_page {
  std::vector<topic_row> rows;
  int64_t total = 0;  ///< All that match the search.
  std::optional<page_request::position> next;
  std::vector<missing_broker> missing;
};

/// What the log of a partition's leader says.
struct partition_facts {
  log_offset start_offset = 0;
  log_offset high_watermark = 0;
  log_offset end_offset = 0;
  int64_t size_bytes = 0;
  int32_t segments = 0;
  std::string log_dir;
};

struct partition_view {
  partition_index partition = 0;
  broker_id leader = no_broker;
  leader_epoch epoch = no_leader_epoch;
  std::vector<broker_id> replicas;
  std::vector<broker_id> isr;
  bool is_preferred_leader = false;
  std::string state;  ///< "ok", "under-replicated", "offline", "recovering".
  std::optional<partition_facts> facts;
};

struct topic_view {
  std::string name;
  uuid id;
  bool is_internal = false;
  int32_t replication_factor = 0;
  std::string durability;
  std::map<std::string, std::string, std::less<>> configs;  ///< Only those of the topic itself.
  std::vector<partition_view> partitions;
  std::vector<missing_broker> missing;
};

struct groups_question {
  page_request page;
  std::vector<std::string> states;  ///< Empty: all.
};

struct group_row {
  std::string group;
  std::string state;
  std::string protocol_type;
  std::optional<int32_t> members;
  std::optional<int32_t> topics;  ///< With committed offsets.
  std::optional<int64_t> lag;     ///< In records; nothing while a leader does not answer.
};

struct groups_page {
  std::vector<group_row> rows;
  int64_t total = 0;
  std::optional<page_request::position> next;
  std::vector<missing_broker> missing;
};

struct member_view {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string host;
  std::vector<std::pair<std::string, std::vector<partition_index>>> assignment;  ///< By topic.
};

struct group_offset_view {
  std::string topic;
  partition_index partition = 0;
  log_offset committed = -1;
  std::optional<log_offset> start;
  std::optional<log_offset> end;  ///< The high watermark.
  std::optional<std::string> member;
  std::string metadata;
  /// When the oldest record was written that is not consumed; only of one group's detail, and of
  /// the partitions that are the furthest behind.
  std::optional<timestamp_ms> waiting_since;

  /// Records not consumed yet. What was committed before the log's start was deleted counts from
  /// there.
  [[nodiscard]] std::optional<int64_t> lag() const;
};

struct group_detail {
  std::string group;
  std::string state;
  std::string protocol_type;
  std::string protocol;
  broker_id coordinator = no_broker;
  std::vector<member_view> members;
  std::vector<group_offset_view> offsets;
  timestamp_ms as_of = no_timestamp;
  std::vector<missing_broker> missing;

  /// Over all offsets; nothing if one of them has none.
  [[nodiscard]] std::optional<int64_t> lag() const;
  /// The age of the oldest record that waits; 0 if none does, nothing if it is not known.
  [[nodiscard]] std::optional<int64_t> lag_seconds() const;
};

/// One condition of being ready, and why it does not hold.
struct readiness_check {
  std::string name;
  bool is_met = false;
  std::string reason;
};

struct config_view {
  std::string name;
  std::optional<std::string> value;  ///< Nothing: not set, or sensitive.
  std::string source;                ///< "topic", "broker", "cluster", "static", "default".
  bool is_read_only = false;
  bool is_sensitive = false;
  std::string type;
  std::string documentation;
};

struct topic_creation {
  std::string name;
  int32_t partitions = -1;          ///< -1: the broker's default.
  int16_t replication_factor = -1;  ///< The same.
  std::map<std::string, std::string, std::less<>> configs;
  bool validate_only = false;
};

struct created_topic {
  std::string name;
  uuid id;
  int32_t partitions = 0;
  int16_t replication_factor = 0;
};

struct topic_config_change {
  std::string topic;
  std::map<std::string, std::string, std::less<>> set;
  std::vector<std::string> unset;
  bool validate_only = false;
};

class admin_backend {
public:
  virtual ~admin_backend() = default;

  virtual void cluster(admin_reply<cluster_view> reply) = 0;
  virtual void brokers(admin_reply<brokers_view> reply) = 0;
  virtual void traffic(admin_reply<traffic_view> reply) = 0;
  virtual void topics(topics_question question, admin_reply<topics_page> reply) = 0;
  /// UNKNOWN_TOPIC_OR_PARTITION.
  virtual void topic(std::string name, admin_reply<topic_view> reply) = 0;
  virtual void topic_configs(std::string name, admin_reply<std::vector<config_view>> reply) = 0;
  virtual void groups(groups_question question, admin_reply<groups_page> reply) = 0;
  /// GROUP_ID_NOT_FOUND, NOT_COORDINATOR where another broker knows it.
  virtual void group(std::string name, admin_reply<group_detail> reply) = 0;
  /// NOT_LEADER_OR_FOLLOWER where this broker has no replica of the partition.
  virtual void records(records_question question, admin_reply<records_page> reply) = 0;
  virtual void readiness(admin_reply<std::vector<readiness_check>> reply) = 0;
  /// The page of metrics in Prometheus' text format.
  virtual void metrics(admin_reply<std::string> reply) = 0;

  /// The fate of each record is in the answer.
  virtual void produce(produce_question question,
                       admin_reply<std::vector<produced_record>> reply) = 0;

  /// UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER as above.
  virtual void locate(locate_question question, admin_reply<located_topic> reply) = 0;
  /// Answers when there is something from that offset on. Whoever lets go of the interest may still
  /// be answered.
  virtual follow_interest follow(follow_question question,
                                 admin_reply<record_stretch_ptr> reply) = 0;

  /// `hear` is called on any thread, perhaps once more after the seat was let go of.
  virtual std::shared_ptr<group_seat> join_group(join_question question,
                                                 std::function<void(group_news)> hear) = 0;

  // Changes, with the errors of Kafka's admin API.
  virtual void create_topic(topic_creation wanted, admin_reply<created_topic> reply) = 0;
  virtual void delete_topic(std::string name, admin_reply<change_made> reply) = 0;
  virtual void change_topic_configs(topic_config_change wanted, admin_reply<change_made> reply) = 0;
  /// NON_EMPTY_GROUP, as the next two.
  virtual void delete_group(std::string name, admin_reply<change_made> reply) = 0;
  /// GROUP_SUBSCRIBED_TO_TOPIC where only a member that reads the topic stands against it.
  virtual void delete_group_offsets(std::string group, std::string topic,
                                    admin_reply<change_made> reply) = 0;
  virtual void reset_group_offsets(offset_reset wanted, admin_reply<offset_plan> reply) = 0;
  /// The fate of each partition is in the answer.
  virtual void delete_records(record_deletion wanted,
                              admin_reply<std::vector<deleted_records>> reply) = 0;
  virtual void reassignments(admin_reply<std::vector<reassignment_view>> reply) = 0;
  virtual void reassign(std::vector<replica_choice> wanted,
                        admin_reply<std::vector<partition_outcome>> reply) = 0;
  virtual void elect_leaders(leader_election wanted,
                             admin_reply<std::vector<partition_outcome>> reply) = 0;
};

}  // namespace ottla
