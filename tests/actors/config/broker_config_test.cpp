#include "actors/config/broker_config.hpp"

#include "actors/config/broker_config_check.hpp"
#include "actors/config/listener_values.hpp"

#include <unistd.h>

#include <fstream>

#include "tests/actors/config/config_fixture.hpp"

namespace ottla {
namespace {

namespace fs = std::filesystem;

/// A file in the temporary directory that goes with the test.
class text_file {
public:
  explicit text_file(const std::string& text) {
    static int count = 0;
    path_ = fs::temp_directory_path() /
            ("ottla-config-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
    std::ofstream(path_) << text;
  }
  ~text_file() { fs::remove(path_); }
  text_file(const text_file&) = delete;
  text_file& operator=(const text_file&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

loaded_config load(const config_inputs& inputs) {
  auto loaded = load_broker_config(inputs);
  if (!loaded) FAIL(loaded.error().message);
  return *loaded;
}

std::string refusal(const config_inputs& inputs) {
  auto loaded = load_broker_config(inputs);
  return loaded ? std::string() : loaded.error().message;
}

TEST_CASE("a broker without any setting listens on this machine only and keeps data in ./data") {
  auto config = broker_with({});
  REQUIRE(config.listeners.size() == 1);
  CHECK(to_string(config.listeners.front()) == "PLAINTEXT://127.0.0.1:9092");
  CHECK(config.log_dirs == std::vector<std::string>{"data"});
  CHECK(config.metadata_dir == "data");
  CHECK(config.node_id == 1);
  CHECK_FALSE(config.rack);
}

/// Values other than the default for keys whose type does not suggest one.
std::string other_value(const config_definition& definition) {
  static const std::map<std::string_view, std::string> other = {
      {"advertised.listeners", "PLAINTEXT://a:1"},
      {"admin.allowed.origins", "https://a"},
      {"admin.listeners", ""},
      {"compression.type", "gzip"},
      {"group.max.session.timeout.ms", "7000"},
      {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,X:SSL"},
      {"listeners", "PLAINTEXT://127.0.0.1:1"},
      {"log.cleaner.dedupe.buffer.size", "2000000"},
      {"log.cleaner.min.cleanable.ratio", "0.25"},
      {"log.cleanup.policy", "compact"},
      {"log.message.timestamp.type", "LogAppendTime"},
      {"log.segment.bytes", "2000000"},
      {"max.connections.per.ip.overrides", "10.0.0.1:5"},
      {"ottla.durability", "relaxed"},
      {"ottla.memory.budget.bytes", "5000000"},
      {"ottla.record.validation", "full"},
      {"compression.gzip.level", "5"},
      {"fetch.max.bytes", "2000"},
      {"offsets.topic.compression.codec", "2"},
      {"offsets.topic.segment.bytes", "2000000"},
      {"log.cleaner.io.max.bytes.per.second", "1000.5"},
      {"ottla.request.receive.timeout.ms", "200"},
      {"replica.selector.class", "org.apache.kafka.common.replica.RackAwareReplicaSelector"},
      {"zookeeper.session.timeout.ms", "200"},
  };
  if (auto at = other.find(definition.name); at != other.end()) return at->second;
  if (definition.type == config_type::boolean) {
    return definition.default_value == "true" ? "false" : "true";
  }
  return "17";
}

TEST_CASE("every honoured broker key changes the typed configuration") {
  const broker_settings& defaults = broker_with({});
  for (const auto& definition : broker_config_definitions()) {
    if (definition.use != config_use::honoured) continue;
    // These two only permit or name things that other keys then use.
    if (definition.name == "ottla.allow.insecure.listeners") continue;
    if (definition.name == "listener.security.protocol.map") continue;
    // Read with the topics' lists of replicas (replication_throttle_test.cpp).
    if (definition.name.ends_with(".replication.throttled.rate")) continue;
    // Is for run time only, and then for the controller.
    if (definition.name == "ottla.broker.draining") continue;
    // These need each other; a case of their own has them.
    if (definition.name.starts_with("ottla.zookeeper.digest.")) continue;
    if (definition.name == "zookeeper.set.acl") continue;
    if (definition.name == "zookeeper.connect") continue;
    INFO(definition.name);
    const broker_settings& changed =
        broker_with({{std::string(definition.name), other_value(definition)}});
    CHECK_FALSE(changed == defaults);
  }
}

TEST_CASE("draining is for run time: a file that sets it is refused with the way to do it") {
  auto loaded = make_broker_config(
      {.statics = {{"ottla.broker.draining", {"true", "server.properties:3"}}}}, "host");
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().message.find("ottla config alter broker ID") != std::string::npos);
  CHECK(make_broker_config({.statics = {{"ottla.broker.draining", {"false", "f:3"}}}}, "host"));
}

TEST_CASE("a broker key of an older name or coarser unit counts where the newer is not set") {
  CHECK(broker_with({{"broker.id", "7"}}).node_id == 7);
  CHECK(broker_with({{"node.id", "7"}, {"broker.id", "7"}}).node_id == 7);
  CHECK(contains(problem_with({{"node.id", "7"}, {"broker.id", "8"}}), "must not differ"));
  CHECK(contains(problem_with({{"broker.id", "-1"}}), "set node.id"));
  CHECK(broker_with({{"log.dir", "/a"}}).log_dirs == std::vector<std::string>{"/a"});
  CHECK(broker_with({{"log.dir", "/a"}, {"log.dirs", "/b, /c"}}).log_dirs ==
        std::vector<std::string>{"/b", "/c"});
  CHECK(broker_with({{"offsets.retention.minutes", "2"}}).offsets_retention_ms == 120'000);
}

TEST_CASE("keys that contradict each other are refused") {
  CHECK(contains(
      problem_with({{"group.min.session.timeout.ms", "10"}, {"group.max.session.timeout.ms", "5"}}),
      "group.min.session.timeout.ms must not be above"));
  CHECK(contains(problem_with({{"log.retention.ms", "0"}}), "log.retention.ms"));
  CHECK(contains(problem_with({{"log.dirs", ","}}), "log.dirs"));
  CHECK(contains(problem_with({{"log.dirs", "/a,/b,/a"}}), "log.dirs: /a is named twice"));
  CHECK(
      contains(problem_with({{"max.connections.per.ip.overrides", "10.0.0.1"}}), "address:count"));
}

TEST_CASE("limits of single addresses are read") {
  auto config = broker_with({{"max.connections.per.ip.overrides", "10.0.0.1:5, ::1:7"}});
  CHECK(config.connections_max_per_ip_overrides.at("10.0.0.1") == 5);
  CHECK(config.connections_max_per_ip_overrides.at("::1") == 7);
}

TEST_CASE("an override wins over the environment, which wins over the file") {
  text_file file("num.partitions=2\ngroup.max.size=2\nfetch.max.bytes=2000\n");
  auto loaded = load({.file = file.path(),
                      .environment = {"OTTLA_NUM_PARTITIONS=3", "OTTLA_GROUP_MAX_SIZE=3", "HOME=x",
                                      "OTTLA_IO_THREADS=4", "OTTLA_BOOTSTRAP=h:1"},
                      .overrides = {"num.partitions=4"}});
  CHECK(loaded.config.num_partitions == 4);
  CHECK(loaded.config.group_max_size == 3);
  CHECK(loaded.config.fetch_max_bytes == 2000);
  CHECK(loaded.config.io_threads == 4);
  CHECK(loaded.warnings.empty());
  const auto& statics = loaded.config.layers.statics;
  CHECK(statics.at("num.partitions").origin == "--override");
  CHECK(statics.at("group.max.size").origin == "OTTLA_GROUP_MAX_SIZE");
  CHECK(statics.at("fetch.max.bytes").origin == file.path().string() + ":3");
}

TEST_CASE("an environment variable with a typing mistake is told the nearest one") {
  auto loaded = load({.environment = {"OTTLA_NUM_PARTITONS=3", "OTTLA_DURABILTY=fsync"}});
  REQUIRE(loaded.warnings.size() == 2);
  CHECK(contains(loaded.warnings[0], "did you mean OTTLA_NUM_PARTITIONS?"));
  CHECK(contains(loaded.warnings[1], "did you mean OTTLA_DURABILITY?"));
}

TEST_CASE("a key without meaning here takes values of its type only") {
  CHECK(check_broker_override("background.threads", "12", true));
  CHECK_FALSE(check_broker_override("background.threads", "many", true));
  CHECK_FALSE(check_broker_override("background.threads", "0", true));
  CHECK_FALSE(check_broker_override("log.cleaner.threads", "-2", true));
}

TEST_CASE("a foreign environment variable is a warning, since others may use our prefix") {
  auto loaded = load({.environment = {"OTTLA_SERVICE_HOST=10.0.0.1", "OTTLA_=x", "OTTLA_X"}});
  CHECK(loaded.warnings.size() == 3);
  CHECK(contains(loaded.warnings.front(), "OTTLA_SERVICE_HOST"));
}

TEST_CASE("every mistake of a file is named with its place in one message") {
  text_file file("num.partitions=0\n\nnum.partitons=1\nzookeeper.ssl.protocol=TLSv1.3\n");
  auto message = refusal({.file = file.path()});
  CHECK(contains(message, ":1: Invalid value 0 for configuration num.partitions"));
  CHECK(contains(message,
                 ":3: Unknown broker config name: num.partitons; did you mean "
                 "num.partitions?"));
  CHECK(contains(message, ":4: zookeeper.ssl.protocol cannot be honoured"));
}

TEST_CASE("how to reach ZooKeeper is read, and what its client cannot do is refused") {
  auto config = load({.overrides = {"zookeeper.session.timeout.ms=6000", "zookeeper.set.acl=true",
                                    "ottla.zookeeper.digest.user=ottla",
                                    "ottla.zookeeper.digest.password=secret"}})
                    .config;
  CHECK(config.zookeeper_connect.empty());
  CHECK(config.zookeeper_session_timeout_ms == 6000);
  CHECK(config.zookeeper_connection_timeout_ms == 18'000);
  CHECK(config.zookeeper_set_acl);
  CHECK(config.zookeeper_digest_user == "ottla");
  CHECK(config.zookeeper_digest_password == "secret");
  for (const char* tls : {"zookeeper.ssl.client.enable=true", "zookeeper.ssl.keystore.location=x",
                          "zookeeper.ssl.protocol=TLSv1.3"}) {
    CHECK(contains(refusal({.overrides = {tls}}), "has no TLS"));
  }
  CHECK(load({.overrides = {"zookeeper.ssl.client.enable=false"}}).warnings.empty());
  CHECK(contains(refusal({.overrides = {"zookeeper.set.acl=true"}}),
                 "needs ottla.zookeeper.digest.user"));
  CHECK(contains(refusal({.overrides = {"ottla.zookeeper.digest.user=ottla"}}), "go together"));
  CHECK(contains(refusal({.overrides = {"ottla.zookeeper.digest.user=a:b",
                                        "ottla.zookeeper.digest.password=secret"}}),
                 "colon"));
}

TEST_CASE("a broker of a cluster needs ZooKeeper, a listener for the others, and their secret") {
  const std::vector<std::string> whole = {
      "zookeeper.connect=z1:2181,z2:2181/ottla",
      "listeners=PLAINTEXT://127.0.0.1:9092,REPLICATION://127.0.0.1:9093",
      "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,REPLICATION:PLAINTEXT",
      "inter.broker.listener.name=replication",
      "ottla.cluster.secret.file=/etc/ottla/secret",
  };
  const auto config = load({.overrides = whole}).config;
  CHECK(config.is_in_cluster());
  CHECK(config.inter_broker_listener == "REPLICATION");
  CHECK(config.cluster_secret_file == "/etc/ottla/secret");
  const auto without = [&](std::string_view key, std::string instead) {
    auto some = whole;
    std::erase_if(some, [&](const auto& each) { return each.starts_with(key); });
    if (!instead.empty()) some.push_back(std::move(instead));
    return refusal({.overrides = some});
  };
  CHECK(contains(without("inter.broker", ""), "needs a listener of its own"));
  CHECK(contains(without("inter.broker", "inter.broker.listener.name=X"), "none of that name"));
  CHECK(contains(without("listeners=", "listeners=REPLICATION://127.0.0.1:1"), "another listener"));
  CHECK(contains(without("ottla.cluster", ""), "needs the secret"));
  CHECK_FALSE(broker_with({}).is_in_cluster());
}

TEST_CASE("a file that cannot be read, or is none, is refused") {
  CHECK(contains(refusal({.file = "/no/such/file"}), "No such file"));
  CHECK(contains(refusal({.file = fs::temp_directory_path()}), "cannot read"));
  CHECK(contains(refusal({.file = "/dev/zero"}), "not a configuration file"));
  text_file broken("a=\\u00");
  CHECK(contains(refusal({.file = broken.path()}), "line 1"));
}

TEST_CASE("an override must be a key and a value") {
  CHECK(contains(refusal({.overrides = {"num.partitions"}}), "key=value"));
  CHECK(contains(refusal({.overrides = {"=1"}}), "key=value"));
  CHECK(contains(refusal({.overrides = {"num.partitons=1"}}), "did you mean num.partitions?"));
  CHECK(load({.overrides = {"broker.rack=a=b"}}).config.rack == "a=b");
}

TEST_CASE("a key that is set twice in a file draws a warning and the last one counts") {
  text_file file("num.partitions=2\nnum.partitions=3\n");
  auto loaded = load({.file = file.path()});
  CHECK(loaded.config.num_partitions == 3);
  REQUIRE(loaded.warnings.size() == 1);
  CHECK(contains(loaded.warnings.front(), "num.partitions is set twice"));
}

TEST_CASE("Kafka's keys without meaning here draw one warning for each reason") {
  auto loaded = make_broker_config(static_layers({{"num.network.threads", "3"},
                                                  {"num.io.threads", "8"},
                                                  {"process.roles", "broker,controller"},
                                                  {"listener.name.x.ssl.keystore.location", "/k"},
                                                  {"listener.name.x.plain.sasl.jaas.config", "s"},
                                                  {"listener.name.x.max.connections", "4"},
                                                  {"listener.name.x.num.partitions", "4"}}),
                                   "host.test");
  REQUIRE(loaded);
  CHECK(loaded->warnings.size() == 5);
  std::string all;
  for (const auto& warning : loaded->warnings) all += warning + "\n";
  CHECK(contains(all, "num.io.threads, num.network.threads have no effect: "));
  CHECK(contains(all, "process.roles has no effect: there is no KRaft quorum"));
}

TEST_CASE("a listener has limits of its own, set in a file or at run time") {
  const auto base = broker_with({{"listener.name.plaintext.max.connections", "4"},
                                 {"listener.name.plaintext.max.connection.creation.rate", "7"},
                                 {"max.connections", "9"}});
  CHECK(base.connections_max == 9);
  using values = std::map<std::string, int32_t, std::less<>>;
  CHECK(listener_values(base, "max.connections") == values{{"PLAINTEXT", 4}});
  CHECK(listener_values(base, "max.connection.creation.rate") == values{{"PLAINTEXT", 7}});
  const auto now =
      with_dynamic_configs(base, {{"listener.name.plaintext.max.connections", "5"}}, {});
  CHECK(listener_values(now.config, "max.connections") == values{{"PLAINTEXT", 5}});
  CHECK(listener_values(now.config, "max.connection.creation.rate") == values{{"PLAINTEXT", 7}});
  CHECK(contains(problem_with({{"listener.name.plaintext.max.connections", "many"}}),
                 "max.connections"));
}

TEST_CASE("keys whose loss would break a promise are refused unless they have Kafka's default") {
  CHECK(contains(problem_with({{"authorizer.class.name", "x.StandardAuthorizer"}}),
                 "every client may do everything"));
  CHECK(contains(problem_with({{"remote.log.storage.system.enable", "true"}}), "tiered"));
  CHECK(problem_with({{"remote.log.storage.system.enable", "false"}, {"authorizer.class.name", ""}})
            .empty());
}

TEST_CASE("the configuration file that ships with Apache Kafka starts a node") {
  text_file file(R"(
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
inter.broker.listener.name=PLAINTEXT
advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
log.dirs=/tmp/kraft-combined-logs
num.partitions=1
num.recovery.threads.per.data.dir=1
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000
)");
  auto loaded = load({.file = file.path(), .overrides = {"ottla.allow.insecure.listeners=true"}});
  REQUIRE(loaded.config.listeners.size() == 1);
  CHECK(loaded.config.listeners.front().advertised_host == "localhost");
}

TEST_CASE("values set at run time win, those of one broker over those of all") {
  auto base = broker_with({{"message.max.bytes", "100"}, {"log.retention.hours", "1"}});
  auto merged =
      with_dynamic_configs(base, {{"message.max.bytes", "200"}, {"log.retention.ms", "5"}},
                           {{"message.max.bytes", "300"}});
  CHECK(merged.warnings.empty());
  CHECK(merged.config.topic_defaults.max_message_bytes == 300);
  CHECK(merged.config.topic_defaults.retention_ms == 5);
  auto back = with_dynamic_configs(merged.config, {}, {});
  CHECK(back.config.topic_defaults == base.topic_defaults);
}

TEST_CASE("stored values that no longer fit are passed over with a warning") {
  auto base = broker_with({});
  auto merged = with_dynamic_configs(base, {{"message.max.bytes", "x"}, {"gone", "1"}},
                                     {{"node.id", "9"}, {"log.roll.ms", "60000"}});
  CHECK(merged.warnings.size() == 3);
  CHECK(merged.config.node_id == base.node_id);
  CHECK(merged.config.topic_defaults.segment_ms == 60'000);
  auto conflicting = with_dynamic_configs(base, {{"log.cleaner.max.compaction.lag.ms", "5"}},
                                          {{"log.cleaner.min.compaction.lag.ms", "10"}});
  CHECK(conflicting.warnings.size() == 1);
  CHECK(conflicting.config.topic_defaults == base.topic_defaults);
}

TEST_CASE("only values whose update mode allows it can be set at run time") {
  auto base = broker_with({});
  auto check = [&](const config_map& overrides, bool is_default) {
    auto checked = check_broker_overrides(base, overrides, is_default);
    return checked ? std::string() : checked.error().message;
  };
  CHECK(check({{"message.max.bytes", "100"}}, true).empty());
  CHECK(check({{"num.io.threads", "9"}}, true).empty());
  CHECK(contains(check({{"num.partitions", "9"}}, false), "Cannot update num.partitions"));
  CHECK(contains(check({{"ssl.keystore.location", "/k"}}, true), "broker id must be specified"));
  CHECK(check({{"ssl.keystore.location", "/k"}}, false).empty());
  CHECK(contains(check({{"message.max.byte", "9"}}, false), "did you mean message.max.bytes?"));
  CHECK(contains(check({{"message.max.bytes", "-9"}}, false), "at least 0"));
  CHECK_FALSE(check({{"log.cleaner.max.compaction.lag.ms", "5"},
                     {"log.cleaner.min.compaction.lag.ms", "6"}},
                    true)
                  .empty());
}

}  // namespace
}  // namespace ottla
