// Every message of every version against bytes that Apache Kafka's own classes wrote.
#include <set>

#include "protocol/messages/all.hpp"
#include "tests/protocol/messages/golden.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;
using test::golden_message;

namespace {

/// Calls `check.operator()<Message>(golden)` for each golden message of each API.
template <class Check>
void for_each_golden(Check check) {
  for (const auto& api : api_table()) {
    visit_api(api.key, [&]<class Request>() {
      for (const auto& golden : test::read_golden(test::golden_name(api.name))) {
        INFO(api.name << (golden.request ? " request " : " response ") << golden.version << ' '
                      << golden.variant);
        if (golden.request) {
          check.template operator()<Request>(golden);
        } else {
          check.template operator()<typename Request::response>(golden);
        }
      }
    });
  }
}

template <class M>
shared_bytes encoded(const M& message, api_version version) {
  wire_writer out;
  encode(out, message, version);
  return *flatten(out.finish());
}

shared_bytes encoded_frame(const test::recorded_frame& recorded, const auto& header,
                           const auto& message) {
  wire_writer out;
  if constexpr (std::is_same_v<decltype(header), const request_header&>) {
    encode_request_header(out, header);
  } else {
    encode_response_header(out, recorded.key, recorded.version, header);
  }
  encode(out, message, recorded.version);
  return *flatten(out.finish());
}

template <class M>
void check_recorded(const test::recorded_frame& recorded, wire_reader& in, const auto& header) {
  auto message = decode<M>(in, recorded.version);
  REQUIRE(message);
  CHECK(in.remaining() == 0);
  CHECK(encoded_frame(recorded, header, *message) == recorded.frame);
}

}  // namespace

TEST_CASE("what clients and Kafka said to each other is read and written again byte for byte") {
  std::set<std::string> clients;
  for (const auto& recorded : test::read_recorded()) {
    INFO(recorded.client << ' ' << api_name(recorded.key) << ' ' << recorded.version
                         << (recorded.request ? " request" : " response"));
    clients.insert(recorded.client);
    wire_reader in{recorded.frame};
    bool known = visit_api(recorded.key, [&]<class Request>() {
      if (recorded.request) {
        auto header = decode_request_header(in);
        CHECK(header.key == recorded.key);
        check_recorded<Request>(recorded, in, header);
      } else {
        auto id = decode_response_header(in, recorded.key, recorded.version);
        check_recorded<typename Request::response>(recorded, in, id);
      }
    });
    CHECK(known);
  }
  CHECK(clients == std::set<std::string>{"aiokafka", "java", "kafka-python", "kcat", "librdkafka"});
}

TEST_CASE("the golden files cover every version of every message") {
  size_t apis = 0;
  for (const auto& api : api_table()) {
    if (!visit_api(api.key, []<class Request>() {})) {
      CHECK(api.last_version == -1);
      continue;
    }
    ++apis;
    std::set<std::pair<bool, api_version>> seen;
    for (const auto& golden : test::read_golden(test::golden_name(api.name))) {
      CHECK(api.knows(golden.version));
      seen.insert({golden.request, golden.version});
    }
    CHECK(seen.size() == 2U * static_cast<size_t>(api.last_version - api.first_version + 1));
  }
  CHECK(apis == 34);
}

TEST_CASE("what Kafka wrote is read to the end and written again byte for byte") {
  for_each_golden([]<class M>(const golden_message& golden) {
    wire_reader in{golden.body};
    auto message = decode<M>(in, golden.version);
    REQUIRE(message);
    CHECK(in.remaining() == 0);
    auto again = encoded(*message, golden.version);
    if (golden.variant != "unknown_tags") CHECK(again == golden.body);
    auto reread = decode<M>(again, golden.version);
    REQUIRE(reread);
    CHECK(*reread == *message);
  });
}

TEST_CASE("unknown tagged fields in every structure change nothing that is read") {
  size_t compared = 0;
  golden_message full;
  for_each_golden([&]<class M>(const golden_message& golden) {
    if (golden.variant != "unknown_tags") return;
    auto message = decode<M>(golden.body, golden.version);
    REQUIRE(message);
    auto again = encoded(*message, golden.version);
    CHECK(again.size() < golden.body.size());
    for (const auto& other : test::read_golden(test::golden_name(api_name(M::api)))) {
      if (other.variant != "full" || other.version != golden.version) continue;
      if (other.request != golden.request) continue;
      CHECK(again == other.body);
      ++compared;
    }
  });
  CHECK(compared > 100);
}

TEST_CASE("a message cut at any byte is refused") {
  for_each_golden([]<class M>(const golden_message& golden) {
    for (size_t size = 0; size < golden.body.size(); ++size) {
      auto cut = decode<M>(golden.body.slice(0, size), golden.version);
      if (cut) FAIL("accepted with " << size << " of " << golden.body.size() << " bytes");
      if (cut.error().code != error_code::invalid_request) FAIL("the wrong error");
    }
  });
}

TEST_CASE("a message with any byte damaged is refused or read to something that holds together") {
  for_each_golden([]<class M>(const golden_message& golden) {
    auto damaged = shared_bytes::copy_of(golden.body.view());
    for (size_t at = 0; at < damaged.size(); ++at) {
      for (int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
        damaged.writable()[at] = static_cast<std::byte>(value);
        auto message = decode<M>(damaged, golden.version);
        if (!message) continue;
        auto again = decode<M>(encoded(*message, golden.version), golden.version);
        if (!again || !(*again == *message)) FAIL("byte " << at << " as " << value);
      }
      damaged.writable()[at] = golden.body.view()[at];
    }
  });
}

TEST_CASE("what is printed has a name for each field and balanced braces") {
  for_each_golden([]<class M>(const golden_message& golden) {
    auto text = to_text(*decode<M>(golden.body, golden.version), golden.version);
    CHECK(text.front() == '{');
    CHECK(text.back() == '}');
    CHECK(std::count(text.begin(), text.end(), '{') == std::count(text.begin(), text.end(), '}'));
  });
}

TEST_CASE("Kafka's headers are read and written again byte for byte") {
  for (const auto& golden : test::read_golden("headers")) {
    INFO((golden.request ? "request " : "response ") << golden.version << ' ' << golden.variant);
    auto body = shared_bytes::copy_of(golden.body.view());
    // The golden header's random key and version become ones that mean this header version.
    auto key = api_key::fetch;
    api_version version = golden.version >= (golden.request ? 2 : 1) ? 12 : 11;
    wire_writer out;
    if (golden.request) {
      store_big_endian(body.writable().data(), static_cast<int16_t>(key));
      store_big_endian(body.writable().data() + 2, version);
      wire_reader in{body};
      auto header = decode_request_header(in);
      REQUIRE(in.check());
      CHECK(in.remaining() == 0);
      CHECK(header.client_id.has_value() == (golden.variant != "empty"));
      encode_request_header(out, header);
    } else {
      wire_reader in{body};
      encode_response_header(out, key, version, decode_response_header(in, key, version));
      REQUIRE(in.check());
      CHECK(in.remaining() == 0);
    }
    if (golden.variant != "unknown_tags") CHECK(out.finish_flat() == body);
  }
}
