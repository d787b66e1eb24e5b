// A fetcher between a leader and partitions that say what the test wants: how long it waits, and
// what ends a wait. What it copies, and what follows, is in replication_test.cpp.
#include "actors/partition/replica_fetcher_actor.hpp"

#include <caf/send.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/messages/report_broker.hpp"
#include "protocol/wire_reader.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

constexpr replica_seat self{2, 20};
const uuid topic{{std::byte{1}}};
constexpr fetch_plan_limits limits{.max_wait_ms = 500, .idle_wait_ms = 3'000};

/// Keeps what it was asked; the test answers.
class quiet_leader final : public pinned<peer_handle::extend<caf::reacts_to<timer_expired>>::base> {
public:
  struct heard {
    std::vector<fetch_request> fetches;
    std::optional<caf::typed_response_promise<peer_answer>> open;  ///< Of the last fetch.
    size_t reports = 0;
    fetch_response answer;  ///< Given when the leader gets a timer_expired.
  };

  quiet_leader(caf::actor_config& config, unit& where, std::shared_ptr<heard> all)
      : pinned(config, where), heard_(std::move(all)) {}

  behavior_type make_behavior() override {
    return {[this](const ask_peer& asked) -> caf::result<peer_answer> {
              auto promise = make_response_promise<peer_answer>();
              if (asked.key == api_key::fetch) {
                auto frame = flatten(asked.encode(1));
                wire_reader in{frame->slice(4, frame->size() - 4)};
                const auto header = decode_request_header(in);
                auto request = decode<fetch_request>(in, header.version);
                REQUIRE(request);
                CHECK(asked.timeout_ms == 30'000 + request->max_wait_ms);
                heard_->fetches.push_back(std::move(*request));
                heard_->open = promise;
              } else {
                CHECK(asked.key == report_broker_request::api);
                ++heard_->reports;
              }
              return promise;
            },
            [this](const timer_expired&) { answer(); }};
  }
  void on_exit() override { heard_->open.reset(); }

private:
  void answer() {
    auto frame = flatten(encode_response(heard_->answer, fetch_plan::version, 1));
    wire_reader in{frame->slice(4, frame->size() - 4)};
    decode_response_header(in, api_key::fetch, fetch_plan::version);
    REQUIRE(heard_->open);
    std::exchange(heard_->open, {})
        ->deliver(peer_answer{.body = frame->slice(4 + in.position(), in.remaining())});
  }

  std::shared_ptr<heard> heard_;
};

/// Takes over whatever comes and reads on where it is.
class willing_partition final : public pinned<partition_follower::base> {
public:
  using pinned::pinned;
  behavior_type make_behavior() override {
    return {[](const begin_following&) { return follower_position{}; },
            [](const apply_fetched&) { return follower_position{}; }};
  }
};

class fetcher_fixture : public actor_fixture {
public:
  fetcher_fixture() {
    leader_ = spawn_on<quiet_leader>(system(), home(), leader);
    fetcher_ = spawn_on<replica_fetcher_actor>(
        system(), home(), replica_fetcher_setup{.self = self, .leader = leader_, .limits = limits});
  }
  ~fetcher_fixture() override {
    for (const auto& each : spawned_) caf::anon_send_exit(each, caf::exit_reason::kill);
    caf::anon_send_exit(fetcher_, caf::exit_reason::kill);
    caf::anon_send_exit(leader_, caf::exit_reason::kill);
  }

  void follow(int32_t partition) {
    auto made = spawn_on<willing_partition>(system(), home());
    spawned_.push_back(caf::actor_cast<caf::actor>(made));
    caf::anon_send(fetcher_, follow_partition{{topic, partition}, made, 1});
    settle();
  }
  /// The leader's answer; nothing new, or a new high watermark of partition 0.
  void answer(bool has_news = false) {
    leader->answer = {.session_id = 7};
    if (has_news) {
      leader->answer.responses.push_back(
          {.topic_id = topic, .partitions = {{.partition_index = 0, .high_watermark = 5}}});
    }
    caf::anon_send(leader_, timer_expired{});
    settle();
  }
  [[nodiscard]] int32_t last_wait_ms() const { return leader->fetches.back().max_wait_ms; }

  std::shared_ptr<quiet_leader::heard> leader = std::make_shared<quiet_leader::heard>();

private:
  peer_handle::extend<caf::reacts_to<timer_expired>> leader_;
  replica_fetcher_handle fetcher_;
  std::vector<caf::actor> spawned_;
};

}  // namespace

TEST_CASE_METHOD(fetcher_fixture, "a fetch waits longer and longer while nothing is written") {
  follow(0);
  std::vector<int32_t> waits;
  for (int i = 0; i < 5; ++i) {
    waits.push_back(last_wait_ms());
    answer();
  }
  CHECK(waits == std::vector<int32_t>{500, 1'000, 2'000, 3'000, 3'000});
  answer(true);
  CHECK(last_wait_ms() == 500);  // the high watermark of what came is told in time
}

TEST_CASE_METHOD(fetcher_fixture,
                 "a partition that comes while a fetch waits ends the wait, once") {
  follow(0);
  answer();
  REQUIRE(leader->fetches.size() == 2);
  follow(1);
  follow(2);
  CHECK(leader->reports == 1);
  CHECK(leader->fetches.size() == 2);
  answer();
  REQUIRE(leader->fetches.size() == 3);
  CHECK(leader->fetches.back().topics.front().partitions.size() == 2);
  CHECK(last_wait_ms() == 500);
  CHECK(leader->reports == 1);
}

}  // namespace ottla
