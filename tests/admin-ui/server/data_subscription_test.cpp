#include "admin-ui/server/data_subscription.hpp"

#include <boost/json.hpp>

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

struct subscription_fixture {
  std::vector<json::object> sent;
  data_subscription::send_frame send = [this](const std::string& frame) {
    sent.push_back(json::parse(frame).as_object());
  };

  data_subscription begin(subscribe_request request, int partitions, log_offset end) {
    request.id = 7;
    request.where.topic = "orders";
    data_subscription made{request, 1};
    located_topic found;
    for (int i = 0; i < partitions; ++i) found.partitions.push_back({i, 0, end});
    made.located(found, send);
    sent.clear();
    return made;
  }
};

record_stretch stretch(log_offset from, log_offset next, size_t text_bytes = 10) {
  record_stretch made{.from = from, .next = next, .high_watermark = 1'000};
  for (auto i = from; i < next; ++i) {
    auto text = R"({"o":")" + std::to_string(i) + R"(","v":")";
    text.resize(std::max(text_bytes, text.size() + 2) - 2, 'x');
    made.records.push_back({i, text + "\"}"});
  }
  return made;
}

std::vector<std::string> offsets_of(const std::vector<json::object>& frames) {
  std::vector<std::string> offsets;
  for (const auto& frame : frames) {
    if (frame.at("op") != "recs") continue;
    for (const auto& each : frame.at("recs").as_array()) {
      offsets.emplace_back(each.at("o").as_string());
    }
  }
  return offsets;
}
using offsets = std::vector<std::string>;

