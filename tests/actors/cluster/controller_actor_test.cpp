// The controller and the metadata actor together, over a store in memory that loses requests and
// answers when told.
#include "actors/cluster/controller_actor.hpp"

#include <fmt/format.h>
#include <rapidcheck.h>

#include "actors/cluster/config_requests.hpp"
#include "tests/actors/cluster/cluster_fixture.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

/// I12: nothing that is an epoch ever goes back. Fed with every image of a cluster, in order.
class epochs_rise {
public:
  void see(const metadata_image& image) {
    CHECK(image.sequence() >= sequence_);
    sequence_ = image.sequence();
    for (const auto& broker : image.brokers()) {
      auto& last = brokers_[broker.registration.id];
      CHECK(broker.epoch >= last);
      last = broker.epoch;
    }
    image.for_each_topic([&](const topic_ptr& topic) {
      for (int32_t i = 0; i < topic->partition_count(); ++i) {
        const auto& record = topic->partition(i);
        auto& last = partitions_[{topic->id(), i}];
        CHECK(record.leader_epoch >= last.leader_epoch);
        CHECK(record.partition_epoch >= last.partition_epoch);
        if (record != last) CHECK(record.partition_epoch >= last.partition_epoch);
        last = record;
      }
    });
  }

private:
  int64_t sequence_ = -1;
  std::map<broker_id, broker_epoch> brokers_;
  std::map<topic_id_partition, partition_record> partitions_;
};

}  // namespace

TEST_CASE_METHOD(cluster_fixture, "a single broker becomes controller, is judged and unfenced") {
  auto& one = start();
  auto image = one.cache.get();
  REQUIRE(image);
  CHECK(image->cluster_id() == "the-cluster");
  CHECK(image->controller() == 1);
  REQUIRE(image->find_broker(1) != nullptr);
  CHECK(image->find_broker(1)->status == broker_status::active);
  CHECK(image->find_broker(1)->epoch == one.epoch);
  CHECK(controller_epoch(ensemble) == 1);
  CHECK(one.fatal.empty());
  CHECK(ensemble.commits <= 5);  // Each is a disk write on the way to the first answer.
}

TEST_CASE_METHOD(cluster_fixture, "a topic is in the image when its creation is answered") {
  auto& one = start();
  create_topics_request request;
  request.topics.push_back({.name = "orders", .num_partitions = 3, .replication_factor = -1});
  auto response = ask<create_topics_response>(one, create_topics_command{request, {}});
  REQUIRE(response.topics.size() == 1);
  const auto& result = response.topics.front();
  CHECK(result.error_code == error_code::none);
  CHECK(result.num_partitions == 3);
  CHECK(result.replication_factor == 1);
  CHECK(result.configs->size() > 20);
  auto topic = one.cache.get()->find_topic("orders");
  REQUIRE(topic);
  CHECK(topic->id() == result.topic_id);
  CHECK(topic->partition(2).leader == replica_seat{1, one.epoch});
  CHECK(topic->configs().at("ottla.durability") == "fsync");
  CHECK(create(one, "orders") == error_code::topic_already_exists);
}

TEST_CASE_METHOD(cluster_fixture, "an answer waits until the broker has applied the change") {
  auto& one = start();
  one.applies = false;
  create_topics_request request;
  request.topics.push_back({.name = "t", .num_partitions = 1, .replication_factor = 1});
  auto asked = ask_later<create_topics_response>(one, create_topics_command{request, {}});
  settle();
  CHECK(one.cache.get()->find_topic("t") != nullptr);
  CHECK_FALSE(asked->response);
  caf::anon_send(one.controller, image_applied{one.cache.get()->sequence()});
  settle();
  CHECK(asked->response);
}

