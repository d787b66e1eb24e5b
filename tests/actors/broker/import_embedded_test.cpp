#include "actors/broker/import_embedded.hpp"

#include <algorithm>

#include "actors/broker/cluster_identity.hpp"
#include "actors/cluster/new_cluster.hpp"
#include "storage/metadata/change_log.hpp"
#include "storage/metadata/sqlite_metadata_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_metadata_store.hpp"
#include "tests/support/task_queue.hpp"
#include "tests/support/temporary_directory.hpp"

namespace ottla {
namespace {

constexpr int64_t timeout_ms = 2'000;
const uuid topic_id = *uuid::parse("AAAAAAAAAAAAAAAAAAAAAQ");
const std::string where = "zookeeper.connect=zk:2181/logs";

partition_record partition_on(broker_id id) {
  partition_record record;
  record.replicas = {id};
  record.leader = {id, 17};
  record.isr = {{id, 17}};
  record.leader_epoch = 4;
  record.partition_epoch = 9;
  return record;
}

store_write create(std::string path, shared_bytes value) {
  return {.what = store_write::kind::create, .path = std::move(path), .value = std::move(value)};
}

/// What a node with one topic of two partitions has stored.
std::vector<store_write> stored_by(broker_id id) {
  auto steps = first_nodes({.cluster_id = "own", .bucket_count = embedded_bucket_count});
  bucket_record bucket;
  bucket.topics = {{.id = topic_id, .name = "orders", .partition_count = 2}};
  bucket.blocks = {{.topic_id = topic_id, .partitions = {partition_on(id), partition_on(id)}}};
  steps.push_back(create("/buckets/3", encode_record(bucket)));
  bucket_record other;
  other.deleted = {{.id = topic_id, .name = "gone", .partition_count = 1, .pending = {id}}};
  steps.push_back(create("/buckets/200", encode_record(other)));
  resource_configs_record configs;
  configs.resources[{4, ""}]["log.retention.ms"] = "5";
  steps.push_back(create("/configs", encode_record(configs)));
  return steps;
}

class import_fixture {
public:
  explicit import_fixture(broker_id id = 1, const std::vector<store_write>& more = {}) {
    store(stored_by(id));
    for (const auto& step : more) store({step});
  }

  /// As the node does while it runs.
  void store(const std::vector<store_write>& steps) {
    task_queue tasks;
    auto store = embedded_.connect(tasks.executor());
    store->start({.session = [](session_event) {}, .changed = [](const std::string&) {}});
    store->commit(steps, [](const commit_result& r) { REQUIRE(r.committed()); });
    tasks.run();
    store->close();
  }

  outcome<import_report> move() {
    auto from = open(embedded_);
    auto to = open(cluster);
    return move_metadata(*from, *to, 1, where);
  }
  std::unique_ptr<blocking_store> open(memory_ensemble& ensemble) {
    auto opened = blocking_store::open(opener(ensemble), timeout_ms);
    REQUIRE(opened);
    return std::move(*opened);
  }
  static open_store opener(memory_ensemble& ensemble) {
    return [&](store_executor executor) -> outcome<std::unique_ptr<metadata_store>> {
      return std::unique_ptr<metadata_store>(ensemble.connect(std::move(executor)));
    };
  }
  outcome<std::string> join(const std::string& own) {
    return join_cluster(opener(cluster), {"fresh", 8, 0}, own, timeout_ms);
  }
  template <class Record>
  Record stored(const std::string& path) {
    REQUIRE(cluster.nodes.count(path) == 1);
    return *decode_record<Record>(cluster.nodes.at(path).value.view());
  }
  [[nodiscard]] bool is_marked() const { return embedded_.nodes.count(moved_node) == 1; }

