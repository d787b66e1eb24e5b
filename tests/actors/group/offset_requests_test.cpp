// OffsetCommit, OffsetFetch, OffsetDelete and the expiry of offsets, for one group.
#include "actors/group/offset_requests.hpp"

#include "tests/actors/group/group_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;
using namespace ottla::testing;

namespace {

constexpr int64_t week_ms = 7LL * 24 * 3'600'000;

stored_offset at(log_offset offset, timestamp_ms committed_at = 0) {
  stored_offset value;
  value.offset = offset;
  value.committed_at = committed_at;
  return value;
}

offset_commit_request commit_of(std::optional<std::string> metadata) {
  offset_commit_request request;
  request.group_id = "g";
  request.topics.push_back({"orders", {}, {{0, 42, 7, std::move(metadata)}}});
  return request;
}

auto fetch(const committed_offsets& offsets, const std::string& topic, partition_index partition,
           bool require_stable = false) {
  offset_fetch_request::offset_fetch_request_group wanted;
  wanted.topics.emplace().push_back({topic, {}, {partition}});
  return fetch_committed(offsets, wanted, require_stable).topics.at(0).partitions.at(0);
}

}  // namespace

TEST_CASE("a commit keeps offset, epoch, metadata and the time") {
  auto plan = plan_commit(commit_of("note"), {}, 1'000);
  REQUIRE(plan.offsets.size() == 1);
  const auto& [key, value] = plan.offsets[0];
  CHECK(key.group == "g");
  CHECK(key.topic == "orders");
  CHECK(value.offset == 42);
  CHECK(value.epoch == 7);
  CHECK(value.metadata == "note");
  CHECK(value.committed_at == 1'000);
  CHECK(value.expires_at == no_timestamp);
  CHECK(plan.response.topics.at(0).partitions.at(0).error_code == error_code::none);
}

TEST_CASE("a commit without metadata keeps an empty text, and a retention of its own an expiry") {
  auto request = commit_of(std::nullopt);
  request.retention_time_ms = 500;
  auto plan = plan_commit(request, {}, 1'000);
  CHECK(plan.offsets[0].second.metadata.empty());
  CHECK(plan.offsets[0].second.expires_at == 1'500);
}

TEST_CASE("metadata above 4096 characters is refused for that partition only") {
  auto request = commit_of(std::string(4'096, 'x'));
  request.topics[0].partitions.push_back({1, 43, -1, std::string(4'097, 'x')});
  auto plan = plan_commit(request, {}, 0);
  CHECK(plan.offsets.size() == 1);
  const auto& answers = plan.response.topics.at(0).partitions;
  CHECK(answers.at(0).error_code == error_code::none);
  CHECK(answers.at(1).error_code == error_code::offset_metadata_too_large);
}

TEST_CASE("a fetch of what was never committed answers -1 and no error") {
  committed_offsets offsets;
  auto fetched = fetch(offsets, "orders", 0);
  CHECK(fetched.committed_offset == -1);
  CHECK(fetched.committed_leader_epoch == -1);
  CHECK(fetched.metadata == "");
  CHECK(fetched.error_code == error_code::none);
}

TEST_CASE("a fetch without topics answers all of them") {
  committed_offsets offsets;
  offsets.put("a", 0, at(1));
  offsets.put("a", 3, at(2));
  offsets.put("b", 1, at(3));
  auto all = fetch_committed(offsets, {}, false);
  REQUIRE(all.topics.size() == 2);
  CHECK(all.topics[0].partitions.size() == 2);
  CHECK(all.topics[1].partitions.at(0).committed_offset == 3);
}

TEST_CASE("an offset of an earlier topic of the same name is not answered to the new one") {
  committed_offsets offsets;
  auto value = at(9);
  value.topic_id = uuid{{std::byte{1}}};
  offsets.put("orders", 0, value);
  offset_fetch_request::offset_fetch_request_group wanted;
  wanted.topics.emplace().push_back({"orders", uuid{{std::byte{2}}}, {0}});
  CHECK(fetch_committed(offsets, wanted, false).topics[0].partitions[0].committed_offset == -1);
  wanted.topics->at(0).topic_id = uuid{{std::byte{1}}};
  CHECK(fetch_committed(offsets, wanted, false).topics[0].partitions[0].committed_offset == 9);
}

TEST_CASE("while a transaction may change an offset, stable readers are told to come back") {
  committed_offsets offsets;
  offsets.put("orders", 0, at(5));
  offsets.put_pending(7, "orders", 0, at(6));
  CHECK(fetch(offsets, "orders", 0, true).error_code == error_code::unstable_offset_commit);
  CHECK(fetch(offsets, "orders", 0, false).committed_offset == 5);
  SECTION("a commit brings the new offset") {
    offsets.end_transaction(7, true);
    CHECK(fetch(offsets, "orders", 0, true).committed_offset == 6);
  }
  SECTION("an abort leaves the old one") {
    offsets.end_transaction(7, false);
    CHECK(fetch(offsets, "orders", 0, true).committed_offset == 5);
  }
  SECTION("a deletion forgets both") {
    offsets.erase("orders", 0);
    CHECK(offsets.empty());
  }
}

TEST_CASE("offsets of subscribed topics cannot be deleted, others can") {
  group_fixture group;
  group.stable(1);
  committed_offsets offsets;
  offsets.put("orders", 0, at(1));
  offsets.put("returns", 0, at(1));
  offset_delete_request request;
  request.topics = {{"orders", {{0}}}, {"returns", {{0}, {1}}}};
  auto plan = plan_offset_delete(*group.state, offsets, request);
  CHECK(plan.response.error_code == error_code::none);
  CHECK(plan.response.topics[0].partitions[0].error_code == error_code::group_subscribed_to_topic);
  CHECK(plan.response.topics[1].partitions[0].error_code == error_code::none);
  CHECK(plan.response.topics[1].partitions[1].error_code == error_code::none);
  CHECK(plan.offsets == std::vector<topic_partition>{{"returns", 0}});
}

TEST_CASE("offsets of a live group of another protocol type cannot be deleted at all") {
  group_fixture group;
  client_member like;
  like.protocol_type = "connect";
  group.stable(1, like);
  auto plan = plan_offset_delete(*group.state, {}, {});
  CHECK(plan.response.error_code == error_code::non_empty_group);
}

TEST_CASE("only empty groups are deleted") {
  group_fixture group;
  CHECK(check_delete(*group.state) == error_code::none);
  auto members = group.stable(1);
  CHECK(check_delete(*group.state) == error_code::non_empty_group);
  group.leave({{members[0].id, {}, {}}});
  CHECK(check_delete(*group.state) == error_code::none);
  group.state->end(group.now);
  CHECK(check_delete(*group.state) == error_code::group_id_not_found);
}

TEST_CASE("offsets without a group expire by the time of their commit") {
  group_fixture group;
  committed_offsets offsets;
  offsets.put("orders", 0, at(1, group.now.wall_ms));
  offsets.put("orders", 1, at(1, group.now.wall_ms + 1));
  auto expired = expired_offsets(*group.state, offsets, {}, group.now.wall_ms + week_ms);
  CHECK(expired == std::vector<topic_partition>{{"orders", 0}});
}

TEST_CASE("a group's offsets expire a retention after the last member has gone") {
  group_fixture group;
  auto members = group.stable(1);
  committed_offsets offsets;
  offsets.put("orders", 0, at(1, group.now.wall_ms));
  group.pass(5'000);
  group.leave({{members[0].id, {}, {}}});
  const auto emptied_at = group.now.wall_ms;
  CHECK(expired_offsets(*group.state, offsets, {}, emptied_at + week_ms - 1).empty());
  CHECK(expired_offsets(*group.state, offsets, {}, emptied_at + week_ms).size() == 1);
}

TEST_CASE("a live group's offsets expire only for topics that it no longer subscribes to") {
  group_fixture group;
  auto members = group.stable(1);
  committed_offsets offsets;
  offsets.put("orders", 0, at(1, 0));
  offsets.put("returns", 0, at(1, 0));
  auto expired = expired_offsets(*group.state, offsets, {}, group.now.wall_ms);
  CHECK(expired == std::vector<topic_partition>{{"returns", 0}});
  SECTION("and none during a rebalance") {
    group.learn(members[0], group.join(members[0]));
    CHECK(expired_offsets(*group.state, offsets, {}, group.now.wall_ms).empty());
  }
}

TEST_CASE("a live group of another protocol type keeps all its offsets") {
  group_fixture group;
  client_member like;
  like.protocol_type = "connect";
  group.stable(1, like);
  committed_offsets offsets;
  offsets.put("orders", 0, at(1, 0));
  CHECK(expired_offsets(*group.state, offsets, {}, group.now.wall_ms).empty());
}

TEST_CASE("an offset with an expiry of its own goes by that") {
  group_fixture group;
  committed_offsets offsets;
  auto value = at(1, 0);
  value.expires_at = group.now.wall_ms + 10;
  offsets.put("orders", 0, value);
  CHECK(expired_offsets(*group.state, offsets, {}, group.now.wall_ms + 9).empty());
  CHECK(expired_offsets(*group.state, offsets, {}, group.now.wall_ms + 10).size() == 1);
}
