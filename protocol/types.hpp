// The words that every layer shares: offsets, epochs, ids, topic names.
//
// Offsets, epochs and sequence numbers are plain integers with names, because they are added and
// compared everywhere; identities that must never be mixed up (topic ids, topic partitions) are
// types.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ottla {

using log_offset = int64_t;  ///< Position of a record in a partition. The next offset is one more.
using leader_epoch = int32_t;  ///< Rises with each change of a partition's leader; -1: none.
using broker_id = int32_t;     ///< `node.id`; -1: none.
using partition_index = int32_t;
using producer_id = int64_t;  ///< -1: the batch has no producer state.
using producer_epoch = int16_t;
using timestamp_ms = int64_t;  ///< Milliseconds since 1970-01-01 UTC; -1: none.
using api_version = int16_t;

inline constexpr leader_epoch no_leader_epoch = -1;
inline constexpr broker_id no_broker = -1;
inline constexpr producer_id no_producer_id = -1;
inline constexpr timestamp_ms no_timestamp = -1;

/// A 128-bit id in network order, as in Kafka's protocol (KIP-516). All zeros means "no id".
struct uuid {
  std::array<std::byte, 16> bytes{};

  [[nodiscard]] bool is_zero() const { return *this == uuid{}; }
  /// Kafka's text form: 22 characters of URL-safe base64 without padding.
  [[nodiscard]] std::string to_string() const;
  /// Reads the text form; nothing if `text` is not one.
  static std::optional<uuid> parse(std::string_view text);

  friend auto operator<=>(const uuid&, const uuid&) = default;
};

/// One partition of one topic, by name.
struct topic_partition {
  std::string topic;
  partition_index partition = 0;

  friend auto operator<=>(const topic_partition&, const topic_partition&) = default;
};

/// One partition of one topic, by the id that survives a deletion and re-creation of the name.
struct topic_id_partition {
  uuid topic_id;
  partition_index partition = 0;

  friend auto operator<=>(const topic_id_partition&, const topic_id_partition&) = default;
};

/// "orders-3", as Kafka names log directories and log lines.
std::string to_string(const topic_partition& which);

}  // namespace ottla

template <>
struct std::hash<ottla::uuid> {
  size_t operator()(const ottla::uuid& id) const noexcept;
};

template <>
struct std::hash<ottla::topic_partition> {
  size_t operator()(const ottla::topic_partition& which) const noexcept;
};

template <>
struct std::hash<ottla::topic_id_partition> {
  size_t operator()(const ottla::topic_id_partition& which) const noexcept;
};
