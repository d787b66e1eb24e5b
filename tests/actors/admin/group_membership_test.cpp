#include "actors/admin/group_membership.hpp"

#include "actors/admin/range_assignor.hpp"
#include "actors/group/consumer_subscription.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

/// Keeps what the member asks and hears; the test is the coordinator.
class coordinator_double final : public membership_port {
public:
  void ask(join_group_request request) override { joins.push_back(std::move(request)); }
  void ask(sync_group_request request) override { syncs.push_back(std::move(request)); }
  void ask(heartbeat_request request) override { heartbeats.push_back(std::move(request)); }
  void ask(offset_fetch_request request) override { fetches.push_back(std::move(request)); }
  void ask(offset_commit_request request) override { commits.push_back(std::move(request)); }
  void ask(leave_group_request request) override { leaves.push_back(std::move(request)); }
  void hear(group_news each) override { news.push_back(std::move(each)); }
  int32_t partition_count(const std::string&) override { return partitions; }
  void arm(membership_timer kind, int64_t delay_ms) override { armed[kind] = delay_ms; }

  std::vector<join_group_request> joins;
  std::vector<sync_group_request> syncs;
  std::vector<heartbeat_request> heartbeats;
  std::vector<offset_fetch_request> fetches;
  std::vector<offset_commit_request> commits;
  std::vector<leave_group_request> leaves;
  std::vector<group_news> news;
  std::map<membership_timer, int64_t> armed;
  int32_t partitions = 2;
};

offset_fetch_response fetched(log_offset first) {
  offset_fetch_response response;
  auto& topic = response.groups.emplace_back().topics.emplace_back();
  topic.name = "orders";
  topic.partitions.push_back({0, first, -1, "", error_code::none});
  topic.partitions.push_back({1, -1, -1, "", error_code::none});
  return response;
}

offset_commit_response committed(const offset_commit_request& request,
                                 error_code error = error_code::none) {
  offset_commit_response response;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    for (const auto& each : topic.partitions) {
      answer.partitions.push_back({each.partition_index, error});
    }
  }
  return response;
}

struct member_fixture {
  coordinator_double group;
  join_question wanted{.group = "g", .topics = {"orders"}};

  /// Up to being assigned both partitions of "orders", as the group's leader.
  void join(group_membership& member) {
    member.join();
    member.answered(
        join_group_response{.error_code = error_code::member_id_required, .member_id = "m-1"});
    join_group_response joined{.generation_id = 4, .leader = "m-1", .member_id = "m-1"};
    joined.members.push_back({"m-1", {}, group.joins.back().protocols.front().metadata});
    member.answered(joined);
    member.answered(
        sync_group_response{.assignment = group.syncs.back().assignments.front().assignment});
    member.answered(fetched(17));
  }
  template <class News>
  const News& last_news() {
    REQUIRE(!group.news.empty());
    REQUIRE(std::holds_alternative<News>(group.news.back()));
    return std::get<News>(group.news.back());
  }
};

TEST_CASE_METHOD(member_fixture,
                 "a member joins, assigns as a leader and begins at what is committed") {
  group_membership member{wanted, group};
  join(member);
  REQUIRE(group.joins.size() == 2);
  CHECK(group.joins.front().member_id.empty());
  CHECK(group.joins.back().member_id == "m-1");
  CHECK(group.joins.back().protocols.front().name == "range");
  REQUIRE(group.fetches.size() == 1);
  const auto& news = last_news<group_assigned>();
  CHECK(news.generation == 4);
  CHECK(news.positions == group_positions{{"orders", 0, 17}, {"orders", 1, -1}});
  CHECK(group.armed.contains(membership_timer::heartbeat));
}

TEST_CASE_METHOD(member_fixture,
                 "commits go out once a second, with the newest of each partition") {
  group_membership member{wanted, group};
  join(member);
  member.commit({{"orders", 0, 20}});
  REQUIRE(group.commits.size() == 1);
  CHECK(group.commits.back().generation_id_or_member_epoch == 4);
  member.commit({{"orders", 0, 21}});
  member.answered(committed(group.commits.back()));
  CHECK(last_news<group_committed>().positions == group_positions{{"orders", 0, 20}});
  member.commit({{"orders", 0, 22}, {"orders", 1, 5}, {"others", 0, 9}, {"orders", 2, 9}});
  CHECK(group.commits.size() == 1);
  member.timer(membership_timer::commit);
  REQUIRE(group.commits.size() == 2);
  const auto& topics = group.commits.back().topics;
  REQUIRE(topics.size() == 1);  // it has nothing of the others
  REQUIRE(topics.front().partitions.size() == 2);
  CHECK(topics.front().partitions[0].committed_offset == 22);
  CHECK(topics.front().partitions[1].committed_offset == 5);
}

