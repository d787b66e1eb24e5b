// Producer ids that this broker may give away: the blocks it got from the controller. Any thread.
#pragma once

#include <deque>
#include <mutex>
#include <optional>

#include "actors/cluster/controller_messages.hpp"

namespace ottla {

class producer_ids {
public:
  /// An id that nobody else gets, or nothing while there is no block left: ask the controller for
  /// one and add() it.
  std::optional<producer_id> take();
  void add(const producer_id_block& block);

private:
  std::mutex mutex_;
  std::deque<producer_id_block> blocks_;
};

}  // namespace ottla
