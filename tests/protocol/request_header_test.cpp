#include "protocol/request_header.hpp"

#include <set>

#include "tests/support/catch.hpp"

using namespace ottla;

namespace {

shared_bytes encoded(const request_header& header) {
  wire_writer out;
  encode_request_header(out, header);
  return out.finish_flat();
}

}  // namespace

TEST_CASE("every request header reads back as it was written") {
  for (const auto& api : api_table()) {
    for (api_version version = 0; version < 20; ++version) {
      for (const auto& client :
           {std::optional<std::string>{}, std::optional<std::string>{"rdkafka"}}) {
        request_header header{api.key, version, 77, client};
        auto bytes = encoded(header);
        wire_reader in{bytes};
        CHECK(decode_request_header(in) == header);
        CHECK(in.remaining() == 0);
        CHECK(in.check());
      }
    }
  }
}

TEST_CASE("the client id stays a classic string in the flexible header") {
  auto bytes = encoded({api_key::fetch, 12, 1, "ab"});
  CHECK(as_text(bytes.view()) == std::string_view{"\0\1\0\14\0\0\0\1\0\2ab\0", 13});
  CHECK(encoded({api_key::fetch, 11, 1, "ab"}).size() == 12);
}

TEST_CASE("unknown tagged fields in a request header are skipped") {
  std::string text{"\0\1\0\14\0\0\0\1\0\2ab\1\5\3xyzBODY", 22};
  wire_reader in{as_byte_span(text)};
  CHECK(decode_request_header(in).client_id == "ab");
  CHECK(as_text(in.raw(4)) == "BODY");
}

TEST_CASE("a header cut anywhere fails") {
  auto bytes = encoded({api_key::metadata, 12, 1, "client"});
  for (size_t size = 0; size < bytes.size(); ++size) {
    wire_reader in{bytes.slice(0, size)};
    decode_request_header(in);
    CHECK_FALSE(in.check());
  }
}

TEST_CASE("of an unknown key only the part with a known shape is read") {
  std::string text{"\3\347\0\1\0\0\0\7", 8};
  wire_reader in{as_byte_span(text)};
  auto header = decode_request_header(in);
  CHECK(in.check());
  CHECK(static_cast<int16_t>(header.key) == 999);
  CHECK(header.correlation_id == 7);
  CHECK(api_name(header.key) == "unknown");
}

TEST_CASE("responses to ApiVersions carry no tagged fields in their header") {
  auto size = [](api_key key, api_version version) {
    wire_writer out;
    encode_response_header(out, key, version, 9);
    auto bytes = out.finish_flat();
    wire_reader in{bytes};
    CHECK(decode_response_header(in, key, version) == 9);
    CHECK(in.remaining() == 0);
    return bytes.size();
  };
  for (api_version version = 0; version <= 5; ++version) {
    CHECK(size(api_key::api_versions, version) == 4);
  }
  CHECK(size(api_key::fetch, 11) == 4);
  CHECK(size(api_key::fetch, 12) == 5);
}

TEST_CASE("the table of APIs holds together") {
  std::set<std::string_view> names;
  for (const auto& api : api_table()) {
    CHECK(names.insert(api.name).second);
    CHECK(find_api(api.key) == &api);
    CHECK(api_name(api.key) == api.name);
    CHECK_FALSE(api.knows(static_cast<api_version>(api.first_version - 1)));
    CHECK_FALSE(api.knows(static_cast<api_version>(api.last_version + 1)));
  }
  CHECK(find_api(api_key{-1}) == nullptr);
  CHECK(find_api(api_key{95}) == nullptr);
  CHECK(find_api(api_key::produce)->knows(13));
  CHECK_FALSE(is_flexible(api_key::sasl_handshake, 1));
  CHECK_FALSE(is_flexible(api_key::offset_delete, 0));
  CHECK(is_flexible(api_key::offset_fetch, 6));
}
