// The names of all files and directories that a log directory holds: Kafka's, and a few of ours.
//
//   <log dir>/meta.properties .lock .kafka_cleanshutdown ottla.run-marker ottla.storage-error
//             *-offset-checkpoint
//   <log dir>/<topic>-<partition>/%020d.log .index .timeindex .snapshot .txnindex
//             leader-epoch-checkpoint partition.metadata ottla.quarantine
//             ottla.truncation
//   <log dir>/<topic>-<partition>.<unique id>-delete | -stray | -future
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/types.hpp"

namespace ottla {

inline constexpr std::string_view meta_properties_name = "meta.properties";
inline constexpr std::string_view lock_file_name = ".lock";
inline constexpr std::string_view clean_shutdown_name = ".kafka_cleanshutdown";
inline constexpr std::string_view run_marker_name = "ottla.run-marker";
inline constexpr std::string_view storage_error_name = "ottla.storage-error";
inline constexpr std::string_view quarantine_name = "ottla.quarantine";
inline constexpr std::string_view truncation_name = "ottla.truncation";
inline constexpr std::string_view recovery_point_name = "recovery-point-offset-checkpoint";
inline constexpr std::string_view high_watermark_name = "replication-offset-checkpoint";
inline constexpr std::string_view log_start_name = "log-start-offset-checkpoint";
inline constexpr std::string_view cleaner_name = "cleaner-offset-checkpoint";
inline constexpr std::string_view leader_epoch_name = "leader-epoch-checkpoint";
inline constexpr std::string_view partition_metadata_name = "partition.metadata";

enum class log_file_kind : uint8_t { log, offset_index, time_index, snapshot, transaction_index };

/// What a file is waiting for: a removal, or the end of a compaction.
enum class log_file_suffix : uint8_t { none, deleted, cleaned, swap };

struct log_file_name {
  log_file_kind kind = log_file_kind::log;
  log_offset base = 0;
  log_file_suffix suffix = log_file_suffix::none;

  friend bool operator==(const log_file_name&, const log_file_name&) = default;
};

/// "00000000000000000042.log", with ".deleted" and so on behind it.
std::string to_string(const log_file_name& name);
/// The path of such a file in `directory`.
std::string log_file_path(std::string_view directory, const log_file_name& name);
/// Nothing if `name` is not that of a segment's file.
std::optional<log_file_name> parse_log_file(std::string_view name);

/// The first offset that a segment cannot hold: its indexes keep distances in 32 bits.
constexpr log_offset segment_end_limit(log_offset base) {
  return base > INT64_MAX - INT32_MAX - 1 ? INT64_MAX : base + INT32_MAX + 1;
}

/// The base offset of a segment in use, if `name` is that of its records' file.
std::optional<log_offset> segment_base(std::string_view name);

std::string join_path(std::string_view directory, std::string_view name);
/// `path` from the root, without "." and "..", and without '/' at the end: as Kafka names log
/// directories.
std::string absolute_path(const std::string& path);

enum class partition_directory_kind : uint8_t { live, deleting, stray, future };

struct partition_directory_name {
  topic_partition which;
  partition_directory_kind kind = partition_directory_kind::live;

  friend bool operator==(const partition_directory_name&,
                         const partition_directory_name&) = default;
};

/// "orders-3"; for the other kinds "orders-3.<unique>-delete", cut to 255 characters as Kafka does.
/// `unique` is 32 hexadecimal digits, ignored for a live directory.
std::string partition_directory(const partition_directory_name& name, std::string_view unique = "");
/// Nothing if `name` is not that of a partition.
std::optional<partition_directory_name> parse_partition_directory(std::string_view name);

}  // namespace ottla
