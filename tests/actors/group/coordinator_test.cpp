// Coordinator and group actors together: what is stored when, what survives a restart, and who is
// told what while the coordinator cannot serve.
#include "tests/actors/group/coordinator_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;
using namespace ottla::testing;

TEST_CASE("a commit is answered when its record is safe, and fetched from then on") {
  coordinator_fixture node;
  node.log->hold = true;
  auto answer = node.commit("simple", "orders", 42);
  CHECK_FALSE(answer->has_value());
  CHECK(node.committed("simple", "orders") == -1);
  node.release();
  CHECK(error_of(answer) == error_code::none);
  CHECK(node.committed("simple", "orders") == 42);
}

TEST_CASE("whoever wants stable offsets waits for the commits on their way") {
  coordinator_fixture node;
  node.log->hold = true;
  node.commit("simple", "orders", 42);
  auto stable = node.fetch("simple", "orders", true);
  CHECK_FALSE(stable->has_value());
  node.release();
  REQUIRE(stable->has_value());
  CHECK((*stable)->topics.at(0).partitions.at(0).committed_offset == 42);
}

TEST_CASE("commits that arrive while others are being stored share one batch") {
  coordinator_fixture node;
  node.log->hold = true;
  node.commit("a", "orders", 1);
  auto b = node.commit("b", "orders", 2);
  auto c = node.commit("c", "orders", 3);
  CHECK(node.log->appends == 1);
  node.release();
  CHECK(node.log->appends == 2);
  node.release();
  CHECK(error_of(b) == error_code::none);
  CHECK(error_of(c) == error_code::none);
  CHECK(record_batch_view::parse(node.log->batches.back().view())->header().record_count == 2);
}

TEST_CASE("a commit that cannot be stored tells why and changes nothing") {
  coordinator_fixture node;
  node.commit("simple", "orders", 1);
  node.log->refuse = error_code::request_timed_out;
  CHECK(error_of(node.commit("simple", "orders", 2)) == error_code::coordinator_not_available);
  CHECK(node.committed("simple", "orders") == 1);
}

TEST_CASE("a stable group and its offsets come back after a restart") {
  coordinator_fixture node;
  auto member = node.stable_member();
  CHECK(error_of(node.commit("g", "orders", 7, member)) == error_code::none);
  node.commit("simple", "returns", 9);
  const auto before = **node.ask<group_description>(describe_group_call{"g", 5});
  const auto listed = node.listed();
  node.stop();
  node.start();
  CHECK(**node.ask<group_description>(describe_group_call{"g", 5}) == before);
  CHECK(node.listed() == listed);
  CHECK(node.committed("g", "orders") == 7);
  CHECK(node.committed("simple", "returns") == 9);
  CHECK(node.heartbeat(member).error_code == error_code::none);
  auto synced = *node.sync(member, "");
  CHECK(as_text(synced->assignment.view()) == "all");
}

