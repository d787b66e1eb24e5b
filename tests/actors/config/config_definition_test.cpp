#include "actors/config/config_definition.hpp"

#include <algorithm>

#include "actors/config/config_value.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

std::string refusal(std::string_view key, std::string_view value) {
  const config_definition* definition = find_topic_config(key);
  REQUIRE(definition);
  auto checked = check_config_value(*definition, value);
  return checked ? std::string() : checked.error().message;
}

void check_table(std::span<const config_definition> definitions) {
  for (size_t i = 0; i < definitions.size(); ++i) {
    const auto& definition = definitions[i];
    INFO(definition.name);
    if (i > 0) CHECK(definitions[i - 1].name < definition.name);
    bool is_honoured = definition.use == config_use::honoured;
    CHECK((!definition.doc.empty() || !is_honoured));
    CHECK(definition.why.empty() == is_honoured);
    if (definition.default_value && is_honoured) {
      CHECK(check_config_value(definition, *definition.default_value));
    }
    CHECK((definition.doc.empty() || definition.doc.ends_with('.')));
  }
}

TEST_CASE("the tables are sorted, documented, and their defaults are valid") {
  check_table(broker_config_definitions());
  check_table(topic_config_definitions());
}

TEST_CASE("every broker key that a topic key falls back to is honoured as it is, and of its type") {
  for (const auto& topic : topic_config_definitions()) {
    for (auto name : broker_synonyms_of_topic_config(topic.name)) {
      INFO(topic.name << " " << name);
      const config_definition* broker = find_broker_config(name);
      REQUIRE(broker);
      CHECK(broker->use == topic.use);
      if (unit_factor(name, topic.name) == 1) CHECK(broker->type == topic.type);
    }
    const bool is_for_topics_only = topic.name == "internal.segment.bytes" ||
                                    topic.name.ends_with(".replication.throttled.replicas");
    if (topic.use == config_use::honoured && !is_for_topics_only) {
      CHECK_FALSE(broker_synonyms_of_topic_config(topic.name).empty());
    }
  }
}

TEST_CASE("a broker key whose value becomes a topic's takes no value that a topic refuses") {
  for (const auto& topic : topic_config_definitions()) {
    for (auto name : broker_synonyms_of_topic_config(topic.name)) {
      INFO(topic.name << " from " << name);
      const auto& broker = *find_broker_config(name);
      if (unit_factor(name, topic.name) != 1) continue;
      CHECK(broker.min >= topic.min);
      CHECK(broker.max <= topic.max);
    }
  }
  CHECK(find_broker_config("offsets.topic.segment.bytes")->min ==
        find_topic_config("segment.bytes")->min);
}

TEST_CASE("invalid values are refused in Kafka's words") {
  CHECK(refusal("retention.ms", "abc") ==
        "Invalid value abc for configuration retention.ms: Not a number of type LONG");
  CHECK(refusal("retention.ms", "-2") ==
        "Invalid value -2 for configuration retention.ms: Value must be at least -1");
  CHECK(refusal("segment.bytes", "5") ==
        "Invalid value 5 for configuration segment.bytes: Value must be at least 1048576");
  CHECK(refusal("segment.bytes", "99999999999") ==
        "Invalid value 99999999999 for configuration segment.bytes: Not a number of type INT");
  CHECK(refusal("cleanup.policy", "foo") ==
        "Invalid value foo for configuration cleanup.policy: String must be one of: compact, "
        "delete");
  CHECK(refusal("cleanup.policy", "delete,,compact") ==
        "Configuration 'cleanup.policy' values must not be empty.");
  CHECK(refusal("compression.type", "foo") ==
        "Invalid value foo for configuration compression.type: String must be one of: "
        "uncompressed, zstd, lz4, snappy, gzip, producer");
  CHECK(refusal("preallocate", "yes") ==
        "Invalid value yes for configuration preallocate: Expected value to be either true or "
        "false");
  CHECK(refusal("min.cleanable.dirty.ratio", "1.5") ==
        "Invalid value 1.5 for configuration min.cleanable.dirty.ratio: Value must be no more "
        "than 1");
  CHECK(refusal("min.cleanable.dirty.ratio", "nan") ==
        "Invalid value nan for configuration min.cleanable.dirty.ratio: Not a number of type "
        "DOUBLE");
  CHECK(refusal("compression.zstd.level", "23") ==
        "Invalid value 23 for configuration compression.zstd.level: Value must be no more than 22");
  CHECK(refusal("flush.ms", "1.0") ==
        "Invalid value 1.0 for configuration flush.ms: Not a number of type LONG");
  CHECK_FALSE(refusal("compression.gzip.level", "0").empty());
  CHECK_FALSE(refusal("max.message.bytes", "").empty());
}

