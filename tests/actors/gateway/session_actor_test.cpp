#include "actors/gateway/session_actor.hpp"

#include "protocol/messages/api_versions.hpp"
#include "tests/actors/gateway/session_fixture.hpp"

using namespace ottla;
using ids = std::vector<int32_t>;

TEST_CASE_METHOD(session_fixture, "answers leave in the order of their requests, in one write") {
  auto& client = connect();
  for (int id : {1, 2, 3}) client.client_sends(request_frame(api_key::produce, 9, id));
  settle();
  CHECK(started() == ids{1, 2, 3});
  answer_to(3);
  answer_to(2);
  CHECK(client.output.empty());
  answer_to(1);
  CHECK(client.writes == 1);
  CHECK(answered(client) == ids{1, 2, 3});
}

TEST_CASE_METHOD(session_fixture, "only produce requests overlap; any other runs alone") {
  auto& client = connect();
  client.client_sends(request_frame(api_key::produce, 9, 1));
  client.client_sends(request_frame(api_key::produce, 9, 2));
  client.client_sends(request_frame(api_key::metadata, 9, 3));
  client.client_sends(request_frame(api_key::produce, 9, 4));
  client.client_sends(request_frame(api_key::fetch, 12, 5));
  client.client_sends(request_frame(api_key::metadata, 9, 6));
  settle();
  CHECK(started() == ids{1, 2});
  answer_to(2);
  CHECK(started() == ids{1});
  answer_to(1);
  CHECK(started() == ids{3});
  answer_to(3);
  CHECK(started() == ids{4});
  answer_to(4);
  CHECK(started() == ids{5});
  answer_to(5);
  CHECK(started() == ids{6});
  answer_to(6);
  CHECK(answered(client) == ids{1, 2, 3, 4, 5, 6});
}

TEST_CASE_METHOD(session_fixture, "a request held back keeps its bytes, but not the shared chunk") {
  auto& client = connect();
  client.client_sends(request_frame(api_key::fetch, 12, 1));
  client.client_sends(request_frame(api_key::produce, 9, 2, 500));
  settle();
  requests.by_correlation[1].incoming.body = {};  // as a handler does once it has decoded
  home().arena(memory_pool::clients).release_if_unused();
  CHECK(memory.count(memory_pool::clients).used_bytes < 1'000);
  answer_to(1);
  const auto body = requests.by_correlation.at(2).incoming.body;
  REQUIRE(body.size() >= 500);
  CHECK(body.view().back() == std::byte{0x5a});
  answer_to(2);
}

TEST_CASE_METHOD(session_fixture, "frames that come byte by byte are requests like any other") {
  requests.answer_at_once = true;
  auto& client = connect();
  client.most_per_read = 1;
  for (int id : {1, 2, 3}) {
    client.client_sends(request_frame(api_key::produce, 9, id, static_cast<size_t>(id) * 40));
  }
  settle();
  auto all = answers(client);
  REQUIRE(all.size() == 3);
  CHECK(all[2].correlation_id == 3);
  CHECK(all[2].body.size() == 120 + 0);
}

TEST_CASE_METHOD(session_fixture, "an unknown version of ApiVersions is told the known ones") {
  auto& client = connect();
  client.client_sends(request_frame(api_key::api_versions, 99, 7));
  settle();
  auto all = answers(client);
  REQUIRE(all.size() == 1);
  CHECK(all[0].correlation_id == 7);
  auto told = decode<api_versions_response>(all[0].body, 0);
  REQUIRE(told);
  CHECK(told->error_code == error_code::unsupported_version);
  REQUIRE(told->api_keys.size() == 1);
  CHECK(told->api_keys[0] == api_versions_response::api_version{18, 0, 4});
  CHECK_FALSE(client.is_closed);
  client.client_sends(request_frame(api_key::api_versions, 0, 8));
  settle();
  CHECK(answered(client) == ids{8});
}

TEST_CASE_METHOD(session_fixture, "ApiVersions offers the table of routes") {
  auto& client = connect();
  for (api_version version : {0, 1, 2, 3, 4}) {
    api_versions_request ask{"librdkafka", "2.0.2"};
    client.client_sends(encode_request(ask, {api_key::api_versions, version, version, "tester"}));
    settle();
    auto all = answers(client);
    REQUIRE(all.size() == 1);
    auto told = decode<api_versions_response>(all[0].body, version);  // header version 0, always
    REQUIRE(told);
    CHECK(told->error_code == error_code::none);
    REQUIRE(told->api_keys.size() == std::size(test_routes));
    // Advertised from 0, or librdkafka would not compress (KAFKA-18659).
    CHECK(told->api_keys[0] == api_versions_response::api_version{0, 0, 9});
  }
}

TEST_CASE_METHOD(session_fixture, "ApiVersions refuses a client software name that is none") {
  for (const char* name : {"", "-x", "x-", "a b", "x\n"}) {
    auto& client = connect();
    api_versions_request ask{name, "1.0"};
    client.client_sends(encode_request(ask, {api_key::api_versions, 3, 1, "tester"}));
    settle();
    auto all = answers(client);
    REQUIRE(all.size() == 1);
    CHECK(decode<api_versions_response>(all[0].body, 3)->error_code == error_code::invalid_request);
    CHECK_FALSE(client.is_closed);
  }
}

TEST_CASE_METHOD(session_fixture, "a request that is not served closes, without an answer") {
  auto& client = connect();
  SECTION("unknown key") {
    client.client_sends(request_frame(api_key{999}, 0, 1));
  }
  SECTION("version too new") {
    client.client_sends(request_frame(api_key::metadata, 10, 1));
  }
  SECTION("negative version") {
    client.client_sends(request_frame(api_key::metadata, -1, 1));
  }
  SECTION("produce below version 3, although advertised") {
    client.client_sends(request_frame(api_key::produce, 2, 1));
  }
  settle();
  CHECK(client.is_closed);
  CHECK(client.output.empty());
  CHECK(started().empty());
}

TEST_CASE_METHOD(session_fixture, "bytes that are no Kafka requests close the connection") {
  auto& client = connect();
  auto send = [&](std::string_view bytes) { client.client_sends(as_byte_span(bytes)); };
  using namespace std::string_view_literals;
  SECTION("TLS") {
    send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv);
  }
  SECTION("HTTP") {
    send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"sv);
  }
  SECTION("negative length") {
    send("\xff\xff\xff\xff"sv);
  }
  SECTION("length above the limit") {
    send("\x7f\xff\xff\xff"sv);
  }
  SECTION("empty frame") {
    send("\0\0\0\0"sv);
  }
  SECTION("a frame too short for a header") {
    send("\0\0\0\7\0\3\0\1\0\0\0"sv);
  }
  SECTION("a client id that lies about its length") {
    send(
        "\0\0\0\x0c\0\3\0\1\0\0\0\1\x7f\xff"
        "ab"sv);
  }
  settle();
  CHECK(client.is_closed);
  CHECK(client.output.empty());
}

