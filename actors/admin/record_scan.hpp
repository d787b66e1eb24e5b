// Looks for records in batches as they lie in the log, for the admin interface. Plain code; any
// thread that may take its time.
#pragma once

#include <span>

#include "admin-ui/server/record_views.hpp"

namespace ottla {

/// Adds what `batches` hold from page.next on and `question` wants, and moves page.next behind what
/// was looked at. Sets page.ended_by to `limit` when the page is full, and to `budget` when enough
/// was scanned; else leaves it. A fault names bytes that are no sound batch.
outcome<void> scan_batches(std::span<const std::byte> batches, const records_question& question,
                           records_page& page);

/// The partition of a record with this key, as Kafka's Java client chooses it.
partition_index partition_for_key(std::string_view key, int32_t partitions);

}  // namespace ottla