TEST_CASE_METHOD(cluster_fixture, "a restart keeps the metadata and raises every epoch") {
  auto& first = start();
  REQUIRE(create(first, "orders", 70) == error_code::none);
  auto id = first.cache.get()->find_topic("orders")->id();
  auto epoch = first.epoch;
  stop(first);
  auto& second = start(last_stop::process_crash);
  CHECK(second.epoch > epoch);
  CHECK(controller_epoch(ensemble) == 2);
  auto topic = second.cache.get()->find_topic("orders");
  REQUIRE(topic);
  CHECK(topic->id() == id);
  for (int32_t i = 0; i < 70; ++i) {
    const auto& record = topic->partition(i);
    CHECK(record.leader == replica_seat{1, second.epoch});
    CHECK(record.leader_epoch == 1);
    CHECK_FALSE(record.recovering);
  }
  CHECK(create(second, "more") == error_code::none);
}

TEST_CASE_METHOD(cluster_fixture, "after a machine crash only flushed topics are believed") {
  auto& first = start();
  create_topics_request request;
  for (const char* level : {"fsync", "replicated", "relaxed"}) {
    request.topics.push_back({.name = level,
                              .num_partitions = 1,
                              .replication_factor = 1,
                              .configs = {{"ottla.durability", level}}});
  }
  ask<create_topics_response>(first, create_topics_command{request, {}});
  stop(first);
  auto& second = start(last_stop::machine_crash);
  auto image = second.cache.get();
  CHECK_FALSE(image->find_topic("fsync")->partition(0).recovering);
  CHECK(image->find_topic("replicated")->partition(0).recovering);
  CHECK(image->find_topic("relaxed")->partition(0).recovering);
  for (const char* name : {"fsync", "replicated", "relaxed"}) {
    CHECK(image->find_topic(name)->partition(0).leader == replica_seat{1, second.epoch});
  }
}

TEST_CASE_METHOD(cluster_fixture, "a deleted topic is forgotten once its data is removed") {
  auto& one = start();
  one.removes_deleted = false;
  REQUIRE(create(one, "t", 3) == error_code::none);
  auto id = one.cache.get()->find_topic("t")->id();
  delete_topics_request request;
  request.topics.push_back({.name = "t"});
  auto response = ask<delete_topics_response>(one, delete_topics_command{request, {}});
  CHECK(response.responses.front().error_code == error_code::none);
  CHECK(one.cache.get()->find_topic("t") == nullptr);
  CHECK(one.cache.get()->find_deleted(id) != nullptr);
  REQUIRE(create(one, "t") == error_code::none);
  CHECK(one.cache.get()->find_topic("t")->id() != id);
  caf::anon_send(one.controller, local_data_removed{1, {id}});
  settle();
  CHECK(one.cache.get()->find_deleted(id) == nullptr);
}

TEST_CASE_METHOD(cluster_fixture, "producer ids are never given twice, whatever happens") {
  std::set<producer_id> given;
  for (int run = 0; run < 3; ++run) {
    auto& one = start();
    for (int i = 0; i < 3; ++i) {
      ensemble.fate = [&](const auto&) {
        return i == 1 ? commit_fate::refused : commit_fate::normal;
      };
      auto asked = ask_later<producer_id_block>(one, allocate_producer_ids{1});
      settle();
      ensemble.fate = nullptr;
      pass(2000);
      REQUIRE(asked->response);
      if (i == 1) {
        CHECK(asked->response->error == error_code::kafka_storage_error);
        continue;
      }
      REQUIRE(asked->response->error == error_code::none);
      CHECK(asked->response->count == producer_ids_per_block);
      CHECK(given.insert(asked->response->first).second);
      CHECK(asked->response->first % producer_ids_per_block == 0);
    }
    stop(one);
  }
  CHECK(given.size() == 6);
}

