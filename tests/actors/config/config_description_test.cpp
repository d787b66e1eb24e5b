#include "actors/config/config_description.hpp"

#include <algorithm>

#include "tests/actors/config/config_fixture.hpp"

namespace ottla {
namespace {

const described_config& entry(const std::vector<described_config>& all, std::string_view name) {
  auto at = std::ranges::find(all, name, &described_config::name);
  if (at == all.end()) FAIL("not described: " << name);
  return *at;
}

bool is_described(const std::vector<described_config>& all, std::string_view name) {
  return std::ranges::find(all, name, &described_config::name) != all.end();
}

TEST_CASE("a topic's own value is told apart from what it would fall back to") {
  auto broker = with_dynamic_configs(broker_with({{"message.max.bytes", "100"}}),
                                     {{"message.max.bytes", "200"}}, {})
                    .config;
  auto all = describe_topic_configs(broker, {{"max.message.bytes", "300"}});
  const auto& config = entry(all, "max.message.bytes");
  CHECK(config.value == "300");
  CHECK(config.source == config_source::dynamic_topic);
  CHECK(config.type == config_type::int32);
  CHECK_FALSE(config.is_read_only);
  REQUIRE(config.synonyms.size() == 4);
  CHECK(config.synonyms[0].name == "max.message.bytes");
  CHECK(config.synonyms[1].value == "200");
  CHECK(config.synonyms[1].source == config_source::dynamic_default_broker);
  CHECK(config.synonyms[2].value == "100");
  CHECK(config.synonyms[2].source == config_source::static_broker);
  CHECK(config.synonyms[3].value == "1048588");
  CHECK(config.synonyms[3].source == config_source::default_value);
}

TEST_CASE("a value from a coarser unit is described in the topic's unit with its true source") {
  auto broker = broker_with({{"log.retention.hours", "2"}});
  const auto all = describe_topic_configs(broker, {});
  const auto& config = entry(all, "retention.ms");
  CHECK(config.value == "7200000");
  CHECK(config.source == config_source::static_broker);
  REQUIRE(config.synonyms.size() == 2);
  CHECK(config.synonyms[0].name == "log.retention.hours");
  CHECK(config.synonyms[0].value == "2");
  CHECK(config.synonyms[1].value == "168");
}

TEST_CASE("every topic key is described, those for tests only where they are set") {
  auto all = describe_topic_configs(broker_with({}), {});
  CHECK(all.size() == topic_config_definitions().size() - 1);
  CHECK_FALSE(is_described(all, "internal.segment.bytes"));
  CHECK(std::ranges::is_sorted(all, {}, &described_config::name));
  for (const auto& config : all) {
    INFO(config.name);
    CHECK(config.source == config_source::default_value);
    CHECK(config.value.has_value());
    CHECK_FALSE(config.doc.empty());
  }
  auto with = describe_topic_configs(broker_with({}), {{"internal.segment.bytes", "9"}});
  CHECK(entry(with, "internal.segment.bytes").value == "9");
}

TEST_CASE("a broker describes what it honours, and ignored keys only where they are set") {
  auto all = describe_broker_configs(broker_with({{"num.io.threads", "3"}}));
  CHECK(entry(all, "num.io.threads").value == "3");
  CHECK(entry(all, "num.io.threads").source == config_source::static_broker);
  CHECK_FALSE(is_described(all, "num.network.threads"));
  CHECK(entry(all, "num.partitions").is_read_only);
  CHECK_FALSE(entry(all, "message.max.bytes").is_read_only);
  CHECK(entry(all, "node.id").value == "1");
  CHECK_FALSE(entry(all, "log.retention.ms").value);
  CHECK(entry(all, "log.retention.hours").value == "168");
}

TEST_CASE("a value set at run time for one broker comes before the one for all") {
  auto broker = with_dynamic_configs(broker_with({}), {{"message.max.bytes", "200"}},
                                     {{"message.max.bytes", "300"}})
                    .config;
  auto all = describe_broker_configs(broker);
  const auto& config = entry(all, "message.max.bytes");
  CHECK(config.value == "300");
  CHECK(config.source == config_source::dynamic_broker);
  REQUIRE(config.synonyms.size() == 3);
  CHECK(config.synonyms[1].source == config_source::dynamic_default_broker);

  auto defaults = describe_cluster_default_configs(broker);
  REQUIRE(defaults.size() == 1);
  CHECK(defaults.front().value == "200");
  CHECK(defaults.front().source == config_source::dynamic_default_broker);
}

TEST_CASE("secrets are described without their value") {
  auto all = describe_broker_configs(broker_with(
      {{"ssl.keystore.password", "hunter2"}, {"listener.name.x.ssl.key.password", "hunter2"}}));
  for (const char* name : {"ssl.keystore.password", "listener.name.x.ssl.key.password"}) {
    const auto& config = entry(all, name);
    CHECK(config.is_sensitive);
    CHECK_FALSE(config.value);
    for (const auto& synonym : config.synonyms) CHECK_FALSE(synonym.value);
  }
}

}  // namespace
}  // namespace ottla
