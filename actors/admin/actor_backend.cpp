#include "actors/admin/actor_backend.hpp"

#include <atomic>
#include <caf/send.hpp>
#include <utility>

#include "actors/admin/admin_actor.hpp"
#include "actors/admin/feeds_actor.hpp"
#include "actors/admin/memberships_actor.hpp"
#include "actors/admin/worker_actor.hpp"

namespace ottla {
namespace {

void ask_memberships(const caf::weak_actor_ptr& actor,
                     std::function<void(memberships_actor&)> what) {
  if (auto there = caf::actor_cast<memberships_handle>(actor)) {
    caf::anon_send(there, membership_question{std::move(what)});
  }
}

class seat_of_actor final : public group_seat {
public:
  seat_of_actor(caf::weak_actor_ptr actor, uint64_t number)
      : actor_(std::move(actor)), number_(number) {}
  ~seat_of_actor() override { end(false); }
  seat_of_actor(const seat_of_actor&) = delete;
  seat_of_actor& operator=(const seat_of_actor&) = delete;

  void commit(group_positions positions) override {
    ask_memberships(actor_, [number = number_, positions = std::move(positions)](
                                memberships_actor& self) { self.commit(number, positions); });
  }
  void leave() override { end(true); }

private:
  void end(bool for_good) {
    ask_memberships(actor_, [number = number_, for_good](memberships_actor& self) {
      self.leave(number, for_good);
    });
  }

  const caf::weak_actor_ptr actor_;
  const uint64_t number_;
};

class actor_backend final : public admin_backend {
public:
  explicit actor_backend(const admin_actors& actors)
      : actor_(caf::actor_cast<caf::weak_actor_ptr>(actors.questions)),
        feeds_(caf::actor_cast<caf::weak_actor_ptr>(actors.feeds)),
        memberships_(caf::actor_cast<caf::weak_actor_ptr>(actors.memberships)) {}

  void cluster(admin_reply<cluster_view> reply) override {
    ask([reply](admin_actor& self) { self.cluster(reply); });
  }
  void brokers(admin_reply<brokers_view> reply) override {
    ask([reply](admin_actor& self) { self.brokers(reply); });
  }
  void traffic(admin_reply<traffic_view> reply) override {
    ask([reply](admin_actor& self) { self.traffic(reply); });
  }
  void topics(topics_question question, admin_reply<topics_page> reply) override {
    ask([question = std::move(question), reply](admin_actor& self) {
      self.topics(question, reply);
    });
  }
  void topic(std::string name, admin_reply<topic_view> reply) override {
    ask([name = std::move(name), reply](admin_actor& self) { self.topic(name, reply); });
  }
  void topic_configs(std::string name, admin_reply<std::vector<config_view>> reply) override {
    ask([name = std::move(name), reply](admin_actor& self) { self.topic_configs(name, reply); });
  }
  void groups(groups_question question, admin_reply<groups_page> reply) override {
    ask([question = std::move(question), reply](admin_actor& self) {
      self.groups(question, reply);
    });
  }
  void group(std::string name, admin_reply<group_detail> reply) override {
    ask([name = std::move(name), reply](admin_actor& self) { self.group(name, reply); });
  }
  void readiness(admin_reply<std::vector<readiness_check>> reply) override {
    ask([reply](admin_actor& self) { self.readiness(reply); });
  }
  void metrics(admin_reply<std::string> reply) override {
    ask([reply](admin_actor& self) { self.metrics(reply); });
  }
  void create_topic(topic_creation wanted, admin_reply<created_topic> reply) override {
    ask([wanted = std::move(wanted), reply](admin_actor& self) {
      self.create_topic(wanted, reply);
    });
  }
  void delete_topic(std::string name, admin_reply<change_made> reply) override {
    ask([name = std::move(name), reply](admin_actor& self) { self.delete_topic(name, reply); });
  }
  void change_topic_configs(topic_config_change wanted, admin_reply<change_made> reply) override {
    ask([wanted = std::move(wanted), reply](admin_actor& self) {
      self.change_topic_configs(wanted, reply);
    });
  }
  void delete_group(std::string name, admin_reply<change_made> reply) override {
    ask([name = std::move(name), reply](admin_actor& self) { self.delete_group(name, reply); });
  }
  void delete_group_offsets(std::string group, std::string topic,
                            admin_reply<change_made> reply) override {
    ask([group = std::move(group), topic = std::move(topic), reply](admin_actor& self) {
      self.delete_group_offsets(group, topic, reply);
    });
  }
  void reset_group_offsets(offset_reset wanted, admin_reply<offset_plan> reply) override {
    ask([wanted = std::move(wanted), reply](admin_actor& self) {
      self.reset_group_offsets(wanted, reply);
    });
  }
  void delete_records(record_deletion wanted,
                      admin_reply<std::vector<deleted_records>> reply) override {
    ask([wanted = std::move(wanted), reply](admin_actor& self) {
      self.delete_records(wanted, reply);
    });
  }
  void reassignments(admin_reply<std::vector<reassignment_view>> reply) override {
    ask([reply](admin_actor& self) { self.reassignments(reply); });
  }
  void reassign(std::vector<replica_choice> wanted,
                admin_reply<std::vector<partition_outcome>> reply) override {
    ask([wanted = std::move(wanted), reply](admin_actor& self) { self.reassign(wanted, reply); });
  }
  void elect_leaders(leader_election wanted,
                     admin_reply<std::vector<partition_outcome>> reply) override {
    ask([wanted = std::move(wanted), reply](admin_actor& self) {
      self.elect_leaders(wanted, reply);
    });
  }
  void records(records_question question, admin_reply<records_page> reply) override {
    ask([question = std::move(question), reply](admin_actor& self) {
      self.records(question, reply);
    });
  }
  void produce(produce_question question,
               admin_reply<std::vector<produced_record>> reply) override {
    ask([question = std::move(question), reply](admin_actor& self) {
      self.produce(question, reply);
    });
  }

