// Sessions whose fetch waits for this partition to grow.
//
// A watch is a number and a place, never bytes. It hears of every rise of the high watermark until
// its session ends it; an estimate that is too high only costs the session one read more. Owned by
// one partition actor.
#pragma once

#include <algorithm>
#include <vector>

#include "actors/partition/partition_messages.hpp"

namespace ottla {

class fetch_watches {
public:
  /// `read_bytes`: what the read that began the watch returned; `visible_bytes`: the partition's
  /// count of bytes below the high watermark when it was begun.
  void add(partition_watch watch, int64_t read_bytes, int64_t visible_bytes) {
    waiting_.push_back({std::move(watch), read_bytes - visible_bytes});
  }

  void remove(const unwatch_partition& ended) {
    std::erase_if(waiting_, [&](const entry& each) {
      return each.watch.watch_id == ended.watch_id && each.watch.session == ended.session;
    });
  }

  /// Calls notify(watch, bytes available) for each watch.
  template <class Notify>
  void grown(int64_t visible_bytes, Notify notify) const {
    for (const auto& each : waiting_) notify(each.watch, each.offset_bytes + visible_bytes);
  }

  /// Calls notify(watch) for each and forgets them all: the partition is going away.
  template <class Notify>
  void end_all(Notify notify) {
    for (const auto& each : waiting_) notify(each.watch);
    waiting_.clear();
  }

  [[nodiscard]] size_t size() const { return waiting_.size(); }
  [[nodiscard]] bool empty() const { return waiting_.empty(); }

private:
  struct entry {
    partition_watch watch;
    int64_t offset_bytes;  ///< Added to the count of visible bytes: what the watch can read.
  };
  std::vector<entry> waiting_;
};

}  // namespace ottla
