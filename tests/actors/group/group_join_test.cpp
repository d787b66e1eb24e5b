// JoinGroup: who is let in, and what a member that comes back is told.
#include "tests/actors/group/group_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;
using namespace ottla::testing;

TEST_CASE("a new dynamic member is told an id and counts once it comes back with it") {
  group_fixture group;
  client_member member;
  auto first = group.join(member);
  REQUIRE(group.joins.at(first).error_code == error_code::member_id_required);
  CHECK(group.joins.at(first).member_id == "client-id1");
  CHECK(group.state->phase() == group_phase::empty);

  member.id = "client-id1";
  auto second = group.join(member);
  CHECK(group.joins.at(second).error_code == error_code::none);
  CHECK(group.joins.at(second).generation_id == 1);
  CHECK(group.joins.at(second).leader == "client-id1");
}

TEST_CASE("a member id that nobody comes back with is forgotten after the session timeout") {
  group_fixture group;
  client_member member;
  member.session_ms = 6'000;
  member.id = group.joins.at(group.join(member)).member_id;
  group.pass(6'000);
  CHECK(group.joins.at(group.join(member)).error_code == error_code::unknown_member_id);
}

TEST_CASE("below version 4 a new member is let in at once") {
  group_fixture group;
  client_member member;
  member.version = 3;
  auto answer = group.joins.at(group.join(member));
  CHECK(answer.error_code == error_code::none);
  CHECK(answer.members.size() == 1);
}

TEST_CASE("a static member is let in at once, under an id that begins with its instance id") {
  group_fixture group;
  client_member member;
  member.instance = "host-1";
  auto answer = group.joins.at(group.join(member));
  CHECK(answer.error_code == error_code::none);
  CHECK(answer.member_id == "host-1-id1");
}

TEST_CASE("the rebalance timeout of version 0 is the session timeout") {
  group_fixture group;
  client_member member;
  member.version = 0;
  member.rebalance_ms = -1;
  group.learn(member, group.join(member));
  CHECK(group.state->roster().at(member.id).rebalance_timeout_ms == member.session_ms);
}

TEST_CASE("session timeouts outside the limits and empty group ids are refused before anything") {
  group_options options;
  join_group_request request;
  request.group_id = "g";
  request.session_timeout_ms = 5'999;
  CHECK(check_join(request, options) == error_code::invalid_session_timeout);
  request.session_timeout_ms = 6'000;
  CHECK(check_join(request, options) == error_code::none);
  request.session_timeout_ms = 1'800'001;
  CHECK(check_join(request, options) == error_code::invalid_session_timeout);
  request.group_id = "";
  CHECK(check_join(request, options) == error_code::invalid_group_id);
}

TEST_CASE("only the leader is shown the members, with their metadata untouched") {
  group_fixture group;
  auto members = group.stable(2);
  members[0].topics = {"orders", "returns"};
  auto leader = group.join(members[0]);
  auto follower = group.join(members[1]);
  REQUIRE(group.joins.at(leader).members.size() == 2);
  CHECK(group.joins.at(follower).members.empty());
  CHECK(group.joins.at(follower).leader == members[0].id);
  for (const auto& shown : group.joins.at(leader).members) {
    const auto& topics = shown.member_id == members[0].id ? members[0].topics : members[1].topics;
    CHECK(shown.metadata == subscription_to(topics));
  }
}

TEST_CASE("a protocol type other than the group's, or no common protocol, is refused") {
  group_fixture group;
  group.stable(1);
  client_member other;
  other.protocol_type = "connect";
  CHECK(group.joins.at(group.join(other)).error_code == error_code::inconsistent_group_protocol);
  other.protocol_type = "consumer";
  other.protocols = {"sticky"};
  CHECK(group.joins.at(group.join(other)).error_code == error_code::inconsistent_group_protocol);
}

TEST_CASE("an empty group refuses members without a protocol type or without protocols") {
  group_fixture group;
  client_member member;
  member.protocol_type = "";
  CHECK(group.joins.at(group.join(member)).error_code == error_code::inconsistent_group_protocol);
  member.protocol_type = "consumer";
  member.protocols = {};
  CHECK(group.joins.at(group.join(member)).error_code == error_code::inconsistent_group_protocol);
}

TEST_CASE("an emptied group takes members of another protocol type") {
  group_fixture group;
  auto members = group.stable(1);
  group.leave({{members[0].id, {}, {}}});
  REQUIRE(group.state->phase() == group_phase::empty);
  client_member other;
  other.protocol_type = "connect";
  group.join_twice(other);
  CHECK(group.state->protocol_type() == "connect");
}

TEST_CASE("members vote for their first common protocol") {
  group_fixture group;
  client_member a;
  a.protocols = {"range", "roundrobin", "sticky"};
  client_member b;
  b.protocols = {"sticky", "roundrobin"};
  client_member c;
  c.protocols = {"sticky", "roundrobin", "range"};
  group.learn(a, group.join_twice(a));
  auto join_b = group.join_twice(b);
  group.learn(a, group.join(a));
  group.learn(b, join_b);
  // Both offer roundrobin and sticky; with one vote each the leader's order decides.
  CHECK(group.state->protocol() == "roundrobin");
  group.join_twice(c);
  group.join(a);
  group.join(b);
  CHECK(group.state->protocol() == "sticky");
}

TEST_CASE("a follower that joins again unchanged gets the current generation and no rebalance") {
  group_fixture group;
  auto members = group.stable(2);
  auto answer = group.joins.at(group.join(members[1]));
  CHECK(answer.error_code == error_code::none);
  CHECK(answer.generation_id == members[1].generation);
  CHECK(answer.members.empty());
  CHECK(group.state->phase() == group_phase::stable);
}

TEST_CASE("a follower that joins again with a changed subscription starts a rebalance") {
  group_fixture group;
  auto members = group.stable(2);
  members[1].topics = {"orders", "returns"};
  auto ticket = group.join(members[1]);
  CHECK(group.joins.count(ticket) == 0);
  CHECK(group.state->phase() == group_phase::preparing_rebalance);
}

TEST_CASE("the leader starts a rebalance by joining again, even unchanged") {
  group_fixture group;
  auto members = group.stable(2);
  auto leader = group.join(members[0]);
  CHECK(group.joins.count(leader) == 0);
  CHECK(group.heartbeat(members[1]) == error_code::rebalance_in_progress);
  group.join(members[1]);
  CHECK(group.joins.at(leader).generation_id == members[0].generation + 1);
}

TEST_CASE("a member that missed its answer gets it again while the assignment is awaited") {
  group_fixture group;
  auto members = group.stable(2);
  group.join(members[0]);
  group.learn(members[1], group.join(members[1]));
  REQUIRE(group.state->phase() == group_phase::completing_rebalance);
  auto leader = group.joins.at(group.join(members[0]));
  CHECK(leader.generation_id == members[1].generation);
  CHECK(leader.members.size() == 2);
  CHECK(group.joins.at(group.join(members[1])).members.empty());
  CHECK(group.state->phase() == group_phase::completing_rebalance);
}

TEST_CASE("a second join of a waiting member answers the first, so that none is lost") {
  group_fixture group;
  auto members = group.stable(2);
  auto first = group.join(members[0]);
  auto second = group.join(members[0]);
  CHECK(group.joins.at(first).error_code == error_code::rebalance_in_progress);
  group.join(members[1]);
  CHECK(group.joins.at(second).error_code == error_code::none);
}

TEST_CASE("unknown members are told so") {
  group_fixture group;
  auto members = group.stable(1);
  client_member stranger;
  stranger.id = "stranger";
  CHECK(group.joins.at(group.join(stranger)).error_code == error_code::unknown_member_id);
}

TEST_CASE("a full group turns new members away and lets the old ones back in") {
  auto options = group_fixture::no_initial_delay();
  options.max_size = 2;
  group_fixture group{options};
  auto members = group.stable(2);
  client_member third;
  third.version = 3;
  CHECK(group.joins.at(group.join(third)).error_code == error_code::group_max_size_reached);
  auto leader = group.join(members[0]);
  CHECK(group.joins.at(group.join(members[1])).error_code == error_code::none);
  CHECK(group.joins.at(leader).error_code == error_code::none);
}

TEST_CASE("of a loaded group above the limit those who come back last are turned away") {
  group_fixture group;
  auto members = group.stable(3);
  auto stored = group.state->snapshot();
  auto limited = std::make_shared<group_options>(group_fixture::no_initial_delay());
  limited->max_size = 2;
  group.state.emplace("g", limited, [] { return "x"; }, stored, group.now);
  REQUIRE(group.state->phase() == group_phase::preparing_rebalance);
  auto a = group.join(members[0]);
  auto b = group.join(members[1]);
  auto c = group.join(members[2]);
  CHECK(group.joins.at(c).error_code == error_code::group_max_size_reached);
  CHECK(group.joins.at(a).error_code == error_code::none);
  CHECK(group.joins.at(b).error_code == error_code::none);
}

TEST_CASE("the reason a member gives is kept, cut to 255 characters") {
  group_fixture group;
  auto members = group.stable(1);
  members[0].reason = std::string(300, 'r');
  group.join(members[0]);
  const auto& events = group.state->timeline().events();
  auto found = std::find_if(events.rbegin(), events.rend(), [](const group_event& event) {
    return event.kind == group_event_kind::rebalance_started;
  });
  REQUIRE(found != events.rend());
  CHECK(found->reason.find(std::string(255, 'r')) != std::string::npos);
  CHECK(found->reason.find(std::string(256, 'r')) == std::string::npos);
}
