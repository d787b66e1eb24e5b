#include "protocol/broker_proof.hpp"

#include "protocol/messages/all.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

const std::string secret(32, 's');

broker_greeting greeting() {
  return {.caller = 2,
          .caller_epoch = 17,
          .called = 1,
          .caller_nonce = shared_bytes::copy_of(std::string(nonce_bytes, 'a')),
          .called_nonce = shared_bytes::copy_of(std::string(nonce_bytes, 'b'))};
}

template <class M>
M round_trip(const M& message) {
  wire_writer out;
  encode(out, message, 0);
  auto read = decode<M>(out.finish_flat(), 0);
  REQUIRE(read);
  return *read;
}

}  // namespace

TEST_CASE("a proof holds for its secret, its greeting and its direction only") {
  const auto proof = prove(secret, greeting(), proof_direction::from_caller);
  CHECK(proof.size() == 32);
  CHECK(is_proof(proof, secret, greeting(), proof_direction::from_caller));
  CHECK_FALSE(is_proof(proof, secret, greeting(), proof_direction::from_called));
  CHECK_FALSE(is_proof(proof, std::string(32, 't'), greeting(), proof_direction::from_caller));
  CHECK_FALSE(is_proof({}, secret, greeting(), proof_direction::from_caller));
  CHECK_FALSE(is_proof(proof.slice(0, 31), secret, greeting(), proof_direction::from_caller));
  const auto fails_with = [&](auto change) {
    auto other = greeting();
    change(other);
    return !is_proof(proof, secret, other, proof_direction::from_caller);
  };
  CHECK(fails_with([](auto& g) { g.caller = 3; }));
  CHECK(fails_with([](auto& g) { g.caller_epoch = 18; }));
  CHECK(fails_with([](auto& g) { g.called = 3; }));
  CHECK(fails_with([](auto& g) { std::swap(g.caller_nonce, g.called_nonce); }));
  CHECK(fails_with([](auto& g) { g.called_nonce = {}; }));
}

TEST_CASE("what brokers say to each other reads back as it was written") {
  const auto bytes = shared_bytes::copy_of("bytes");
  const uuid id{{std::byte{1}, std::byte{2}}};
  const broker_hello_request hello{
      .broker_id = 2, .broker_epoch = 17, .called_id = 1, .nonce = bytes};
  CHECK(round_trip(hello) == hello);
  const broker_hello_response greeted{error_code::none, bytes, bytes};
  CHECK(round_trip(greeted) == greeted);
  CHECK(round_trip(broker_proof_request{bytes}) == broker_proof_request{bytes});
  const propose_isrs_request proposals{{{id, 3, 4, 5, {{1, 10}, {2, 20}}}}};
  CHECK(round_trip(proposals) == proposals);
  const propose_isrs_response results{error_code::none, {{1, -1, {}, {}}, {0, 6, {1}, {{1, 10}}}}};
  CHECK(round_trip(results) == results);
  const report_broker_request report{
      .is_ready = true, .removed_topics = {id}, .removed_replicas = {{id, 3}}};
  CHECK(round_trip(report) == report);
  CHECK(report.version_needed() == 0);
  const report_broker_request failed{.failed_replicas = {{id, 3}}};
  CHECK(failed.version_needed() == 1);
  wire_writer written;
  encode(written, failed, 1);
  CHECK(decode<report_broker_request>(written.finish_flat(), 1).value() == failed);
  const ask_controller_request asked{.principal = "User:ANONYMOUS",
                                     .client_id = "c",
                                     .client_address = "127.0.0.1",
                                     .listener = "PLAINTEXT",
                                     .client_version = 5,
                                     .api_asked = 19,
                                     .body_version = 7,
                                     .body = bytes};
  CHECK(round_trip(asked) == asked);
  const ask_controller_response answered{error_code::none, 42, bytes};
  CHECK(round_trip(answered) == answered);
  const reserve_producer_ids_response block{error_code::none, 1000, 1000};
  CHECK(round_trip(block) == block);
}

TEST_CASE("the private APIs have rows of their own, which no client is told of") {
  for (const auto& api : private_api_table()) {
    CHECK(find_api(api.key) == &api);
    CHECK(visit_api(api.key, []<class Request>() {}));
  }
  CHECK(find_api(api_key{9999}) == nullptr);
  CHECK(find_api(api_key{10006}) == nullptr);
}

}  // namespace ottla
