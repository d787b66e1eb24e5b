#include "actors/cluster/controller_link_actor.hpp"

#include "tests/actors/cluster/cluster_fixture.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

struct link_fixture : cluster_fixture {
  controller_link link_of(running_broker& one) {
    auto link = spawn_on<controller_link_actor>(
        system(), home(),
        controller_link_setup{
            .self = one.id,
            .here = one.controller,
            .reach = [this](const replica_seat&, const broker_image&) { return silent_peer(); }});
    caf::anon_send(one.metadata,
                   subscribe_images{caf::actor_cast<caf::weak_actor_ptr>(link), false});
    settle();
    links.push_back(link);
    return link;
  }
  /// It takes every question and answers none.
  peer_handle silent_peer() {
    auto silent = system().spawn<acting>([this](caf::event_based_actor& self) {
      return caf::behavior{
          [this, &self](const ask_peer& asked) -> caf::result<peer_answer> {
            last_asked_bytes = size_bytes(asked.encode(0));
            unanswered.push_back(self.make_response_promise());
            return caf::delegated<peer_answer>{};
          },
          [this](caf::unit_t) {
            for (auto& each : std::exchange(unanswered, {})) {
              each.deliver(peer_answer{.failure = fault{error_code::network_exception, "cut", 0}});
            }
          }};
    });
    last_peer = silent;
    return caf::actor_cast<peer_handle>(silent);
  }
  std::shared_ptr<pending_answer<create_topics_response>> create_through(
      const controller_link& link, const std::string& name, int32_t timeout_ms) {
    create_topics_request request;
    request.topics.push_back({.name = name, .num_partitions = 1, .replication_factor = 1});
    request.timeout_ms = timeout_ms;
    auto out = std::make_shared<pending_answer<create_topics_response>>();
    auto asking = system().spawn<acting>([=](caf::event_based_actor& self) {
      return caf::behavior{[=, &self](caf::unit_t) {
        self.request(link, caf::infinite, create_topics_command{request, {}})
            .then([out](const create_topics_response& response) { out->response = response; },
                  [out](const caf::error& why) { out->failed = controller_error_code(why); });
      }};
    });
    caf::anon_send(asking, caf::unit);
    settle();
    return out;
  }
  ~link_fixture() override {
    for (auto& link : links) caf::anon_send_exit(link, caf::exit_reason::user_shutdown);
    settle();
  }

  std::vector<controller_link> links;
  std::vector<caf::response_promise> unanswered;
  int64_t last_asked_bytes = 0;
  caf::actor last_peer;
};

}  // namespace

TEST_CASE_METHOD(link_fixture, "a client hears in its time of a change that is still being made") {
  auto& one = start();
  auto link = link_of(one);
  one.applies = false;  // made, but not in effect here yet
  auto asked = create_through(link, "slow", 500);
  pass(1'499);
  CHECK_FALSE(asked->failed);
  pass(2);
  REQUIRE(asked->failed);
  CHECK(*asked->failed == error_code::request_timed_out);
  CHECK(one.cache.get()->find_topic("slow") != nullptr);  // nobody promised that it is not made
  one.applies = true;
  caf::anon_send(one.controller, image_applied{one.cache.get()->sequence()});
  settle();
  CHECK_FALSE(asked->response);
  auto quick = create_through(link, "quick", 500);
  REQUIRE(quick->response);
  pass(2'000);
  CHECK_FALSE(quick->failed);
}

TEST_CASE_METHOD(link_fixture, "a client hears in its time of a controller that does not answer") {
  start(last_stop::clean, 1);
  auto& two = start(last_stop::clean, 2);
  auto asked = create_through(link_of(two), "far", 500);
  REQUIRE(unanswered.size() == 1);
  pass(1'501);
  REQUIRE(asked->failed);
  CHECK(*asked->failed == error_code::request_timed_out);
}

TEST_CASE_METHOD(link_fixture, "what the controller could not be told waits once") {
  start(last_stop::clean, 1);
  auto link = link_of(start(last_stop::clean, 2));
  const local_data_removed removed{2, {home().random().id()}, {{home().random().id(), 7}}};
  for (int i = 0; i < 5; ++i) caf::anon_send(link, removed);
  settle();
  const auto once = last_asked_bytes;
  REQUIRE(unanswered.size() == 5);
  caf::anon_send(last_peer, caf::unit);  // they all fail
  settle();
  pass(10'000);
  REQUIRE(unanswered.size() == 1);
  CHECK(last_asked_bytes == once);
}

TEST_CASE_METHOD(link_fixture, "replicas that failed in another life are not told of this one") {
  start(last_stop::clean, 1);
  auto& two = start(last_stop::clean, 2);
  auto link = link_of(two);
  const auto silence = last_asked_bytes;
  caf::anon_send(link, replicas_failed{{2, two.epoch}, {{home().random().id(), 7}}});
  settle();
  REQUIRE(unanswered.size() == 1);
  const auto with_replica = last_asked_bytes;
  CHECK(with_replica > silence);
  caf::anon_send(last_peer, caf::unit);  // it fails
  settle();
  SECTION("the same life: it is said again") {
    pass(10'000);
    REQUIRE(unanswered.size() == 1);
    CHECK(last_asked_bytes == with_replica);
  }
  SECTION("a new life") {
    two.store->expire();
    settle();
    pass(10'000);
    CHECK(last_asked_bytes < with_replica);
  }
}

}  // namespace ottla
