// Brokers that stop, stand still, drain or lose a disk, as the controller sees them.
#include "actors/cluster/controller_actor.hpp"

#include "actors/cluster/config_requests.hpp"
#include "actors/config/config_changes.hpp"
#include "tests/actors/cluster/cluster_fixture.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

error_code set_draining(cluster_fixture& all, cluster_fixture::running_broker& one,
                        const std::string& id, bool is_draining) {
  incremental_alter_configs_request drain;
  drain.resources.push_back(
      {.resource_type = static_cast<int8_t>(config_resource::broker),
       .resource_name = id,
       .configs = {{.name = "ottla.broker.draining",
                    .config_operation = static_cast<int8_t>(is_draining ? config_operation::set
                                                                        : config_operation::remove),
                    .value = "true"}}});
  return all
      .ask<incremental_alter_configs_response>(one, incremental_alter_configs_command{drain, {}})
      .responses.front()
      .error_code;
}

}  // namespace

TEST_CASE_METHOD(cluster_fixture, "a stopping broker leads nothing that another one has") {
  auto& one = start(last_stop::clean, 1);
  auto& two = start(last_stop::clean, 2);
  create_topics_request request;
  request.topics.push_back({.name = "both", .num_partitions = 8, .replication_factor = 2});
  request.topics.push_back({.name = "alone", .num_partitions = 8, .replication_factor = 1});
  ask<create_topics_response>(one, create_topics_command{request, {}});
  caf::anon_send(one.controller, broker_stopping{2, two.epoch - 1});  // of an earlier life
  settle();
  CHECK(one.cache.get()->find_broker(2)->status == broker_status::active);
  caf::anon_send(one.controller, broker_stopping{2, two.epoch});
  settle();
  const auto image = one.cache.get();
  CHECK(image->find_broker(2)->status == broker_status::stopping);
  const auto both = image->find_topic("both");
  const auto alone = image->find_topic("alone");
  for (int32_t i = 0; i < 8; ++i) {
    CHECK(both->partition(i).leader.id == 1);
    CHECK(both->partition(i).isr.size() == 1);
    CHECK(alone->partition(i).leader.id == alone->partition(i).replicas.front());
  }
  stop(two);
  auto& again = start(last_stop::clean, 2);
  CHECK(one.cache.get()->find_broker(2)->status == broker_status::active);
  CHECK(again.cache.get()->find_topic("both")->partition(0).leader.id == 1);
}

TEST_CASE_METHOD(cluster_fixture,
                 "a broker that is believed dead is fenced, and let in if it is not") {
  auto& one = start(last_stop::clean, 1);
  auto& two = start(last_stop::clean, 2);
  create_topics_request request;
  request.topics.push_back(
      {.name = "t", .num_partitions = -1, .replication_factor = -1, .assignments = {{0, {2, 1}}}});
  ask<create_topics_response>(one, create_topics_command{request, {}});
  const auto record = [&] { return one.cache.get()->find_topic("t")->partition(0); };
  REQUIRE(record().leader.id == 2);
  caf::anon_send(one.controller, broker_unreachable{{2, two.epoch - 1}});  // of an earlier life
  settle();
  CHECK(record().leader.id == 2);
  caf::anon_send_exit(two.rest, caf::exit_reason::kill);  // it cannot say that it is there
  caf::anon_send(one.controller, broker_unreachable{{2, two.epoch}});
  settle();
  CHECK(record().leader.id == 1);
  CHECK(record().isr == std::vector<replica_seat>{{1, one.epoch}});
  CHECK(one.cache.get()->find_broker(2)->status == broker_status::fenced);
  caf::anon_send(one.controller, broker_ready{2, two.epoch});
  settle();
  CHECK(one.cache.get()->find_broker(2)->status == broker_status::active);
  CHECK(record().leader.id == 1);
}

