// Groups on a real partition: its actor, its log and its disk in memory, with crashes and
// compaction.
#include "actors/storage/cleaner_actor.hpp"
#include "tests/actors/group/coordinator_fixture.hpp"
#include "tests/support/partition_fixture.hpp"

using namespace ottla;
using namespace ottla::testing;

namespace {

struct offsets_partition_fixture : partition_fixture {
  offsets_partition_fixture() : partition_fixture("__consumer_offsets") {
    config.cleanup_delete = false;
    config.cleanup_compact = true;
    config.min_cleanable_dirty_ratio = 0.01;
    config.segment_ms = 1'000;
    epoch = 1;  // what the coordinator is told
    open();
  }
};

class logged_coordinator_fixture : public with_coordinator<offsets_partition_fixture> {
public:
  logged_coordinator_fixture() { start(); }

  void restart(bool power_cut = false) {
    stop();
    power_cut ? cut_power() : kill();
    open(power_cut ? last_shutdown::machine_crash : last_shutdown::process_crash);
    start();
  }
  /// Compacts the log; the offset below which it is clean.
  log_offset compact(log_offset from = 0) {
    auto cleaner = spawn_blocking<cleaner_actor>(system(), home(), std::array<uint64_t, 2>{1, 2});
    auto answer = ask_later<logs_cleaned>(system(), cleaner,
                                          clean_logs{{{{topic_id, 0}, partition, from}}, {}});
    settle();
    caf::anon_send_exit(cleaner, caf::exit_reason::user_shutdown);
    REQUIRE(answer->value);
    REQUIRE(answer->value->cleaned.size() == 1);
    return answer->value->cleaned[0].clean_point;
  }
  int64_t log_bytes() { return partition_fixture::facts().size_bytes; }
};

}  // namespace

TEST_CASE("committed offsets outlive a crash and a power cut") {
  logged_coordinator_fixture node;
  CHECK(error_of(node.commit("g", "orders", 5)) == error_code::none);
  node.restart();
  CHECK(node.committed("g", "orders") == 5);
  CHECK(error_of(node.commit("g", "orders", 7)) == error_code::none);
  CHECK(error_of(node.commit("h", "returns", 1)) == error_code::none);
  node.restart(true);
  CHECK(node.committed("g", "orders") == 7);
  CHECK(node.committed("h", "returns") == 1);
}

TEST_CASE("a stable group is stable after a crash, and its member goes on") {
  logged_coordinator_fixture node;
  const auto member = node.stable_member();
  node.restart();
  CHECK(node.state_of("g") == "Stable");
  CHECK(node.heartbeat(member).error_code == error_code::none);
  CHECK(error_of(node.commit("g", "orders", 3, member)) == error_code::none);
  CHECK(node.committed("g", "orders") == 3);
}

TEST_CASE("compaction keeps the last commit of each partition, and groups load from what is left") {
  logged_coordinator_fixture node;
  for (log_offset i = 0; i < 200; ++i) {
    node.commit("g", "orders", i);
    node.commit("h", "orders", 1'000 + i);
    if (i % 20 == 19) node.pass(2'000);  // into another segment
  }
  const auto before = node.log_bytes();
  CHECK(node.compact() > 300);
  CHECK(node.log_bytes() < before / 2);
  CHECK(node.committed("g", "orders") == 199);
  node.restart();
  CHECK(node.committed("g", "orders") == 199);
  CHECK(node.committed("h", "orders") == 1'199);
}

TEST_CASE("a deleted group stays deleted through compaction and restarts") {
  logged_coordinator_fixture node;
  node.commit("g", "orders", 5);
  node.commit("h", "orders", 6);
  auto deleted = node.ask<delete_group_result>(delete_group_call{"g"});
  REQUIRE(deleted->has_value());
  node.pass(2'000);
  node.commit("h", "orders", 7);
  node.pass(2'000);
  node.commit("h", "orders", 8);
  node.compact();
  node.restart();
  CHECK(node.committed("g", "orders") == -1);
  CHECK(node.committed("h", "orders") == 8);
  CHECK(node.listed().size() == 1);
}

TEST_CASE("a full disk fails a commit, and the offset before it still counts") {
  logged_coordinator_fixture node;
  node.commit("g", "orders", 5);
  node.disk.limit_space(node.disk.used_bytes());
  CHECK(error_of(node.commit("g", "orders", 6)) != error_code::none);
  CHECK(node.committed("g", "orders") == 5);
  node.disk.limit_space(std::nullopt);
  CHECK(error_of(node.commit("g", "orders", 7)) == error_code::none);
  node.restart();
  CHECK(node.committed("g", "orders") == 7);
}
