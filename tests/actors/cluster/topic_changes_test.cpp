#include "actors/cluster/topic_changes.hpp"

#include "actors/cluster/config_requests.hpp"
#include "tests/actors/cluster/stored_cluster.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using creatable_topic = create_topics_request::creatable_topic;

struct bench {
  stored_cluster cluster;
  broker_config config = make_broker_config({}, "localhost")->config;
  random_source random{1};

  bench() { cluster.add_broker(1, 10); }

  create_topics_response::creatable_topic_result create(creatable_topic topic,
                                                        bool validate_only = false) {
    metadata_draft draft(cluster.image());
    create_topics_request request{.topics = {std::move(topic)}, .validate_only = validate_only};
    auto response = create_topics({draft, config, random}, request);
    CHECK(draft.is_empty() ==
          (validate_only || response.topics.front().error_code != error_code::none));
    cluster.write_all(draft);
    return response.topics.front();
  }
  error_code grow(const std::string& name, int32_t count) {
    metadata_draft draft(cluster.image());
    auto response = create_partitions({draft, config, random}, {.topics = {{name, count}}});
    cluster.write_all(draft);
    return response.results.front().error_code;
  }
  delete_topics_response remove(delete_topics_request request, api_version version = 6) {
    metadata_draft draft(cluster.image());
    auto response = delete_topics({draft, config, random}, request, version);
    cluster.write_all(draft);
    return response;
  }
  incremental_alter_configs_response alter(
      incremental_alter_configs_request::alter_configs_resource resource) {
    metadata_draft draft(cluster.image());
    auto response =
        incremental_alter_configs({draft, config, random}, {.resources = {std::move(resource)}});
    cluster.write_all(draft);
    return response;
  }
};

creatable_topic topic(std::string name, int32_t partitions = 1, int16_t replication_factor = 1) {
  return {.name = std::move(name),
          .num_partitions = partitions,
          .replication_factor = replication_factor};
}

}  // namespace

TEST_CASE("a topic gets the broker's defaults for -1") {
  bench b;
  b.config.num_partitions = 7;
  auto made = b.create(topic("t", -1, -1));
  CHECK(made.error_code == error_code::none);
  CHECK(made.num_partitions == 7);
  CHECK(made.replication_factor == 1);
  CHECK(b.cluster.image()->find_topic("t")->partition(6).leader == replica_seat{1, 10});
}

