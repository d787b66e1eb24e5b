// What the cluster remembers: the records of design, and their bytes in the nodes of the store.
//
// Every node holds one of the encoded forms below: a format version, the fields, a CRC-32C.
// Decoding believes nothing: lengths, counts, ranges and the checksum are checked. Plain values.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/shared_bytes.hpp"
#include "protocol/types.hpp"

namespace ottla {

/// Rises with each registration of a broker (the creation id of its node); -1: none.
using broker_epoch = int64_t;
inline constexpr broker_epoch no_broker_epoch = -1;

/// The identity of the cluster; written once. Node "/cluster".
struct cluster_record {
  std::string cluster_id;
  int32_t bucket_count = 0;  ///< Nodes that topics and partitions are spread over; never changes.
  timestamp_ms created_ms = no_timestamp;
};

/// Who is controller. Node "/controller", ephemeral. Its epoch is in "/controller_epoch", whose
/// version fences every write of a controller.
struct controller_record {
  broker_id id = no_broker;
  uuid term;  ///< Drawn for each attempt, so that a candidate knows its own node again.
};
struct controller_epoch_record {
  int32_t epoch = 0;
};

/// How a broker's previous run ended, as it found out when it started.
enum class last_stop : uint8_t {
  clean = 0,
  process_crash = 1,  ///< The page cache survived: nothing acknowledged is lost.
  machine_crash = 2,  ///< What was not flushed may be lost.
  disk_replaced = 3   ///< Its replicas are not what they were.
};

struct broker_endpoint {
  std::string listener;
  int16_t security_protocol = 0;  ///< Kafka's number: 0 is plaintext.
  std::string host;
  uint16_t port = 0;
  friend bool operator==(const broker_endpoint&, const broker_endpoint&) = default;
};

/// What a running broker says of itself. Node "/brokers/<id>", ephemeral; the id of its creation is
/// the broker epoch.
struct broker_registration {
  broker_id id = no_broker;
  uuid incarnation;  ///< Of this run of the process.
  broker_epoch previous_epoch = no_broker_epoch;
  last_stop stopped = last_stop::clean;
  std::vector<broker_endpoint> endpoints;
  std::optional<std::string> rack;
  friend bool operator==(const broker_registration&, const broker_registration&) = default;
};

enum class broker_status : uint8_t {
  fenced = 0,  ///< Registered, not yet ready: hidden from clients, leads nothing.
  active = 1,
  draining = 2,  ///< Gets no new replicas, and leads only what nobody else can. Never stored.
  stopping = 3   ///< About to leave: joins no ISR.
};

/// What the controller decided about a broker. Node "/broker_states" holds those of all brokers.
struct broker_state_record {
  broker_id id = no_broker;
  broker_epoch epoch = no_broker_epoch;
  broker_status status = broker_status::fenced;
  friend bool operator==(const broker_state_record&, const broker_state_record&) = default;
};

/// A replica in the incarnation it was judged in: a later one has to be judged anew.
struct replica_seat {
  broker_id id = no_broker;
  broker_epoch epoch = no_broker_epoch;
  friend auto operator<=>(const replica_seat&, const replica_seat&) = default;
};

struct partition_record {
  std::vector<broker_id> replicas;  ///< The first is the preferred leader.
  std::vector<broker_id> adding;
  std::vector<broker_id> removing;
  replica_seat leader;  ///< {no_broker, no_broker_epoch}: offline.
  int32_t leader_epoch = 0;
  std::vector<replica_seat> isr;
  std::vector<replica_seat> eligible;  ///< Left the ISR while it was too small (KIP-966).
  std::vector<broker_id> last_known_eligible;
  /// Cannot be used in that life of the broker, which runs: the log directory has failed.
  std::vector<replica_seat> failed;
  bool recovering = false;  ///< The leader may lack acknowledged records.
  int32_t partition_epoch = 0;
  friend bool operator==(const partition_record&, const partition_record&) = default;
};

struct topic_record {
  uuid id;
  std::string name;
  int32_t partition_count = 0;  ///< Partitions at or above it are being made: nobody sees them.
  std::map<std::string, std::string, std::less<>> configs;
  friend bool operator==(const topic_record&, const topic_record&) = default;
};

/// A topic that is gone for clients while brokers still have to remove its data.
struct deleted_topic_record {
  uuid id;
  std::string name;
  int32_t partition_count = 0;
  std::vector<broker_id> pending;  ///< Brokers that have not said yet that its data is removed.
  friend bool operator==(const deleted_topic_record&, const deleted_topic_record&) = default;
};

inline constexpr int32_t partitions_per_block = 64;

/// Partitions [number * 64, number * 64 + partitions.size()) of a topic.
struct partition_block {
  uuid topic_id;
  int32_t number = 0;
  std::vector<partition_record> partitions;
  friend bool operator==(const partition_block&, const partition_block&) = default;
};

/// A share of all topics and partitions. Node "/buckets/<n>"; absent when empty. Each list is
/// sorted by topic id (blocks also by number).
struct bucket_record {
  std::vector<topic_record> topics;
  std::vector<deleted_topic_record> deleted;
  std::vector<partition_block> blocks;
  [[nodiscard]] bool empty() const { return topics.empty() && deleted.empty() && blocks.empty(); }
  friend bool operator==(const bucket_record&, const bucket_record&) = default;
};

/// The bucket of a topic's record (`block` 0) and of its blocks of partitions.
int32_t bucket_of(const uuid& topic_id, int32_t block, int32_t bucket_count);

/// Dynamic configs of anything but topics, by Kafka's resource type and name. Node "/configs".
struct resource_configs_record {
  using key = std::pair<int8_t, std::string>;
  std::map<key, std::map<std::string, std::string, std::less<>>> resources;
  friend bool operator==(const resource_configs_record&, const resource_configs_record&) = default;
};

/// The first producer id that no broker has been given. Node "/producer_ids".
struct producer_ids_record {
  producer_id next = 0;
};

template <class Record>
shared_bytes encode_record(const Record& record);
/// CORRUPT_MESSAGE with the reason, or UNSUPPORTED_VERSION for a newer format.
template <class Record>
outcome<Record> decode_record(std::span<const std::byte> bytes);

/// All brokers' states, as one node holds them.
struct broker_states_record {
  std::vector<broker_state_record> brokers;  ///< Sorted by id.

  /// Null if nothing was decided about that broker yet.
  [[nodiscard]] const broker_state_record* find(broker_id id) const;
  friend bool operator==(const broker_states_record&, const broker_states_record&) = default;
};

}  // namespace ottla
