// One member of a classic group, as the coordinator knows it.
//
// Subscriptions and assignments are the clients' own bytes: they are stored and handed on untouched
// (the one exception is the list of topics, see consumer_subscription.hpp). They are copies, so no
// receive buffer stays alive for as long as a member does.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/shared_bytes.hpp"

namespace ottla {

/// Names a request whose answer is due; chosen by the caller, never reused within a group.
using request_ticket = uint64_t;

/// A way of assigning partitions that a member offers, with its subscription in that way's form.
struct group_protocol {
  std::string name;
  shared_bytes metadata;

  friend bool operator==(const group_protocol& a, const group_protocol& b) {
    return a.name == b.name && std::ranges::equal(a.metadata.view(), b.metadata.view());
  }
};

struct group_member {
  std::string id;
  std::optional<std::string> instance_id;  ///< Set for static members (KIP-345).
  std::string client_id;
  std::string client_host;
  int32_t rebalance_timeout_ms = 0;
  int32_t session_timeout_ms = 0;
  std::vector<group_protocol> protocols;  ///< In the member's order of preference.
  shared_bytes assignment;
  std::optional<request_ticket> awaiting_join;
  std::optional<request_ticket> awaiting_sync;
  /// Has not been in a generation yet: its wait for the join itself can expire.
  bool is_new = false;

  [[nodiscard]] bool is_static() const { return instance_id.has_value(); }
  /// A member whose request is parked cannot send heartbeats, so silence is no failure.
  [[nodiscard]] bool may_be_silent() const { return !is_new && (awaiting_join || awaiting_sync); }
  /// The metadata for `protocol`; empty if the member does not offer it.
  [[nodiscard]] shared_bytes metadata_for(std::string_view protocol) const {
    for (const auto& offered : protocols) {
      if (offered.name == protocol) return offered.metadata;
    }
    return {};
  }
};

}  // namespace ottla
