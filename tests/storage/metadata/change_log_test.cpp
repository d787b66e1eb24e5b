#include "storage/metadata/change_log.hpp"

#include <rapidcheck.h>

#include <map>

#include "storage/metadata/cluster_records.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using node_kind = metadata_node::kind;

metadata_node bucket(int32_t index) {
  return {node_kind::bucket, index};
}

}  // namespace

TEST_CASE("a reader learns the last change of each node since what it has seen") {
  change_log log;
  log.advance(std::vector<std::pair<metadata_node, node_version>>{{bucket(1), 0}, {bucket(2), 0}});
  log.advance(std::vector<std::pair<metadata_node, node_version>>{{bucket(1), 1}});
  CHECK(log.sequence == 2);
  auto all = log.since(0);
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK((*all)[0] == metadata_change{2, bucket(1), 1});
  CHECK((*all)[1] == metadata_change{1, bucket(2), 0});
  CHECK(log.since(1)->size() == 1);
  CHECK(log.since(2)->empty());
}

TEST_CASE("a reader behind the ring is told to read everything") {
  change_log log;
  for (size_t i = 0; i < change_log::changes_max + 10; ++i) {
    log.advance(std::vector<std::pair<metadata_node, node_version>>{{bucket(0), 1}});
  }
  CHECK(log.changes.size() == change_log::changes_max);
  CHECK_FALSE(log.since(5));
  CHECK(log.since(10));
}

TEST_CASE("a commit that does not fit into the ring is not listed in part") {
  change_log log;
  std::vector<std::pair<metadata_node, node_version>> wide;
  for (int32_t i = 0; i < static_cast<int32_t>(change_log::changes_max) + 1; ++i) {
    wide.emplace_back(bucket(i), 0);
  }
  log.advance(wide);
  CHECK(log.changes.empty());
  CHECK_FALSE(log.since(0));
  CHECK(log.since(1)->empty());
}

TEST_CASE("the ring never hides a change from a reader that it does not send to read everything") {
  rc::check([] {
    change_log log;
    std::map<metadata_node, int64_t> truth;  // Node -> sequence of its last change.
    auto commits = *rc::gen::inRange(1, 40);
    for (int i = 0; i < commits; ++i) {
      std::vector<std::pair<metadata_node, node_version>> touched;
      for (auto index : *rc::gen::container<std::set<int32_t>>(rc::gen::inRange(0, 100))) {
        touched.emplace_back(bucket(index), 0);
        truth[bucket(index)] = log.sequence + 1;
      }
      log.advance(touched);
    }
    auto seen = *rc::gen::inRange<int64_t>(0, log.sequence + 1);
    auto listed = log.since(seen);
    if (!listed) return;
    size_t expected = 0;
    for (const auto& [node, sequence] : truth) expected += sequence > seen ? 1 : 0;
    RC_ASSERT(listed->size() == expected);
    for (const auto& change : *listed) RC_ASSERT(change.sequence == truth[change.node]);
    auto decoded = decode_record<change_log>(encode_record(log).view());
    RC_ASSERT(decoded);
    RC_ASSERT(*decoded == log);
  });
}

}  // namespace ottla
