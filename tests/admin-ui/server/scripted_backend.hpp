// A backend that answers every question at once with what the test has put into it, or keeps the
// question unanswered.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "admin-ui/server/admin_backend.hpp"

namespace ottla {

class scripted_backend : public admin_backend {
public:
  cluster_view the_cluster;
  brokers_view the_brokers;
  traffic_view the_traffic;
  topics_page the_topics;
  std::optional<topic_view> the_topic;
  std::vector<config_view> the_configs;
  groups_page the_groups;
  std::optional<group_detail> the_group;
  records_page the_records;
  located_topic the_located;
  std::vector<produced_record> the_produced;
  std::vector<readiness_check> checks;
  offset_plan the_plan;
  std::vector<deleted_records> the_deleted;
  std::vector<reassignment_view> the_reassignments;
  std::vector<partition_outcome> the_outcomes;
  std::atomic<bool> is_silent = false;  ///< Keeps the replies instead of answering.

  struct follower {
    follow_question question;
    admin_reply<record_stretch_ptr> reply;
  };
  std::mutex followed_mutex;
  std::vector<follower> followed;  ///< Nobody answers them but the test.

  // What was asked last.
  std::optional<topics_question> asked_topics;
  std::optional<groups_question> asked_groups;
  std::optional<records_question> asked_records;
  std::optional<locate_question> asked_locate;
  std::optional<produce_question> asked_produce;
  std::optional<topic_creation> creation;
  std::optional<topic_config_change> change;
  std::optional<std::string> deleted;
  std::optional<std::string> deleted_group;
  std::optional<std::string> deleted_offsets;  ///< "group topic"
  std::optional<offset_reset> reset;
  std::optional<record_deletion> deletion;
  std::optional<std::vector<replica_choice>> moves;
  std::optional<leader_election> election;

  void cluster(admin_reply<cluster_view> reply) override { say(reply, the_cluster); }
  void brokers(admin_reply<brokers_view> reply) override { say(reply, the_brokers); }
  void traffic(admin_reply<traffic_view> reply) override { say(reply, the_traffic); }
  void topics(topics_question question, admin_reply<topics_page> reply) override {
    asked_topics = std::move(question);
    say(reply, the_topics);
  }
  void topic(std::string name, admin_reply<topic_view> reply) override {
    if (the_topic && the_topic->name == name) return say(reply, *the_topic);
    reply(fault{error_code::unknown_topic_or_partition, "there is no topic '" + name + "'", 0});
  }
  void topic_configs(std::string, admin_reply<std::vector<config_view>> reply) override {
    say(reply, the_configs);
  }
  void groups(groups_question question, admin_reply<groups_page> reply) override {
    asked_groups = std::move(question);
    say(reply, the_groups);
  }
  void group(std::string name, admin_reply<group_detail> reply) override {
    if (the_group) return say(reply, *the_group);
    reply(fault{error_code::group_id_not_found, "there is no group '" + name + "'", 0});
  }
  void readiness(admin_reply<std::vector<readiness_check>> reply) override { say(reply, checks); }
  void metrics(admin_reply<std::string> reply) override { say(reply, std::string{"up 1\n"}); }
  void records(records_question question, admin_reply<records_page> reply) override {
    asked_records = std::move(question);
    say(reply, the_records);
  }
  void locate(locate_question question, admin_reply<located_topic> reply) override {
    asked_locate = question;
    say(reply, the_located);
  }
  follow_interest follow(follow_question question, admin_reply<record_stretch_ptr> reply) override {
    std::lock_guard lock{followed_mutex};
    followed.push_back({std::move(question), std::move(reply)});
    return nullptr;
  }
  std::shared_ptr<group_seat> join_group(join_question, std::function<void(group_news)>) override {
    return nullptr;
  }
  void produce(produce_question question,
               admin_reply<std::vector<produced_record>> reply) override {
    asked_produce = std::move(question);
    say(reply, the_produced);
  }
  void create_topic(topic_creation wanted, admin_reply<created_topic> reply) override {
    creation = wanted;
    say(reply, created_topic{wanted.name, {}, wanted.partitions, wanted.replication_factor});
  }
  void delete_topic(std::string name, admin_reply<change_made> reply) override {
    deleted = std::move(name);
    say(reply, change_made{});
  }
  void change_topic_configs(topic_config_change wanted, admin_reply<change_made> reply) override {
    change = std::move(wanted);
    say(reply, change_made{});
  }
  void delete_group(std::string name, admin_reply<change_made> reply) override {
    deleted_group = std::move(name);
    say(reply, change_made{});
  }
  void delete_group_offsets(std::string group, std::string topic,
                            admin_reply<change_made> reply) override {
    deleted_offsets = group + " " + topic;
    say(reply, change_made{});
  }
  void reset_group_offsets(offset_reset wanted, admin_reply<offset_plan> reply) override {
    reset = std::move(wanted);
    say(reply, the_plan);
  }
  void delete_records(record_deletion wanted,
                      admin_reply<std::vector<deleted_records>> reply) override {
    deletion = std::move(wanted);
    say(reply, the_deleted);
  }
  void reassignments(admin_reply<std::vector<reassignment_view>> reply) override {
    say(reply, the_reassignments);
  }
  void reassign(std::vector<replica_choice> wanted,
                admin_reply<std::vector<partition_outcome>> reply) override {
    moves = std::move(wanted);
    say(reply, the_outcomes);
  }
  void elect_leaders(leader_election wanted,
                     admin_reply<std::vector<partition_outcome>> reply) override {
    election = std::move(wanted);
    say(reply, the_outcomes);
  }

private:
  template <class T>
  void say(const admin_reply<T>& reply, T answer) {
    if (is_silent) {
      kept_.push_back([reply] {});
    } else {
      reply(std::move(answer));
    }
  }

  std::vector<std::function<void()>> kept_;
};

}  // namespace ottla