TEST_CASE_METHOD(cluster_fixture, "requests that arrive together share commits") {
  auto& one = start();
  auto before = ensemble.commits;
  std::vector<std::shared_ptr<pending_answer<create_topics_response>>> asked;
  for (int i = 0; i < 500; ++i) {
    create_topics_request request;
    request.topics.push_back(
        {.name = fmt::format("t{}", i), .num_partitions = 1, .replication_factor = 1});
    asked.push_back(ask_later<create_topics_response>(one, create_topics_command{request, {}}));
  }
  settle();
  for (const auto& each : asked) {
    REQUIRE(each->response);
    CHECK(each->response->topics.front().error_code == error_code::none);
  }
  CHECK(one.cache.get()->topic_count() == 500);
  CHECK(ensemble.commits - before < 20);
}

TEST_CASE_METHOD(cluster_fixture, "10,000 partitions in one request are a few commits") {
  auto& one = start();
  auto before = ensemble.commits;
  create_topics_request request;
  for (int i = 0; i < 10; ++i) {
    request.topics.push_back(
        {.name = fmt::format("t{}", i), .num_partitions = 1000, .replication_factor = 1});
  }
  auto response = ask<create_topics_response>(one, create_topics_command{request, {}});
  for (const auto& result : response.topics) CHECK(result.error_code == error_code::none);
  CHECK(ensemble.commits - before <= 4);
  CHECK(one.cache.get()->find_topic("t9")->partition(999).leader.id == 1);
}

TEST_CASE_METHOD(cluster_fixture, "a full store refuses, and works again by itself") {
  auto& one = start();
  ensemble.fate = [](const auto&) { return commit_fate::refused; };
  create_topics_request request;
  request.topics.push_back({.name = "t", .num_partitions = 1, .replication_factor = 1});
  auto asked = ask_later<create_topics_response>(one, create_topics_command{request, {}});
  settle();
  REQUIRE(asked->failed);
  CHECK(*asked->failed == error_code::kafka_storage_error);
  ensemble.fate = nullptr;
  auto later = ask_later<create_topics_response>(one, create_topics_command{request, {}});
  pass(1500);
  REQUIRE(later->response);
  CHECK(later->response->topics.front().error_code == error_code::none);
}

TEST_CASE_METHOD(cluster_fixture, "a second broker stands by, and takes over with a higher epoch") {
  auto& one = start(last_stop::clean, 1);
  REQUIRE(create(one, "t") == error_code::none);
  auto& two = start(last_stop::clean, 2);
  CHECK(two.cache.get()->controller() == 1);
  CHECK(two.cache.get()->find_broker(2)->status == broker_status::active);
  create_topics_request request;
  request.topics.push_back({.name = "u", .num_partitions = 1, .replication_factor = 1});
  auto asked = ask_later<create_topics_response>(two, create_topics_command{request, {}});
  settle();
  REQUIRE(asked->failed);
  CHECK(*asked->failed == error_code::not_controller);
  stop(one);
  CHECK(two.cache.get()->controller() == 2);
  CHECK(controller_epoch(ensemble) == 2);
  CHECK(two.cache.get()->find_topic("t")->partition(0).leader.id != 1);
  CHECK(create(two, "u") == error_code::none);
}

TEST_CASE_METHOD(cluster_fixture, "an expired session gives up office and starts anew") {
  auto& one = start();
  REQUIRE(create(one, "t") == error_code::none);
  auto epoch = one.epoch;
  one.store->expire();
  settle();
  CHECK(one.epoch > epoch);
  CHECK(controller_epoch(ensemble) == 2);
  CHECK(one.cache.get()->find_topic("t")->partition(0).leader == replica_seat{1, one.epoch});
  CHECK(create(one, "u") == error_code::none);
}

TEST_CASE_METHOD(cluster_fixture,
                 "who subscribes late hears of the life that has begun meanwhile") {
  auto& one = start();
  one.store->expire();
  settle();
  broker_epoch heard = no_broker_epoch;
  auto late = system().spawn<acting>([&heard](caf::event_based_actor&) {
    return caf::behavior{[](const image_changed&) {}, [](const store_session_changed&) {},
                         [&heard](const broker_registered& entered) { heard = entered.epoch; }};
  });
  caf::anon_send(one.metadata, subscribe_images{caf::actor_cast<caf::weak_actor_ptr>(late), true});
  settle();
  CHECK(heard == one.epoch);
  caf::anon_send_exit(late, caf::exit_reason::kill);
}

