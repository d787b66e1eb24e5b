// Whom the rebalance of a group waits for, in words: for people who ask why nobody reads.
#pragma once

#include <string>

#include "actors/group/group_state.hpp"

namespace ottla {

/// Empty while no rebalance is under way.
std::string awaited_members(const group_state& group);

}  // namespace ottla
