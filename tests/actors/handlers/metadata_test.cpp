#include "actors/handlers/metadata.hpp"

#include <fmt/format.h>

#include "actors/cluster/topic_changes.hpp"
#include "actors/handlers/describe_configs.hpp"
#include "actors/handlers/list_config_resources.hpp"
#include "tests/actors/cluster/stored_cluster.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using requested = metadata_request::metadata_request_topic;

struct bench {
  stored_cluster cluster;
  broker_config config = make_broker_config({}, "localhost")->config;
  random_source random{1};

  explicit bench(int32_t topics = 2, int32_t partitions = 3) {
    cluster.add_broker(1, 10);
    metadata_draft draft(cluster.image());
    create_topics_request request;
    for (int32_t i = 0; i < topics; ++i) {
      request.topics.push_back(
          {.name = fmt::format("t{}", i), .num_partitions = partitions, .replication_factor = 1});
    }
    create_topics({draft, config, random}, request);
    cluster.write_all(draft);
  }
  [[nodiscard]] const metadata_image& image() const { return *cluster.image(); }
  [[nodiscard]] metadata_response ask(const metadata_request& wanted, api_version version) const {
    return answer_metadata(image(), wanted, version, "PLAINTEXT");
  }
};

}  // namespace

TEST_CASE("all topics: an empty list in version 0, null from version 1 on") {
  bench b;
  CHECK(b.ask({.topics = std::vector<requested>{}}, 0).topics.size() == 2);
  CHECK(b.ask({.topics = std::vector<requested>{}}, 1).topics.empty());
  CHECK(b.ask({.topics = std::nullopt}, 1).topics.size() == 2);
}

TEST_CASE("metadata names brokers by the listener that the client came in by") {
  bench b;
  auto response = b.ask({}, 12);
  REQUIRE(response.brokers.size() == 1);
  CHECK(response.brokers[0].host == "host1");
  CHECK(response.brokers[0].port == 9092);
  CHECK(response.cluster_id == "test-cluster");
  auto elsewhere = answer_metadata(b.image(), {}, 12, "OTHER");
  CHECK(elsewhere.brokers.empty());
  CHECK(elsewhere.topics[0].partitions[0].error_code == error_code::listener_not_found);
}

TEST_CASE("a topic is described with its partitions, epochs and id") {
  bench b;
  auto response = b.ask({.topics = {{{.name = "t1"}}}}, 12);
  REQUIRE(response.topics.size() == 1);
  const auto& topic = response.topics[0];
  CHECK(topic.topic_id == b.image().find_topic("t1")->id());
  CHECK(topic.topic_authorized_operations == INT32_MIN);
  REQUIRE(topic.partitions.size() == 3);
  CHECK(topic.partitions[2].partition_index == 2);
  CHECK(topic.partitions[2].leader_id == 1);
  CHECK(topic.partitions[2].leader_epoch == 0);
  CHECK(topic.partitions[2].isr_nodes == std::vector<int32_t>{1});
  CHECK(topic.partitions[2].offline_replicas.empty());
}

TEST_CASE("a replica that has failed is offline although its broker is there") {
  bench b(1, 1);
  metadata_draft draft(b.cluster.image());
  const auto id = b.image().find_topic("t0")->id();
  auto record = draft.partition(id, 0);
  record.failed = {{1, 10}};
  ++record.partition_epoch;
  draft.set_partition(id, 0, record);
  b.cluster.write_all(draft);
  const auto described = b.ask({}, 12).topics[0].partitions[0];
  CHECK(described.offline_replicas == std::vector<int32_t>{1});
  b.cluster.add_broker(1, 11);  // another life
  CHECK(b.ask({}, 12).topics[0].partitions[0].offline_replicas.empty());
}

