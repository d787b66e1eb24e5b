#include "actors/admin/cluster_views.hpp"

#include <algorithm>

#include "tests/actors/cluster/stored_cluster.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

constexpr replica_seat seat_of(broker_id id) {
  return {id, id * 10};
}

struct views_fixture {
  stored_cluster cluster;
  broker_config config = make_broker_config({}, "localhost")->config;
  int32_t ids = 0;

  views_fixture() {
    for (broker_id id : {1, 2, 3}) cluster.add_broker(id, id * 10);
  }

  /// One partition per list; each is led by its first in-sync replica and has replicas 1, 2, 3.
  void add_topic(const std::string& name, const std::vector<std::vector<broker_id>>& in_sync,
                 std::map<std::string, std::string, std::less<>> configs = {}) {
    metadata_draft draft{cluster.image()};
    std::vector<partition_record> partitions;
    for (const auto& isr : in_sync) {
      partition_record record{.replicas = {1, 2, 3}, .leader_epoch = 4};
      if (!isr.empty()) record.leader = seat_of(isr.front());
      for (auto id : isr) record.isr.push_back(seat_of(id));
      partitions.push_back(std::move(record));
    }
    const uuid id{{std::byte{1}, static_cast<std::byte>(++ids)}};
    draft.add_topic({.id = id,
                     .name = name,
                     .partition_count = static_cast<int32_t>(partitions.size()),
                     .configs = std::move(configs)},
                    partitions);
    cluster.write_all(draft);
  }
  [[nodiscard]] cluster_view view() const { return view_cluster(*cluster.image(), config, 99); }
};

const health_reason* reason_of(const cluster_view& view, std::string_view code) {
  auto found = std::ranges::find(view.reasons, code, &health_reason::code);
  return found == view.reasons.end() ? nullptr : &*found;
}

std::vector<std::string> names_of(const std::vector<page_key>& keys) {
  std::vector<std::string> names;
  for (const auto& each : keys) names.push_back(each.name);
  return names;
}
using names = std::vector<std::string>;

TEST_CASE_METHOD(views_fixture, "a cluster is counted, internal topics too") {
  add_topic("t", {{1, 2, 3}, {2, 1, 3}});
  add_topic("__consumer_offsets", {{3, 1, 2}});
  const auto seen = view();
  CHECK(seen.registered_brokers == 3);
  CHECK(seen.active_brokers == 3);
  CHECK(seen.topics == 2);
  CHECK(seen.internal_topics == 1);
  CHECK(seen.partitions == 3);
  CHECK(seen.as_of == 99);
  CHECK(seen.reasons.size() == 1);  // this cluster has no controller
  CHECK(reason_of(seen, "no-controller") != nullptr);
}

TEST_CASE_METHOD(views_fixture, "each kind of trouble is counted once, with its partitions") {
  add_topic("t", {{1, 2, 3}, {2, 1}, {1}, {}}, {{"min.insync.replicas", "2"}});
  const auto seen = view();
  CHECK(seen.verdict == health_state::down);
  CHECK(seen.offline_partitions == 1);
  CHECK(seen.under_min_isr_partitions == 1);  // the offline one is worse than that
  CHECK(seen.under_replicated_partitions == 3);
  REQUIRE(reason_of(seen, "offline"));
  CHECK(reason_of(seen, "offline")->partitions == std::vector<topic_partition>{{"t", 3}});
  CHECK(reason_of(seen, "under-min-isr")->partitions == std::vector<topic_partition>{{"t", 2}});
  CHECK(reason_of(seen, "under-replicated")->text ==
        "3 partitions with replicas that are not in sync");
}

TEST_CASE_METHOD(views_fixture, "of much trouble the first partitions are named, all are counted") {
  add_topic("t", std::vector<std::vector<broker_id>>(50));
  const auto seen = view();
  const auto* offline = reason_of(seen, "offline");
  REQUIRE(offline);
  CHECK(offline->count == 50);
  CHECK(offline->partitions.size() == 10);
}

TEST_CASE_METHOD(views_fixture, "a broker that is registered and not active is a reason") {
  cluster.add_broker(3, 30, broker_status::fenced);
  const auto seen = view();
  CHECK(seen.active_brokers == 2);
  CHECK(reason_of(seen, "fenced-brokers")->count == 1);
}

