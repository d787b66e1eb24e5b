// Kafka's offset checkpoint files: one offset for each partition of a log directory, as text.
//
//   0                        version
//   2                        number of entries
//   orders 0 4711            topic, partition, offset
//   orders 1 815
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "protocol/outcome.hpp"
#include "protocol/types.hpp"
#include "storage/file_system.hpp"

namespace ottla {

using offset_checkpoint = std::map<topic_partition, log_offset>;

std::string encode_offset_checkpoint(const offset_checkpoint& offsets);
/// Fault corrupt_message for anything that encode_offset_checkpoint() would not write.
outcome<offset_checkpoint> decode_offset_checkpoint(std::string_view text);

/// Reads the file; empty if there is none.
outcome<offset_checkpoint> load_offset_checkpoint(file_system& disk, const std::string& path);
/// Writes aside, syncs and renames.
outcome<void> save_offset_checkpoint(file_system& disk, const std::string& path,
                                     const offset_checkpoint& offsets);

/// A log partition's `partition.metadata`: "version: 0\ntopic_id: <id>\n".
std::string encode_partition_metadata(const uuid& topic_id);
outcome<uuid> decode_partition_metadata(std::string_view text);

}  // namespace ottla
