#include "actors/handlers/fetch_sessions.hpp"

#include <thread>

#include "tests/support/catch.hpp"

using namespace ottla;

namespace {

fetch_target target(partition_index partition) {
  return {"orders", {}, partition};
}

fetch_position position(partition_index partition, log_offset offset = 0) {
  return {.target = target(partition), .fetch_offset = offset, .max_bytes = 1 << 20};
}

struct counting_ids {
  uint32_t next = 0;
  uint32_t operator()() { return ++next; }
};

fetch_sessions make_cache(size_t slots = 10) {
  return fetch_sessions{{.slots = slots, .min_eviction_ms = 1000}, counting_ids{}};
}

fetch_session_request first(size_t partitions) {
  fetch_session_request request{.session_id = 0, .epoch = 0};
  for (size_t i = 0; i < partitions; ++i) {
    request.wanted.push_back(position(static_cast<partition_index>(i)));
  }
  return request;
}

fetch_answer_facts quiet(log_offset high_watermark = 0) {
  return {.high_watermark = high_watermark, .log_start_offset = 0};
}

}  // namespace

TEST_CASE("a session is made by epoch 0 and continued by rising epochs") {
  auto cache = make_cache();
  auto made = cache.open(first(2), 0);
  REQUIRE(made.session);
  CHECK_FALSE(made.incremental);
  CHECK(made.positions.size() == 2);

  auto next = cache.open({.session_id = made.session->id(), .epoch = 1}, 0);
  CHECK(next.error == error_code::none);
  CHECK(next.incremental);
  CHECK(next.positions.size() == 2);
  CHECK(next.answer_session_id() == made.session->id());
}

TEST_CASE("epoch -1 without a session keeps nothing") {
  auto cache = make_cache();
  auto request = first(1);
  request.epoch = -1;
  auto context = cache.open(request, 0);
  CHECK_FALSE(context.session);
  CHECK(context.positions.size() == 1);
  CHECK(cache.size() == 0);
}

TEST_CASE("a wrong id, a wrong epoch and a change between names and ids are top-level errors") {
  auto cache = make_cache();
  auto id = cache.open(first(1), 0).session->id();
  CHECK(cache.open({.session_id = id + 1, .epoch = 1}, 0).error ==
        error_code::fetch_session_id_not_found);
  CHECK(cache.open({.session_id = id, .epoch = 2}, 0).error ==
        error_code::invalid_fetch_session_epoch);
  CHECK(cache.open({.session_id = id, .epoch = 1, .by_topic_id = true}, 0).error ==
        error_code::fetch_session_topic_id_error);
  CHECK(cache.open({.session_id = id, .epoch = 1}, 0).error == error_code::none);
}

TEST_CASE("a session is replaced by epoch 0 and closed by epoch -1") {
  auto cache = make_cache();
  auto old_id = cache.open(first(1), 0).session->id();
  auto again = first(3);
  again.session_id = old_id;
  auto replaced = cache.open(again, 0);
  CHECK(replaced.session->id() != old_id);
  CHECK(cache.size() == 1);

  auto closing = first(0);
  closing.session_id = replaced.session->id();
  closing.epoch = -1;
  CHECK_FALSE(cache.open(closing, 0).session);
  CHECK(cache.size() == 0);
}

TEST_CASE("a session whose last partition is forgotten closes itself") {
  auto cache = make_cache();
  auto id = cache.open(first(1), 0).session->id();
  auto context = cache.open({.session_id = id, .epoch = 1, .forgotten = {target(0)}}, 0);
  CHECK(context.error == error_code::none);
  CHECK(context.answer_session_id() == 0);
  CHECK(context.positions.empty());
  CHECK(cache.size() == 0);
}

TEST_CASE("the epoch wraps from the largest number to 1") {
  CHECK(next_fetch_epoch(1) == 2);
  CHECK(next_fetch_epoch(0x7fffffff) == 1);
}

TEST_CASE("an answer is news if it has records, an error, or moved offsets") {
  fetch_session session{1, false};
  session.update({position(0)}, {});
  CHECK(session.answered(target(0), quiet(5)));
  CHECK_FALSE(session.answered(target(0), quiet(5)));
  CHECK(session.answered(target(0), quiet(6)));

  auto failing = quiet(6);
  failing.error = error_code::not_leader_or_follower;
  CHECK(session.answered(target(0), failing));
  CHECK(session.answered(target(0), failing));   // repeated while it lasts
  CHECK(session.answered(target(0), quiet(6)));  // and its end is news
  CHECK_FALSE(session.answered(target(0), quiet(6)));

  auto full = quiet(6);
  full.has_records = true;
  CHECK(session.answered(target(0), full));
}

TEST_CASE("a partition that had records is served last next time") {
  fetch_session session{1, false};
  session.update({position(0), position(1), position(2)}, {});
  auto full = quiet();
  full.has_records = true;
  session.answered(target(0), full);
  auto order = session.positions();
  CHECK(order[0].target == target(1));
  CHECK(order[2].target == target(0));
}

TEST_CASE("a full cache evicts only sessions that had their time") {
  auto cache = make_cache(1);
  auto old_id = cache.open(first(2), 0).session->id();
  CHECK_FALSE(cache.open(first(5), 500).session);  // too early: served without a session
  auto bigger = cache.open(first(5), 1500);        // idle for longer than the limit
  REQUIRE(bigger.session);
  CHECK(cache.evictions() == 1);
  CHECK(cache.open({.session_id = old_id, .epoch = 1}, 1500).error ==
        error_code::fetch_session_id_not_found);

  // One in use is replaced only by a bigger one, once it is old enough.
  auto id = bigger.session->id();
  REQUIRE(cache.open({.session_id = id, .epoch = 1}, 2600).error == error_code::none);
  CHECK_FALSE(cache.open(first(5), 3000).session);
  CHECK(cache.open(first(6), 3000).session);
}

TEST_CASE("a session that is named on two connections at once stays whole") {
  auto cache = make_cache();
  auto session = cache.open(first(50), 0).session;
  REQUIRE(session);
  std::thread other([&] {
    for (int i = 0; i < 2000; ++i) {
      session->update({position(i % 100)}, {target((i + 50) % 100)});
      (void)session->positions();
    }
  });
  for (int i = 0; i < 2000; ++i) {
    session->answered(target(i % 100), {.has_records = i % 3 == 0, .high_watermark = i});
  }
  other.join();
  CHECK(session->positions().size() == session->size());
}