TEST_CASE_METHOD(cluster_fixture,
                 "a controller that does not listen any more is replaced before its session ends") {
  auto& one = start(last_stop::clean, 1);
  auto& two = start(last_stop::clean, 2);
  create_topics_request request;
  request.topics.push_back(
      {.name = "t", .num_partitions = -1, .replication_factor = -1, .assignments = {{0, {1, 2}}}});
  ask<create_topics_response>(one, create_topics_command{request, {}});
  caf::anon_send(two.controller, broker_unreachable{{1, one.epoch - 1}});  // of an earlier life
  settle();
  CHECK(controller_epoch(ensemble) == 1);

  SECTION("it is dead") {
    for (const auto& dead : {caf::actor_cast<caf::actor>(one.controller), one.rest}) {
      caf::anon_send_exit(dead, caf::exit_reason::kill);
    }
    caf::anon_send(two.controller, broker_unreachable{{1, one.epoch}});
    settle();
    CHECK(two.cache.get()->controller() == 2);
    CHECK(controller_epoch(ensemble) == 2);
    caf::anon_send(two.controller, broker_unreachable{{1, one.epoch}});  // as it is news now
    settle();
    CHECK(two.cache.get()->find_topic("t")->partition(0).leader.id == 2);
    CHECK(two.cache.get()->find_broker(1)->status == broker_status::fenced);
  }
  SECTION("it is not") {
    caf::anon_send(two.controller, broker_unreachable{{1, one.epoch}});
    settle();
    CHECK(controller_epoch(ensemble) == 2);
    auto& elected = two.cache.get()->controller() == 2 ? two : one;
    CHECK(one.cache.get()->controller() == two.cache.get()->controller());
    CHECK(create(elected, "u") == error_code::none);
  }
}

