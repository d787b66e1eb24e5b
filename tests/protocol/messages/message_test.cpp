// What all messages share, shown on some of them.
#include "protocol/messages/message.hpp"

#include <limits>

#include "protocol/messages/api_versions.hpp"
#include "protocol/messages/describe_topic_partitions.hpp"
#include "protocol/messages/fetch.hpp"
#include "protocol/messages/list_groups.hpp"
#include "protocol/messages/metadata.hpp"
#include "protocol/messages/produce.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;

namespace {

template <class M>
shared_bytes encoded(const M& message, api_version version) {
  wire_writer out;
  encode(out, message, version);
  return *flatten(out.finish());
}

template <class M>
M through_version(const M& message, api_version version) {
  auto read = decode<M>(encoded(message, version), version);
  REQUIRE(read);
  return *read;
}

/// A file of ascending bytes.
class counting_file : public readable_file {
public:
  [[nodiscard]] int descriptor() const override { return -1; }
  outcome<size_t> read_at(std::span<std::byte> into, int64_t position) const override {
    for (auto& byte : into) byte = static_cast<std::byte>(position++);
    return into.size();
  }
};

fetch_response reply_with(gather_piece records) {
  fetch_response reply;
  reply.responses.push_back({.topic = "t"});
  reply.responses[0].partitions.push_back({.partition_index = 3, .records = std::move(records)});
  return reply;
}

}  // namespace

TEST_CASE("records of a produce request are slices of the frame") {
  produce_request request{.acks = -1, .timeout_ms = 1000};
  request.topic_data.push_back({.name = "t"});
  request.topic_data[0].partition_data.push_back(
      {.index = 7, .records = shared_bytes::copy_of("a batch")});
  for (api_version version = 3; version <= 13; ++version) {
    auto frame = encoded(request, version);
    auto read = decode<produce_request>(frame, version);
    REQUIRE(read);
    const auto& records = read->topic_data[0].partition_data[0].records;
    CHECK(as_text(records.view()) == "a batch");
    CHECK(records.data() > frame.data());
    CHECK(records.data() < frame.data() + frame.size());
  }
}

TEST_CASE("records of a fetch reply stay a range of their file") {
  file_range range{std::make_shared<counting_file>(), 65, 3};
  for (api_version version = 4; version <= 18; ++version) {
    auto pieces = encode_response(reply_with(range), version, 9);
    REQUIRE(pieces.size() >= 2);
    CHECK(std::get<file_range>(pieces[1]) == range);
    auto frame = *flatten(pieces);
    wire_reader in{frame};
    CHECK(in.int32() == static_cast<int32_t>(frame.size() - 4));
    CHECK(decode_response_header(in, api_key::fetch, version) == 9);
    auto reply = decode<fetch_response>(in, version);
    REQUIRE(reply);
    CHECK(in.remaining() == 0);
    const auto& records = reply->responses[0].partitions[0].records;
    CHECK(as_text(std::get<shared_bytes>(records).view()) == "ABC");
  }
}

TEST_CASE("empty records are written with length 0, and null ones are read as empty") {
  auto empty = encoded(reply_with(shared_bytes{}), 11);
  auto length = empty.view().last(4);
  CHECK(as_text(length) == std::string_view{"\0\0\0\0", 4});
  auto null = shared_bytes::copy_of(empty.view());
  for (auto& byte : null.writable().last(4)) byte = std::byte{0xff};
  auto reply = decode<fetch_response>(null, 11);
  REQUIRE(reply);
  CHECK(size_bytes(reply->responses[0].partitions[0].records) == 0);
}

TEST_CASE("a field that a version does not carry keeps its default") {
  metadata_request request{.allow_auto_topic_creation = false};
  CHECK_FALSE(through_version(request, 4).allow_auto_topic_creation);
  CHECK(through_version(request, 3).allow_auto_topic_creation);
  list_groups_request groups{.states_filter = {"Stable"}, .types_filter = {"classic"}};
  CHECK(through_version(groups, 5) == groups);
  CHECK(through_version(groups, 4).types_filter.empty());
}