TEST_CASE_METHOD(member_fixture, "before a rebalance the browser's last word is committed") {
  group_membership member{wanted, group};
  join(member);
  member.timer(membership_timer::heartbeat);
  member.answered(heartbeat_response{.error_code = error_code::rebalance_in_progress});
  CHECK_FALSE(last_news<group_revoked>().is_lost);
  CHECK(group.joins.size() == 2);  // it waits
  member.commit({{"orders", 1, 8}});
  REQUIRE(group.commits.size() == 1);
  CHECK(group.joins.size() == 2);
  member.answered(committed(group.commits.back()));
  REQUIRE(group.joins.size() == 3);
  CHECK(group.joins.back().member_id == "m-1");
}

TEST_CASE_METHOD(member_fixture, "an empty word ends the wait as well, and so does time") {
  for (const bool by_word : {true, false}) {
    coordinator_double fresh;
    std::swap(group, fresh);
    group_membership member{wanted, group};
    join(member);
    member.answered(heartbeat_response{.error_code = error_code::rebalance_in_progress});
    CHECK(group.armed.at(membership_timer::revoke) == 5'000);
    if (by_word) {
      member.commit({});
    } else {
      member.timer(membership_timer::revoke);
    }
    CHECK(group.joins.size() == 3);
  }
}

TEST_CASE_METHOD(member_fixture, "a member that was thrown out says so and joins as a new one") {
  group_membership member{wanted, group};
  join(member);
  member.answered(heartbeat_response{.error_code = error_code::unknown_member_id});
  CHECK(last_news<group_revoked>().is_lost);
  REQUIRE(group.joins.size() == 3);
  CHECK(group.joins.back().member_id.empty());
}

TEST_CASE_METHOD(member_fixture, "a commit of a generation that is over loses the partitions") {
  group_membership member{wanted, group};
  join(member);
  member.commit({{"orders", 0, 20}});
  member.answered(committed(group.commits.back(), error_code::illegal_generation));
  CHECK(last_news<group_revoked>().is_lost);
  REQUIRE(group.joins.size() == 3);
  CHECK(group.joins.back().member_id == "m-1");
}

TEST_CASE_METHOD(member_fixture, "a coordinator that is away is told once and asked again") {
  group_membership member{wanted, group};
  member.join();
  for (size_t i = 1; i <= 10; ++i) {
    CHECK(group.joins.size() == i);
    member.unanswered({error_code::network_exception, "no connection", 0});
    CHECK(group.news.size() == (i < 4 ? 0 : 1));  // what is over in a moment is not worth a word
    member.timer(membership_timer::retry);
  }
  CHECK_FALSE(last_news<group_trouble>().is_final);
  member.answered(join_group_response{.error_code = error_code::inconsistent_group_protocol});
  CHECK(last_news<group_trouble>().is_final);
}

TEST_CASE_METHOD(member_fixture, "a commit without an answer is sent again") {
  group_membership member{wanted, group};
  join(member);
  member.commit({{"orders", 0, 20}});
  member.unanswered({error_code::network_exception, "no connection", 0});
  member.timer(membership_timer::commit);
  REQUIRE(group.commits.size() == 2);
  CHECK(group.commits.back().topics.front().partitions.front().committed_offset == 20);
}

TEST_CASE_METHOD(member_fixture,
                 "partitions that a topic has got since make the leader rebalance") {
  group_membership member{wanted, group};
  join(member);
  member.timer(membership_timer::heartbeat);
  CHECK(group.news.size() == 1);
  group.partitions = 3;
  member.timer(membership_timer::heartbeat);
  last_news<group_revoked>();
}

TEST_CASE_METHOD(member_fixture, "who goes leaves the group, a static member only for good") {
  group_membership dynamic{wanted, group};
  join(dynamic);
  dynamic.leave(false);
  REQUIRE(group.leaves.size() == 1);
  CHECK(group.leaves.back().members.front().member_id == "m-1");
  wanted.instance = "tab";
  group_membership staying{wanted, group};
  join(staying);
  staying.leave(false);
  CHECK(group.leaves.size() == 1);
  group_membership leaving{wanted, group};
  join(leaving);
  leaving.leave(true);
  REQUIRE(group.leaves.size() == 2);
  CHECK(group.leaves.back().members.front().group_instance_id == "tab");
}

}  // namespace
}  // namespace ottla
