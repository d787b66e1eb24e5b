#include "admin-ui/server/event_hub.hpp"

#include <boost/json.hpp>

#include "tests/admin-ui/server/scripted_backend.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

TEST_CASE("a channel's delta has the fields that changed, and nothing without a change") {
  channel_state state;
  REQUIRE(take_answer(state, json::object{{"a", 1}, {"b", 2}, {"asOf", 1}}));
  CHECK(state.version == 1);
  CHECK(state.delta.empty());
  CHECK(json::parse(state.text) == json::value({{"a", 1}, {"b", 2}, {"asOf", 1}}));
  REQUIRE(take_answer(state, json::object{{"a", 1}, {"b", 3}, {"asOf", 2}}));
  CHECK(state.version == 2);
  CHECK(json::parse(state.delta) == json::value({{"b", 3}, {"asOf", 2}}));
  CHECK_FALSE(take_answer(state, json::object{{"a", 1}, {"b", 3}, {"asOf", 2}}));
  CHECK_FALSE(take_answer(state, json::object{{"a", 1}, {"b", 3}, {"asOf", 3}}));  // only the time
  CHECK(state.version == 2);
}

TEST_CASE("a field that is gone cannot be told by a delta") {
  channel_state state;
  take_answer(state, json::object{{"a", 1}, {"b", 2}});
  REQUIRE(take_answer(state, json::object{{"a", 1}}));
  CHECK(state.delta.empty());
  CHECK(state.text == R"({"a":1})");
}

TEST_CASE("a channel in trouble says so once, and shows everything afterwards") {
  channel_state state;
  take_answer(state, json::object{{"a", 1}});
  const fault gone{error_code::unknown_topic_or_partition, "there is no topic 't'", 0};
  REQUIRE(take_answer(state, gone));
  CHECK(state.trouble->status == 404);
  CHECK_FALSE(take_answer(state, gone));
  REQUIRE(take_answer(state, json::object{{"a", 1}}));
  CHECK_FALSE(state.trouble);
  CHECK(state.delta.empty());
  CHECK(state.version == 3);
}

TEST_CASE("channels are those of the pages, and no others") {
  scripted_backend backend;
  auto is_channel = [&](const char* name) {
    return ask_channel(backend, name, [](const outcome<json::object>&) {});
  };
  for (const char* name : {"overview", "brokers", "traffic", "topic:t", "topic:", "group:a:b"}) {
    INFO(name);
    CHECK(is_channel(name));
  }
  for (const char* name : {"", "topics", "overview:", ":", "Topic:t"}) {
    INFO(name);
    CHECK_FALSE(is_channel(name));
  }
}

}  // namespace
}  // namespace ottla
