// The record formats of `__consumer_offsets`, against bytes made by Apache Kafka 4.3's own classes.
#include "actors/group/group_records.hpp"

#include "tests/actors/group/hex.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

using namespace ottla;
using namespace ottla::testing;

namespace {

stored_offset golden_offset() {
  stored_offset value;
  value.offset = 42;
  value.epoch = 7;
  value.metadata = "meta";
  value.committed_at = 1'700'000'000'000;
  return value;
}

stored_group golden_group() {
  stored_group value;
  value.protocol_type = "consumer";
  value.generation = 5;
  value.protocol = "range";
  value.leader = "m-1";
  value.state_changed_at = 1'700'000'000'000;
  stored_member member;
  member.id = "m-1";
  member.instance_id = "inst";
  member.client_id = "client";
  member.client_host = "/127.0.0.1";
  member.rebalance_timeout_ms = 300'000;
  member.session_timeout_ms = 45'000;
  member.subscription = from_hex("010203");
  member.assignment = from_hex("0405");
  value.members.push_back(member);
  return value;
}

constexpr const char* group_bodies[] = {
    "00000008636f6e73756d657200000005000572616e676500036d2d310000000100036d2d310006636c69656e74000a"
    "2f"
    "3132372e302e302e310000afc800000003010203000000020405",
    "00010008636f6e73756d657200000005000572616e676500036d2d310000000100036d2d310006636c69656e74000a"
    "2f"
    "3132372e302e302e31000493e00000afc800000003010203000000020405",
    "00020008636f6e73756d657200000005000572616e676500036d2d310000018bcfe568000000000100036d2d310006"
    "63"
    "6c69656e74000a2f3132372e302e302e31000493e00000afc800000003010203000000020405",
    "00030008636f6e73756d657200000005000572616e676500036d2d310000018bcfe568000000000100036d2d310004"
    "69"
    "6e73740006636c69656e74000a2f3132372e302e302e31000493e00000afc800000003010203000000020405",
    "000409636f6e73756d6572000000050672616e6765046d2d310000018bcfe5680002046d2d3105696e737407636c69"
    "65"
    "6e740b2f3132372e302e302e31000493e00000afc8040102030304050000"};

}  // namespace

TEST_CASE("keys are written as Kafka writes them") {
  CHECK(to_hex(offset_tombstone({"group", "topic", 3}).key) ==
        "0001000567726f75700005746f70696300000003");
  CHECK(to_hex(group_tombstone("gr\xc3\xbcppe").key) == "000200076772c3bc707065");
  CHECK_FALSE(offset_tombstone({"group", "topic", 3}).value.has_value());
  CHECK_FALSE(group_tombstone("g").value.has_value());
}

TEST_CASE("offsets are written as Kafka 4.3 writes them") {
  auto value = golden_offset();
  CHECK(to_hex(*offset_record({"g", "t", 0}, value).value) ==
        "0004000000000000002a00000007056d6574610000018bcfe5680000");
  value.topic_id = *uuid::parse("AAECAwQFBgcICQoLDA0ODw");
  CHECK(to_hex(*offset_record({"g", "t", 0}, value).value) ==
        "0004000000000000002a00000007056d6574610000018bcfe56800010010000102030405060708090a0b0c0d0e"
        "0f");
  value.expires_at = 1'700'000'001'000;
  CHECK(to_hex(*offset_record({"g", "t", 0}, value).value) ==
        "0001000000000000002a00046d6574610000018bcfe568000000018bcfe56be8");
}

TEST_CASE("groups are written as Kafka 4.3 writes them") {
  CHECK(to_hex(*group_record("g", golden_group()).value) == group_bodies[3]);
  stored_group empty;
  empty.protocol_type = "consumer";
  empty.generation = 6;
  empty.state_changed_at = 1'700'000'000'000;
  CHECK(to_hex(*group_record("g", empty).value) ==
        "00030008636f6e73756d657200000006ffffffff0000018bcfe5680000000000");
}

TEST_CASE("offset values of every version of Kafka are read") {
  const char* bodies[] = {"0000000000000000002a00046d6574610000018bcfe56800",
                          "0001000000000000002a00046d6574610000018bcfe568000000018bcfe56be8",
                          "0002000000000000002a00046d6574610000018bcfe56800",
                          "0003000000000000002a0000000700046d6574610000018bcfe56800",
                          "0004000000000000002a00000007056d6574610000018bcfe5680000"};
  for (int version = 0; version <= 4; ++version) {
    auto expected = golden_offset();
    if (version < 3) expected.epoch = no_leader_epoch;
    if (version == 1) expected.expires_at = 1'700'000'001'000;
    auto read = decode_offset_value(from_hex(bodies[version]).view());
    REQUIRE(read);
    CHECK(*read == expected);
  }
  auto with_id = decode_offset_value(
      from_hex("0004000000000000002a00000007056d6574610000018bcfe568000100100001020304050607"
               "08090a0b0c0d0e0f")
          .view());
  REQUIRE(with_id);
  CHECK(with_id->topic_id == *uuid::parse("AAECAwQFBgcICQoLDA0ODw"));
}

TEST_CASE("group values of every version of Kafka are read") {
  for (int version = 0; version <= 4; ++version) {
    auto expected = golden_group();
    if (version < 1) expected.members[0].rebalance_timeout_ms = -1;
    if (version < 2) expected.state_changed_at = no_timestamp;
    if (version < 3) expected.members[0].instance_id.reset();
    auto read = decode_group_value(from_hex(group_bodies[version]).view());
    REQUIRE(read);
    CHECK(*read == expected);
  }
}

TEST_CASE("keys of kinds that are not kept here are told apart from damaged ones") {
  auto foreign = decode_group_log_key(from_hex("000300056772303031").view());
  REQUIRE(foreign);
  CHECK(std::get<foreign_record_key>(*foreign).version == 3);
  CHECK_FALSE(decode_group_log_key(from_hex("").view()));
  CHECK_FALSE(decode_group_log_key(from_hex("0001000567").view()));
  CHECK_FALSE(decode_group_log_key(from_hex("0002ffff").view()));
  auto legacy = decode_group_log_key(from_hex("0000000567726f75700005746f70696300000003").view());
  REQUIRE(legacy);
  CHECK(std::get<offset_record_key>(*legacy).partition == 3);
}

TEST_CASE("values of unknown versions and values cut short are refused") {
  CHECK_FALSE(decode_offset_value(from_hex("0005000000000000002a").view()));
  CHECK_FALSE(decode_group_value(from_hex("ffff0008636f6e73756d6572").view()));
  for (const auto* body : group_bodies) {
    auto whole = from_hex(body);
    for (size_t size = 0; size < whole.size(); ++size) {
      CHECK_FALSE(decode_group_value(whole.view().first(size)));
    }
  }
}

TEST_CASE("any offset comes back as it was stored") {
  rc::prop("encode, then decode", [](int64_t offset, int32_t epoch, const std::string& metadata,
                                     int64_t committed_at, bool with_id) {
    RC_PRE(metadata.size() < 5'000U);
    stored_offset value{offset, epoch, metadata, committed_at, no_timestamp, {}};
    if (with_id) value.topic_id = *uuid::parse("AAECAwQFBgcICQoLDA0ODw");
    auto read = decode_offset_value(offset_record({"g", "t", 1}, value).value->view());
    RC_ASSERT(bool{read});
    RC_ASSERT(*read == value);
  });
}
