// Why a partition's records cannot be read or written here, in words for the admin interface.
#pragma once

#include <string>

#include "protocol/error_code.hpp"
#include "protocol/outcome.hpp"
#include "protocol/types.hpp"

namespace ottla {

inline fault not_here(broker_id leader) {
  if (leader == no_broker) {
    return {error_code::leader_not_available, "the partition has no leader at the moment", 0};
  }
  return {error_code::not_leader_or_follower,
          "broker " + std::to_string(leader) + " leads the partition: ask that one", 0};
}

inline fault refusal(error_code error, broker_id leader) {
  if (error == error_code::not_leader_or_follower) return not_here(leader);
  return {error, std::string{error_text(error)}, 0};
}

}  // namespace ottla