TEST_CASE_METHOD(views_fixture, "brokers are shown with what they lead and what they lack") {
  add_topic("t", {{1, 2}, {2}, {}});
  const auto seen = view_brokers(*cluster.image(), 2);
  REQUIRE(seen.brokers.size() == 3);
  CHECK(seen.brokers[0].leaders == 1);
  CHECK(seen.brokers[0].replicas == 3);
  CHECK(seen.brokers[0].out_of_sync == 2);
  CHECK(seen.brokers[2].out_of_sync == 3);
  CHECK(seen.brokers[1].is_self);
  CHECK_FALSE(seen.brokers[0].is_self);
  CHECK(seen.brokers[0].epoch == 10);
  CHECK(seen.brokers[0].endpoints.front().host == "host1");
}

TEST_CASE_METHOD(views_fixture, "a topic is shown with its partitions and its own configs") {
  add_topic("t", {{1, 2, 3}, {2, 3}, {}}, {{"retention.ms", "1000"}});
  const auto seen = view_topic(*cluster.image()->find_topic("t"), config);
  CHECK(seen.replication_factor == 3);
  CHECK(seen.durability == "replicated");
  CHECK(seen.configs.at("retention.ms") == "1000");
  REQUIRE(seen.partitions.size() == 3);
  CHECK(seen.partitions[0].state == "ok");
  CHECK(seen.partitions[0].is_preferred_leader);
  CHECK(seen.partitions[1].state == "under-replicated");
  CHECK_FALSE(seen.partitions[1].is_preferred_leader);
  CHECK(seen.partitions[1].isr == std::vector<broker_id>{2, 3});
  CHECK(seen.partitions[2].state == "offline");
  CHECK(seen.partitions[2].epoch == 4);
  CHECK_FALSE(seen.partitions[0].facts);
}

TEST_CASE("a name is found by any part of it, in any case") {
  CHECK(contains_ignoring_case("Orders", "orD"));
  CHECK(contains_ignoring_case("orders", "ers"));
  CHECK(contains_ignoring_case("orders", ""));
  CHECK_FALSE(contains_ignoring_case("orders", "orderss"));
  CHECK_FALSE(contains_ignoring_case("", "o"));
}

TEST_CASE("pages follow each other without gaps or repetitions, in any order") {
  std::vector<page_key> all;
  for (int i = 0; i < 23; ++i) all.push_back({i % 4, "n" + std::to_string(100 + i)});
  for (const bool is_descending : {false, true}) {
    for (const char* sort : {"name", "size"}) {
      INFO(sort << is_descending);
      auto keys = all;
      if (std::string_view{sort} == "name") {
        for (auto& key : keys) key.value = 0;
      }
      page_request page{.sort = sort, .is_descending = is_descending, .limit = 5};
      names in_pages;
      do {
        std::optional<page_key> next;
        auto rows = names_of(cut_page(keys, page, next));
        CHECK(rows.size() <= 5);
        in_pages.insert(in_pages.end(), rows.begin(), rows.end());
        page.after = next;
      } while (page.after);
      std::optional<page_key> none;
      CHECK(in_pages ==
            names_of(cut_page(keys, {.sort = sort, .is_descending = is_descending, .limit = 100},
                              none)));
      CHECK(in_pages.size() == 23);
      CHECK_FALSE(none);
    }
  }
}

TEST_CASE("rows are ordered by value, equal ones by name") {
  std::optional<page_key> next;
  const std::vector<page_key> keys{{1, "b"}, {2, "c"}, {2, "a"}};
  CHECK(names_of(cut_page(keys, {.sort = "size", .is_descending = true}, next)) ==
        names{"a", "c", "b"});
  CHECK(names_of(cut_page(keys, {.sort = "size"}, next)) == names{"b", "a", "c"});
}

TEST_CASE("a page that begins behind a row that is gone goes on where it was") {
  std::optional<page_key> next;
  const std::vector<page_key> keys{{0, "a"}, {0, "c"}, {0, "d"}};
  CHECK(names_of(cut_page(keys, {.limit = 1, .after = page_key{0, "b"}}, next)) == names{"c"});
  CHECK(next->name == "c");
}

}  // namespace
}  // namespace ottla
