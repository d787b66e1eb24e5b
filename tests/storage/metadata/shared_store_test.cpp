// What only a store with several sessions and a network can get wrong: other sessions' changes,
// broken connections, lost answers, expired sessions.
#include <algorithm>
#include <map>
#include <random>

#include "tests/storage/metadata/store_places.hpp"

namespace ottla {
namespace {

using status = commit_result::status;

}  // namespace

TEMPLATE_TEST_CASE("a session sees what another one committed once it has synced", "[store]",
                   SHARED_STORE) {
  TestType place;
  store_session one(place), two(place);
  for (int i = 0; i < 20; ++i) {
    auto& writer = i % 2 == 0 ? one : two;
    auto& reader = i % 2 == 0 ? two : one;
    auto path = fmt::format("/nodes/{}", i);
    REQUIRE(writer.commit({create(path, "x")}).committed());
    REQUIRE(reader.sync());
    CHECK(reader.read(path).exists());
  }
}

TEMPLATE_TEST_CASE("a watch that was set before reading misses no change of another session",
                   "[store]", SHARED_STORE) {
  TestType place;
  store_session one(place), two(place);
  REQUIRE(one.commit({create("/changes", "0")}).committed());
  // The reader's side of the change node: watch, read, wait; until it has seen the last change.
  constexpr int last = 50;
  int written = 0;
  size_t reports = 0;
  for (int seen = 0; seen < last;) {
    two.store().watch("/changes");
    seen = std::stoi(text_of(two.read("/changes")));
    if (seen == last) break;
    if (written < last) {
      auto result = one.commit({set("/changes", any_version, std::to_string(++written))});
      REQUIRE(result.committed());
    }
    REQUIRE(two.wait([&] { return two.changed.size() > reports; }));
    reports = two.changed.size();
  }
  CHECK(reports <= last);
  CHECK(std::ranges::all_of(two.changed, [](const auto& path) { return path == "/changes"; }));
}

TEMPLATE_TEST_CASE("the list of brokers is watched as they come and go", "[store]", SHARED_STORE) {
  TestType place;
  store_session watcher(place);
  watcher.store().watch_children("/brokers");
  CHECK(watcher.list("/brokers").empty());
  auto reported = [&](size_t count) {
    return watcher.wait([&] { return watcher.changed.size() == count; });
  };
  {
    store_session broker(place);
    REQUIRE(broker.commit({ephemeral("/brokers/7", "here")}).committed());
    REQUIRE(reported(1));
    watcher.store().watch_children("/brokers");
    CHECK(watcher.list("/brokers") == std::vector<std::string>{"7"});
  }
  REQUIRE(reported(2));
  CHECK(watcher.list("/brokers").empty());
  CHECK(watcher.changed == std::vector<std::string>{"/brokers", "/brokers"});
}

TEMPLATE_TEST_CASE("of two brokers with one id the second is turned away", "[store]",
                   SHARED_STORE) {
  TestType place;
  store_session second(place);
  creation_id epoch = 0;
  {
    store_session first(place);
    epoch = first.commit({ephemeral("/brokers/1", "first")}).id;
    CHECK(epoch > 0);
    auto turned_away = second.commit({ephemeral("/brokers/1", "second")});
    CHECK(turned_away.what == status::conflict);
    REQUIRE(second.sync());
    CHECK(second.read("/brokers/1").created == epoch);
    CHECK(text_of(second.read("/brokers/1")) == "first");
  }
  auto registered = second.commit({ephemeral("/brokers/1", "second")});
  REQUIRE(registered.committed());
  CHECK(registered.id > epoch);
}

// A process that was killed leaves its registration for as long as its session lasts.
TEMPLATE_TEST_CASE("a successor replaces the registration of a dead process in one commit",
                   "[store]", SHARED_STORE) {
  TestType place;
  store_session successor(place);
  {
    store_session dead(place);
    auto old = dead.commit({ephemeral("/brokers/1", "old")});
    REQUIRE(old.committed());
    REQUIRE(successor.sync());
    auto version = successor.read("/brokers/1").version;
    auto taken = successor.commit({remove("/brokers/1", version), ephemeral("/brokers/1", "new")});
    REQUIRE(taken.committed());
    CHECK(taken.id > old.id);
    CHECK(successor.read("/brokers/1").created == taken.id);
  }
  REQUIRE(successor.sync());
  CHECK(text_of(successor.read("/brokers/1")) == "new");
}

TEMPLATE_TEST_CASE("one candidate wins the election, and the epoch fences the one before",
                   "[store]", SHARED_STORE) {
  TestType place;
  store_session first(place), second(place);
  REQUIRE(first.commit({create("/controller_epoch", "0"), create("/buckets/1", "")}).committed());
  auto stand = [](store_session& who, node_version epoch) {
    return who.commit({ephemeral("/controller", "me"), set("/controller_epoch", epoch, "next")});
  };
  REQUIRE(stand(first, 0).committed());
  CHECK(stand(second, 0).what == status::conflict);
  CHECK(first.commit({check("/controller_epoch", 1), set("/buckets/1", 0, "a")}).committed());
  // The first is taken for dead, and does not know it.
  REQUIRE(second
              .commit({remove("/controller"), ephemeral("/controller", "me too"),
                       set("/controller_epoch", 1, "next")})
              .committed());
  auto late = first.commit({check("/controller_epoch", 1), set("/buckets/1", 1, "b")});
  CHECK(late.what == status::conflict);
  CHECK(late.conflicting_step == 0);
  CHECK(text_of(second.read("/buckets/1")) == "a");
}

TEMPLATE_TEST_CASE("a commit whose request was lost is unknown and did not happen", "[store]",
                   SHARED_STORE) {
  TestType place;
  store_session one(place);
  REQUIRE(one.commit({create("/a", "before")}).committed());
  place.lose_request();
  CHECK(one.commit({set("/a", 0, "after")}).what == status::unknown);
  CHECK(std::ranges::count(one.events, session_event::disconnected) == 1);  // Before the answer.
  one.settle();
  CHECK(text_of(one.read("/a")) == "before");
  CHECK(one.commit({set("/a", 0, "after")}).committed());
}

TEMPLATE_TEST_CASE("a commit whose answer was lost is unknown and did happen", "[store]",
                   SHARED_STORE) {
  TestType place;
  store_session one(place);
  REQUIRE(one.commit({create("/a", "before")}).committed());
  place.lose_answer();
  CHECK(one.commit({set("/a", 0, "after"), ephemeral("/brokers/1")}).what == status::unknown);
  one.settle();
  CHECK(text_of(one.read("/a")) == "after");
  // The session has survived, and with it the registration; its id is in the node.
  CHECK(one.read("/brokers/1").created > 0);
  CHECK(std::ranges::count(one.events, session_event::expired) == 0);
}

TEMPLATE_TEST_CASE("with answers lost at random the nodes are what settling says they are",
                   "[store]", SHARED_STORE) {
  TestType place;
  store_session one(place);
  std::mt19937 random{4711};
  std::map<std::string, std::string> model;
  int unknown = 0, happened = 0;
  for (int round = 0; round < 24; ++round) {
    std::vector<store_write> steps;
    auto after = model;
    for (int i = 0; i < 3; ++i) {
      auto path = fmt::format("/nodes/{}", random() % 5);
      auto value = std::to_string(round);
      if (!after.contains(path)) {
        steps.push_back(create(path, value));
        after[path] = value;
      } else if (random() % 3 == 0) {
        steps.push_back(remove(path));
        after.erase(path);
      } else {
        steps.push_back(set(path, any_version, value));
        after[path] = value;
      }
    }
    steps.push_back(ephemeral(fmt::format("/marks/{}", round)));
    if (round % 3 == 1) place.lose_request();
    if (round % 3 == 2) place.lose_answer();
    auto result = one.commit(std::move(steps));
    bool committed = result.committed();
    if (!committed) {
      REQUIRE(result.what == status::unknown);
      ++unknown;
      one.settle();
      committed = one.read(fmt::format("/marks/{}", round)).exists();
      happened += committed ? 1 : 0;
    }
    if (committed) model = after;
    std::map<std::string, std::string> stored;
    for (const auto& name : one.list("/nodes")) {
      stored["/nodes/" + name] = text_of(one.read("/nodes/" + name));
    }
    REQUIRE(stored == model);
  }
  CHECK(unknown == 16);
  CHECK(happened == 8);
}

TEMPLATE_TEST_CASE("without a connection reads fail, commits are refused, and both work after it",
                   "[store]", SHARED_STORE) {
  TestType place;
  store_session one(place);
  auto registered = one.commit({ephemeral("/brokers/1"), create("/a")});
  REQUIRE(registered.committed());
  one.store().watch("/a");
  place.cut();
  REQUIRE(one.wait([&] { return one.events.back() == session_event::disconnected; }));
  auto refused = one.commit({set("/a", 0, "x")});
  CHECK(refused.what == status::refused);
  CHECK_FALSE(refused.message.empty());
  auto nodes = one.try_read({"/a"});
  REQUIRE_FALSE(nodes);
  CHECK(nodes.error().code == error_code::broker_not_available);
  CHECK_FALSE(one.sync());
  place.mend();
  REQUIRE(one.wait([&] { return one.is_connected(); }));
  CHECK(one.events == std::vector{session_event::connected, session_event::disconnected,
                                  session_event::connected});
  CHECK(one.read("/a").version == 0);
  CHECK(one.read("/brokers/1").created == registered.id);
  // The watch went with the connection.
  REQUIRE(one.commit({set("/a", 0, "x")}).committed());
  CHECK(one.changed.empty());
  one.store().watch("/a");
  REQUIRE(one.commit({set("/a", 1, "y")}).committed());
  CHECK(one.changed == std::vector<std::string>{"/a"});
}

TEMPLATE_TEST_CASE("an expired session loses its nodes and is followed by a new one", "[store]",
                   SHARED_STORE) {
  TestType place;
  store_session one(place);
  auto first = one.commit({ephemeral("/brokers/1"), create("/a", "stays")});
  REQUIRE(first.committed());
  place.expire();
  REQUIRE(one.wait([&] {
    return std::ranges::count(one.events, session_event::expired) >= 1 && one.is_connected();
  }));
  CHECK_FALSE(one.read("/brokers/1").exists());
  CHECK(text_of(one.read("/a")) == "stays");
  auto second = one.commit({ephemeral("/brokers/1")});
  REQUIRE(second.committed());
  CHECK(second.id > first.id);
  one.store().watch_children("/brokers");
  REQUIRE(one.commit({remove("/brokers/1")}).committed());
  CHECK(one.changed == std::vector<std::string>{"/brokers"});
}

TEMPLATE_TEST_CASE("each call is answered once, whatever happens to the session", "[store]",
                   SHARED_STORE) {
  TestType place;
  store_session one(place);
  REQUIRE(one.commit({create("/a")}).committed());
  constexpr int count = 200;
  std::map<int, int> answers;
  for (int i = 0; i < count; ++i) {
    auto answered = [&answers, i](const auto&) { ++answers[i]; };
    if (i == count / 3) place.cut();
    if (i == count / 2) place.mend();
    if (i == count * 3 / 4) one.store().close();
    switch (i % 4) {
      case 0:
        one.store().commit({set("/a", any_version, "x")}, answered);
        break;
      case 1:
        one.store().read({"/a", "/b", "/c"}, answered);
        break;
      case 2:
        one.store().list("/", answered);
        break;
      default:
        one.store().sync(answered);
    }
  }
  REQUIRE(one.wait([&] { return answers.size() == count; }));
  CHECK(std::ranges::all_of(answers, [](const auto& a) { return a.second == 1; }));
}

}  // namespace ottla
