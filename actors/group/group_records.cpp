#include "actors/group/group_records.hpp"

#include "protocol/wire_reader.hpp"
#include "protocol/wire_writer.hpp"

namespace ottla {

namespace {

// The first two bytes of a key tell the kind of record.
constexpr int16_t legacy_offset_key = 0;  // Kafka 0.8: the same fields as offset_key.
constexpr int16_t offset_key = 1;
constexpr int16_t group_key = 2;

constexpr int16_t offset_value_with_expiry = 1;  // The only version that stores an expiry time.
constexpr int16_t offset_value_version = 4;
constexpr int16_t group_value_version = 3;
constexpr int16_t newest_value_version = 4;
constexpr int16_t first_flexible_version = 4;

constexpr uint32_t topic_id_tag = 0;

// Text, bytes and arrays in the form of a value's version.
class value_reader {
public:
  value_reader(wire_reader& in, bool flexible) : in_(in), flexible_(flexible) {}

  std::string text() { return std::string{flexible_ ? in_.compact_string() : in_.string()}; }
  std::optional<std::string> nullable_text() {
    auto view = flexible_ ? in_.compact_nullable_string() : in_.nullable_string();
    if (!view) return std::nullopt;
    return std::string{*view};
  }
  shared_bytes bytes() {
    return shared_bytes::copy_of(flexible_ ? in_.compact_bytes() : in_.bytes());
  }
  size_t count() {
    auto count = flexible_ ? in_.compact_array_count() : in_.array_count();
    if (!count) in_.fail("a null array of members");
    return count.value_or(0);
  }
  void end_of_struct() {
    if (flexible_) in_.skip_tagged_fields();
  }

private:
  wire_reader& in_;
  bool flexible_;
};

int16_t value_version(wire_reader& in) {
  auto version = in.int16();
  if (version < 0 || version > newest_value_version) in.fail("an unknown version of the value");
  return version;
}

shared_bytes encode_offset_key(const offset_record_key& key) {
  wire_writer out;
  out.int16(offset_key);
  out.string(key.group);
  out.string(key.topic);
  out.int32(key.partition);
  return out.finish_flat();
}

shared_bytes encode_group_key(const std::string& group) {
  wire_writer out;
  out.int16(group_key);
  out.string(group);
  return out.finish_flat();
}

shared_bytes encode_offset_with_expiry(const stored_offset& value) {
  wire_writer out;
  out.int16(offset_value_with_expiry);
  out.int64(value.offset);
  out.string(value.metadata);
  out.int64(value.committed_at);
  out.int64(value.expires_at);
  return out.finish_flat();
}

shared_bytes encode_offset(const stored_offset& value) {
  wire_writer out;
  out.int16(offset_value_version);
  out.int64(value.offset);
  out.int32(value.epoch);
  out.compact_string(value.metadata);
  out.int64(value.committed_at);
  if (value.topic_id.is_zero()) {
    out.no_tagged_fields();
  } else {
    out.unsigned_varint(1);
    out.unsigned_varint(topic_id_tag);
    out.unsigned_varint(static_cast<uint32_t>(value.topic_id.bytes.size()));
    out.id(value.topic_id);
  }
  return out.finish_flat();
}

void write_member(wire_writer& out, const stored_member& member) {
  out.string(member.id);
  out.nullable_string(member.instance_id);
  out.string(member.client_id);
  out.string(member.client_host);
  out.int32(member.rebalance_timeout_ms);
  out.int32(member.session_timeout_ms);
  out.bytes(member.subscription.view());
  out.bytes(member.assignment.view());
}

stored_member read_member(wire_reader& in, value_reader& read, int16_t version) {
  stored_member member;
  member.id = read.text();
  if (version >= 3) member.instance_id = read.nullable_text();
  member.client_id = read.text();
  member.client_host = read.text();
  if (version >= 1) member.rebalance_timeout_ms = in.int32();
  member.session_timeout_ms = in.int32();
  member.subscription = read.bytes();
  member.assignment = read.bytes();
  read.end_of_struct();
  return member;
}

void read_offset_tags(wire_reader& in, stored_offset& value) {
  auto count = in.unsigned_varint();
  for (uint32_t i = 0; i < count && !in.failed(); ++i) {
    auto tag = in.unsigned_varint();
    auto size = in.unsigned_varint();
    auto field = in.raw(size);
    if (tag != topic_id_tag || in.failed()) continue;
    if (field.size() != value.topic_id.bytes.size()) return in.fail("a topic id of a wrong size");
    std::ranges::copy(field, value.topic_id.bytes.begin());
  }
}

}  // namespace

group_log_record offset_record(const offset_record_key& key, const stored_offset& value) {
  const bool expires = value.expires_at != no_timestamp;
  return {encode_offset_key(key),
          expires ? encode_offset_with_expiry(value) : encode_offset(value)};
}

group_log_record offset_tombstone(const offset_record_key& key) {
  return {encode_offset_key(key), std::nullopt};
}

group_log_record group_record(const std::string& group, const stored_group& value) {
  wire_writer out;
  out.int16(group_value_version);
  out.string(value.protocol_type);
  out.int32(value.generation);
  out.nullable_string(value.protocol);
  out.nullable_string(value.leader);
  out.int64(value.state_changed_at);
  out.array_count(value.members.size());
  for (const auto& member : value.members) write_member(out, member);
  return {encode_group_key(group), out.finish_flat()};
}

group_log_record group_tombstone(const std::string& group) {
  return {encode_group_key(group), std::nullopt};
}

outcome<group_log_key> decode_group_log_key(std::span<const std::byte> bytes) {
  wire_reader in{bytes};
  auto version = in.int16();
  group_log_key key = foreign_record_key{version};
  if (version == legacy_offset_key || version == offset_key) {
    offset_record_key offset;
    offset.group = in.string();
    offset.topic = in.string();
    offset.partition = in.int32();
    key = std::move(offset);
  } else if (version == group_key) {
    key = group_record_key{std::string{in.string()}};
  }
  OTTLA_TRY(in.check());
  return key;
}

outcome<stored_offset> decode_offset_value(std::span<const std::byte> bytes) {
  wire_reader in{bytes};
  const auto version = value_version(in);
  value_reader read{in, version >= first_flexible_version};
  stored_offset value;
  value.offset = in.int64();
  if (version >= 3) value.epoch = in.int32();
  value.metadata = read.text();
  value.committed_at = in.int64();
  if (version == offset_value_with_expiry) value.expires_at = in.int64();
  if (version >= first_flexible_version) read_offset_tags(in, value);
  OTTLA_TRY(in.check());
  return value;
}

outcome<stored_group> decode_group_value(std::span<const std::byte> bytes) {
  wire_reader in{bytes};
  const auto version = value_version(in);
  value_reader read{in, version >= first_flexible_version};
  stored_group value;
  value.protocol_type = read.text();
  value.generation = in.int32();
  value.protocol = read.nullable_text();
  value.leader = read.nullable_text();
  if (version >= 2) value.state_changed_at = in.int64();
  const auto members = read.count();
  for (size_t i = 0; i < members && !in.failed(); ++i) {
    value.members.push_back(read_member(in, read, version));
  }
  read.end_of_struct();
  OTTLA_TRY(in.check());
  return value;
}

}  // namespace ottla
