#include "storage/leader_epochs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/assert.hpp"
#include "storage/text_lines.hpp"

namespace ottla {

void leader_epochs::assign(leader_epoch epoch, log_offset start) {
  if (!entries_.empty() && entries_.back().epoch == epoch) return;
  while (!entries_.empty() &&
         (entries_.back().epoch >= epoch || entries_.back().start_offset >= start)) {
    entries_.pop_back();
  }
  entries_.push_back({epoch, start});
  unsaved_ = true;
}

leader_epoch leader_epochs::latest() const {
  return entries_.empty() ? no_leader_epoch : entries_.back().epoch;
}

leader_epoch leader_epochs::epoch_of(log_offset offset) const {
  auto next =
      std::upper_bound(entries_.begin(), entries_.end(), offset,
                       [](log_offset o, const epoch_entry& e) { return o < e.start_offset; });
  return next == entries_.begin() ? no_leader_epoch : std::prev(next)->epoch;
}

std::optional<std::pair<leader_epoch, log_offset>> leader_epochs::end_of(leader_epoch epoch,
                                                                         log_offset log_end) const {
  auto next =
      std::upper_bound(entries_.begin(), entries_.end(), epoch,
                       [](leader_epoch e, const epoch_entry& entry) { return e < entry.epoch; });
  if (next == entries_.begin()) return std::nullopt;
  return std::pair{std::prev(next)->epoch, next == entries_.end() ? log_end : next->start_offset};
}

void leader_epochs::truncate_from_end(log_offset offset) {
  while (!entries_.empty() && entries_.back().start_offset >= offset) {
    entries_.pop_back();
    unsaved_ = true;
  }
}

void leader_epochs::truncate_from_start(log_offset offset) {
  while (entries_.size() > 1 && entries_[1].start_offset <= offset) {
    entries_.erase(entries_.begin());
    unsaved_ = true;
  }
  if (!entries_.empty() && entries_.front().start_offset < offset) {
    entries_.front().start_offset = offset;
    unsaved_ = true;
  }
}

void leader_epochs::replace(std::vector<epoch_entry> entries) {
  for (size_t i = 1; i < entries.size(); ++i) {
    OTTLA_ASSERT(entries[i - 1].epoch < entries[i].epoch);
    OTTLA_ASSERT(entries[i - 1].start_offset < entries[i].start_offset);
  }
  if (entries == entries_) return;
  entries_ = std::move(entries);
  unsaved_ = true;
}

std::string encode_leader_epochs(const std::vector<epoch_entry>& entries) {
  std::string text = fmt::format("0\n{}\n", entries.size());
  for (const auto& entry : entries) {
    fmt::format_to(std::back_inserter(text), "{} {}\n", entry.epoch, entry.start_offset);
  }
  return text;
}

outcome<std::vector<epoch_entry>> decode_leader_epochs(std::string_view text) {
  const fault malformed{error_code::corrupt_message, "bad leader-epoch-checkpoint"};
  text_lines lines(text);
  if (lines.next() != "0") return malformed;
  auto count = parse_number<uint32_t>(lines.next().value_or(""));
  std::vector<epoch_entry> entries;
  while (auto line = lines.next()) {
    auto epoch = parse_number<leader_epoch>(take_word(*line));
    auto start = parse_number<log_offset>(*line);
    if (!epoch || *epoch < 0 || !start || *start < 0) return malformed;
    const bool rises =
        entries.empty() || (entries.back().epoch < *epoch && entries.back().start_offset < *start);
    if (!rises) return malformed;
    entries.push_back({*epoch, *start});
  }
  if (!count || entries.size() != *count) return malformed;
  return entries;
}

}  // namespace ottla
