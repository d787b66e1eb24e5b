#include "actors/config/topic_config.hpp"

#include "tests/actors/config/config_fixture.hpp"

namespace ottla {
namespace {

std::string refusal(const config_map& overrides) {
  auto checked = check_topic_overrides(broker_with({}), overrides);
  return checked ? std::string() : checked.error().message;
}

TEST_CASE("a topic without values of its own has Kafka's defaults") {
  auto config = make_topic_config(broker_with({}), {});
  CHECK(config == topic_config{});
  CHECK(config == broker_with({}).topic_defaults);
}

TEST_CASE("every topic key changes the effective configuration") {
  auto broker = broker_with({});
  const std::map<std::string_view, std::string> other = {
      {"cleanup.policy", "compact"},
      {"compression.type", "zstd"},
      {"message.timestamp.type", "LogAppendTime"},
      {"ottla.durability", "relaxed"},
      {"ottla.record.validation", "full"},
      {"min.cleanable.dirty.ratio", "0.25"},
      {"compression.gzip.level", "5"},
      {"segment.bytes", "2000000"},
  };
  for (const auto& definition : topic_config_definitions()) {
    if (definition.use != config_use::honoured) continue;
    // Not of one partition's log: replication_throttle_test.cpp.
    if (definition.name.ends_with(".replication.throttled.replicas")) continue;
    INFO(definition.name);
    std::string value = definition.type == config_type::boolean ? "true" : "17";
    if (auto at = other.find(definition.name); at != other.end()) value = at->second;
    config_map overrides{{std::string(definition.name), value}};
    CHECK(check_topic_overrides(broker, overrides));
    CHECK_FALSE(make_topic_config(broker, overrides) == broker.topic_defaults);
  }
}

TEST_CASE("the broker's values apply to topics without their own, the most precise unit first") {
  auto broker = broker_with({{"log.retention.hours", "1"}, {"log.segment.bytes", "2000000"}});
  CHECK(make_topic_config(broker, {}).retention_ms == 3'600'000);
  CHECK(make_topic_config(broker, {}).segment_bytes == 2'000'000);
  CHECK(make_topic_config(broker, {{"retention.ms", "5"}}).retention_ms == 5);

  broker = broker_with({{"log.retention.hours", "1"}, {"log.retention.minutes", "2"}});
  CHECK(broker.topic_defaults.retention_ms == 120'000);
  broker = broker_with({{"log.retention.minutes", "2"}, {"log.retention.ms", "3"}});
  CHECK(broker.topic_defaults.retention_ms == 3);
  CHECK(broker_with({{"log.retention.hours", "-1"}}).topic_defaults.retention_ms == -1);
  CHECK(broker_with({{"log.roll.hours", "2"}}).topic_defaults.segment_ms == 7'200'000);
  CHECK(broker_with({{"log.flush.scheduler.interval.ms", "9"}}).topic_defaults.flush_ms == 9);
}

TEST_CASE("an override that is not valid any more is passed over") {
  auto broker = broker_with({{"log.retention.ms", "77"}});
  CHECK(make_topic_config(broker, {{"retention.ms", "soon"}}).retention_ms == 77);
  CHECK(make_topic_config(broker, {{"gone.with.an.upgrade", "1"}}) == broker.topic_defaults);
}

TEST_CASE("both cleanup policies, one or none can be chosen") {
  auto broker = broker_with({});
  auto both = make_topic_config(broker, {{"cleanup.policy", "compact,delete"}});
  CHECK(both.cleanup_compact);
  CHECK(both.cleanup_delete);
  auto compact = make_topic_config(broker, {{"cleanup.policy", "compact"}});
  CHECK(compact.cleanup_compact);
  CHECK_FALSE(compact.cleanup_delete);
  auto none = make_topic_config(broker, {{"cleanup.policy", ""}});
  CHECK_FALSE(none.cleanup_compact);
  CHECK_FALSE(none.cleanup_delete);
}

TEST_CASE("unknown, unsupported, oversized and contradictory overrides are refused") {
  CHECK(refusal({{"nonsense", "1"}}) == "Unknown topic config name: nonsense");
  CHECK(refusal({{"retention.sm", "1"}}) ==
        "Unknown topic config name: retention.sm; did you mean retention.ms?");
  CHECK(contains(refusal({{"remote.storage.enable", "true"}}), "no tiered storage"));
  CHECK(refusal({{"remote.storage.enable", "false"}}).empty());
  CHECK(contains(refusal({{"cleanup.policy", std::string(32'768, 'x')}}), "maximum size"));
  CHECK(refusal({{"min.compaction.lag.ms", "10"}, {"max.compaction.lag.ms", "5"}}) ==
        "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)");
  CHECK(refusal({{"leader.replication.throttled.replicas", "*"}}).empty());
}

TEST_CASE("durability is chosen at creation unless a level is named") {
  CHECK_FALSE(make_topic_config(broker_with({}), {}).durability_level);
  CHECK(broker_with({{"ottla.durability", "relaxed"}}).topic_defaults.durability_level ==
        durability::relaxed);
  CHECK(default_durability(1, false) == durability::fsync);
  CHECK(default_durability(3, true) == durability::fsync);
  CHECK(default_durability(3, false) == durability::replicated);
  for (auto level : {durability::fsync, durability::replicated, durability::relaxed}) {
    CHECK(parse_durability(durability_name(level)) == level);
  }
}

TEST_CASE("a test can make segments smaller than the limit of segment.bytes") {
  auto config = make_topic_config(broker_with({}), {{"internal.segment.bytes", "1000"}});
  CHECK(config.segment_bytes == 1000);
}

}  // namespace
}  // namespace ottla
