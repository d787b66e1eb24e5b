// Rebalances: the initial delay, who is waited for and for how long, and how assignments are handed
// out.
#include "actors/group/awaited_members.hpp"
#include "tests/actors/group/group_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;
using namespace ottla::testing;

namespace {

group_options with_delay(int32_t delay_ms) {
  group_options options;
  options.initial_rebalance_delay_ms = delay_ms;
  return options;
}

std::string text(const shared_bytes& bytes) {
  return std::string{as_text(bytes.view())};
}

}  // namespace

TEST_CASE("an empty group waits for more members before its first generation") {
  group_fixture group{with_delay(3'000)};
  client_member a;
  auto ticket = group.join_twice(a);
  group.pass(2'999);
  CHECK(group.joins.count(ticket) == 0);
  group.pass(1);
  CHECK(group.joins.at(ticket).generation_id == 1);
}

TEST_CASE("each newcomer extends the initial delay, up to the largest rebalance timeout") {
  group_fixture group{with_delay(3'000)};
  client_member a;
  a.rebalance_ms = 7'000;
  auto ticket = group.join_twice(a);
  for (int i = 0; i < 3; ++i) {
    group.pass(2'000);
    client_member newcomer;
    newcomer.rebalance_ms = 1'000;
    group.join_twice(newcomer);
    CHECK(group.joins.count(ticket) == 0);
  }
  group.pass(999);
  CHECK(group.joins.count(ticket) == 0);
  group.pass(1);
  CHECK(group.joins.at(ticket).generation_id == 1);
  CHECK(group.joins.at(ticket).members.size() == 4);
}

TEST_CASE("a newcomer that is out before the initial delay is over does not end it") {
  group_fixture group{with_delay(200'000)};
  client_member a, b;
  a.rebalance_ms = b.rebalance_ms = 1'000'000;
  const auto waited_too_long = group.join_twice(a);
  group.pass(150'000);
  const auto waits = group.join_twice(b);  // extends the delay to 400 s
  group.pass(150'000);
  CHECK(group.joins.at(waited_too_long).error_code == error_code::unknown_member_id);
  CHECK(group.joins.count(waits) == 0);
}

TEST_CASE("only an empty group waits: later rebalances end when all have joined") {
  group_fixture group{with_delay(3'000)};
  client_member a;
  auto first = group.join_twice(a);
  group.pass(3'000);
  group.learn(a, first);
  group.sync_all({a});
  client_member b;
  auto newcomer = group.join_twice(b);
  group.join(a);
  CHECK(group.joins.at(newcomer).generation_id == 2);
}

TEST_CASE("a dynamic member that does not join again within the rebalance timeout is out") {
  group_fixture group;
  auto members = group.stable(2);
  auto leader = group.join(members[0]);
  for (int i = 0; i < 6; ++i) {
    group.pass(9'999);
    CHECK(group.heartbeat(members[1]) == error_code::rebalance_in_progress);
  }
  CHECK(group.joins.count(leader) == 0);
  group.pass(60'000 - 6 * 9'999);
  CHECK(group.joins.at(leader).members.size() == 1);
  CHECK(group.heartbeat(members[1]) == error_code::unknown_member_id);
}

TEST_CASE("a leader that does not join again is replaced by one that has") {
  group_fixture group;
  auto members = group.stable(2);
  members[1].topics = {"returns"};
  auto follower = group.join(members[1]);
  group.pass(60'000);
  CHECK(group.joins.at(follower).leader == members[1].id);
  CHECK(group.joins.at(follower).members.size() == 1);
}

TEST_CASE("static members that do not join again stay in, and the leader among those who have") {
  group_fixture group;
  client_member like;
  like.instance = "host-";
  like.session_ms = 100'000;
  auto members = group.stable(2, like);
  members[1].topics = {"returns"};
  auto follower = group.join(members[1]);
  group.pass(60'000);
  CHECK(group.joins.at(follower).leader == members[1].id);
  CHECK(group.joins.at(follower).members.size() == 2);
}

TEST_CASE("a rebalance names the members that it waits for") {
  group_fixture group;
  client_member a, b;
  group.learn(a, group.join_twice(a));
  CHECK(awaited_members(*group.state) ==
        "the rebalance waits until these ask for their assignment: " + a.id + " (/127.0.0.1)");
  group.sync(a, {{a.id, "all"}});
  CHECK(awaited_members(*group.state).empty());
  group.join_twice(b);
  CHECK(awaited_members(*group.state) ==
        "the rebalance waits until these join again: " + a.id + " (/127.0.0.1)");
}

TEST_CASE("the leader stays leader over generations while it stays") {
  group_fixture group;
  auto members = group.stable(3);
  for (int i = 0; i < 3; ++i) {
    std::vector<request_ticket> tickets;
    for (const auto& member : members) tickets.push_back(group.join(member));
    CHECK(group.joins.at(tickets[1]).leader == members[0].id);
    CHECK(group.joins.at(tickets[1]).generation_id == members[1].generation + 1);
    for (size_t j = 0; j < 3; ++j) group.learn(members[j], tickets[j]);
    group.sync_all(members);
  }
}

TEST_CASE("followers wait for the leader's assignment and get their part untouched") {
  group_fixture group;
  auto members = group.stable(2);
  auto join = group.join(members[0]);
  group.learn(members[1], group.join(members[1]));
  group.learn(members[0], join);
  auto follower = group.sync(members[1]);
  CHECK(group.syncs.count(follower) == 0);
  auto leader = group.sync(members[0], {{members[0].id, "left"}, {members[1].id, "right"}});
  CHECK(text(group.syncs.at(leader).assignment) == "left");
  CHECK(text(group.syncs.at(follower).assignment) == "right");
  CHECK(group.syncs.at(follower).protocol_type == "consumer");
  CHECK(group.syncs.at(follower).protocol_name == "range");
  CHECK(group.state->phase() == group_phase::stable);
  // Whoever comes late gets it from the stable group.
  CHECK(text(group.syncs.at(group.sync(members[1])).assignment) == "right");
}

TEST_CASE("a member that the leader forgot gets an empty assignment") {
  group_fixture group;
  auto members = group.stable(1);
  group.learn(members[0], group.join(members[0]));
  auto answer = group.syncs.at(group.sync(members[0], {{"somebody", "else"}}));
  CHECK(answer.error_code == error_code::none);
  CHECK(answer.assignment.empty());
}

TEST_CASE("nobody gets an assignment before it is stored") {
  group_fixture group;
  auto members = group.stable(1);
  group.learn(members[0], group.join(members[0]));
  group.acknowledge_writes = false;
  auto ticket = group.sync(members[0], {{members[0].id, "all"}});
  CHECK(group.syncs.count(ticket) == 0);
  REQUIRE(group.writes.back().value.members.size() == 1);
  CHECK(text(group.writes.back().value.members[0].assignment) == "all");
  group.written(group.writes.back().token);
  CHECK(text(group.syncs.at(ticket).assignment) == "all");
}

TEST_CASE("an assignment that cannot be stored is told to all and starts a rebalance") {
  group_fixture group;
  auto members = group.stable(2);
  auto join = group.join(members[0]);
  group.learn(members[1], group.join(members[1]));
  group.learn(members[0], join);
  group.acknowledge_writes = false;
  auto follower = group.sync(members[1]);
  auto leader = group.sync(members[0], {});
  group.written(group.writes.back().token, error_code::coordinator_not_available);
  CHECK(group.syncs.at(leader).error_code == error_code::coordinator_not_available);
  CHECK(group.syncs.at(follower).error_code == error_code::coordinator_not_available);
  CHECK(group.state->phase() == group_phase::preparing_rebalance);
}

TEST_CASE("a join while the assignment is being stored overtakes it") {
  group_fixture group;
  auto members = group.stable(1);
  group.learn(members[0], group.join(members[0]));
  group.acknowledge_writes = false;
  auto sync = group.sync(members[0], {{members[0].id, "all"}});
  auto token = group.writes.back().token;
  client_member newcomer;
  group.join_twice(newcomer);
  CHECK(group.syncs.at(sync).error_code == error_code::rebalance_in_progress);
  group.written(token);
  CHECK(group.state->phase() == group_phase::preparing_rebalance);
}

TEST_CASE("SyncGroup tells what is wrong with it") {
  group_fixture group;
  auto members = group.stable(1);
  sync_group_request request;
  request.group_id = "g";
  request.member_id = members[0].id;
  request.generation_id = members[0].generation;
  auto error = [&] { return group.syncs.at(group.sync(request)).error_code; };

  CHECK(error() == error_code::none);
  request.protocol_name = "sticky";
  CHECK(error() == error_code::inconsistent_group_protocol);
  request.protocol_name = "range";
  request.protocol_type = "connect";
  CHECK(error() == error_code::inconsistent_group_protocol);
  request.protocol_type = "consumer";
  request.generation_id += 1;
  CHECK(error() == error_code::illegal_generation);
  request.generation_id -= 1;
  request.member_id = "stranger";
  CHECK(error() == error_code::unknown_member_id);
  request.member_id = members[0].id;
  client_member newcomer;
  group.join_twice(newcomer);
  CHECK(error() == error_code::rebalance_in_progress);
}

TEST_CASE(
    "members that do not sync within the rebalance timeout are out and the others rebalance") {
  group_fixture group;
  auto members = group.stable(2);
  auto join = group.join(members[0]);
  group.learn(members[1], group.join(members[1]));
  group.learn(members[0], join);
  auto follower = group.sync(members[1]);
  for (int i = 0; i < 6; ++i) {
    group.pass(9'999);
    CHECK(group.heartbeat(members[0]) == error_code::none);  // It lives, but never syncs.
  }
  CHECK(group.syncs.count(follower) == 0);
  group.pass(60'000 - 6 * 9'999);
  CHECK(group.syncs.at(follower).error_code == error_code::rebalance_in_progress);
  CHECK(group.heartbeat(members[0]) == error_code::unknown_member_id);
  auto again = group.join(members[1]);
  CHECK(group.joins.at(again).leader == members[1].id);
}

TEST_CASE("a member that repeats its sync is answered once for each request") {
  group_fixture group;
  auto members = group.stable(2);
  auto join = group.join(members[0]);
  group.learn(members[1], group.join(members[1]));
  group.learn(members[0], join);
  auto first = group.sync(members[1]);
  auto second = group.sync(members[1]);
  CHECK(group.syncs.at(first).error_code == error_code::rebalance_in_progress);
  group.sync(members[0], {{members[1].id, "right"}});
  CHECK(text(group.syncs.at(second).assignment) == "right");
}

TEST_CASE("two generations in a row, as cooperative assignors make them, need no waiting") {
  group_fixture group{with_delay(3'000)};
  client_member like;
  like.protocols = {"cooperative-sticky"};
  client_member a = like;
  auto ticket = group.join_twice(a);
  group.pass(3'000);
  group.learn(a, ticket);
  group.sync_all({a});
  const auto before = group.now.monotonic_ms;
  for (int i = 0; i < 2; ++i) {
    group.learn(a, group.join(a));
    group.sync_all({a});
  }
  CHECK(group.state->phase() == group_phase::stable);
  CHECK(group.state->generation() == 3);
  CHECK(group.now.monotonic_ms == before);
}

TEST_CASE("when the last member goes the group is empty, one generation on, and stored so") {
  group_fixture group;
  auto members = group.stable(1);
  const auto generation = group.state->generation();
  group.leave({{members[0].id, {}, {}}});
  CHECK(group.state->phase() == group_phase::empty);
  CHECK(group.state->generation() == generation + 1);
  const auto& stored = group.writes.back().value;
  CHECK(stored.members.empty());
  CHECK(stored.protocol_type == "consumer");
  CHECK_FALSE(stored.protocol.has_value());
  CHECK_FALSE(stored.leader.has_value());
  CHECK(stored.state_changed_at == group.now.wall_ms);
}

TEST_CASE("a group that is loaded again is the group that was stored") {
  group_fixture group;
  client_member like;
  like.instance = "host-";
  auto members = group.stable(2, like);
  auto stored = group.writes.back().value;
  auto options = std::make_shared<group_options>();
  group.state.emplace("g", options, [] { return "new"; }, stored, group.now);
  CHECK(group.state->phase() == group_phase::stable);
  CHECK(group.state->generation() == members[0].generation);
  CHECK(group.state->roster().leader() == members[0].id);
  CHECK(group.heartbeat(members[1]) == error_code::none);
  CHECK(text(group.syncs.at(group.sync(members[1])).assignment) == "for " + members[1].id);
  CHECK(group.state->is_subscribed_to("orders"));
  group.pass(10'000);
  CHECK(group.state->phase() == group_phase::empty);
}

TEST_CASE("a stored group that contradicts itself is loaded as far as it makes sense") {
  stored_group stored;
  stored.protocol_type = "consumer";
  stored.protocol = "range";
  stored.leader = "nobody";
  stored.generation = 7;
  stored_member member;
  member.id = "a";
  member.instance_id = "one";
  member.session_timeout_ms = 10'000;
  stored.members = {member, member};
  member.id = "b";
  stored.members.push_back(member);
  auto options = std::make_shared<group_options>();
  group_state state{"g", options, [] { return "x"; }, stored, {}};
  state.check_invariants();
  CHECK(state.roster().size() == 1);
  CHECK(state.roster().leader() == "a");

  stored.protocol.reset();
  group_state without{"g", options, [] { return "x"; }, stored, {}};
  without.check_invariants();
  CHECK(without.phase() == group_phase::empty);
  CHECK(without.generation() == 7);
}

TEST_CASE("when the group moves away, whoever waits is told to look for its coordinator") {
  group_fixture group;
  auto members = group.stable(2);
  auto join = group.join(members[0]);
  group.state->end(group.now);
  auto actions = group.state->take_actions();
  REQUIRE(actions.joins.size() == 1);
  CHECK(actions.joins[0].first == join);
  CHECK(actions.joins[0].second.error_code == error_code::not_coordinator);
  CHECK(group.heartbeat(members[1]) == error_code::coordinator_not_available);
  CHECK(group.state->next_deadline_ms() == std::nullopt);
}
