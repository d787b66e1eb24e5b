// A store on an ensemble of three servers that loses its leader.
#include <algorithm>

#include "tests/storage/metadata/store_places.hpp"

namespace ottla {
namespace {

using status = commit_result::status;

class ensemble_place {
public:
  std::unique_ptr<metadata_store> open(store_executor executor) {
    auto store = open_zookeeper_metadata_store(
        {.address = *parse_zookeeper_connect(servers.connect() + "/cluster"),
         .session_timeout_ms = 20'000},
        std::move(executor));
    if (!store) FAIL(store.error().message);
    return std::move(*store);
  }

  zookeeper_servers servers{3};
};

/// Adds one to the number in a node, as its only writer, and settles what is unknown.
void increment(store_session& one, int& number, int& unknown) {
  while (true) {
    auto result = one.commit({set("/number", number, std::to_string(number + 1))});
    if (result.committed()) break;
    REQUIRE(result.what != status::conflict);
    if (result.what == status::unknown) ++unknown;
    one.settle();
    if (one.read("/number").version == number + 1) break;
    REQUIRE(one.read("/number").version == number);
  }
  ++number;
}

}  // namespace

TEST_CASE("an ensemble that loses its leader loses no commit, session or registration") {
  zookeeper_place::servers();  // Skips if there are none.
  ensemble_place place;
  store_session writer(place), reader(place);
  auto registered = writer.commit({ephemeral("/brokers/1"), create("/number", "0")});
  REQUIRE(registered.committed());
  int number = 0, unknown = 0;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 50; ++i) increment(writer, number, unknown);
    auto leader = place.servers.leader();
    REQUIRE(leader);
    place.servers.kill(*leader);
    for (int i = 0; i < 50; ++i) increment(writer, number, unknown);
    reader.settle();
    auto node = reader.read("/number");
    CHECK(node.version == number);
    CHECK(text_of(node) == std::to_string(number));
    CHECK(reader.read("/brokers/1").created == registered.id);
    place.servers.start(*leader);
    place.servers.wait_until_serving(*leader);
  }
  CHECK(std::ranges::count(writer.events, session_event::expired) == 0);
  CHECK(std::ranges::count(reader.events, session_event::expired) == 0);
}

}  // namespace ottla
