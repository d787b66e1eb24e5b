#include "actors/config/config_changes.hpp"

#include "tests/actors/config/config_fixture.hpp"

namespace ottla {
namespace {

using changes = std::vector<config_change>;
constexpr auto set = config_operation::set;
constexpr auto remove = config_operation::remove;
constexpr auto append = config_operation::append;
constexpr auto subtract = config_operation::subtract;

config_map changed(const config_map& current, const changes& wanted) {
  auto result = change_topic_configs(broker_with({}), current, wanted);
  if (!result) FAIL(result.error().message);
  return *result;
}

fault refusal(const config_map& current, const changes& wanted) {
  auto result = change_topic_configs(broker_with({}), current, wanted);
  REQUIRE_FALSE(result);
  return result.error();
}

TEST_CASE("values of a topic are set and removed") {
  CHECK(changed({{"flush.ms", "1"}}, {{"retention.ms", set, "5"}, {"flush.ms", remove, {}}}) ==
        config_map{{"retention.ms", "5"}});
  CHECK(changed({}, {{"retention.ms", remove, {}}}).empty());
  CHECK(changed({{"retention.ms", "5"}}, {}) == config_map{{"retention.ms", "5"}});
}

TEST_CASE("APPEND and SUBTRACT start from the value in force") {
  CHECK(changed({}, {{"cleanup.policy", append, "compact"}}) ==
        config_map{{"cleanup.policy", "delete,compact"}});
  CHECK(changed({{"cleanup.policy", "compact"}}, {{"cleanup.policy", append, "compact"}}) ==
        config_map{{"cleanup.policy", "compact"}});
  CHECK(changed({{"cleanup.policy", "compact,delete"}}, {{"cleanup.policy", subtract, "delete"}}) ==
        config_map{{"cleanup.policy", "compact"}});
  CHECK(changed({}, {{"leader.replication.throttled.replicas", append, "0:1,0:2"}}) ==
        config_map{{"leader.replication.throttled.replicas", "0:1,0:2"}});
}

TEST_CASE("APPEND is for lists only, and operations must be known") {
  auto why = refusal({}, {{"retention.ms", append, "5"}});
  CHECK(why.code == error_code::invalid_config);
  CHECK(why.message == "Can't APPEND to key retention.ms because its type is not LIST.");
  CHECK(refusal({}, {{"nonsense", subtract, "5"}}).code == error_code::invalid_config);
  CHECK(refusal({}, {{"retention.ms", config_operation{9}, "5"}}).code ==
        error_code::invalid_request);
}

TEST_CASE("a null value and a repeated key are bad requests") {
  CHECK(refusal({}, {{"retention.ms", set, {}}}).code == error_code::invalid_request);
  CHECK(refusal({}, {{"retention.ms", set, "1"}, {"retention.ms", remove, {}}}).code ==
        error_code::invalid_request);
}

TEST_CASE("cleaner threads: 0 in a file says nothing, at run time it is refused as by Kafka") {
  const auto broker = broker_with({{"log.cleaner.threads", "0"}});
  CHECK(broker.cleaner_enabled);
  const changes to_none{{"log.cleaner.threads", set, "0"}};
  const auto refused = change_broker_configs(broker, {}, to_none, false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "Log cleaner threads should be at least 1");
  const changes to_two{{"log.cleaner.threads", set, "2"}};
  CHECK(change_broker_configs(broker, {}, to_two, false));
}

TEST_CASE("a change whose outcome is invalid changes nothing") {
  auto why = refusal({{"min.compaction.lag.ms", "10"}}, {{"max.compaction.lag.ms", set, "5"}});
  CHECK(why.code == error_code::invalid_config);
  CHECK(refusal({}, {{"cleanup.policy", append, "shred"}}).code == error_code::invalid_config);
}

TEST_CASE("values of brokers follow the same rules under their update modes") {
  auto broker = broker_with({{"log.cleanup.policy", "compact"}});
  auto result =
      change_broker_configs(broker, {}, changes{{"log.cleanup.policy", append, "delete"}}, true);
  REQUIRE(result);
  CHECK(result->at("log.cleanup.policy") == "compact,delete");
  CHECK_FALSE(change_broker_configs(broker, {}, changes{{"node.id", set, "3"}}, false));
}

TEST_CASE("one broker's APPEND starts from what is set for all brokers") {
  auto base = broker_with({});
  auto broker = with_dynamic_configs(base, {{"log.cleanup.policy", "compact"}}, {}).config;
  auto result =
      change_broker_configs(broker, {}, changes{{"log.cleanup.policy", append, "delete"}}, false);
  REQUIRE(result);
  CHECK(result->at("log.cleanup.policy") == "compact,delete");
}

}  // namespace
}  // namespace ottla
