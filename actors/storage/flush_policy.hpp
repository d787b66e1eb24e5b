// When a log's new bytes have to go to the disk. Plain decisions; the log actor carries them out.
//
//   fsync       at once: consumers see nothing that a power cut could take
//   replicated  a second after the first unflushed byte, or after 32 MiB of them
//   relaxed     as Kafka: by flush.messages, by flush.ms, and when a segment is full
#pragma once

#include <cstdint>

#include "actors/config/topic_config.hpp"

namespace ottla {

struct flush_policy {
  durability level = durability::fsync;
  int64_t background_delay_ms = 1'000;
  int64_t background_bytes = 32 << 20;

  /// What is known of a log when the question is asked.
  struct dirt {
    bool is_clean = true;         ///< Everything is on disk already.
    int64_t bytes = 0;            ///< Appended since the last flush began.
    bool messages_due = false;    ///< flush.messages is reached.
    bool segment_rolled = false;  ///< A segment was filled since the last flush began.
  };

  [[nodiscard]] bool flush_now(const dirt& found) const {
    if (found.is_clean) return false;
    if (level == durability::fsync || found.messages_due || found.segment_rolled) return true;
    return level == durability::replicated && found.bytes >= background_bytes;
  }
};

}  // namespace ottla