TEST_CASE_METHOD(session_fixture, "a connection without credit is not read") {
  limits.max_in_flight_requests = 3;
  auto& client = connect();
  for (int id = 1; id <= 10; ++id) client.client_sends(request_frame(api_key::produce, 9, id));
  client.most_per_read = 50;
  settle();
  CHECK(started() == ids{1, 2, 3});
  const auto waiting_outside = client.undelivered_bytes();
  CHECK(waiting_outside > 0);
  answer_to(2);
  CHECK(started() == ids{1, 3, 4});
  answer_to(1);
  CHECK(client.undelivered_bytes() < waiting_outside);
  while (!requests.by_correlation.empty()) answer_to(started().front());
  CHECK(answered(client) == ids{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
}

TEST_CASE_METHOD(session_fixture, "credit counts bytes, but one large request is always taken") {
  limits.max_in_flight_bytes = 1'000;
  auto& client = connect();
  client.client_sends(request_frame(api_key::produce, 9, 1, 5'000));
  client.client_sends(request_frame(api_key::produce, 9, 2, 10));
  settle();
  CHECK(started() == ids{1});
  answer_to(1);
  CHECK(started() == ids{2});
  answer_to(2);
}

TEST_CASE_METHOD(session_fixture, "a client that does not read its answers is not read either") {
  limits.max_unsent_bytes = 10'000;
  limits.write_stall_ms = 1'000;
  auto& client = connect();
  client.client_reads(100);
  client.client_sends(request_frame(api_key::fetch, 12, 1));
  settle();
  answer_to(1, 50'000);
  client.client_sends(request_frame(api_key::fetch, 12, 2));
  settle();
  CHECK(started().empty());
  SECTION("until it does") {
    client.client_reads(1'000'000);
    settle();
    CHECK(started() == ids{2});
    answer_to(2);
    CHECK(answered(client) == ids{1, 2});
    pass(5'000);
    CHECK_FALSE(client.is_closed);
  }
  SECTION("and is closed when it stalls") {
    pass(900);
    client.client_reads(10);
    pass(900);
    CHECK_FALSE(client.is_closed);
    pass(1'200);
    CHECK(client.is_closed);
  }
}

TEST_CASE_METHOD(session_fixture, "produce with acks=0 has no answer and does not hold up others") {
  auto& client = connect();
  client.client_sends(request_frame(api_key::produce, 9, 1));
  client.client_sends(request_frame(api_key::produce, 9, 2));
  settle();
  requests.by_correlation.extract(1).mapped().reply.no_reply();
  answer_to(2);
  CHECK(answered(client) == ids{2});
}

TEST_CASE_METHOD(session_fixture, "a request dropped unanswered closes its connection") {
  auto& client = connect();
  client.client_sends(request_frame(api_key::produce, 9, 1));
  settle();
  requests.by_correlation.clear();
  settle();
  CHECK(client.is_closed);
  CHECK(ended == 1);
}

TEST_CASE_METHOD(session_fixture, "an idle connection is closed, one that waits for us is not") {
  limits.idle_ms = 10'000;
  auto& client = connect();
  pass(9'000);
  client.client_sends(request_frame(api_key::fetch, 12, 1));
  settle();
  pass(100'000);  // parked
  CHECK_FALSE(client.is_closed);
  answer_to(1);
  pass(9'000);
  CHECK_FALSE(client.is_closed);
  pass(11'001);
  CHECK(client.is_closed);
}

TEST_CASE_METHOD(session_fixture, "a half-sent frame does not keep a connection from being idle") {
  limits.idle_ms = 10'000;
  auto& client = connect();
  auto frame = flatten(request_frame(api_key::produce, 9, 1, 1'000));
  client.client_sends(frame->view().first(500));
  pass(10'001);
  CHECK(client.is_closed);
}

TEST_CASE_METHOD(session_fixture, "a request that has begun must go on, but may dribble") {
  limits.receive_ms = 1'000;
  auto& client = connect();
  auto frame = flatten(request_frame(api_key::produce, 9, 1, 100));
  SECTION("it stops") {
    client.client_sends(frame->view().first(50));
    pass(999);
    CHECK_FALSE(client.is_closed);
    pass(1);
    CHECK(client.is_closed);
  }
  SECTION("even within its length") {
    client.client_sends(frame->view().first(2));
    pass(1'000);
    CHECK(client.is_closed);
  }
  SECTION("it dribbles") {
    for (size_t i = 0; i < frame->size(); ++i) {
      client.client_sends(frame->view().subspan(i, 1));
      pass(900);
    }
    CHECK(started() == ids{1});
    answer_to(1);
    pass(10'000);
    CHECK_FALSE(client.is_closed);  // between two requests it may be silent
  }
  SECTION("nobody is blamed for time in which we do not read") {
    limits.max_in_flight_requests = 1;
    auto& other = connect();
    other.client_sends(request_frame(api_key::produce, 9, 2));
    other.client_sends(frame->view().first(50));
    settle();
    pass(10'000);
    CHECK_FALSE(other.is_closed);
    answer_to(2);
    pass(999);
    CHECK_FALSE(other.is_closed);
    pass(1'001);  // the clock began anew with the look that found it free
    CHECK(other.is_closed);
  }
}

namespace {

memory_budget_options budget_of_16_mib() {
  memory_budget_options options;
  options.total_bytes = 16 << 20;
  return options;
}
struct small_budget_fixture : session_fixture {
  small_budget_fixture() : session_fixture(budget_of_16_mib()) {}
};

}  // namespace

TEST_CASE_METHOD(small_budget_fixture, "a thousand half-sent frames leave room for a whole one") {
  const auto half = flatten(request_frame(api_key::produce, 9, 1, 1'000'000));
  for (int i = 0; i < 1'000; ++i) connect().client_sends(half->view().first(200));
  settle();
  CHECK(memory.count(memory_pool::clients).peak_bytes <= 16 << 20);
  auto& healthy = connect();
  healthy.client_sends(request_frame(api_key::produce, 9, 7, 1'000));
  pass(10'000);
  REQUIRE(started() == ids{7});
  answer_to(7, 10);
  CHECK(answered(healthy) == ids{7});
  CHECK(memory.count(memory_pool::clients).peak_bytes <= 17 << 20);
  pass(200'000);
  for (int i = 0; i < 1'000; ++i) CHECK(connections[static_cast<size_t>(i)]->is_closed);
  CHECK_FALSE(healthy.is_closed);
}

TEST_CASE_METHOD(session_fixture, "throttling answers first and then stops reading") {
  auto& client = connect();
  client.client_sends(request_frame(api_key::produce, 9, 1));
  settle();
  requests.by_correlation.at(1).session->mute(500);
  answer_to(1);
  CHECK(answered(client) == ids{1});
  client.client_sends(request_frame(api_key::produce, 9, 2));
  pass(499);
  CHECK(started().empty());
  pass(1);
  CHECK(started() == ids{2});
  answer_to(2);
}

namespace {

struct noted final : parked_request {
  void partition_changed(const ottla::partition_changed& news) override {
    bytes = news.bytes_available;
  }
  void timer_expired() override { ++expirations; }
  void cancelled() override { ++cancellations; }
  int64_t bytes = 0;
  int expirations = 0;
  int cancellations = 0;
};

}  // namespace

TEST_CASE_METHOD(session_fixture, "parked requests hear of partitions, time and the end") {
  auto& client = connect();
  client.client_sends(request_frame(api_key::fetch, 12, 1));
  settle();
  auto& session = *requests.by_correlation.at(1).session;
  auto first = std::make_shared<noted>(), second = std::make_shared<noted>();
  const auto first_id = session.park(first);
  const auto second_id = session.park(second);
  CHECK(first_id != second_id);
  session.wake_after(first_id, 500);
  session.wake_after(first_id, 800);  // instead
  caf::anon_send(sessions[0], partition_changed{second_id, {}, 123, error_code::none});
  caf::anon_send(sessions[0], partition_changed{999, {}, 5, error_code::none});
  pass(799);
  CHECK(second->bytes == 123);
  CHECK(first->expirations == 0);
  pass(1);
  CHECK(first->expirations == 1);
  session.wake_after(first_id, 10);
  session.unpark(first_id);
  pass(100);
  CHECK(first->expirations == 1);
  client.client_closes();
  settle();
  CHECK(first->cancellations == 0);
  CHECK(second->cancellations == 1);
  CHECK_FALSE(home().has_timers());  // nothing is left behind
}

TEST_CASE_METHOD(session_fixture, "what a broker sends behind its fetch ends the fetch's wait") {
  auto& client = connect();
  client.client_sends(request_frame(api_key::fetch, 12, 1));
  settle();
  auto& session = *requests.by_correlation.at(1).session;
  struct one_wait final : parked_request {
    void timer_expired() override {
      ++expirations;
      session->unpark(id);
    }
    session_context* session = nullptr;
    uint64_t id = 0;
    int expirations = 0;
  };
  auto parked = std::make_shared<one_wait>();
  parked->session = &session;
  parked->id = session.park(parked);
  client.client_sends(request_frame(api_key::fetch, 12, 2));
  settle();
  CHECK(parked->expirations == 0);  // a client may send ahead
  session.recognise_broker({2, 20});
  client.client_sends(request_frame(api_key::fetch, 12, 3));
  settle();
  CHECK(parked->expirations == 1);
  client.client_closes();
  settle();
}

TEST_CASE_METHOD(session_fixture, "an answer to a connection that is gone is harmless") {
  auto& client = connect();
  client.client_sends(request_frame(api_key::produce, 9, 1));
  settle();
  client.client_closes();
  settle();
  CHECK(client.is_closed);
  answer_to(1);
  CHECK(client.output.empty());
}

TEST_CASE_METHOD(session_fixture, "closing answers what is in flight and hurries long polls") {
  auto& client = connect();
  client.client_sends(request_frame(api_key::produce, 9, 1));
  settle();
  auto parked = std::make_shared<noted>();
  requests.by_correlation.at(1).session->park(parked);
  caf::anon_send(sessions[0], close_session{});
  client.client_sends(request_frame(api_key::produce, 9, 2));
  settle();
  CHECK(parked->expirations == 1);
  CHECK_FALSE(client.is_closed);
  SECTION("with an answer in time") {
    answer_to(1);
    CHECK(client.is_closed);
    CHECK(answered(client) == ids{1});
  }
  SECTION("or without, at the deadline") {
    pass(limits.closing_ms);
    CHECK(client.is_closed);
    requests.by_correlation.clear();
  }
}