TEST_CASE_METHOD(cluster_fixture, "others lead what a broker has lost with a log directory") {
  auto& one = start(last_stop::clean, 1);
  auto& two = start(last_stop::clean, 2);
  create_topics_request request;
  request.topics.push_back({.name = "t",
                            .num_partitions = -1,
                            .replication_factor = -1,
                            .assignments = {{.partition_index = 0, .broker_ids = {2, 1}},
                                            {.partition_index = 1, .broker_ids = {2, 1}}}});
  ask<create_topics_response>(one, create_topics_command{request, {}});
  const auto id = one.cache.get()->find_topic("t")->id();
  const auto at = [&](int32_t partition) {
    return one.cache.get()->find_topic("t")->partition(partition);
  };
  const replica_seat first{1, one.epoch}, second{2, two.epoch};
  REQUIRE(at(0).leader == second);
  for (int said = 0; said < 2; ++said) {
    caf::anon_send(one.controller, replicas_failed{second, {{id, 0}, {id, 99}, {uuid{}, 0}}});
    settle();
    CHECK(at(0).leader == first);
    CHECK(at(0).isr == std::vector<replica_seat>{first});
    CHECK(at(0).failed == std::vector<replica_seat>{second});
    CHECK(at(0).partition_epoch == 1);
    CHECK(at(1).leader == second);  // its other directory works
  }
  // What was said of a life that is over, or is yet to come, changes nothing.
  caf::anon_send(one.controller, replicas_failed{{2, two.epoch - 1}, {{id, 1}}});
  caf::anon_send(one.controller, replicas_failed{{2, two.epoch + 1'000}, {{id, 1}}});
  settle();
  CHECK(at(1).leader == second);

  stop(two);
  auto& again = start(last_stop::clean, 2);
  CHECK(again.epoch > second.epoch);
  CHECK(at(0).failed.empty());
  CHECK(at(0).leader == first);
  caf::anon_send(one.controller, replicas_failed{second, {{id, 0}}});
  settle();
  CHECK(at(0).failed.empty());
}

TEST_CASE_METHOD(cluster_fixture, "leadership returns to the preferred replica by itself") {
  auto& one = start(last_stop::clean, 1);
  auto* two = &start(last_stop::clean, 2);
  create_topics_request request;
  request.topics.push_back(
      {.name = "t", .num_partitions = -1, .replication_factor = -1, .assignments = {{0, {2, 1}}}});
  REQUIRE(ask<create_topics_response>(one, create_topics_command{request, {}})
              .topics.front()
              .error_code == error_code::none);
  const auto record = [&] { return one.cache.get()->find_topic("t")->partition(0); };
  REQUIRE(record().leader.id == 2);
  stop(*two);
  REQUIRE(record().leader.id == 1);
  two = &start(last_stop::clean, 2);
  pass(300'000);
  CHECK(record().leader.id == 1);  // it is not in sync yet
  const topic_id_partition which{one.cache.get()->find_topic("t")->id(), 0};
  const isr_proposal joined{.number = 1,
                            .epoch = record().leader_epoch,
                            .partition_epoch = record().partition_epoch,
                            .isr = {{1, one.epoch}, {2, two->epoch}}};
  ask<partitions_altered>(one, alter_partitions{{1, one.epoch}, {{which, joined}}});
  REQUIRE(record().isr.size() == 2);
  CHECK(record().leader.id == 1);
  pass(300'000);
  CHECK(record().leader == replica_seat{2, two->epoch});
}

TEST_CASE_METHOD(cluster_fixture, "a broker that begins to drain hands over what it leads") {
  auto& one = start(last_stop::clean, 1);
  auto& two = start(last_stop::clean, 2);
  create_topics_request request;
  request.topics.push_back({.name = "t",
                            .num_partitions = -1,
                            .replication_factor = -1,
                            .assignments = {{.partition_index = 0, .broker_ids = {2, 1}}}});
  request.topics.push_back({.name = "single",
                            .num_partitions = -1,
                            .replication_factor = -1,
                            .assignments = {{.partition_index = 0, .broker_ids = {2}}}});
  ask<create_topics_response>(one, create_topics_command{request, {}});
  const auto of = [&](const char* topic) {
    return one.cache.get()->find_topic(topic)->partition(0);
  };
  const replica_seat first{1, one.epoch}, second{2, two.epoch};
  REQUIRE(of("t").leader == second);
  REQUIRE(set_draining(*this, one, "2", true) == error_code::none);
  settle();
  CHECK(of("t").leader == first);
  CHECK(of("t").isr.size() == 2);
  CHECK(of("single").leader == second);  // nobody else has it
  pass(one.config->get()->leader_imbalance_check_interval_s * 1'000);
  CHECK(of("t").leader == first);  // it is not given back
  REQUIRE(set_draining(*this, one, "2", false) == error_code::none);
  pass(one.config->get()->leader_imbalance_check_interval_s * 1'000);
  CHECK(of("t").leader == second);
}

TEST_CASE_METHOD(cluster_fixture, "a broker that is away can be drained, a stranger cannot") {
  auto& one = start(last_stop::clean, 1);
  stop(start(last_stop::clean, 2));
  CHECK(set_draining(*this, one, "2", true) == error_code::none);
  CHECK(set_draining(*this, one, "3", true) == error_code::broker_id_not_registered);
  start(last_stop::clean, 2);
  CHECK(one.cache.get()->find_broker(2)->status == broker_status::draining);
}

TEST_CASE_METHOD(cluster_fixture, "a draining broker gets no new replicas, also after a restart") {
  auto& one = start(last_stop::clean, 1);
  auto* two = &start(last_stop::clean, 2);
  incremental_alter_configs_request drain;
  drain.resources.push_back({.resource_type = static_cast<int8_t>(config_resource::broker),
                             .resource_name = "2",
                             .configs = {{.name = "ottla.broker.draining", .value = "true"}}});
  auto answer =
      ask<incremental_alter_configs_response>(one, incremental_alter_configs_command{drain, {}});
  REQUIRE(answer.responses.front().error_code == error_code::none);
  const auto status = [&] { return one.cache.get()->find_broker(2)->status; };
  CHECK(status() == broker_status::draining);
  stop(*two);
  two = &start(last_stop::clean, 2);
  CHECK(status() == broker_status::draining);
  REQUIRE(create(one, "t", 8) == error_code::none);
  for (int32_t i = 0; i < 8; ++i) {
    CHECK(one.cache.get()->find_topic("t")->partition(i).replicas == std::vector<broker_id>{1});
  }
}

}  // namespace ottla