TEST_CASE("partitions of a fenced broker have no leader; it is listed while its session lives") {
  bench b;
  b.cluster.add_broker(1, 11, broker_status::fenced);
  auto response = b.ask({}, 12);
  REQUIRE(response.brokers.size() == 1);
  CHECK(response.brokers[0].node_id == 1);
  const auto& partition = response.topics[0].partitions[0];
  CHECK(partition.error_code == error_code::leader_not_available);
  CHECK(partition.leader_id == -1);
  CHECK(partition.offline_replicas == std::vector<int32_t>{1});
}

TEST_CASE("unknown topics: by name, by bad name, by id") {
  bench b;
  auto by_name = b.ask({.topics = {{{.name = "nowhere"}, {.name = "a b"}}}}, 12);
  CHECK(by_name.topics[0].error_code == error_code::unknown_topic_or_partition);
  CHECK(by_name.topics[0].topic_id.is_zero());
  CHECK(by_name.topics[1].error_code == error_code::invalid_topic_exception);
  auto id = b.random.id();
  auto by_id = b.ask({.topics = {{{.topic_id = id}}}}, 12);
  CHECK(by_id.topics[0].error_code == error_code::unknown_topic_id);
  CHECK(by_id.topics[0].topic_id == id);
  CHECK_FALSE(by_id.topics[0].name);
  auto known = b.image().find_topic("t0")->id();
  CHECK(b.ask({.topics = {{{.topic_id = known}}}}, 12).topics[0].name == "t0");
}

TEST_CASE("ids before version 12 and mixtures of names and ids are refused") {
  bench b;
  auto id = b.image().find_topic("t0")->id();
  CHECK(b.ask({.topics = {{{.topic_id = id}}}}, 11).topics[0].error_code ==
        error_code::invalid_request);
  auto mixed = b.ask({.topics = {{{.topic_id = id}, {.name = "t1"}}}}, 12);
  CHECK(mixed.topics[0].error_code == error_code::invalid_request);
  CHECK(mixed.topics[1].error_code == error_code::invalid_request);
}

TEST_CASE("only names that may exist are created, and only when the request allows it") {
  bench b;
  metadata_request wanted{
      .topics = {{{.name = "new"}, {.name = "t0"}, {.name = "a b"}, {.name = "new"}}}};
  CHECK(topics_to_create(b.image(), wanted, 12) == std::vector<std::string>{"new"});
  wanted.allow_auto_topic_creation = false;
  CHECK(topics_to_create(b.image(), wanted, 4).empty());
  CHECK(topics_to_create(b.image(), wanted, 3).size() == 1);  // Had no such field.
  CHECK(topics_to_create(b.image(), {}, 12).empty());
}

TEST_CASE("authorized operations are told only when asked for") {
  bench b;
  metadata_request wanted{.include_cluster_authorized_operations = true,
                          .include_topic_authorized_operations = true};
  auto response = b.ask(wanted, 10);
  CHECK(response.cluster_authorized_operations == 0x1fa0);
  CHECK(response.topics[0].topic_authorized_operations == 0xdf8);
  CHECK(b.ask({}, 10).cluster_authorized_operations == INT32_MIN);
}

TEST_CASE("partitions are described page by page without gap or repetition") {
  bench b(5, 7);
  std::vector<std::pair<std::string, int32_t>> seen;
  describe_topic_partitions_request wanted{.response_partition_limit = 4};
  for (int page = 0; page < 30; ++page) {
    auto response = answer_describe_topic_partitions(b.image(), wanted, "PLAINTEXT", 2000);
    size_t partitions = 0;
    for (const auto& topic : response.topics) {
      partitions += topic.partitions.size();
      for (const auto& p : topic.partitions) seen.emplace_back(*topic.name, p.partition_index);
    }
    CHECK(partitions <= 4);
    if (!response.next_cursor) break;
    wanted.cursor = {{response.next_cursor->topic_name, response.next_cursor->partition_index}};
  }
  REQUIRE(seen.size() == 35);
  CHECK(std::ranges::is_sorted(seen));
  CHECK(std::ranges::adjacent_find(seen) == seen.end());
}