TEST_CASE_METHOD(cluster_fixture, "a crash counts once, however often its broker registers") {
  auto& one = start(last_stop::machine_crash);
  create_topics_request request;
  request.topics.push_back({.name = "t",
                            .num_partitions = 1,
                            .replication_factor = 1,
                            .configs = {{"ottla.durability", "replicated"}}});
  ask<create_topics_response>(one, create_topics_command{request, {}});
  const auto epoch = one.epoch;
  one.store->expire();
  settle();
  REQUIRE(one.epoch > epoch);
  CHECK_FALSE(one.cache.get()->find_topic("t")->partition(0).recovering);
}

TEST_CASE_METHOD(cluster_fixture, "a change that waits longer than its client is not made") {
  auto& one = start();
  const auto creation = [](const char* name, int32_t timeout_ms) {
    create_topics_request request;
    request.topics.push_back({.name = name, .num_partitions = 1, .replication_factor = 1});
    request.timeout_ms = timeout_ms;
    return create_topics_command{request, {}};
  };
  one.store->disconnect();
  auto first = ask_later<create_topics_response>(one, creation("first", 500));  // being written
  settle();
  auto late = ask_later<create_topics_response>(one, creation("late", 500));
  auto patient = ask_later<create_topics_response>(one, creation("patient", 60'000));
  settle();
  CHECK_FALSE(late->failed);
  pass(501);
  REQUIRE(late->failed);
  CHECK(*late->failed == error_code::request_timed_out);
  CHECK_FALSE(patient->failed);
  one.store->reconnect();
  pass(3000);
  CHECK(one.cache.get()->find_topic("late") == nullptr);
  CHECK(one.cache.get()->find_topic("patient") != nullptr);
  pass(60'000);
  CHECK(patient->response);
}

TEST_CASE_METHOD(cluster_fixture, "an outage of the store changes nothing") {
  auto& one = start();
  REQUIRE(create(one, "t") == error_code::none);
  auto epoch = one.epoch;
  one.store->disconnect();
  settle();
  CHECK(one.cache.get()->find_topic("t") != nullptr);
  one.store->reconnect();
  settle();
  CHECK(one.fatal.empty());
  CHECK(one.epoch == epoch);
  CHECK(controller_epoch(ensemble) == 1);
  CHECK(create(one, "u") == error_code::none);
}

TEST_CASE_METHOD(cluster_fixture, "a store that comes back with other data stops the broker") {
  auto& one = start();
  REQUIRE(create(one, "t") == error_code::none);
  SECTION("none at all") {
    ensemble.nodes.clear();
  }
  SECTION("another cluster's") {
    ensemble.nodes["/cluster"].value =
        encode_record(cluster_record{.cluster_id = "another", .bucket_count = 16});
  }
  one.store->expire();
  settle();
  REQUIRE(one.fatal.size() == 1);
  CHECK(one.fatal.front().message.find("no longer holds cluster the-cluster") != std::string::npos);
  CHECK(one.cache.get()->find_topic("t") != nullptr);
}

TEST_CASE("lost requests and answers of the store lose and double nothing") {
  rc::check([] {
    cluster_fixture world;
    auto seed = *rc::gen::arbitrary<uint32_t>();
    random_source dice(seed);
    bool trouble = false;
    world.ensemble.fate = [&](const auto&) {
      if (!trouble) return commit_fate::normal;
      auto roll = dice.below(10);
      return roll == 0   ? commit_fate::lost_request
             : roll == 1 ? commit_fate::lost_answer
                         : commit_fate::normal;
    };
    trouble = true;
    auto* one = &world.start();
    std::map<std::string, uuid> created;
    epochs_rise rising;
    for (int step = 0; step < 25; ++step) {
      if (dice.below(8) == 0) {
        for (const auto& image : one->images) rising.see(*image);
        world.stop(*one);
        one = &world.start(last_stop::process_crash);
      } else if (dice.below(10) == 0) {
        one->store->expire();
        world.settle();
      }
      auto name = fmt::format("t{}", step);
      create_topics_request request;
      request.topics.push_back({.name = name,
                                .num_partitions = static_cast<int32_t>(1 + dice.below(130)),
                                .replication_factor = 1});
      auto asked =
          world.ask_later<create_topics_response>(*one, create_topics_command{request, {}});
      world.pass(3000);
      RC_ASSERT(asked->response || asked->failed);
      if (asked->response && asked->response->topics.front().error_code == error_code::none) {
        created[name] = asked->response->topics.front().topic_id;
      }
    }
    for (const auto& image : one->images) rising.see(*image);
    auto image = one->cache.get();
    for (const auto& [name, id] : created) {
      auto topic = image->find_topic(name);
      RC_ASSERT(topic != nullptr);
      RC_ASSERT(topic->id() == id);
      RC_ASSERT(topic->partition(0).leader == (replica_seat{1, one->epoch}));
    }
    RC_ASSERT(created.size() > 15u);
    RC_ASSERT(one->fatal.empty());
  });
}

TEST_CASE_METHOD(cluster_fixture, "a controller that was replaced cannot write (I11)") {
  auto& one = start();
  REQUIRE(create(one, "t") == error_code::none);
  // Somebody else took office while this one was not looking.
  auto& epoch = ensemble.nodes.at(metadata_path::controller_epoch);
  epoch.value = encode_record(controller_epoch_record{7});
  ++epoch.version;
  auto changes = ensemble.nodes.at(metadata_path::changes).version;
  create_topics_request request;
  request.topics.push_back({.name = "u", .num_partitions = 1, .replication_factor = 1});
  auto asked = ask_later<create_topics_response>(one, create_topics_command{request, {}});
  scheduler().run_once();
  settle();
  REQUIRE(asked->failed);
  CHECK(*asked->failed == error_code::not_controller);
  CHECK(one.cache.get()->find_topic("u") == nullptr);
  CHECK(ensemble.nodes.at(metadata_path::changes).version == changes);
  CHECK(controller_epoch(ensemble) == 8);  // It stood for election again.
  CHECK(create(one, "u") == error_code::none);
}

TEST_CASE_METHOD(cluster_fixture, "dynamic broker configs reach the cell and survive a restart") {
  auto& one = start();
  incremental_alter_configs_request request;
  request.resources.push_back(
      {.resource_type = 4, .resource_name = "", .configs = {{"log.retention.ms", 0, "12345"}}});
  auto response =
      ask<incremental_alter_configs_response>(one, incremental_alter_configs_command{request, {}});
  REQUIRE(response.responses.size() == 1);
  INFO(response.responses.front().error_message.value_or(""));
  REQUIRE(response.responses.front().error_code == error_code::none);
  CHECK(one.config->get()->topic_defaults.retention_ms == 12345);
  stop(one);
  auto& two = start();
  CHECK(two.config->get()->topic_defaults.retention_ms == 12345);
}

TEST_CASE_METHOD(cluster_fixture, "damaged metadata is reported, not guessed at") {
  auto& one = start();
  REQUIRE(create(one, "t") == error_code::none);
  stop(one);
  for (auto& [path, node] : ensemble.nodes) {
    if (path.starts_with("/buckets/")) node.value = shared_bytes::copy_of("rubbish");
  }
  auto& two = start();
  REQUIRE(two.fatal.size() == 1);
  CHECK(two.fatal.front().message.find("/buckets/") != std::string::npos);
  CHECK(two.cache.get() == nullptr);
}

}  // namespace ottla