TEST_CASE("what cannot be a topic is refused with Kafka's code") {
  bench b;
  CHECK(b.create(topic("a b")).error_code == error_code::invalid_topic_exception);
  CHECK(b.create(topic("")).error_code == error_code::invalid_topic_exception);
  CHECK(b.create(topic("t", 0)).error_code == error_code::invalid_partitions);
  CHECK(b.create(topic("t", -2)).error_code == error_code::invalid_partitions);
  CHECK(b.create(topic("t", 1, 0)).error_code == error_code::invalid_replication_factor);
  CHECK(b.create(topic("t", 1, 2)).error_code == error_code::invalid_replication_factor);
  CHECK(b.create(topic("t", INT32_MAX)).error_code == error_code::policy_violation);
  CHECK(b.create(topic("t", 10'001)).error_code == error_code::policy_violation);
  auto unknown_config = topic("t");
  unknown_config.configs = {{"no.such.config", "1"}};
  CHECK(b.create(unknown_config).error_code == error_code::invalid_config);
  auto bad_value = topic("t");
  bad_value.configs = {{"retention.ms", "soon"}};
  CHECK(b.create(bad_value).error_code == error_code::invalid_config);
  REQUIRE(b.create(topic("a.b")).error_code == error_code::none);
  CHECK(b.create(topic("a.b")).error_code == error_code::topic_already_exists);
  auto collision = b.create(topic("a_b"));
  CHECK(collision.error_code == error_code::invalid_topic_exception);
  CHECK(collision.error_message == "Topic 'a_b' collides with existing topic: a.b");
}

TEST_CASE("manual assignments are checked") {
  bench b;
  auto with = [](std::vector<create_topics_request::creatable_replica_assignment> assignments) {
    auto wanted = topic("t", -1, -1);
    wanted.assignments = std::move(assignments);
    return wanted;
  };
  CHECK(b.create(with({{0, {}}})).error_code == error_code::invalid_replica_assignment);
  CHECK(b.create(with({{0, {1, 1}}})).error_code == error_code::invalid_replica_assignment);
  CHECK(b.create(with({{0, {5}}})).error_code == error_code::invalid_replica_assignment);
  CHECK(b.create(with({{1, {1}}})).error_code == error_code::invalid_replica_assignment);
  CHECK(b.create(with({{0, {1}}, {0, {1}}})).error_code == error_code::invalid_replica_assignment);
  auto both = with({{0, {1}}});
  both.num_partitions = 1;
  CHECK(b.create(both).error_code == error_code::invalid_request);
  auto made = b.create(with({{1, {1}}, {0, {1}}}));
  CHECK(made.error_code == error_code::none);
  CHECK(made.num_partitions == 2);
  b.cluster.add_broker(2, 20, broker_status::fenced);
  auto fenced = with({{0, {2}}});
  fenced.name = "u";
  CHECK(b.create(fenced).error_code == error_code::invalid_replica_assignment);
}

TEST_CASE("validate_only runs every check and makes nothing") {
  bench b;
  auto checked = b.create(topic("t", 3), true);
  CHECK(checked.error_code == error_code::none);
  CHECK(checked.num_partitions == 3);
  CHECK(b.cluster.image()->topic_count() == 0);
  CHECK(b.create(topic("t", 3, 9), true).error_code == error_code::invalid_replication_factor);
}

TEST_CASE("a name given twice in a request is refused once, and nothing is made of it") {
  bench b;
  metadata_draft draft(b.cluster.image());
  auto response =
      create_topics({draft, b.config, b.random}, {.topics = {topic("t"), topic("t"), topic("u")}});
  REQUIRE(response.topics.size() == 2);
  CHECK(response.topics[0].error_code == error_code::invalid_request);
  CHECK(response.topics[1].error_code == error_code::none);
}

TEST_CASE("a topic grows only to a greater total") {
  bench b;
  REQUIRE(b.create(topic("t", 3)).error_code == error_code::none);
  CHECK(b.grow("t", 3) == error_code::invalid_partitions);
  CHECK(b.grow("t", 2) == error_code::invalid_partitions);
  CHECK(b.grow("nowhere", 2) == error_code::unknown_topic_or_partition);
  CHECK(b.grow("t", INT32_MAX) == error_code::policy_violation);
  CHECK(b.grow("t", 100) == error_code::none);
  CHECK(b.cluster.image()->find_topic("t")->partition_count() == 100);
}

TEST_CASE("topics are deleted by name or id, each with its own error") {
  bench b;
  auto made = b.create(topic("t"));
  auto unknown = b.remove({.topics = {{.topic_id = b.random.id()}, {.name = "nowhere"}, {}}});
  CHECK(unknown.responses[0].error_code == error_code::unknown_topic_id);
  CHECK(unknown.responses[1].error_code == error_code::unknown_topic_or_partition);
  CHECK(unknown.responses[2].error_code == error_code::invalid_request);
  auto twice = b.remove({.topic_names = {"t", "t"}});
  REQUIRE(twice.responses.size() == 1);
  CHECK(twice.responses[0].error_code == error_code::invalid_request);
  b.config.delete_topics = false;
  CHECK(b.remove({.topic_names = {"t"}}).responses[0].error_code ==
        error_code::topic_deletion_disabled);
  CHECK(b.remove({.topic_names = {"t"}}, 2).responses[0].error_code == error_code::invalid_request);
  b.config.delete_topics = true;
  auto gone = b.remove({.topics = {{.topic_id = made.topic_id}}});
  CHECK(gone.responses[0].error_code == error_code::none);
  CHECK(gone.responses[0].name == "t");
  CHECK(b.cluster.image()->find_deleted(made.topic_id)->pending == std::vector<broker_id>{1});
}

TEST_CASE("a durability level is fixed at creation and lost by no other change") {
  bench b;
  REQUIRE(b.create(topic("t")).error_code == error_code::none);
  auto level = [&] { return b.cluster.image()->find_topic("t")->configs().at("ottla.durability"); };
  CHECK(level() == "fsync");
  REQUIRE(b.alter({2, "t", {{"ottla.durability", 0, "relaxed"}}}).responses[0].error_code ==
          error_code::none);
  metadata_draft draft(b.cluster.image());
  auto replaced = alter_configs({draft, b.config, b.random},
                                {.resources = {{2, "t", {{"retention.ms", "1000"}}}}});
  REQUIRE(replaced.responses[0].error_code == error_code::none);
  b.cluster.write_all(draft);
  CHECK(level() == "relaxed");
  CHECK(b.cluster.image()->find_topic("t")->configs().at("retention.ms") == "1000");
  REQUIRE(b.alter({2, "t", {{"ottla.durability", 1, {}}}}).responses[0].error_code ==
          error_code::none);
  CHECK(level() == "fsync");
}

TEST_CASE("the broker's durability level is that of new topics which name none") {
  bench b;
  b.config =
      make_broker_config({.statics = {{"ottla.durability", {"relaxed", "test"}}}}, "localhost")
          ->config;
  REQUIRE(b.create(topic("t")).error_code == error_code::none);
  auto level = [&] { return b.cluster.image()->find_topic("t")->configs().at("ottla.durability"); };
  CHECK(level() == "relaxed");
  auto described = describe_topic(b.config, "t", 1, b.cluster.image()->find_topic("t")->configs());
  auto shown = std::ranges::find(described, "ottla.durability", &described_config::name);
  CHECK(shown->value == "relaxed");
  CHECK(shown->source != config_source::dynamic_topic);
  REQUIRE(b.alter({2, "t", {{"ottla.durability", 0, "fsync"}}}).responses[0].error_code ==
          error_code::none);
  CHECK(level() == "fsync");
  REQUIRE(b.alter({2, "t", {{"ottla.durability", 0, "auto"}}}).responses[0].error_code ==
          error_code::none);
  CHECK(level() == "relaxed");
}

TEST_CASE("who was eligible under another minimum of in-sync replicas is forgotten with it") {
  bench b;
  b.cluster.add_broker(2, 20);
  const auto id = b.random.id();
  const auto make = [&] {
    metadata_draft draft(b.cluster.image());
    draft.add_topic(
        {.id = id,
         .name = "t",
         .partition_count = 1,
         .configs = {{"min.insync.replicas", "2"}, {"ottla.durability", "replicated"}}},
        {{.replicas = {1, 2}, .leader = {1, 10}, .isr = {{1, 10}}, .eligible = {{2, 20}}}});
    b.cluster.write_all(draft);
  };
  const auto eligible = [&] {
    return b.cluster.image()->find_topic("t")->partition(0).eligible.size();
  };
  make();
  REQUIRE(b.alter({2, "t", {{"retention.ms", 0, "1000"}}}).responses[0].error_code ==
          error_code::none);
  REQUIRE(b.alter({2, "t", {{"min.insync.replicas", 0, "3"}}}).responses[0].error_code ==
          error_code::none);
  CHECK(eligible() == 1);
  SECTION("by a config of the topic") {
    b.alter({2, "t", {{"min.insync.replicas", 0, "1"}}});
  }
  SECTION("by a config of the brokers") {
    REQUIRE(b.alter({4, "", {{"min.insync.replicas", 0, "1"}}}).responses[0].error_code ==
            error_code::none);
  }
  CHECK(eligible() == 0);
}

TEST_CASE("lists of configs are appended to and subtracted from") {
  bench b;
  REQUIRE(b.create(topic("t")).error_code == error_code::none);
  REQUIRE(b.alter({2, "t", {{"cleanup.policy", 2, "compact"}}}).responses[0].error_code ==
          error_code::none);
  auto policy = [&] { return b.cluster.image()->find_topic("t")->configs().at("cleanup.policy"); };
  CHECK(policy() == "delete,compact");
  REQUIRE(b.alter({2, "t", {{"cleanup.policy", 3, "delete"}}}).responses[0].error_code ==
          error_code::none);
  CHECK(policy() == "compact");
}

TEST_CASE("configs of what is not there are refused") {
  bench b;
  CHECK(b.alter({2, "nowhere", {}}).responses[0].error_code ==
        error_code::unknown_topic_or_partition);
  CHECK(b.alter({4, "x", {}}).responses[0].error_code == error_code::invalid_request);
  CHECK(b.alter({99, "x", {}}).responses[0].error_code == error_code::invalid_request);
  CHECK(b.alter({4, "1", {{"no.such.key", 0, "1"}}}).responses[0].error_code != error_code::none);
}

TEST_CASE("elections answer for every partition that was named, and for all only what changed") {
  bench b;
  REQUIRE(b.create(topic("t", 2)).error_code == error_code::none);
  metadata_draft draft(b.cluster.image());
  change_context context{draft, b.config, b.random};
  auto named =
      elect_leaders(context, {.topic_partitions = {{{.topic = "t", .partitions = {0, 7}}}}});
  REQUIRE(named.replica_election_results.size() == 1);
  const auto& results = named.replica_election_results[0].partition_result;
  CHECK(results[0].error_code == error_code::election_not_needed);
  CHECK(results[1].error_code == error_code::unknown_topic_or_partition);
  CHECK(elect_leaders(context, {}).replica_election_results.empty());
  CHECK(elect_leaders(context, {.election_type = 5}).error_code == error_code::invalid_request);
}

TEST_CASE("a level that a topic got by itself is described as a default") {
  bench b;
  auto find = [](const std::vector<described_config>& all) {
    return *std::ranges::find(all, "ottla.durability", &described_config::name);
  };
  auto own = find(describe_topic(b.config, "t", 1, {{"ottla.durability", "fsync"}}));
  CHECK(own.value == "fsync");
  CHECK(own.source == config_source::default_value);
  auto asked = find(describe_topic(b.config, "t", 1, {{"ottla.durability", "relaxed"}}));
  CHECK(asked.value == "relaxed");
  CHECK(asked.source == config_source::dynamic_topic);
}

TEST_CASE("an internal topic keeps its partitions: groups find their coordinator by their number") {
  bench b;
  REQUIRE(b.create(topic("__consumer_offsets", 5)).error_code == error_code::none);
  CHECK(b.grow("__consumer_offsets", 6) == error_code::invalid_topic_exception);
  auto removed = b.remove({.topics = {{.name = "__consumer_offsets"}}});
  CHECK(removed.responses.front().error_code == error_code::invalid_topic_exception);
  CHECK(b.cluster.image()->find_topic("__consumer_offsets")->partition_count() == 5);
}

}  // namespace ottla