TEST_CASE("a page holds no more than the broker allows, and names what is not there") {
  bench b(1, 30);
  auto response = answer_describe_topic_partitions(b.image(), {.response_partition_limit = 1000},
                                                   "PLAINTEXT", 10);
  CHECK(response.topics[0].partitions.size() == 10);
  CHECK(response.next_cursor->partition_index == 10);
  auto unknown =
      answer_describe_topic_partitions(b.image(), {.topics = {{"nowhere"}}}, "PLAINTEXT", 10);
  CHECK(unknown.topics[0].error_code == error_code::unknown_topic_or_partition);
}

TEST_CASE("a cluster is described for brokers, not for controllers") {
  bench b;
  auto brokers = answer_describe_cluster(b.image(), {}, "PLAINTEXT");
  CHECK(brokers.error_code == error_code::none);
  CHECK(brokers.brokers.size() == 1);
  CHECK(answer_describe_cluster(b.image(), {.endpoint_type = 2}, "PLAINTEXT").error_code ==
        error_code::mismatched_endpoint_type);
  CHECK(answer_describe_cluster(b.image(), {.endpoint_type = 9}, "PLAINTEXT").error_code ==
        error_code::unsupported_endpoint_type);
  b.cluster.add_broker(2, 20, broker_status::fenced);
  CHECK(answer_describe_cluster(b.image(), {}, "PLAINTEXT").brokers.size() == 1);
  auto fenced = answer_describe_cluster(b.image(), {.include_fenced_brokers = true}, "PLAINTEXT");
  REQUIRE(fenced.brokers.size() == 2);
  CHECK(fenced.brokers[1].is_fenced);
}

TEST_CASE("configs are described with source, synonyms and documentation as asked") {
  bench b;
  auto ask = [&](int8_t type, std::string name, bool more) {
    describe_configs_request wanted{.include_synonyms = more, .include_documentation = more};
    wanted.resources.push_back({.resource_type = type, .resource_name = std::move(name)});
    return answer_describe_configs(b.image(), b.config, 1, wanted).results.front();
  };
  auto topic = ask(2, "t0", true);
  CHECK(topic.error_code == error_code::none);
  auto retention =
      *std::ranges::find(topic.configs, "retention.ms",
                         &describe_configs_response::describe_configs_resource_result::name);
  CHECK(retention.value == "604800000");
  CHECK(retention.config_source == 5);
  CHECK_FALSE(retention.synonyms.empty());
  CHECK(retention.documentation);
  CHECK(retention.config_type == 5);
  auto plain = ask(2, "t0", false);
  CHECK(plain.configs[0].synonyms.empty());
  CHECK_FALSE(plain.configs[0].documentation);
  CHECK(ask(2, "nowhere", false).error_code == error_code::unknown_topic_or_partition);
  CHECK(ask(2, "a b", false).error_code == error_code::invalid_topic_exception);
  CHECK(ask(4, "1", false).configs.size() > 20);
  CHECK(ask(4, "", false).error_code == error_code::none);
  CHECK(ask(4, "2", false).error_code == error_code::invalid_request);
  CHECK(ask(4, "x", false).error_code == error_code::invalid_request);
  CHECK(ask(16, "metrics", false).configs.empty());
  CHECK(ask(32, "", false).error_code == error_code::invalid_request);
  CHECK(ask(77, "x", false).error_code == error_code::invalid_request);
}

TEST_CASE("config resources: client metrics only in version 0, everything later") {
  bench b;
  CHECK(answer_list_config_resources(b.image(), {}, 0).config_resources.empty());
  CHECK(answer_list_config_resources(b.image(), {}, 1).config_resources.size() == 4);
  CHECK(
      answer_list_config_resources(b.image(), {.resource_types = {2}}, 1).config_resources.size() ==
      2);
  CHECK(answer_list_config_resources(b.image(), {.resource_types = {7}}, 1).error_code ==
        error_code::unsupported_version);
}

}  // namespace ottla
