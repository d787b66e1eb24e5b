// What judging a change takes: the draft that it goes into, the broker's configuration, chance.
#pragma once

#include "actors/cluster/leader_election.hpp"
#include "actors/cluster/metadata_draft.hpp"
#include "actors/config/broker_config.hpp"
#include "actors/runtime/random_source.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

struct change_context {
  metadata_draft& draft;
  const broker_config& config;
  random_source& random;
};

/// The election rules of a topic with these configs, among the brokers as the draft has them.
election_view view_of(const change_context& context, const config_map& topic_configs);
election_view view_of(const change_context& context, const topic_config& config);

}  // namespace ottla