TEST_CASE("values that Kafka accepts are accepted") {
  CHECK(refusal("cleanup.policy", "").empty());
  CHECK(refusal("cleanup.policy", "compact, delete").empty());
  CHECK(refusal("compression.type", " gzip ").empty());
  CHECK(refusal("retention.ms", "+5").empty());
  CHECK(refusal("retention.ms", " 7 ").empty());
  CHECK(refusal("retention.ms", "9223372036854775807").empty());
  CHECK(refusal("preallocate", "TRUE").empty());
  CHECK(refusal("compression.gzip.level", "-1").empty());
}

TEST_CASE("a password is never shown in a message") {
  config_definition secret{.name = "secret", .type = config_type::password, .allowed = "a"};
  auto checked = check_config_value(secret, "hunter2");
  REQUIRE_FALSE(checked);
  CHECK(checked.error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("the nearest key is suggested for an unknown one, and none if none is near") {
  CHECK(suggest_broker_config("log.dri") == "log.dir");
  CHECK(suggest_broker_config("num.partition") == "num.partitions");
  CHECK(suggest_broker_config("advertized.listeners") == "advertised.listeners");
  CHECK(suggest_broker_config("retention.ms") == "log.retention.ms");
  CHECK(suggest_broker_config("max.message.bytes") == "message.max.bytes");
  CHECK(suggest_topic_config("retention.mss") == "retention.ms");
  CHECK(suggest_topic_config("log.retention.hours") == "retention.ms");
  CHECK(suggest_topic_config("message.max.bytes") == "max.message.bytes");
  CHECK(suggest_broker_config("colour").empty());
  CHECK(suggest_broker_config(std::string(100'000, 'x')).empty());
}

TEST_CASE("units between synonyms are converted downwards only") {
  CHECK(unit_factor("log.retention.hours", "retention.ms") == 3'600'000);
  CHECK(unit_factor("log.retention.minutes", "log.retention.ms") == 60'000);
  CHECK(unit_factor("log.retention.ms", "retention.ms") == 1);
  CHECK(unit_factor("log.segment.bytes", "segment.bytes") == 1);
}

TEST_CASE("lists are split at commas and trimmed") {
  using items = std::vector<std::string>;
  CHECK(split_config_list(" a , b,c ") == items{"a", "b", "c"});
  CHECK(split_config_list("  ").empty());
  CHECK(split_config_list("a,") == items{"a", ""});
  CHECK(join_config_list({"a", "b"}) == "a,b");
  CHECK(join_config_list({}).empty());
}

TEST_CASE("permitted values are shown as Kafka shows them") {
  CHECK(describe_valid_values(*find_topic_config("segment.bytes")) == "[1048576,...]");
  CHECK(describe_valid_values(*find_topic_config("min.cleanable.dirty.ratio")) == "[0,...,1]");
  CHECK(describe_valid_values(*find_topic_config("cleanup.policy")) == "[compact, delete]");
  CHECK(describe_valid_values(*find_topic_config("retention.bytes")).empty());
}

}  // namespace
}  // namespace ottla
