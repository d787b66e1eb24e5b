// Snapshots, checkpoints, epoch files, meta.properties and our sealed files: arbitrary bytes are
// refused or understood, and what is understood is written back to the same meaning.
#include "protocol/assert.hpp"
#include "storage/checkpoints.hpp"
#include "storage/leader_epochs.hpp"
#include "storage/log_directory.hpp"
#include "storage/log_files.hpp"
#include "storage/producer_state.hpp"
#include "storage/quarantine.hpp"

using namespace ottla;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
  const std::string_view text = as_text(bytes);

  if (auto offsets = decode_offset_checkpoint(text)) {
    OTTLA_ASSERT(*decode_offset_checkpoint(encode_offset_checkpoint(*offsets)) == *offsets);
  }
  if (auto epochs = decode_leader_epochs(text)) {
    leader_epochs kept;
    kept.replace(*epochs);
    OTTLA_ASSERT(*decode_leader_epochs(encode_leader_epochs(kept.entries())) == *epochs);
  }
  if (auto id = decode_partition_metadata(text)) {
    OTTLA_ASSERT(*decode_partition_metadata(encode_partition_metadata(*id)) == *id);
  }
  if (auto identity = decode_meta_properties(text)) (void)encode_meta_properties(*identity);
  if (auto ranges = decode_quarantine(text)) {
    OTTLA_ASSERT(*decode_quarantine(encode_quarantine(*ranges)) == *ranges);
  }
  if (auto name = parse_log_file(text)) OTTLA_ASSERT(to_string(*name) == text);
  (void)parse_partition_directory(text);

  producer_state state(INT64_MAX);
  if (state.decode_snapshot(bytes, 0)) {
    const std::string first = state.encode_snapshot();
    producer_state again(INT64_MAX);
    OTTLA_ASSERT(static_cast<bool>(again.decode_snapshot(as_byte_span(first), 0)));
    OTTLA_ASSERT(again.encode_snapshot() == first);
  }
  return 0;
}
