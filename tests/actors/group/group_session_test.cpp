// Sessions: heartbeats, leaving, static members coming back, and who may commit offsets.
#include "tests/actors/group/group_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;
using namespace ottla::testing;

namespace {

std::vector<client_member> static_group(group_fixture& group, size_t count) {
  client_member like;
  like.instance = "host-";
  return group.stable(count, like);
}

}  // namespace

TEST_CASE("a member that is silent for its session timeout is out and the others rebalance") {
  group_fixture group;
  auto members = group.stable(2);
  group.pass(9'999);
  CHECK(group.heartbeat(members[0]) == error_code::none);
  group.pass(1);
  CHECK(group.heartbeat(members[1]) == error_code::unknown_member_id);
  CHECK(group.heartbeat(members[0]) == error_code::rebalance_in_progress);
}

TEST_CASE("heartbeats, commits, syncs and unchanged joins keep a session alive") {
  group_fixture group;
  auto members = group.stable(2);
  for (int i = 0; i < 4; ++i) {
    group.pass(9'000);
    CHECK(group.heartbeat(members[0]) == error_code::none);
    if (i == 0) CHECK(group.heartbeat(members[1]) == error_code::none);
    if (i == 1) CHECK(group.commit(members[1]) == error_code::none);
    if (i == 2) CHECK(group.syncs.at(group.sync(members[1])).error_code == error_code::none);
    if (i == 3) CHECK(group.joins.at(group.join(members[1])).error_code == error_code::none);
  }
  CHECK(group.state->phase() == group_phase::stable);
}

TEST_CASE("a member whose join or sync is parked cannot send heartbeats and does not expire") {
  group_fixture group;
  auto members = group.stable(2);
  auto parked = group.join(members[0]);
  for (int i = 0; i < 3; ++i) {
    group.pass(9'000);
    CHECK(group.heartbeat(members[1]) == error_code::rebalance_in_progress);
  }
  CHECK(group.joins.count(parked) == 0);
  group.learn(members[1], group.join(members[1]));
  group.learn(members[0], parked);
  auto follower = group.sync(members[1]);
  for (int i = 0; i < 3; ++i) {
    group.pass(9'000);
    CHECK(group.heartbeat(members[0]) == error_code::none);
  }
  group.sync(members[0]);
  CHECK(group.syncs.at(follower).error_code == error_code::none);
}

TEST_CASE("a new member's wait for the group ends after five minutes") {
  group_fixture group;
  client_member like;
  like.session_ms = 1'000'000;
  like.rebalance_ms = 1'000'000;
  group.stable(1, like);
  client_member newcomer = like;
  auto ticket = group.join_twice(newcomer);
  group.pass(299'999);
  CHECK(group.joins.count(ticket) == 0);
  group.pass(1);
  CHECK(group.joins.at(ticket).error_code == error_code::unknown_member_id);
}

TEST_CASE("heartbeats tell what is wrong with them") {
  group_fixture group;
  auto members = static_group(group, 1);
  CHECK(group.heartbeat(members[0]) == error_code::none);
  auto wrong = members[0];
  wrong.generation += 1;
  CHECK(group.heartbeat(wrong) == error_code::illegal_generation);
  wrong = members[0];
  wrong.id = "somebody";
  CHECK(group.heartbeat(wrong) == error_code::fenced_instance_id);
  wrong.instance = "host-9";
  CHECK(group.heartbeat(wrong) == error_code::unknown_member_id);
  wrong.instance.reset();
  CHECK(group.heartbeat(wrong) == error_code::unknown_member_id);
}

TEST_CASE("a heartbeat while the assignment is awaited is a good one") {
  group_fixture group;
  auto members = group.stable(1);
  group.learn(members[0], group.join(members[0]));
  REQUIRE(group.state->phase() == group_phase::completing_rebalance);
  CHECK(group.heartbeat(members[0]) == error_code::none);
}

TEST_CASE("a member that leaves starts a rebalance at once") {
  group_fixture group;
  auto members = group.stable(2);
  auto response = group.leave({{members[1].id, {}, "shutting down"}});
  CHECK(response.members.at(0).error_code == error_code::none);
  CHECK(group.heartbeat(members[0]) == error_code::rebalance_in_progress);
  const auto& events = group.state->timeline().events();
  const bool told = std::any_of(events.begin(), events.end(), [&](const group_event& event) {
    return event.kind == group_event_kind::member_left &&
           event.reason == members[1].id + ": shutting down";
  });
  CHECK(told);
}

TEST_CASE("what a member says of why it leaves is kept, but not all of it") {
  group_fixture group;
  auto members = group.stable(2);
  group.leave({{members[1].id, {}, std::string(100'000, 'x')}});
  for (const auto& event : group.state->timeline().events()) CHECK(event.reason.size() <= 1'000);
}

TEST_CASE("several members leave with one request and an answer for each") {
  group_fixture group;
  auto members = static_group(group, 3);
  auto response = group.leave({
      {"", members[0].instance, {}},  // By instance id alone, as an administrator does.
      {members[1].id, members[1].instance, {}},
      {"somebody", members[2].instance, {}},
      {"", "host-9", {}},
      {"", std::nullopt, {}},
      {"stranger", std::nullopt, {}},
  });
  REQUIRE(response.members.size() == 6);
  CHECK(response.members[0].error_code == error_code::none);
  CHECK(response.members[1].error_code == error_code::none);
  CHECK(response.members[2].error_code == error_code::fenced_instance_id);
  CHECK(response.members[3].error_code == error_code::unknown_member_id);
  CHECK(response.members[4].error_code == error_code::unknown_member_id);
  CHECK(response.members[5].error_code == error_code::unknown_member_id);
  CHECK(group.state->roster().size() == 1);
}

TEST_CASE("a member that was only told its id can leave") {
  group_fixture group;
  client_member member;
  member.id = group.joins.at(group.join(member)).member_id;
  CHECK(group.leave({{member.id, {}, {}}}).members[0].error_code == error_code::none);
  CHECK(group.joins.at(group.join(member)).error_code == error_code::unknown_member_id);
}

TEST_CASE("a member that leaves while its requests are parked has them answered") {
  group_fixture group;
  auto members = group.stable(2);
  auto join = group.join(members[0]);
  group.leave({{members[0].id, {}, {}}});
  CHECK(group.joins.at(join).error_code == error_code::unknown_member_id);

  group_fixture other;
  auto pair = other.stable(2);
  auto leader = other.join(pair[0]);
  other.learn(pair[1], other.join(pair[1]));
  other.learn(pair[0], leader);
  auto sync = other.sync(pair[1]);
  other.leave({{pair[1].id, {}, {}}});
  CHECK(other.syncs.at(sync).error_code == error_code::unknown_member_id);
}

TEST_CASE("a static member that comes back unchanged gets its place without a rebalance") {
  group_fixture group;
  auto members = static_group(group, 2);
  const auto generation = group.state->generation();
  auto returning = members[1];
  returning.id = "";
  auto answer = group.joins.at(group.join(returning));
  CHECK(answer.error_code == error_code::none);
  CHECK(answer.member_id != members[1].id);
  CHECK(answer.generation_id == generation);
  CHECK_FALSE(answer.skip_assignment);
  CHECK(group.state->phase() == group_phase::stable);
  // The old id is fenced, the new one has the old assignment, and the record says so.
  CHECK(group.heartbeat(members[1]) == error_code::fenced_instance_id);
  returning.id = answer.member_id;
  auto sync = group.syncs.at(group.sync(returning));
  CHECK(as_text(sync.assignment.view()) == "for " + members[1].id);
  CHECK(group.state->snapshot().members.size() == 2);
  CHECK(group.writes.back().value.members.size() == 2);
}

TEST_CASE("a returning static leader is told to skip the assignment from version 9 on") {
  group_fixture group;
  auto members = static_group(group, 2);
  auto returning = members[0];
  returning.id = "";
  auto answer = group.joins.at(group.join(returning));
  CHECK(answer.skip_assignment);
  CHECK(answer.leader == answer.member_id);
  CHECK(answer.members.size() == 2);
}

TEST_CASE("below version 9 a returning static leader is shown the old leader's id and no members") {
  group_fixture group;
  auto members = static_group(group, 2);
  auto returning = members[0];
  returning.id = "";
  returning.version = 8;
  auto answer = group.joins.at(group.join(returning));
  CHECK_FALSE(answer.skip_assignment);
  CHECK(answer.leader == members[0].id);
  CHECK(answer.member_id != members[0].id);
  CHECK(answer.members.empty());
  // It leads all the same: its next join with a known id starts a rebalance.
  CHECK(group.state->roster().leader() == answer.member_id);
}

TEST_CASE("a returning static member that changes the group's protocol starts a rebalance") {
  group_fixture group;
  client_member like;
  like.instance = "host-";
  like.protocols = {"range", "sticky"};
  auto members = group.stable(1, like);
  auto returning = members[0];
  returning.id = "";
  returning.protocols = {"sticky"};
  auto answer = group.joins.at(group.join(returning));
  CHECK(answer.generation_id == members[0].generation + 1);
  CHECK(answer.protocol_name == "sticky");
}

TEST_CASE("a static member that comes back while the assignment is awaited starts anew") {
  group_fixture group;
  auto members = static_group(group, 2);
  auto leader = group.join(members[0]);
  group.learn(members[1], group.join(members[1]));
  group.learn(members[0], leader);
  auto waiting = group.sync(members[1]);
  auto returning = members[1];
  returning.id = "";
  group.join(returning);
  CHECK(group.syncs.at(waiting).error_code == error_code::fenced_instance_id);
  CHECK(group.state->phase() == group_phase::preparing_rebalance);
}

TEST_CASE("a second process with the same instance id fences the first, also while it waits") {
  group_fixture group;
  auto members = static_group(group, 2);
  auto first = group.join(members[0]);
  auto returning = members[0];
  returning.id = "";
  auto second = group.join(returning);
  CHECK(group.joins.at(first).error_code == error_code::fenced_instance_id);
  CHECK(group.joins.count(second) == 0);
  group.join(members[1]);
  CHECK(group.joins.at(second).error_code == error_code::none);
}

TEST_CASE("a static member whose new id cannot be stored keeps the old one") {
  group_fixture group;
  auto members = static_group(group, 2);
  group.acknowledge_writes = false;
  auto returning = members[1];
  returning.id = "";
  auto ticket = group.join(returning);
  CHECK(group.joins.count(ticket) == 0);
  group.written(group.writes.back().token, error_code::not_coordinator);
  CHECK(group.joins.at(ticket).error_code == error_code::not_coordinator);
  CHECK(group.joins.at(ticket).member_id.empty());
  CHECK(group.heartbeat(members[1]) == error_code::none);
}

TEST_CASE("static members stay when they are closed and go by session timeout only") {
  group_fixture group;
  auto members = static_group(group, 2);
  group.pass(9'999);
  CHECK(group.heartbeat(members[0]) == error_code::none);
  CHECK(group.state->roster().size() == 2);
  group.pass(1);
  CHECK(group.state->roster().size() == 1);
}

TEST_CASE("a commit needs a member of the current generation") {
  group_fixture group;
  auto members = static_group(group, 1);
  CHECK(group.commit(members[0]) == error_code::none);
  auto wrong = members[0];
  wrong.generation -= 1;
  CHECK(group.commit(wrong) == error_code::illegal_generation);
  wrong = members[0];
  wrong.id = "somebody";
  CHECK(group.commit(wrong) == error_code::fenced_instance_id);
  client_member stranger;
  stranger.id = "stranger";
  stranger.generation = members[0].generation;
  CHECK(group.commit(stranger) == error_code::unknown_member_id);
}

TEST_CASE("a commit without a member is for empty groups only") {
  group_fixture group;
  client_member simple;
  CHECK(group.commit(simple) == error_code::none);
  auto members = group.stable(1);
  CHECK(group.commit(simple) == error_code::unknown_member_id);
  group.leave({{members[0].id, {}, {}}});
  CHECK(group.commit(simple) == error_code::none);
}

TEST_CASE("members may commit while a rebalance gathers, but not while it is being completed") {
  group_fixture group;
  auto members = group.stable(2);
  auto leader = group.join(members[0]);
  CHECK(group.commit(members[1]) == error_code::none);
  group.learn(members[1], group.join(members[1]));
  group.learn(members[0], leader);
  CHECK(group.commit(members[1]) == error_code::rebalance_in_progress);
}

TEST_CASE("the subscribed topics are those of all members, and unreadable ones count as all") {
  group_fixture group;
  auto members = group.stable(2);
  members[1].topics = {"returns"};
  auto follower = group.join(members[1]);
  group.join(members[0]);
  REQUIRE(group.joins.count(follower) == 1);
  CHECK(group.state->is_subscribed_to("orders"));
  CHECK(group.state->is_subscribed_to("returns"));
  CHECK_FALSE(group.state->is_subscribed_to("others"));

  auto stored = group.state->snapshot();
  stored.members[0].subscription = shared_bytes::copy_of("\x00");
  auto options = std::make_shared<group_options>();
  group_state unreadable{"g", options, [] { return "x"; }, stored, {}};
  CHECK_FALSE(unreadable.topics().has_value());
  CHECK(unreadable.is_subscribed_to("others"));
}
