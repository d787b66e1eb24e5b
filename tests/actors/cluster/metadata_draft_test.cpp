#include "actors/cluster/metadata_draft.hpp"

#include <fmt/format.h>
#include <rapidcheck.h>

#include "protocol/endian.hpp"
#include "tests/actors/cluster/stored_cluster.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

uuid make_id(uint64_t number) {
  uuid id;
  id.bytes[0] = std::byte{1};
  store_big_endian(id.bytes.data() + 8, number * 0x9e3779b97f4a7c15u);
  return id;
}

std::vector<partition_record> partitions(int32_t count) {
  return std::vector<partition_record>(static_cast<size_t>(count),
                                       {.replicas = {1}, .leader = {1, 1}, .isr = {{1, 1}}});
}

bool same_topics(const metadata_image& a, const metadata_image& b) {
  auto left = a.topics_by_name(), right = b.topics_by_name();
  return std::ranges::equal(left, right, [](const auto& x, const auto& y) { return *x == *y; });
}

}  // namespace

TEST_CASE("images follow drafts as a plain map does, whole or step by step") {
  rc::check([] {
    stored_cluster cluster(*rc::gen::element(1, 3, 8));
    std::map<std::string, int32_t> model;  // Name -> partitions.
    uint64_t next_id = 1;
    for (int round = 0; round < 12; ++round) {
      metadata_draft draft(cluster.image());
      auto edits = *rc::gen::inRange(1, 6);
      for (int i = 0; i < edits; ++i) {
        auto name = fmt::format("topic.{}", *rc::gen::inRange(0, 8));
        auto count = *rc::gen::element(1, 2, 63, 64, 65, 130, 200);
        const auto* topic = draft.find_topic(name);
        RC_ASSERT((topic != nullptr) == model.contains(name));
        if (topic == nullptr) {
          draft.add_topic({.id = make_id(next_id++), .name = name}, partitions(count));
          model[name] = count;
        } else if (*rc::gen::arbitrary<bool>()) {
          draft.add_partitions(topic->id, partitions(count));
          model[name] += count;
        } else {
          auto id = topic->id;
          draft.delete_topic(id, {1});
          if (*rc::gen::arbitrary<bool>()) draft.confirm_deleted(id, 1);
          model.erase(name);
        }
      }
      cluster.write_all(draft);
      RC_ASSERT(cluster.image()->topic_count() == model.size());
      for (const auto& [name, count] : model) {
        auto topic = cluster.image()->find_topic(name);
        RC_ASSERT(topic != nullptr);
        RC_ASSERT(topic->partition_count() == count);
        RC_ASSERT(cluster.image()->find_topic(topic->id()) == topic);
        RC_ASSERT(topic->find_partition(count) == nullptr);
        RC_ASSERT(topic->find_partition(-1) == nullptr);
        RC_ASSERT(topic->partition(count - 1).replicas == std::vector<broker_id>{1});
      }
      RC_ASSERT(same_topics(*cluster.image(), *cluster.from_scratch()));
    }
  });
}