  void locate(locate_question question, admin_reply<located_topic> reply) override {
    ask_feeds(feeds_, [question = std::move(question), reply](feeds_actor& self) {
      self.locate(question, reply);
    });
  }
  follow_interest follow(follow_question question, admin_reply<record_stretch_ptr> reply) override {
    const auto number = ++followers_;
    ask_feeds(feeds_, [number, question = std::move(question), reply](feeds_actor& self) {
      self.follow(number, question, reply);
    });
    return {nullptr, [number, feeds = feeds_](std::nullptr_t) {
              ask_feeds(feeds, [number](feeds_actor& self) { self.unfollow(number); });
            }};
  }
  std::shared_ptr<group_seat> join_group(join_question question,
                                         std::function<void(group_news)> hear) override {
    const auto number = ++members_;
    ask_memberships(memberships_,
                    [number, question = std::move(question), hear = std::move(hear)](
                        memberships_actor& self) { self.join(number, question, hear); });
    return std::make_shared<seat_of_actor>(memberships_, number);
  }

private:
  /// A question that nobody hears is let go of, and its reply says so.
  void ask(std::function<void(admin_actor&)> what) {
    if (auto there = caf::actor_cast<admin_questions_handle>(actor_)) {
      caf::anon_send(there, admin_question{std::move(what)});
    }
  }

  static void ask_feeds(const caf::weak_actor_ptr& feeds, std::function<void(feeds_actor&)> what) {
    if (auto there = caf::actor_cast<feeds_handle>(feeds)) {
      caf::anon_send(there, feed_question{std::move(what)});
    }
  }

  const caf::weak_actor_ptr actor_;
  const caf::weak_actor_ptr feeds_;
  const caf::weak_actor_ptr memberships_;
  std::atomic<uint64_t> followers_ = 0;
  std::atomic<uint64_t> members_ = 0;
};

}  // namespace

admin_actors spawn_admin(caf::actor_system& system, const broker_services& services) {
  auto& unit = *services.units.front();
  auto searcher = spawn_blocking<worker_actor>(system, unit);
  admin_actors made;
  made.questions = spawn_blocking<admin_actor>(system, unit, &services, searcher);
  made.feeds = spawn_on<feeds_actor>(system, *services.units.back(), &services,
                                     spawn_blocking<worker_actor>(system, unit), searcher);
  made.memberships = spawn_on<memberships_actor>(system, *services.units.back(), &services);
  return made;
}

void admin_actors::stop(caf::scoped_actor& self) {
  self->send_exit(memberships, caf::exit_reason::user_shutdown);
  self->send_exit(feeds, caf::exit_reason::user_shutdown);
  self->send_exit(questions, caf::exit_reason::user_shutdown);
  self->wait_for(memberships, feeds, questions);
  memberships = nullptr;
  feeds = nullptr;
  questions = nullptr;
}

std::shared_ptr<admin_backend> make_actor_backend(const admin_actors& actors) {
  return std::make_shared<actor_backend>(actors);
}

}  // namespace ottla