TEST_CASE("members that do not come back after a restart expire") {
  coordinator_fixture node;
  node.stable_member();
  node.stop();
  node.start();
  CHECK(node.state_of("g") == "Stable");
  node.pass(10'000);
  CHECK(node.state_of("g") == "Empty");
}

TEST_CASE("session timeouts and the initial delay run on the group's timer") {
  coordinator_fixture node;
  node.options->initial_rebalance_delay_ms = 3'000;
  client_member member;
  member.version = 3;
  auto joined = node.join(member);
  node.pass(2'999);
  CHECK_FALSE(joined->has_value());
  node.pass(1);
  REQUIRE(joined->has_value());
  member.id = (*joined)->member_id;
  member.generation = (*joined)->generation_id;
  node.sync(member, "all");
  for (int i = 0; i < 5; ++i) {
    node.pass(9'000);
    CHECK(node.heartbeat(member).error_code == error_code::none);
  }
  node.pass(10'000);
  CHECK(node.heartbeat(member).error_code == error_code::unknown_member_id);
}

TEST_CASE("an idle group without members has no timer but the coordinator's for expiry") {
  coordinator_fixture node;
  CHECK_FALSE(node.home().has_timers());
  node.commit("simple", "orders", 1);
  CHECK(node.home().has_timers());
  node.ask<delete_group_result>(delete_group_call{"simple"});
  CHECK_FALSE(node.home().has_timers());
}

TEST_CASE("a deleted group is gone, also after a restart") {
  coordinator_fixture node;
  node.commit("simple", "orders", 1);
  CHECK((*node.ask<delete_group_result>(delete_group_call{"simple"}))->error == error_code::none);
  CHECK((*node.ask<delete_group_result>(delete_group_call{"simple"}))->error ==
        error_code::group_id_not_found);
  CHECK(node.listed().empty());
  node.stop();
  node.start();
  CHECK(node.listed().empty());
  CHECK(node.committed("simple", "orders") == -1);
}

TEST_CASE("a deletion takes the commits on their way with it") {
  coordinator_fixture node;
  node.commit("simple", "orders", 1);
  node.log->hold = true;
  node.commit("simple", "returns", 2);
  auto deleted = node.ask<delete_group_result>(delete_group_call{"simple"});
  CHECK(error_of(node.commit("simple", "orders", 3)) == error_code::coordinator_load_in_progress);
  for (int i = 0; i < 3; ++i) node.release();
  CHECK((*deleted)->error == error_code::none);
  node.log->hold = false;
  node.stop();
  node.start();
  CHECK(node.listed().empty());
}

TEST_CASE("a group with very many offsets is deleted in batches that a log takes") {
  coordinator_fixture node;
  const std::string large(900, 'g');  // each tombstone has it
  constexpr int topics = 12, partitions = 1'000;
  for (int t = 0; t < topics; ++t) {
    commit_offsets_call call;
    call.version = 9;
    call.request.group_id = large;
    call.request.generation_id_or_member_epoch = -1;
    auto& topic = call.request.topics.emplace_back();
    topic.name = std::string(200, 'a') + std::to_string(t);
    for (int p = 0; p < partitions; ++p) topic.partitions.push_back({p, 7, -1, std::nullopt});
    node.ask<offset_commit_response>(call);
  }
  const auto before = node.log->batches.size();
  CHECK((*node.ask<delete_group_result>(delete_group_call{large}))->error == error_code::none);
  REQUIRE(node.log->batches.size() > before);
  for (auto i = before; i < node.log->batches.size(); ++i) {
    CHECK(node.log->batches[i].size() < 1'000'000);
  }
  node.stop();
  node.start();
  CHECK(node.listed().empty());
}

TEST_CASE("a group with members is not deleted") {
  coordinator_fixture node;
  node.stable_member();
  CHECK((*node.ask<delete_group_result>(delete_group_call{"g"}))->error ==
        error_code::non_empty_group);
}

TEST_CASE("offsets expire by the coordinator's round, and a group that has none left goes") {
  coordinator_fixture node;
  node.commit("simple", "orders", 1);
  node.pass(node.options->offsets_retention_ms - 1'000'000);
  CHECK(node.committed("simple", "orders") == 1);
  node.pass(2'000'000);
  CHECK(node.listed().empty());
  node.stop();
  node.start();
  CHECK(node.listed().empty());
}

TEST_CASE("offsets of a deleted topic are removed") {
  coordinator_fixture node;
  node.commit("simple", "orders", 1);
  node.commit("simple", "returns", 2);
  caf::anon_send(node.coordinator, topics_deleted{{{"orders", uuid{}}}});
  node.settle();
  CHECK(node.committed("simple", "orders") == -1);
  CHECK(node.committed("simple", "returns") == 2);
}

TEST_CASE("a commit for a topic made anew is not taken by the tombstone of the old one") {
  const uuid old_id = *uuid::parse("AAAAAAAAAAAAAAAAAAAAAQ");
  const uuid new_id = *uuid::parse("AAAAAAAAAAAAAAAAAAAAAg");
  coordinator_fixture node;
  node.commit("simple", "orders", 1, {}, old_id);
  node.log->hold = true;
  auto committed = node.commit("simple", "orders", 7, {}, new_id);
  caf::anon_send(node.coordinator, topics_deleted{{{"orders", old_id}}});
  node.settle();
  node.log->hold = false;
  node.release();
  CHECK(error_of(committed) == error_code::none);
  CHECK(node.committed("simple", "orders") == 7);
  node.stop();
  node.start();
  CHECK(node.committed("simple", "orders") == 7);
}

TEST_CASE("while it loads, members are patient and everybody else comes back later") {
  coordinator_fixture node;
  node.commit("simple", "orders", 1);
  node.stop();
  node.log->hidden = true;
  node.start();
  client_member member;
  CHECK((*node.join(member))->error_code == error_code::coordinator_load_in_progress);
  CHECK(node.heartbeat(member).error_code == error_code::none);
  CHECK(error_of(node.commit("simple", "orders", 2)) == error_code::coordinator_load_in_progress);
  CHECK((*node.fetch("simple", "orders"))->error_code == error_code::coordinator_load_in_progress);
}

TEST_CASE("a coordinator that does not lead says so, and tells whoever waits") {
  coordinator_fixture node;
  auto member = node.stable_member();
  client_member newcomer;
  newcomer.version = 3;
  auto parked = node.join(newcomer);
  CHECK_FALSE(parked->has_value());
  node.log->hold = true;
  auto commit = node.commit("simple", "orders", 1);
  caf::anon_send(node.coordinator, stop_coordinating{});
  node.settle();
  REQUIRE(parked->has_value());
  CHECK((*parked)->error_code == error_code::not_coordinator);
  CHECK(error_of(commit) == error_code::not_coordinator);
  CHECK(node.heartbeat(member).error_code == error_code::not_coordinator);
  CHECK((*node.ask<group_description>(describe_group_call{"g", 5}))->error_code ==
        error_code::not_coordinator);
  CHECK(node.listed().empty());
}

TEST_CASE("when the partition says that another broker leads, so does the coordinator") {
  coordinator_fixture node;
  node.commit("simple", "orders", 1);
  node.log->refuse = error_code::not_leader_or_follower;
  node.log->leads = false;
  CHECK(error_of(node.commit("simple", "orders", 2)) == error_code::not_coordinator);
  CHECK((*node.fetch("simple", "orders"))->error_code == error_code::not_coordinator);
  SECTION("it serves again under a new epoch") {
    node.log->refuse = error_code::none;
    node.log->leads = true;
    caf::anon_send(node.coordinator, start_coordinating{{}, 2});
    node.settle();
    CHECK(node.committed("simple", "orders") == 1);
  }
  SECTION("it serves again by itself if nothing has changed") {
    node.log->refuse = error_code::none;
    node.pass(1'000);
    CHECK((*node.fetch("simple", "orders"))->error_code ==
          error_code::coordinator_load_in_progress);
    node.log->leads = true;
    node.pass(10'000);
    CHECK(node.committed("simple", "orders") == 1);
  }
  SECTION("told to stop, it stays stopped") {
    caf::anon_send(node.coordinator, stop_coordinating{});
    node.log->leads = true;
    node.pass(60'000);
    CHECK((*node.fetch("simple", "orders"))->error_code == error_code::not_coordinator);
    CHECK_FALSE(node.home().has_timers());
  }
}

TEST_CASE("a disk that takes nothing for a while ends no group") {
  coordinator_fixture node;
  auto member = node.stable_member();
  node.log->refuse = error_code::kafka_storage_error;
  CHECK(error_of(node.commit("g", "orders", 1, member)) == error_code::not_coordinator);
  CHECK(node.heartbeat(member).error_code == error_code::none);
  node.log->refuse = error_code::none;
  CHECK(error_of(node.commit("g", "orders", 2, member)) == error_code::none);
}

TEST_CASE("a topic that is deleted while the groups are loaded takes its offsets with it") {
  coordinator_fixture node;
  node.commit("simple", "orders", 1);
  node.commit("simple", "returns", 2);
  node.stop();
  node.log->leads = false;
  node.start();
  caf::anon_send(node.coordinator, topics_deleted{{{"orders", uuid{}}}});
  node.log->leads = true;
  node.pass(1'000);
  CHECK(node.committed("simple", "orders") == -1);
  CHECK(node.committed("simple", "returns") == 2);
}

TEST_CASE("when the partition's actor dies, the groups are loaded from the one that follows") {
  coordinator_fixture node;
  node.commit("simple", "orders", 1);
  caf::anon_send_exit(node.partition, caf::exit_reason::kill);
  node.settle();
  node.partition = caf::actor_cast<partition_handle>(
      spawn_on<listed_partition>(node.system(), node.home(), node.log));
  CHECK(error_of(node.commit("simple", "orders", 2)) == error_code::not_coordinator);
  CHECK(node.committed("simple", "orders") == 1);
  CHECK(error_of(node.commit("simple", "orders", 3)) == error_code::none);
}

TEST_CASE("groups are listed by state and type, in any case of letters") {
  coordinator_fixture node;
  node.stable_member();
  node.commit("simple", "orders", 1);
  auto all = node.listed();
  REQUIRE(all.size() == 2);
  CHECK(all[0].group_id == "g");
  CHECK(all[0].group_state == "Stable");
  CHECK(all[0].group_type == "classic");
  CHECK(all[0].protocol_type == "consumer");
  CHECK(all[1].group_state == "Empty");
  CHECK(node.listed({{"sTABLE"}, {"CLASSIC"}}).size() == 1);
  CHECK(node.listed({{"Dead"}, {}}).empty());
  CHECK(node.listed({{}, {"consumer"}}).empty());
}

TEST_CASE("requests for groups that do not exist") {
  coordinator_fixture node;
  client_member stranger;
  stranger.id = "stranger";
  stranger.generation = 3;
  CHECK((*node.join(stranger))->error_code == error_code::unknown_member_id);
  CHECK((*node.sync(stranger, ""))->error_code == error_code::unknown_member_id);
  CHECK(node.heartbeat(stranger).error_code == error_code::unknown_member_id);
  leave_group_request leave;
  leave.group_id = "g";
  leave.members = {{"stranger", {}, {}}};
  auto left = *node.ask<leave_group_response>(leave);
  CHECK(left->error_code == error_code::none);
  CHECK(left->members.at(0).error_code == error_code::unknown_member_id);
  CHECK(error_of(node.commit("g", "orders", 1, stranger)) == error_code::group_id_not_found);
  CHECK(node.committed("g", "orders") == -1);
  CHECK(node.state_of("g") == "Dead");
  auto described = *node.ask<group_description>(describe_group_call{"g", 6});
  CHECK(described->error_code == error_code::group_id_not_found);
  CHECK(described->error_message == "Group g not found.");
  CHECK(node.listed().empty());
}

TEST_CASE("an empty group id is invalid for members, not for plain offsets") {
  coordinator_fixture node;
  CHECK((*node.join({}, ""))->error_code == error_code::invalid_group_id);
  CHECK((*node.ask<sync_group_response>(sync_group_request{}))->error_code ==
        error_code::invalid_group_id);
  CHECK((*node.ask<heartbeat_response>(heartbeat_request{}))->error_code ==
        error_code::invalid_group_id);
  CHECK((*node.ask<leave_group_response>(leave_group_request{}))->error_code ==
        error_code::invalid_group_id);
  CHECK(error_of(node.commit("", "orders", 1)) == error_code::none);
  CHECK(node.committed("", "orders") == 1);
}