TEST_CASE_METHOD(subscription_fixture, "what the credit does not pay for is not sent, nor kept") {
  auto tail = begin({.credit = {3, 1'000}}, 1, 1'000);
  const auto index = tail.next_to_ask();
  REQUIRE(index);
  CHECK_FALSE(tail.next_to_ask());  // it is asked already
  auto& cursor = tail.cursor(*index);
  tail.take(cursor, stretch(0, 5), send);
  cursor.is_asked = false;
  CHECK(offsets_of(sent) == offsets{"0", "1", "2"});
  CHECK_FALSE(tail.next_to_ask());
  tail.add_credit({1, 0});
  REQUIRE(tail.next_to_ask());
  CHECK(tail.question(cursor).offset == 3);
}

TEST_CASE_METHOD(subscription_fixture, "the last record may cost more bytes than are left") {
  auto tail = begin({.credit = {100, 30}}, 1, 1'000);
  tail.take(tail.cursor(0), stretch(0, 5, 20), send);
  CHECK(offsets_of(sent) == offsets{"0", "1"});
  tail.add_credit({0, 11});  // ten are still owed
  tail.take(tail.cursor(0), stretch(2, 5, 20), send);
  CHECK(offsets_of(sent) == offsets{"0", "1", "2"});
}

TEST_CASE_METHOD(subscription_fixture, "credit that nobody could mean does no harm") {
  auto tail = begin({.credit = {INT64_MAX, INT64_MAX}}, 1, 1'000);
  for (int i = 0; i < 3; ++i) tail.add_credit({INT64_MAX, INT64_MAX});
  tail.located({{}, {{0, 0, 5}}}, send);
  CHECK(sent.front().at("credit").at("msgs") == 1'000);
  CHECK(sent.front().at("credit").at("bytes") == 1 << 20);
}

TEST_CASE_METHOD(subscription_fixture, "what comes while it is paused is asked for again") {
  auto tail = begin({}, 1, 1'000);
  auto& cursor = tail.cursor(*tail.next_to_ask());
  tail.set_paused(true);
  tail.take(cursor, stretch(0, 5), send);
  cursor.is_asked = false;
  CHECK(sent.empty());
  CHECK_FALSE(tail.next_to_ask());
  tail.set_paused(false);
  REQUIRE(tail.next_to_ask());
  CHECK(tail.question(cursor).offset == 0);
}

TEST_CASE_METHOD(subscription_fixture,
                 "old records of a few partitions are read at a time, in turns") {
  auto tail = begin({}, 6, 1'000);
  std::vector<size_t> asked;
  while (auto index = tail.next_to_ask()) asked.push_back(*index);
  CHECK(asked == std::vector<size_t>{0, 1, 2, 3});
  tail.cursor(1).is_asked = false;
  CHECK(tail.next_to_ask() == 4);
  tail.cursor(0).is_asked = false;
  CHECK(tail.next_to_ask() == 5);
  CHECK_FALSE(tail.next_to_ask());
  auto at_end = begin({}, 6, 0);
  size_t waiting = 0;
  while (at_end.next_to_ask()) ++waiting;
  CHECK(waiting == 6);  // who waits for news costs nothing
}

TEST_CASE_METHOD(subscription_fixture, "frames end at a bounded size, with one record at least") {
  auto tail = begin({}, 1, 1'000);
  tail.take(tail.cursor(0), stretch(0, 10, 30'000), send);
  CHECK(sent.size() == 5);
  CHECK(offsets_of(sent).size() == 10);
  sent.clear();
  tail.take(tail.cursor(0), stretch(10, 12, 200'000), send);
  CHECK(sent.size() == 2);
}

TEST_CASE_METHOD(subscription_fixture, "a record that fits no frame is a gap of one") {
  auto tail = begin({}, 1, 1'000);
  auto found = stretch(0, 3);
  found.records[1].text.assign((1 << 20) + 1, 'x');
  tail.take(tail.cursor(0), found, send);
  REQUIRE(sent.size() == 3);
  CHECK(sent[1].at("op") == "gap");
  CHECK(sent[1].at("why") == "oversize");
  CHECK(sent[1].at("from") == "1");
  CHECK(sent[1].at("to") == "2");
  CHECK(offsets_of(sent) == offsets{"0", "2"});
}

TEST_CASE_METHOD(subscription_fixture, "offsets that are not in the log are told") {
  auto tail = begin({}, 1, 1'000);
  tail.take(tail.cursor(0), {.from = 40, .next = 40, .high_watermark = 50}, send);
  CHECK(sent.back().at("why") == "retention");
  CHECK(tail.cursor(0).next == 40);
  tail.take(tail.cursor(0), {.from = 10, .next = 10, .high_watermark = 10}, send);
  CHECK(sent.back().at("why") == "truncated");
  CHECK(sent.back().at("from") == "40");
  CHECK(sent.back().at("to") == "10");
  CHECK(tail.cursor(0).next == 10);
}

TEST_CASE_METHOD(subscription_fixture,
                 "a subscription that stops sends nothing from behind its end") {
  auto tail = begin({.stops_at_end = true}, 2, 4);
  tail.take(tail.cursor(0), stretch(0, 9), send);
  CHECK_FALSE(tail.say_if_ended(send));
  tail.take(tail.cursor(1), stretch(0, 4), send);
  CHECK(offsets_of(sent).size() == 8);
  REQUIRE(tail.say_if_ended(send));
  CHECK(sent.back().at("why") == "end");
  CHECK(sent.back().at("pos") == json::object{{"0", "4"}, {"1", "4"}});
}

TEST_CASE_METHOD(subscription_fixture, "a sample goes on at the end when it has credit again") {
  auto tail = begin({.samples = true, .credit = {2, 1'000}}, 1, 1'000);
  auto& cursor = tail.cursor(*tail.next_to_ask());
  tail.take(cursor, stretch(0, 5), send);
  cursor.is_asked = false;
  CHECK_FALSE(tail.next_to_ask());
  tail.add_credit({5, 0});
  REQUIRE(tail.next_to_ask());
  CHECK(tail.question(cursor).offset == follow_question::at_the_end);
  sent.clear();
  tail.take(cursor, {.from = 700, .next = 700, .high_watermark = 700}, send);
  REQUIRE(sent.size() == 1);
  CHECK(sent.front().at("why") == "sampled");
  CHECK(sent.front().at("from") == "2");
  CHECK(sent.front().at("to") == "700");
  CHECK(tail.question(cursor).offset == 700);
}

TEST_CASE_METHOD(subscription_fixture,
                 "a search is told, held back and ended after so much of the log") {
  auto tail = begin({.terms = {.filter = {.header = "h"}}}, 2, 1'000'000);
  auto& cursor = tail.cursor(*tail.next_to_ask());
  CHECK_FALSE(tail.next_to_ask());  // one partition at a time
  tail.take(
      cursor,
      {.next = 100, .high_watermark = 1'000'000, .scanned_records = 100, .scanned_bytes = 40 << 20},
      send);
  cursor.is_asked = false;
  CHECK(sent.empty());
  CHECK_FALSE(tail.next_to_ask());
  CHECK(tail.tick(send));
  CHECK(sent.back().at("op") == "progress");
  CHECK(sent.back().at("scanned") == "100");
  CHECK(sent.back().at("pos").at("0") == "100");
  CHECK_FALSE(tail.tick(send));  // nothing was searched since
  CHECK(tail.next_to_ask() == 1);
  CHECK_FALSE(tail.say_if_ended(send));
  tail.take(tail.cursor(1),
            {.next = 100, .high_watermark = 100, .scanned_bytes = int64_t{10} << 30}, send);
  REQUIRE(tail.say_if_ended(send));
  CHECK(sent.back().at("why") == "scan-budget");
}

}  // namespace
}  // namespace ottla
