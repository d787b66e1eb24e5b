// Sessions on the listener for brokers: who they are has to be proved before anything else.
#include "actors/handlers/broker_handshake.hpp"
#include "protocol/messages/broker_handshake.hpp"
#include "tests/actors/gateway/session_fixture.hpp"

namespace ottla {
namespace {

const std::string secret(32, 's');

constexpr route private_routes[] = {
    {api_key::fetch, 4, 17, 4, hold, false, true},
    {api_key::broker_hello, 0, 0, 0, handle_broker_hello},
    {api_key::broker_proof, 0, 0, 0, handle_broker_proof},
};

struct broker_sessions : session_fixture {
  broker_sessions() {
    auto settings = make_broker_config({}, "localhost")->config;
    settings.node_id = 1;
    config = std::make_unique<config_cell>(settings);
    services.config = config.get();
    services.cluster_secret = secret;
  }

  template <class Request>
  void send(simulated_transport& to, const Request& request, int32_t id) {
    to.client_sends(encode_request(request, {Request::api, 0, id, "broker"}));
    settle();
  }
  template <class Response>
  static Response answer_in(simulated_transport& from) {
    auto all = answers(from);
    REQUIRE(all.size() == 1);
    const auto& body = all.front().body;
    auto decoded = decode<Response>(body.slice(1, body.size() - 1), 0);  // after the header's tags
    REQUIRE(decoded);
    return *decoded;
  }
  /// Broker 2 greets; what it and this broker have said.
  broker_greeting greet(simulated_transport& wire) {
    broker_greeting greeting{.caller = 2,
                             .caller_epoch = 20,
                             .called = 1,
                             .caller_nonce = shared_bytes::copy_of(std::string(nonce_bytes, 'n'))};
    send(wire, broker_hello_request{2, 20, 1, greeting.caller_nonce}, 1);
    auto response = answer_in<broker_hello_response>(wire);
    CHECK(response.error_code == error_code::none);
    greeting.called_nonce = response.nonce;
    CHECK(is_proof(response.proof, secret, greeting, proof_direction::from_called));
    return greeting;
  }

  std::unique_ptr<config_cell> config;
};

}  // namespace

TEST_CASE_METHOD(broker_sessions, "a broker that has proved itself is served as that broker") {
  auto& wire = connect(private_routes);
  const auto greeting = greet(wire);
  send(wire, broker_proof_request{prove(secret, greeting, proof_direction::from_caller)}, 2);
  CHECK(answer_in<broker_proof_response>(wire).error_code == error_code::none);
  wire.client_sends(request_frame(api_key::fetch, 12, 3));
  settle();
  REQUIRE(started() == std::vector<int32_t>{3});
  CHECK(requests.by_correlation.at(3).session->connection().broker == replica_seat{2, 20});
  answer_to(3);
}

TEST_CASE_METHOD(broker_sessions, "without a proof nothing is served") {
  auto& wire = connect(private_routes);
  wire.client_sends(request_frame(api_key::fetch, 12, 1));
  settle();
  CHECK(wire.is_closed);
  auto& greeted = connect(private_routes);
  greet(greeted);
  greeted.client_sends(request_frame(api_key::fetch, 12, 2));
  settle();
  CHECK(greeted.is_closed);
  CHECK(started().empty());
}

TEST_CASE_METHOD(broker_sessions, "a wrong proof, or one without a greeting, ends the connection") {
  auto& wrong = connect(private_routes);
  const auto greeting = greet(wrong);
  send(wrong,
       broker_proof_request{prove(std::string(32, 'x'), greeting, proof_direction::from_caller)},
       2);
  CHECK(wrong.is_closed);
  auto& replayed = connect(private_routes);
  greet(replayed);
  send(replayed, broker_proof_request{prove(secret, greeting, proof_direction::from_caller)}, 2);
  CHECK(replayed.is_closed);  // of another connection
  auto& early = connect(private_routes);
  send(early, broker_proof_request{prove(secret, greeting, proof_direction::from_caller)}, 1);
  CHECK(early.is_closed);
  auto& twice = connect(private_routes);
  greet(twice);
  send(twice, broker_hello_request{2, 20, 1, greeting.caller_nonce}, 2);
  CHECK(twice.is_closed);
  auto& short_nonce = connect(private_routes);
  send(short_nonce, broker_hello_request{2, 20, 1, shared_bytes::copy_of("n")}, 1);
  CHECK(short_nonce.is_closed);
}

TEST_CASE_METHOD(broker_sessions, "a stranger gets no memory for more than a proof, and no time") {
  auto& large = connect(private_routes);
  large.client_sends(flatten(request_frame(api_key::fetch, 12, 1, 8'000))->view().first(8));
  settle();
  CHECK(large.is_closed);
  auto& silent = connect(private_routes);
  auto& proved = connect(private_routes);
  const auto greeting = greet(proved);
  send(proved, broker_proof_request{prove(secret, greeting, proof_direction::from_caller)}, 2);
  answers(proved);
  pass(10'001);
  CHECK(silent.is_closed);
  REQUIRE_FALSE(proved.is_closed);
  proved.client_sends(request_frame(api_key::fetch, 12, 3, 8'000));
  settle();
  REQUIRE(started() == std::vector<int32_t>{3});
  answer_to(3);
}

TEST_CASE_METHOD(broker_sessions, "who means another broker is told so") {
  auto& wire = connect(private_routes);
  send(wire, broker_hello_request{2, 20, 7, shared_bytes::copy_of(std::string(nonce_bytes, 'n'))},
       1);
  CHECK(answer_in<broker_hello_response>(wire).error_code == error_code::broker_id_not_registered);
  CHECK_FALSE(wire.is_closed);
}

}  // namespace ottla
