// What the suite of all stores cannot ask: whose data is in a chroot, who may read it, ensembles.
#include "storage/metadata/zookeeper_metadata_store.hpp"

#include <zookeeper/zookeeper.h>

#include <algorithm>

#include "tests/storage/metadata/store_places.hpp"

namespace ottla {
namespace {

using status = commit_result::status;

/// A client that writes and reads as somebody else would.
class plain_client {
public:
  plain_client()
      : handle_(zookeeper_init2(zookeeper_place::servers().connect().c_str(), nullptr, 10'000,
                                nullptr, nullptr, ZOO_NO_LOG_CLIENTENV, [](const char*) {})) {}
  ~plain_client() { zookeeper_close(handle_); }
  plain_client(const plain_client&) = delete;
  plain_client& operator=(const plain_client&) = delete;

  int create(const std::string& path, std::string_view value = "") {
    return zoo_create(handle_, path.c_str(), value.data(), static_cast<int>(value.size()),
                      &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT, nullptr, 0);
  }
  int set(const std::string& path, std::string_view value) {
    return zoo_set(handle_, path.c_str(), value.data(), static_cast<int>(value.size()), -1);
  }
  int get(const std::string& path) {
    int size = 0;
    return zoo_get(handle_, path.c_str(), 0, nullptr, &size, nullptr);
  }
  int remove(const std::string& path) { return zoo_delete(handle_, path.c_str(), -1); }
  std::vector<std::string> children(const std::string& path) {
    String_vector names{};
    zoo_get_children(handle_, path.c_str(), 0, &names);
    std::vector<std::string> result(names.data, names.data + names.count);
    deallocate_String_vector(&names);
    std::ranges::sort(result);
    return result;
  }

private:
  zhandle_t* handle_;
};

/// Opens and says why it cannot; closes at once if it can.
std::string refusal(const zookeeper_options& options) {
  task_queue tasks;
  auto store = open_zookeeper_metadata_store(options, tasks.executor());
  if (!store) return store.error().message;
  (*store)->start({.session = [](session_event) {}, .changed = [](const std::string&) {}});
  (*store)->close();
  return {};
}

bool contains(const std::string& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a chroot and its parents are made, and everything lies below one node") {
  zookeeper_place place;
  auto options = place.options();
  options.address.chroot += "/deeper/still";
  CHECK(refusal(options).empty());
  plain_client other;
  CHECK(other.children(place.chroot()) == std::vector<std::string>{"deeper"});
  CHECK(other.children(options.address.chroot) == std::vector<std::string>{"ottla"});
  CHECK(refusal(options).empty());
}

TEST_CASE("clusters in different chroots know nothing of each other") {
  zookeeper_place place, other_place;
  store_session one(place), other(other_place);
  REQUIRE(one.commit({create("/a")}).committed());
  REQUIRE(other.sync());
  CHECK_FALSE(other.read("/a").exists());
  CHECK(other.commit({create("/a")}).committed());
}

TEST_CASE("a chroot with the data of another system is refused and left alone") {
  zookeeper_place place;
  plain_client other;
  REQUIRE(other.create(place.chroot()) == ZOK);
  SECTION("Apache Kafka's") {
    for (const char* path : {"/cluster", "/cluster/id", "/brokers", "/brokers/ids", "/consumers"}) {
      REQUIRE(other.create(place.chroot() + path) == ZOK);
    }
    auto why = refusal(place.options());
    CHECK(contains(why, "an Apache Kafka cluster (brokers, cluster, consumers)"));
    CHECK(contains(why, place.chroot()));
    CHECK(other.children(place.chroot()) ==
          std::vector<std::string>{"brokers", "cluster", "consumers"});
  }
  SECTION("somebody's") {
    REQUIRE(other.create(place.chroot() + "/hbase") == ZOK);
    CHECK(contains(refusal(place.options()), "another system (hbase)"));
    CHECK(other.children(place.chroot()) == std::vector<std::string>{"hbase"});
  }
  SECTION("in a node of our name") {
    REQUIRE(other.create(place.chroot() + "/ottla", "mine") == ZOK);
    CHECK(contains(refusal(place.options()), "is not Ottla's"));
  }
  SECTION("written by a newer version of ours") {
    REQUIRE(other.create(place.chroot() + "/ottla", "ottla metadata, format 2") == ZOK);
    CHECK(contains(refusal(place.options()), "format 2, written by a newer version"));
  }
  SECTION("damaged") {
    REQUIRE(other.create(place.chroot() + "/ottla", "ottla metadata, format x") == ZOK);
    CHECK(contains(refusal(place.options()), "names no format"));
  }
}

TEST_CASE("a system that moves in beside us later changes nothing for us") {
  zookeeper_place place;
  plain_client other;
  store_session one(place);
  REQUIRE(one.commit({ephemeral("/brokers/1")}).committed());
  REQUIRE(other.create(place.chroot() + "/brokers") == ZOK);
  REQUIRE(other.create(place.chroot() + "/brokers/ids") == ZOK);
  CHECK(one.list("/brokers") == std::vector<std::string>{"1"});
  CHECK(refusal(place.options()).empty());
}

TEST_CASE("with an identity and creator-only nodes, nobody else reads or writes") {
  zookeeper_place place;
  auto options = place.options();
  options.digest = "ottla:secret";
  options.creator_only = true;
  task_queue tasks;
  auto store = open_zookeeper_metadata_store(options, tasks.executor());
  REQUIRE(store);
  std::vector<session_event> events;
  (*store)->start({.session = [&](session_event event) { events.push_back(event); },
                   .changed = [](const std::string&) {}});
  auto commit = [&](std::vector<store_write> steps) {
    std::optional<commit_result> result;
    (*store)->commit(std::move(steps), [&](const commit_result& r) { result = r; });
    REQUIRE(tasks.run_until([&] { return result.has_value(); }));
    return result->what;
  };
  REQUIRE(tasks.run_until([&] { return !events.empty(); }));
  REQUIRE(commit({create("/secrets/one", "x"), ephemeral("/brokers/1")}) == status::committed);
  plain_client other;
  auto root = place.chroot() + "/ottla";
  for (const char* path : {"", "/secrets", "/secrets/one", "/brokers/1", "/last_creation"}) {
    INFO(path);
    CHECK(other.get(root + path) == ZNOAUTH);
    CHECK(other.set(root + path, "") == ZNOAUTH);
  }
  CHECK(other.remove(root + "/secrets/one") == ZNOAUTH);
  CHECK(other.create(root + "/brokers/2") == ZNOAUTH);
  // The identity goes along to a new connection and to a new session.
  place.cut();
  REQUIRE(tasks.run_until([&] { return events.back() == session_event::disconnected; }));
  place.mend();
  REQUIRE(tasks.run_until([&] { return events.back() == session_event::connected; }));
  CHECK(commit({set("/secrets/one", 0, "y")}) == status::committed);
  place.expire();
  REQUIRE(tasks.run_until([&] {
    return std::ranges::count(events, session_event::expired) == 1 &&
           events.back() == session_event::connected;
  }));
  CHECK(commit({set("/secrets/one", 1, "z"), create("/secrets/two")}) == status::committed);
  CHECK(other.get(root + "/secrets/two") == ZNOAUTH);
  (*store)->close();
  CHECK(contains(refusal(place.options()), "belongs to another user"));
  options.digest = "ottla:wrong";
  CHECK(contains(refusal(options), "ottla.zookeeper.digest"));
}

TEST_CASE("what is no path is refused before the client sees it") {
  zookeeper_place place;
  store_session one(place);
  for (const char* path : {"", "/", "a", "/a/", "/a//b", "/a/../b", "/a\nb"}) {
    CHECK(one.commit({create("/fine"), create(path), create("/too")}).what == status::refused);
  }
  CHECK_FALSE(one.read("/fine").exists());
}

TEST_CASE("servers that do not answer in time are named") {
  zookeeper_place place;
  place.cut();
  auto options = place.options();
  options.connection_timeout_ms = 300;
  auto why = refusal(options);
  CHECK(contains(why, "within 300 ms"));
  CHECK(contains(why, to_string(options.address)));
}

TEST_CASE("two brokers that make the root of a new cluster at once both get it") {
  zookeeper_place place;
  std::vector<std::string> refusals(4, "never ran");
  std::vector<std::thread> brokers;
  for (auto& refused : refusals) {
    brokers.emplace_back([&refused, options = place.options()] { refused = refusal(options); });
  }
  for (auto& broker : brokers) broker.join();
  for (const auto& refused : refusals) CHECK(refused.empty());
}

}  // namespace ottla