TEST_CASE("a change too large for one commit is never seen in part, wherever it stops") {
  stored_cluster cluster(64);
  {
    metadata_draft draft(cluster.image());
    draft.add_topic({.id = make_id(1), .name = "grows"}, partitions(10));
    draft.add_topic({.id = make_id(2), .name = "goes"}, partitions(200));
    cluster.write_all(draft);
  }
  metadata_draft draft(cluster.image());
  for (uint64_t i = 0; i < 4000; ++i) {
    draft.add_topic({.id = make_id(100 + i), .name = fmt::format("{:0>249}", i)}, partitions(3));
  }
  draft.add_partitions(make_id(1), partitions(20'000));
  draft.delete_topic(make_id(2), {1});
  auto commits = draft.plan();
  REQUIRE(commits.size() > 4);
  for (const auto& commit : commits) {
    size_t bytes = 0;
    for (const auto& write : commit) bytes += write.value.size();
    CHECK((bytes <= commit_bytes_target || commit.size() == 1));
    cluster.write(commit);
    // Another controller may have to go on from exactly here.
    auto seen = cluster.from_scratch();
    auto grows = seen->find_topic("grows");
    REQUIRE(grows);
    CHECK((grows->partition_count() == 10 || grows->partition_count() == 20'010));
    CHECK((seen->find_topic("goes") != nullptr) != (seen->find_deleted(make_id(2)) != nullptr));
    seen->for_each_topic([](const topic_ptr& topic) {
      if (topic->partition_count() != 3 && topic->name().size() == 249) FAIL("half a topic");
    });
  }
  CHECK(cluster.image()->topic_count() == 4001);
}

TEST_CASE("what an interrupted creation left behind is gone after the next write of its bucket") {
  stored_cluster cluster(1);
  bucket_record leftover;
  leftover.blocks.push_back({.topic_id = make_id(7), .number = 0, .partitions = partitions(3)});
  cluster.write({{{metadata_node::kind::bucket, 0}, encode_record(leftover)}});
  CHECK(cluster.image()->topic_count() == 0);
  metadata_draft draft(cluster.image());
  draft.add_topic({.id = make_id(8), .name = "new"}, partitions(1));
  cluster.write_all(draft);
  CHECK(cluster.image()->bucket(0).blocks.size() == 1);
}

TEST_CASE("a growth that was interrupted does not get in the way of the next") {
  stored_cluster cluster(1);
  metadata_draft first(cluster.image());
  first.add_topic({.id = make_id(1), .name = "t"}, partitions(2));
  cluster.write_all(first);
  auto record = cluster.image()->bucket(0);
  record.blocks[0].partitions.resize(5, {.replicas = {9}});
  cluster.write({{{metadata_node::kind::bucket, 0}, encode_record(record)}});
  CHECK(cluster.image()->find_topic("t")->partition_count() == 2);
  metadata_draft draft(cluster.image());
  draft.add_partitions(make_id(1), partitions(1));
  cluster.write_all(draft);
  auto topic = cluster.image()->find_topic("t");
  REQUIRE(topic->partition_count() == 3);
  CHECK(topic->partition(2).replicas == std::vector<broker_id>{1});
}

TEST_CASE("a deleted topic is listed until every broker with data has confirmed") {
  stored_cluster cluster;
  metadata_draft draft(cluster.image());
  draft.add_topic({.id = make_id(1), .name = "t"}, partitions(100));
  cluster.write_all(draft);
  metadata_draft removal(cluster.image());
  removal.delete_topic(make_id(1), {1, 2});
  CHECK(removal.find_topic("t") == nullptr);
  removal.add_topic({.id = make_id(2), .name = "t"}, partitions(1));  // At once, as another topic.
  cluster.write_all(removal);
  CHECK(cluster.image()->find_topic("t")->id() == make_id(2));
  REQUIRE(cluster.image()->find_deleted(make_id(1)) != nullptr);
  for (broker_id id : {1, 2}) {
    REQUIRE(cluster.image()->find_deleted(make_id(1)) != nullptr);
    metadata_draft confirmed(cluster.image());
    confirmed.confirm_deleted(make_id(1), id);
    cluster.write_all(confirmed);
  }
  CHECK(cluster.image()->find_deleted(make_id(1)) == nullptr);
  size_t blocks = 0;
  for (int32_t i = 0; i < cluster.image()->bucket_count(); ++i) {
    blocks += cluster.image()->bucket(i).blocks.size();
  }
  CHECK(blocks == 1);
  metadata_draft again(cluster.image());
  again.confirm_deleted(make_id(1), 1);
  CHECK(again.is_empty());
}

TEST_CASE("an update names exactly the topics that changed") {
  stored_cluster cluster(1);
  metadata_draft draft(cluster.image());
  for (uint64_t i = 1; i <= 5; ++i) {
    draft.add_topic({.id = make_id(i), .name = fmt::format("t{}", i)}, partitions(1));
  }
  auto all = cluster.write(draft.plan().front());
  CHECK(all.changed_topics.size() == 5);
  metadata_draft one(cluster.image());
  one.set_topic_configs(make_id(3), {{"retention.ms", "5"}});
  CHECK(cluster.write(one.plan().front()).changed_topics == std::vector{make_id(3)});
  metadata_draft gone(cluster.image());
  gone.delete_topic(make_id(4), {1});
  auto update = cluster.write(gone.plan().front());
  CHECK(std::ranges::find(update.changed_topics, make_id(4)) != update.changed_topics.end());
}

TEST_CASE("collisions of names are found in the image and in the draft") {
  stored_cluster cluster;
  metadata_draft draft(cluster.image());
  draft.add_topic({.id = make_id(1), .name = "a.b"}, partitions(1));
  CHECK(draft.find_collision("a_b") != nullptr);
  CHECK(draft.find_collision("a.b") == nullptr);
  CHECK(draft.find_collision("a-b") == nullptr);
  cluster.write_all(draft);
  metadata_draft later(cluster.image());
  REQUIRE(later.find_collision("a_b") != nullptr);
  CHECK(later.find_collision("a_b")->name == "a.b");
  later.delete_topic(make_id(1), {});
  CHECK(later.find_collision("a_b") == nullptr);
}

}  // namespace ottla
