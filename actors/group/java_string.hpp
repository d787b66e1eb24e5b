// Two facts about text as Java sees it, in UTF-16: clients and Kafka's coordinators depend on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ottla {

/// Java's String.hashCode of UTF-8 `text`; bytes that are no UTF-8 count as U+FFFD.
int32_t java_hash(std::string_view text);

/// Java's String.length of UTF-8 `text`: UTF-16 code units.
size_t java_length(std::string_view text);

/// The partition of an internal topic that is responsible for `key`, as in every Kafka broker.
/// `partitions` is above 0.
int32_t coordinator_partition(std::string_view key, int32_t partitions);

}  // namespace ottla
