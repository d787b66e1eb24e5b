// Which leader epoch began at which offset, and the file that remembers it.
//
// The file `leader-epoch-checkpoint` has Kafka's format and is only a cache of what the batches
// say: a bad one is rebuilt from the log. Entries rise in both epoch and offset.
#pragma once

#include <optional>
#include <vector>

#include "protocol/outcome.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct epoch_entry {
  leader_epoch epoch = 0;
  log_offset start_offset = 0;

  friend bool operator==(const epoch_entry&, const epoch_entry&) = default;
};

class leader_epochs {
public:
  /// Notes that `epoch` begins at `start`. Entries that contradict it (same or higher epoch, or
  /// same or later offset) go. Does nothing for the epoch that is already the latest.
  void assign(leader_epoch epoch, log_offset start);
  [[nodiscard]] leader_epoch latest() const;
  /// The epoch that holds `offset`; none below the first entry.
  [[nodiscard]] leader_epoch epoch_of(log_offset offset) const;
  /// The largest entry with an epoch at or below `epoch`, and where the next one begins
  /// (`log_end` for the latest).
  [[nodiscard]] std::optional<std::pair<leader_epoch, log_offset>> end_of(leader_epoch epoch,
                                                                          log_offset log_end) const;
  /// Forgets entries that begin at or after `offset`.
  void truncate_from_end(log_offset offset);
  /// Forgets epochs that ended at or before `offset`; the one that holds it now begins there.
  void truncate_from_start(log_offset offset);
  void clear() { replace({}); }
  /// Puts `entries` in the place of all; they must rise.
  void replace(std::vector<epoch_entry> entries);

  [[nodiscard]] const std::vector<epoch_entry>& entries() const { return entries_; }
  /// Whether something changed since the last mark_saved().
  [[nodiscard]] bool unsaved() const { return unsaved_; }
  void mark_saved() { unsaved_ = false; }

private:
  std::vector<epoch_entry> entries_;
  bool unsaved_ = false;
};

/// Kafka's text: "0\n<count>\n<epoch> <offset>\n...".
std::string encode_leader_epochs(const std::vector<epoch_entry>& entries);
/// Fault corrupt_message for anything else, including entries that do not rise.
outcome<std::vector<epoch_entry>> decode_leader_epochs(std::string_view text);

}  // namespace ottla
