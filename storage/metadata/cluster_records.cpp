#include "storage/metadata/cluster_records.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/crc32c.hpp"
#include "storage/metadata/change_log.hpp"
#include "storage/metadata/record_codec.hpp"

namespace ottla {
namespace {

constexpr int16_t format_version = 1;
/// Only of buckets, and written only where there is something that needs it: brokers of an earlier
/// release read the others.
constexpr int16_t format_with_failed_replicas = 2;
constexpr size_t topic_name_bytes_max = 249;
constexpr int32_t bucket_count_max = 65'536;

// The reader fills a record, the writer reads a const one.
template <class R, class Record>
concept is_a = std::same_as<std::remove_const_t<R>, Record>;

}  // namespace

// Found by the codecs through their arguments' namespace, hence not in the unnamed one.
static last_stop last_of(last_stop) {
  return last_stop::disk_replaced;
}
static broker_status last_of(broker_status) {
  return broker_status::stopping;
}
static metadata_node::kind last_of(metadata_node::kind) {
  return metadata_node::kind::producer_ids;
}

template <class Codec, is_a<cluster_record> R>
static void fields(Codec& codec, R& r) {
  codec(r.cluster_id, r.bucket_count, r.created_ms);
  codec.require(r.bucket_count > 0 && r.bucket_count <= bucket_count_max, "a wrong bucket count");
}

template <class Codec, is_a<controller_record> R>
static void fields(Codec& codec, R& r) {
  codec(r.id, r.term);
}

template <class Codec, is_a<controller_epoch_record> R>
static void fields(Codec& codec, R& r) {
  codec(r.epoch);
  codec.require(r.epoch >= 0, "a negative controller epoch");
}

template <class Codec, is_a<broker_endpoint> R>
static void fields(Codec& codec, R& r) {
  codec(r.listener, r.security_protocol, r.host, r.port);
}

template <class Codec, is_a<broker_registration> R>
static void fields(Codec& codec, R& r) {
  codec(r.id, r.incarnation, r.previous_epoch, r.stopped, r.endpoints, r.rack);
  codec.require(r.id >= 0, "a negative broker id");
}

template <class Codec, is_a<broker_state_record> R>
static void fields(Codec& codec, R& r) {
  codec(r.id, r.epoch, r.status);
  codec.require(r.id >= 0, "a negative broker id");
}

template <class Codec, is_a<broker_states_record> R>
static void fields(Codec& codec, R& r) {
  codec(r.brokers);
}

template <class Codec, is_a<replica_seat> R>
static void fields(Codec& codec, R& r) {
  codec(r.id, r.epoch);
}

template <class Codec, is_a<partition_record> R>
static void fields(Codec& codec, R& r) {
  codec(r.replicas, r.adding, r.removing, r.leader, r.leader_epoch, r.isr, r.eligible,
        r.last_known_eligible, r.recovering, r.partition_epoch);
  if (codec.version() >= format_with_failed_replicas) codec(r.failed);
  codec.require(!r.replicas.empty(), "a partition without replicas");
  codec.require(r.leader_epoch >= 0 && r.partition_epoch >= 0, "a negative epoch");
}

template <class Codec, is_a<topic_record> R>
static void fields(Codec& codec, R& r) {
  codec(r.id, r.name, r.partition_count, r.configs);
  codec.require(!r.id.is_zero(), "a topic without an id");
  codec.require(!r.name.empty() && r.name.size() <= topic_name_bytes_max, "a wrong topic name");
  codec.require(r.partition_count > 0, "a topic without partitions");
}

template <class Codec, is_a<deleted_topic_record> R>
static void fields(Codec& codec, R& r) {
  codec(r.id, r.name, r.partition_count, r.pending);
  codec.require(!r.id.is_zero(), "a topic without an id");
}

template <class Codec, is_a<partition_block> R>
static void fields(Codec& codec, R& r) {
  codec(r.topic_id, r.number, r.partitions);
  codec.require(r.number >= 0 && r.number <= INT32_MAX / partitions_per_block, "a wrong block");
  codec.require(r.partitions.size() <= partitions_per_block, "too many partitions in a block");
}

template <class Codec, is_a<bucket_record> R>
static void fields(Codec& codec, R& r) {
  codec(r.topics, r.deleted, r.blocks);
  auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
  codec.require(std::ranges::is_sorted(r.topics, by_id), "topics out of order");
}

template <class Codec, is_a<resource_configs_record> R>
static void fields(Codec& codec, R& r) {
  codec(r.resources);
}

template <class Codec, is_a<producer_ids_record> R>
static void fields(Codec& codec, R& r) {
  codec(r.next);
  codec.require(r.next >= 0, "a negative producer id");
}

template <class Codec, is_a<metadata_change> R>
static void fields(Codec& codec, R& r) {
  codec(r.sequence, r.node.what, r.node.index, r.version);
  codec.require(r.node.index >= 0 && r.node.index < bucket_count_max, "a wrong node");
}

template <class Codec, is_a<change_log> R>
static void fields(Codec& codec, R& r) {
  codec(r.sequence, r.complete_from, r.changes);
  codec.require(r.sequence >= 0, "a negative sequence");
}

const broker_state_record* broker_states_record::find(broker_id id) const {
  auto found = std::ranges::find(brokers, id, &broker_state_record::id);
  return found == brokers.end() ? nullptr : &*found;
}

int32_t bucket_of(const uuid& topic_id, int32_t block, int32_t bucket_count) {
  // Topic ids are random: any 64 bits of one are a good hash. The blocks of a topic go round.
  auto start = load_big_endian<uint64_t>(topic_id.bytes.data() + 8);
  return static_cast<int32_t>((start + static_cast<uint64_t>(block)) %
                              static_cast<uint64_t>(bucket_count));
}

template <class Record>
static constexpr int16_t newest_format =
    std::same_as<Record, bucket_record> ? format_with_failed_replicas : format_version;

template <class Record>
static int16_t format_of(const Record& record) {
  if constexpr (std::same_as<Record, bucket_record>) {
    for (const auto& block : record.blocks) {
      const bool has_failed = std::ranges::any_of(
          block.partitions, [](const auto& partition) { return !partition.failed.empty(); });
      if (has_failed) return format_with_failed_replicas;
    }
  }
  return format_version;
}

template <class Record>
shared_bytes encode_record(const Record& record) {
  wire_writer out;
  const auto version = format_of(record);
  out.int16(version);
  record_writer codec(out, version);
  fields(codec, record);
  out.uint32(crc32c(out.view()));
  return out.finish_flat();
}

template <class Record>
outcome<Record> decode_record(std::span<const std::byte> bytes) {
  auto corrupt = [](std::string why) {
    return fault{error_code::corrupt_message, "metadata record: " + std::move(why)};
  };
  if (bytes.size() < sizeof(format_version) + sizeof(uint32_t)) return corrupt("too short");
  auto body = bytes.first(bytes.size() - sizeof(uint32_t));
  if (load_big_endian<uint32_t>(body.data() + body.size()) != crc32c(body)) {
    return corrupt("the checksum is wrong");
  }
  wire_reader in(body);
  const auto version = in.int16();
  if (version < format_version || version > newest_format<Record>) {
    return fault{error_code::unsupported_version,
                 fmt::format("metadata record: format {}, this version reads {}", version,
                             newest_format<Record>)};
  }
  Record record;
  field_reader codec(in, version);
  fields(codec, record);
  if (auto read = in.check(); !read) return corrupt(read.error().message);
  if (in.remaining() != 0) return corrupt("bytes left over");
  return record;
}

#define OTTLA_RECORD(type)                          \
  template shared_bytes encode_record(const type&); \
  template outcome<type> decode_record(std::span<const std::byte>);
OTTLA_RECORD(cluster_record)
OTTLA_RECORD(controller_record)
OTTLA_RECORD(controller_epoch_record)
OTTLA_RECORD(broker_registration)
OTTLA_RECORD(broker_states_record)
OTTLA_RECORD(bucket_record)
OTTLA_RECORD(resource_configs_record)
OTTLA_RECORD(producer_ids_record)
OTTLA_RECORD(change_log)
#undef OTTLA_RECORD

}  // namespace ottla
