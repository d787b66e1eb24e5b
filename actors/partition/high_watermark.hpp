// How far a partition's records are safe to show, and how much log lies below that.
//
// A replica counts with the offset that its durability level makes safe: the log end, or at level
// fsync the flushed offset. With one replica the high watermark is that offset. Plain arithmetic,
// owned by one partition actor.
#pragma once

#include <algorithm>

#include "actors/config/topic_config.hpp"
#include "protocol/types.hpp"

namespace ottla {

class high_watermark {
public:
  explicit high_watermark(durability level) : level_(level) {}

  /// Where the log was found at opening.
  void opened_at(log_offset log_end, log_offset flushed) { log_moved(log_end, flushed); }

  void set_durability(durability level) { level_ = level; }

  /// The log has grown, or been flushed; true if the high watermark rose.
  bool log_moved(log_offset log_end, log_offset flushed) {
    log_end_ = std::max(log_end_, log_end);
    flushed_ = std::max(flushed_, flushed);
    log_offset safe = level_ == durability::fsync ? std::min(flushed_, log_end_) : log_end_;
    if (safe <= offset_) return false;
    offset_ = safe;
    return true;
  }

  [[nodiscard]] log_offset offset() const { return offset_; }
  [[nodiscard]] log_offset log_end() const { return log_end_; }
  [[nodiscard]] log_offset flushed() const { return flushed_; }

private:
  durability level_;
  log_offset log_end_ = 0;
  log_offset flushed_ = 0;
  log_offset offset_ = 0;
};

}  // namespace ottla
