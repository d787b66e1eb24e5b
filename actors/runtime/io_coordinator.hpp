// The CAF scheduler of the broker: a module that makes the io_units CAF's execution units.
//
// A runtime_config loads it; everything else gets its units from io_coordinator::of(system). Actors
// end before their system does: whoever started them says so, outermost first.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <memory>
#include <vector>

#include "actors/runtime/unit.hpp"

namespace ottla {

struct runtime_options {
  size_t units = 1;
  unit_resources resources;
};

/// The configuration of an actor system that runs on io_units.
class runtime_config : public caf::actor_system_config {
public:
  explicit runtime_config(runtime_options options);
  [[nodiscard]] const runtime_options& options() const { return options_; }

private:
  runtime_options options_;
};

/// The units of a system that was made from a runtime_config, by index.
std::vector<unit*> units_of(caf::actor_system& system);

}  // namespace ottla