  memory_ensemble cluster;

private:
  memory_ensemble embedded_;
};

}  // namespace

TEST_CASE("a node's metadata move as they are, with raised controller and leader epochs") {
  import_fixture node;
  auto report = node.move();
  REQUIRE(report);
  CHECK(report->topics == 1);
  CHECK(report->partitions == 2);
  CHECK(node.stored<cluster_record>("/cluster").cluster_id == "own");
  CHECK(node.stored<cluster_record>("/cluster").bucket_count == embedded_bucket_count);
  CHECK(node.stored<controller_epoch_record>("/controller_epoch").epoch == 1);
  CHECK(node.stored<resource_configs_record>("/configs").resources.size() == 1);
  CHECK(node.stored<producer_ids_record>("/producer_ids").next == 0);
  CHECK(node.stored<bucket_record>("/buckets/200").deleted.size() == 1);
  auto partition = node.stored<bucket_record>("/buckets/3").blocks.at(0).partitions.at(1);
  CHECK(partition.leader_epoch == 5);
  CHECK(partition.partition_epoch == 9);
  CHECK(partition.leader == replica_seat{1, 0});
  CHECK(partition.isr == std::vector<replica_seat>{{1, 0}});
  CHECK(node.cluster.nodes.count("/import") == 0);
  CHECK(node.is_marked());
  CHECK(*node.join("own") == "own");
}

TEST_CASE("whoever reads the moved change node from the start reads everything") {
  import_fixture node;
  REQUIRE(node.move());
  auto changes = node.stored<change_log>("/changes");
  CHECK(changes.changes.empty());
  CHECK_FALSE(changes.since(0));
  CHECK(changes.since(changes.sequence));
}

TEST_CASE("a move that is cut short anywhere is completed by the next one, and moves once") {
  auto lost = GENERATE(commit_fate::lost_request, commit_fate::lost_answer, commit_fate::refused);
  for (int64_t commits = 0;; ++commits) {
    import_fixture node;
    int64_t seen = 0;
    node.cluster.fate = [&](const auto&) { return seen++ == commits ? lost : commit_fate::normal; };
    auto first = node.move();
    node.cluster.fate = nullptr;
    if (first) {
      CHECK(commits == 3);  // The first nodes, the data, the cluster.
      break;
    }
    bool has_cluster = node.cluster.nodes.count("/cluster") == 1;
    CHECK((!has_cluster || node.is_marked()));
    if (!has_cluster) {
      CHECK_FALSE(node.join("own"));
      if (node.cluster.nodes.count("/import") == 1) {
        auto refused = node.join("");  // A new broker makes no cluster of half of another.
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find("has to be completed") != std::string::npos);
      }
    }
    auto again = node.move();
    REQUIRE(again);
    CHECK(again->was_complete == has_cluster);
    CHECK(*node.join("own") == "own");
    auto partition = node.stored<bucket_record>("/buckets/3").blocks.at(0).partitions.at(0);
    CHECK(partition.leader_epoch == 5);
    CHECK(node.move()->was_complete);
  }
}

TEST_CASE("what the node did between a move that was cut short and the next one moves as well") {
  import_fixture node;
  int64_t seen = 0;
  node.cluster.fate = [&](const auto&) {
    return seen++ == 1 ? commit_fate::refused : commit_fate::normal;
  };
  REQUIRE_FALSE(node.move());
  node.cluster.fate = nullptr;
  REQUIRE(node.stored<producer_ids_record>("/producer_ids").next == 0);
  node.store({{.what = store_write::kind::set,
               .path = "/producer_ids",
               .value = encode_record(producer_ids_record{.next = 5000})}});
  REQUIRE(node.move());
  CHECK(node.stored<producer_ids_record>("/producer_ids").next == 5000);  // none is given twice
}

TEST_CASE("many large buckets move in several commits, none too large") {
  constexpr int count = 9;
  constexpr size_t value_bytes = 25'000;
  std::vector<store_write> large;
  for (int i = 0; i < count; ++i) {
    bucket_record bucket;
    bucket.topics = {{.id = topic_id, .name = "t", .partition_count = 1}};
    for (char key = 'a'; key < 'i'; ++key) {
      bucket.topics[0].configs[std::string(1, key)] = std::string(value_bytes, 'v');
    }
    large.push_back(create("/buckets/" + std::to_string(10 + i), encode_record(bucket)));
  }
  import_fixture node(1, large);
  auto moved = node.move();
  if (!moved) FAIL(moved.error().message);
  for (const auto& step : large) {
    REQUIRE(node.cluster.nodes.count(step.path) == 1);
    CHECK(std::ranges::equal(node.cluster.nodes.at(step.path).value.view(), step.value.view()));
  }
  CHECK(node.cluster.largest_commit_bytes <= commit_bytes_target);
  CHECK(node.cluster.commits >= 6);
}

TEST_CASE("a root that holds anything else is refused, and stays as it is") {
  import_fixture node;
  REQUIRE(*node.join("") == "fresh");
  auto before = node.cluster.commits;
  auto refused = node.move();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        where + " holds cluster fresh already: choose a chroot of its own");
  CHECK(node.cluster.commits == before);
  CHECK_FALSE(node.is_marked());
}

TEST_CASE("replicas that are on another broker are refused before anything is written") {
  import_fixture node(2);
  auto refused = node.move();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("are on broker 2, and node.id is 1") != std::string::npos);
  CHECK(node.cluster.nodes.empty());
}

TEST_CASE("no node starts on an embedded store whose metadata was moved") {
  temporary_directory directory;
  auto path = directory.path() + "/" + embedded_store_file;
  auto open = [&](moved_store moved) {
    return blocking_store::open(
        [&, moved](store_executor executor) {
          return open_sqlite_metadata_store(path, std::move(executor), moved);
        },
        timeout_ms);
  };
  REQUIRE((*open(moved_store::refuse))->commit({create(moved_node, shared_bytes::copy_of(where))}));
  auto refused = open(moved_store::refuse);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("goes on with " + where + " only") != std::string::npos);
  CHECK(open(moved_store::open));
}

TEST_CASE("without ZooKeeper, or without metadata of its own, there is nothing to move") {
  temporary_directory directory;
  broker_config config;
  config.metadata_dir = directory.path();
  CHECK(import_embedded(config).error().message.find("zookeeper.connect is not set") == 0);
  config.zookeeper_connect = "127.0.0.1:1/logs";
  CHECK(import_embedded(config).error().message.find("has no metadata of its own") !=
        std::string::npos);
}

}  // namespace ottla
