#include "actors/peer/peer_actor.hpp"

#include <caf/send.hpp>

#include "protocol/frame.hpp"
#include "protocol/messages/broker_handshake.hpp"
#include "protocol/messages/heartbeat.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/simulated_transport.hpp"

namespace ottla {
namespace {

constexpr api_version version = 4;

/// Asks a peer and remembers what came of it.
class asker final : public pinned<caf::typed_actor<caf::reacts_to<timer_expired>>::base> {
public:
  using answers = std::vector<peer_answer>;
  asker(caf::actor_config& config, unit& where, peer_handle peer, std::shared_ptr<answers> seen)
      : pinned(config, where), peer_(std::move(peer)), seen_(std::move(seen)) {}
  behavior_type make_behavior() override {
    return {[this](const timer_expired& which) {
      ask_peer request{
          .key = api_key::heartbeat, .version = version, .encode = [](int32_t correlation_id) {
            return encode_request(heartbeat_request{.group_id = "g"},
                                  {api_key::heartbeat, version, correlation_id, "test"});
          }};
      request.timeout_ms = static_cast<int64_t>(which.token);
      this->request(peer_, caf::infinite, std::move(request)).then([this](peer_answer& answer) {
        seen_->push_back(std::move(answer));
      });
    }};
  }
  void on_exit() override { peer_ = nullptr; }

private:
  peer_handle peer_;
  std::shared_ptr<answers> seen_;
};

struct fixture : actor_fixture {
  explicit fixture(std::optional<peer_identity> identity = std::nullopt) {
    peer_setup setup{.name = "broker 2", .connect = [this](connect_ended ended) {
                       ++attempts;
                       connecting = std::move(ended);
                     }};
    setup.identity = std::move(identity);
    peer = spawn_on<peer_actor>(system(), home(), std::move(setup));
    who = caf::actor_cast<caf::actor>(
        spawn_on<asker>(system(), home(), caf::actor_cast<peer_handle>(peer), seen));
    pumps.push_back([this] {
      enter_from_outside();
      return wire && wire->pump();
    });
  }
  ~fixture() override {
    caf::anon_send_exit(who, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(peer, caf::exit_reason::user_shutdown);
    settle();
    pumps.clear();
  }

  /// As a socket event does: not while the actor handles a message.
  void enter_from_outside() {
    auto* actor = caf::actor_cast<caf::abstract_actor*>(peer);
    dynamic_cast<caf::local_actor&>(*actor).context(nullptr);
  }
  void ask(int64_t timeout_ms = 5000) {
    caf::anon_send(who, timer_expired{static_cast<uint64_t>(timeout_ms)});
    settle();
  }
  void accept() {
    wire = std::make_shared<simulated_transport>();
    enter_from_outside();
    std::exchange(connecting, nullptr)(wire, {});
    settle();
  }
  void refuse() {
    enter_from_outside();
    std::exchange(connecting, nullptr)(
        nullptr, {error_code::network_exception, "connection refused", ECONNREFUSED});
    settle();
  }
  /// The correlation ids of the requests that have arrived.
  std::vector<int32_t> arrived() {
    std::vector<int32_t> ids;
    std::span<const std::byte> rest{wire->output};
    while (!rest.empty()) {
      auto size = frame_length(rest, 1000);
      REQUIRE(size);
      wire_reader in{rest.subspan(frame_prefix_bytes, **size)};
      ids.push_back(decode_request_header(in).correlation_id);
      rest = rest.subspan(frame_prefix_bytes + **size);
    }
    return ids;
  }
  void answer(int32_t id, int32_t throttle_ms) {
    wire->client_sends(
        encode_response(heartbeat_response{.throttle_time_ms = throttle_ms}, version, id));
    settle();
  }
  int32_t throttle_of(size_t index) {
    auto decoded = decode<heartbeat_response>(seen->at(index).body, version);
    REQUIRE(decoded);
    return decoded->throttle_time_ms;
  }

  int attempts = 0;
  connect_ended connecting;
  std::shared_ptr<simulated_transport> wire;
  peer_control peer;
  caf::actor who;
  std::shared_ptr<asker::answers> seen = std::make_shared<asker::answers>();
};

}  // namespace

TEST_CASE("a peer connects when it is asked something, and matches answers to requests") {
  fixture one;
  CHECK(one.attempts == 0);
  one.ask();
  one.ask();
  CHECK(one.attempts == 1);
  one.accept();
  const auto ids = one.arrived();
  REQUIRE(ids.size() == 2);
  one.answer(ids[1], 22);
  one.answer(ids[0], 11);
  REQUIRE(one.seen->size() == 2);
  CHECK(one.throttle_of(0) == 22);
  CHECK(one.throttle_of(1) == 11);
  one.ask();
  CHECK(one.arrived().size() == 3);
  CHECK(one.attempts == 1);
}

TEST_CASE("answers may come byte by byte") {
  fixture one;
  one.ask();
  one.accept();
  one.wire->most_per_read = 1;
  one.answer(one.arrived()[0], 7);
  REQUIRE(one.seen->size() == 1);
  CHECK(one.throttle_of(0) == 7);
}

TEST_CASE("a broker that cannot be reached is not tried again at once") {
  fixture one;
  one.ask();
  one.refuse();
  REQUIRE(one.seen->size() == 1);
  CHECK(one.seen->at(0).failure);
  CHECK_FALSE(one.seen->at(0).was_sent);
  one.ask();
  CHECK(one.attempts == 1);
  REQUIRE(one.seen->size() == 2);
  CHECK_FALSE(one.seen->at(1).was_sent);
  one.pass(50);
  one.ask();
  CHECK(one.attempts == 2);
  one.refuse();
  one.pass(50);
  one.ask();
  CHECK(one.attempts == 2);  // now it waits for longer
  one.pass(50);
  one.ask();
  CHECK(one.attempts == 3);
}

TEST_CASE("a connection that ends fails what was asked over it") {
  fixture one;
  one.ask();
  one.accept();
  one.wire->client_closes();
  one.settle();
  REQUIRE(one.seen->size() == 1);
  CHECK(one.seen->at(0).failure);
  CHECK(one.seen->at(0).was_sent);
}

TEST_CASE("an answer that does not come ends the connection") {
  fixture one;
  one.ask(1000);
  one.ask(5000);
  one.accept();
  one.pass(1001);
  CHECK(one.wire->is_closed);
  CHECK(one.seen->size() == 2);
}

TEST_CASE("what makes no sense as an answer ends the connection") {
  for (auto bytes :
       {std::vector<int>{0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 1, 9}, {0, 0, 0, 5, 0, 0, 1, 0, 0}}) {
    fixture one;
    one.ask();
    one.accept();
    std::vector<std::byte> raw;
    for (auto each : bytes) raw.push_back(static_cast<std::byte>(each));
    one.wire->client_sends(raw);
    one.settle();
    CHECK(one.wire->is_closed);
    REQUIRE(one.seen->size() == 1);
    CHECK(one.seen->at(0).failure);
  }
}

namespace {

const std::string secret(32, 's');

/// Broker 1 calls broker 2, which the test plays.
struct handshake : fixture {
  handshake() : fixture(peer_identity{{1, 10}, 2, secret}) {
    ask();
    accept();
  }
  /// The body of the only request that has arrived.
  template <class Request>
  Request taken() {
    auto whole = shared_bytes::copy_of(std::exchange(wire->output, {}));
    wire_reader in{whole.slice(frame_prefix_bytes, whole.size() - frame_prefix_bytes)};
    CHECK(decode_request_header(in).key == Request::api);
    auto request = decode<Request>(in, 0);
    REQUIRE(request);
    CHECK(in.remaining() == 0);
    return *request;
  }
  template <class Response>
  void reply(const Response& response) {
    wire->client_sends(encode_response(response, 0, 0));
    settle();
  }
  broker_greeting greet() {
    const auto hello = taken<broker_hello_request>();
    CHECK(hello.broker_id == 1);
    CHECK(hello.broker_epoch == 10);
    CHECK(hello.called_id == 2);
    CHECK(hello.nonce.size() == nonce_bytes);
    return {1, 10, 2, hello.nonce, shared_bytes::copy_of(std::string(nonce_bytes, 'n'))};
  }
};

}  // namespace

TEST_CASE("nothing is asked before both brokers have proved to know the secret") {
  handshake one;
  const auto greeting = one.greet();
  one.reply(broker_hello_response{.nonce = greeting.called_nonce,
                                  .proof = prove(secret, greeting, proof_direction::from_called)});
  const auto proof = one.taken<broker_proof_request>().proof;
  CHECK(is_proof(proof, secret, greeting, proof_direction::from_caller));
  CHECK(one.seen->empty());
  one.ask();
  CHECK(one.wire->output.empty());
  one.reply(broker_proof_response{});
  const auto ids = one.arrived();
  REQUIRE(ids.size() == 2);
  one.answer(ids[0], 5);
  REQUIRE(one.seen->size() == 1);
  CHECK(one.throttle_of(0) == 5);
}

TEST_CASE("a broker that does not know the secret is told nothing") {
  handshake one;
  const auto greeting = one.greet();
  const auto wrong = prove(std::string(32, 'x'), greeting, proof_direction::from_called);
  one.reply(broker_hello_response{.nonce = greeting.called_nonce, .proof = wrong});
  CHECK(one.wire->is_closed);
  CHECK(one.wire->output.empty());
  REQUIRE(one.seen->size() == 1);
  CHECK(one.seen->at(0).failure);
  CHECK_FALSE(one.seen->at(0).was_sent);
}

TEST_CASE("a caller's own proof sent back proves nothing") {
  handshake one;
  const auto greeting = one.greet();
  one.reply(broker_hello_response{.nonce = greeting.called_nonce,
                                  .proof = prove(secret, greeting, proof_direction::from_caller)});
  CHECK(one.wire->is_closed);
}

TEST_CASE("a broker that refuses, or does not greet in time, is given up for now") {
  handshake refused;
  refused.greet();
  refused.reply(broker_hello_response{.error_code = error_code::broker_id_not_registered});
  CHECK(refused.wire->is_closed);
  REQUIRE(refused.seen->size() == 1);
  CHECK_FALSE(refused.seen->at(0).was_sent);
  handshake silent;
  silent.ask(60'000);
  silent.pass(10'001);
  CHECK(silent.wire->is_closed);
  CHECK(silent.seen->size() == 2);
}

}  // namespace ottla
