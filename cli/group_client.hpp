// Questions about consumer groups and changes to them.
#pragma once

#include <string>
#include <vector>

#include "cli/list_offsets.hpp"
#include "protocol/messages/describe_groups.hpp"
#include "protocol/messages/list_groups.hpp"

namespace ottla {

struct listed_group {
  std::string id;
  std::string state;
  std::string type;  ///< "classic", "consumer", ...; empty if the broker does not say.
  std::string protocol_type;
  broker_id coordinator = no_broker;
};

struct described_member {
  std::string id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string host;
  std::vector<topic_partition> assignment;
};

struct group_view {
  std::string id;
  std::string state;
  std::string protocol;  ///< The assignor that the members agreed on.
  broker_id coordinator = no_broker;
  std::string waits_for;  ///< What a rebalance waits for, in the coordinator's words; may be empty.
  std::vector<described_member> members;
};

/// Groups of every broker, by id.
outcome<std::vector<listed_group>> list_groups(admin_client& client);
/// A group that does not exist is described as "Dead", as older versions of the API have it.
outcome<group_view> describe_group(admin_client& client, const std::string& group);
/// Committed offsets; partitions without one are left out.
outcome<partition_offsets> committed_offsets(admin_client& client, const std::string& group);
outcome<void> commit_offsets(admin_client& client, const std::string& group,
                             const partition_offsets& offsets);
outcome<void> delete_group(admin_client& client, const std::string& group);

}  // namespace ottla
