// What the leader checks before it appends a produced batch, and what it changes.
//
// Follows Kafka's LogValidator and the checks around it; the differences are in the comments of the
// source. Pure: time and rules come in, a batch or a structured refusal comes out. Any thread;
// takes milliseconds for a batch that must be inflated.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/compression.hpp"
#include "protocol/error_code.hpp"
#include "protocol/record_batch.hpp"
#include "protocol/shared_bytes.hpp"
#include "protocol/types.hpp"

namespace ottla {

enum class append_origin : uint8_t {
  client,      ///< A producer: validated by the topic's rules.
  coordinator  ///< A coordinator of this broker writing an internal topic.
};

/// How far a compressed batch is looked into when nothing else needs its records. Uncompressed
/// batches are always walked.
enum class validation_level : uint8_t {
  header,  ///< Header, CRC and the outside of the compressed stream.
  full     ///< Inflated and walked.
};

/// `compression.type` of a topic: keep what the producer chose, or bring to one codec.
struct target_compression {
  bool keep_producers = true;
  compression_options codec;  ///< Counts only when not keep_producers.
};

struct validation_rules {
  std::string_view partition_name;  ///< "topic-0", for messages.
  int32_t max_message_bytes = 1'048'588;
  int32_t segment_bytes = std::numeric_limits<int32_t>::max();
  bool compacted = false;  ///< Records need keys.
  timestamp_type time_type = timestamp_type::create_time;
  int64_t timestamp_before_max_ms = std::numeric_limits<int64_t>::max();
  int64_t timestamp_after_max_ms = 3'600'000;
  target_compression compression;
  validation_level level = validation_level::header;
  append_origin origin = append_origin::client;
  api_version produce_version = 13;
  inflation_limits inflation;
};

/// Why one record of a batch was refused (Produce v8 and later).
struct record_fault {
  int32_t batch_index = 0;
  std::string message;
};

/// A batch that may be appended. Offsets and epoch are still to be stamped.
struct validated_batch {
  shared_bytes batch;
  record_batch_header header;  ///< Of `batch`.
  /// Set in the produce answer; -1 unless the topic uses LogAppendTime.
  timestamp_ms log_append_time_ms = no_timestamp;
  bool recompressed = false;  ///< `batch` is a new buffer.
};

/// Why nothing was appended.
struct batch_rejection {
  error_code error = error_code::invalid_record;
  std::string message;
  std::vector<record_fault> records;  ///< At most the first 1,000 records at fault.
};

using validation_result = std::variant<validated_batch, batch_rejection>;

/// Checks the records of one partition in a produce request, which must be exactly one batch, and
/// brings them into the form to append. Needs the bytes for itself: where only timestamps change it
/// writes them (and the CRC) in place. With `compression.type=producer` and CreateTime a correct
/// batch stays as it is, byte for byte.
validation_result validate_batch(const shared_bytes& records, const validation_rules& rules,
                                 timestamp_ms now_ms);

}  // namespace ottla
