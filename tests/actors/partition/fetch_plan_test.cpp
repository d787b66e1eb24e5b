#include "actors/partition/fetch_plan.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

const topic_id_partition a0{uuid{}, 0};
const topic_id_partition a1{uuid{}, 1};

fetch_response answer(int32_t session_id, error_code error = error_code::none) {
  fetch_response response;
  response.session_id = session_id;
  response.error_code = error;
  return response;
}

size_t partitions_in(const fetch_request& request) {
  size_t count = 0;
  for (const auto& topic : request.topics) count += topic.partitions.size();
  return count;
}

}  // namespace

TEST_CASE("the first request names all partitions and who asks") {
  fetch_plan plan({2, 20}, {.max_wait_ms = 7});
  plan.set(a0, {3, 10, 2, 1});
  plan.set(a1, {4, 11, 2, 1});
  const auto request = plan.next();
  CHECK(request.replica_state.replica_id == 2);
  CHECK(request.replica_state.replica_epoch == 20);
  CHECK(request.max_wait_ms == 7);
  CHECK(request.session_id == 0);
  CHECK(request.session_epoch == 0);
  REQUIRE(partitions_in(request) == 2);
  const auto& first = request.topics[0].partitions[0];
  CHECK(first.current_leader_epoch == 3);
  CHECK(first.fetch_offset == 10);
  CHECK(first.last_fetched_epoch == 2);
  CHECK(first.log_start_offset == 1);
}

TEST_CASE("later requests name only what has changed") {
  fetch_plan plan({2, 20}, {});
  plan.set(a0, {3, 10, 2, 1});
  plan.set(a1, {4, 11, 2, 1});
  plan.next();
  REQUIRE(plan.answered(answer(9)));
  auto request = plan.next();
  CHECK(request.session_id == 9);
  CHECK(request.session_epoch == 1);
  CHECK(partitions_in(request) == 0);
  REQUIRE(plan.answered(answer(9)));
  plan.set(a1, {4, 12, 2, 1});
  plan.remove(a0);
  request = plan.next();
  CHECK(request.session_epoch == 2);
  REQUIRE(partitions_in(request) == 1);
  CHECK(request.topics[0].partitions[0].partition == 1);
  REQUIRE(request.forgotten_topics_data.size() == 1);
  CHECK(request.forgotten_topics_data[0].partitions == std::vector<int32_t>{0});
}

TEST_CASE("an answer counts only for what was asked and is still wanted") {
  fetch_plan plan({2, 20}, {});
  plan.set(a0, {3, 10, 2, 1});
  plan.set(a1, {3, 11, 2, 1});
  plan.next();
  plan.set(a1, {4, 11, 2, 1});  // another leadership, while the answer is on its way
  REQUIRE(plan.answered(answer(9)));
  REQUIRE(plan.asked(a0) != nullptr);
  CHECK(plan.asked(a0)->epoch == 3);
  CHECK(plan.asked(a1) == nullptr);
  plan.next();
  CHECK(plan.asked(a1) != nullptr);
  plan.remove(a0);
  CHECK(plan.asked(a0) == nullptr);
}

TEST_CASE("a session that the leader has forgotten is begun anew") {
  fetch_plan plan({2, 20}, {});
  plan.set(a0, {3, 10, 2, 1});
  plan.next();
  REQUIRE(plan.answered(answer(9)));
  plan.next();
  CHECK_FALSE(plan.answered(answer(0, error_code::fetch_session_id_not_found)));
  auto request = plan.next();
  CHECK(request.session_id == 0);
  CHECK(request.session_epoch == 0);
  CHECK(partitions_in(request) == 1);
  REQUIRE(plan.answered(answer(10)));
  plan.next();
  plan.lost();
  CHECK(partitions_in(plan.next()) == 1);
}

TEST_CASE("a leader without room for a session is asked for everything each time") {
  fetch_plan plan({2, 20}, {});
  plan.set(a0, {3, 10, 2, 1});
  for (int i = 0; i < 3; ++i) {
    auto request = plan.next();
    CHECK(request.session_epoch == 0);
    CHECK(partitions_in(request) == 1);
    REQUIRE(plan.answered(answer(0)));
  }
}

TEST_CASE("a partition that has to wait is forgotten by the session and asked for again later") {
  fetch_plan plan({2, 20}, {});
  plan.set(a0, {3, 10, 2, 1});
  plan.set(a1, {4, 11, 2, 1});
  plan.next();
  REQUIRE(plan.answered(answer(9)));
  const auto hold_a1 = [](const auto& which, const auto& cursor) {
    return which == a1 && cursor.fetch_offset == 11;
  };
  auto request = plan.next(hold_a1);
  CHECK(plan.asks_for_any());
  CHECK(partitions_in(request) == 0);
  REQUIRE(request.forgotten_topics_data.size() == 1);
  CHECK(request.forgotten_topics_data[0].partitions == std::vector<int32_t>{1});
  CHECK(plan.asked(a1) == nullptr);
  CHECK(plan.asked(a0) != nullptr);
  REQUIRE(plan.answered(answer(9)));
  request = plan.next();
  CHECK(request.forgotten_topics_data.empty());
  REQUIRE(partitions_in(request) == 1);
  CHECK(request.topics[0].partitions[0].fetch_offset == 11);
  CHECK(plan.asked(a1) != nullptr);
  plan.next([](const auto&, const auto&) { return true; });
  CHECK_FALSE(plan.asks_for_any());
}

}  // namespace ottla