TEST_CASE("null is written as empty where a version has no null, and refused when read there") {
  CHECK(through_version(metadata_request{}, 1).topics == std::nullopt);
  CHECK(through_version(metadata_request{}, 0).topics->empty());
  std::array<std::byte, 4> null{};
  null.fill(std::byte{0xff});
  CHECK(decode<metadata_request>(std::span<const std::byte>{null}, 1));
  CHECK_FALSE(decode<metadata_request>(std::span<const std::byte>{null}, 0));
}

TEST_CASE("tagged fields with their default value are not written") {
  fetch_request plain;
  auto size = encoded(plain, 18).size();
  fetch_request follower{.cluster_id = "c", .replica_state = {.replica_id = 3}};
  CHECK(encoded(follower, 18).size() > size);
  CHECK(through_version(follower, 18) == follower);
  follower.replica_state = {};
  follower.cluster_id.reset();
  CHECK(encoded(follower, 18).size() == size);
}

TEST_CASE("tagged fields longer than 127 bytes read back") {
  api_versions_response reply;
  for (int16_t i = 0; i < 40; ++i) {
    reply.supported_features.push_back({"feature." + std::to_string(i), 0, i});
  }
  reply.finalized_features_epoch = 8;
  CHECK(through_version(reply, 3) == reply);
  CHECK(through_version(reply, 2).supported_features.empty());
}

TEST_CASE("a nullable structure reads back, null or not") {
  describe_topic_partitions_request request{.topics = {{"a"}}};
  CHECK(through_version(request, 0) == request);
  request.cursor = {{.topic_name = "a", .partition_index = 5}};
  CHECK(through_version(request, 0) == request);
}

TEST_CASE("an error number from the future survives") {
  api_versions_response reply{.error_code = error_code{30'000}};
  CHECK(through_version(reply, 4).error_code == error_code{30'000});
}

TEST_CASE("an unknown version is refused by name") {
  auto refused = decode<fetch_request>(std::span<const std::byte>{}, 19);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == error_code::unsupported_version);
  CHECK(refused.error().message == "Fetch version 19 is unknown");
  CHECK_FALSE(decode<fetch_request>(std::span<const std::byte>{}, -1));
}

TEST_CASE("an array that announces much reserves no more than the bytes left") {
  auto bytes = shared_bytes::allocate(4000);
  std::fill(bytes.writable().begin(), bytes.writable().end(), std::byte{0xff});
  store_big_endian<int32_t>(bytes.writable().data(), 3900);
  metadata_request request;
  wire_reader in{bytes};
  decode(in, request, 1);
  CHECK(in.failed());
  REQUIRE(request.topics);
  CHECK(request.topics->capacity() * sizeof(metadata_request::metadata_request_topic) <= 4000);
}

TEST_CASE("a frame of tiny elements is refused before it grows many times larger") {
  constexpr int32_t topics = 2 << 20;
  auto bytes = shared_bytes::allocate(4 + 2 * topics);  // empty names
  std::fill(bytes.writable().begin(), bytes.writable().end(), std::byte{0});
  store_big_endian<int32_t>(bytes.writable().data(), topics);
  metadata_request request;
  wire_reader in{bytes};
  decode(in, request, 1);
  REQUIRE(in.failed());
  CHECK(in.check().error().message.starts_with("too many array elements"));
}

TEST_CASE("a message prints the fields of its version") {
  CHECK(to_text(reply_with(shared_bytes::copy_of("xyz")), 4) ==
        R"({"throttle_time_ms":0,"responses":[{"topic":"t","partitions":[{"partition_index":3,)"
        R"("error_code":"NONE","high_watermark":0,"last_stable_offset":-1,)"
        R"("aborted_transactions":null,"records":"<3 bytes>"}]}]})");
  metadata_request request;
  request.topics.emplace().push_back({.name = "say \"hi\"\n"});
  CHECK(to_text(request, 1) == R"({"topics":[{"name":"say \"hi\"\u000a"}]})");
}

TEST_CASE("a whole request frame reads back") {
  metadata_request request;
  request_header header{api_key::metadata, 12, 5, "cli"};
  auto frame = *flatten(encode_request(request, header));
  wire_reader in{frame};
  CHECK(in.int32() == static_cast<int32_t>(frame.size() - 4));
  CHECK(decode_request_header(in) == header);
  CHECK(decode<metadata_request>(in, 12));
}
