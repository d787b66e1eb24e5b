// Carries leaders' wishes for another ISR to the authority over partition records: one request at a
// time, with all that have come meanwhile. Every wish is answered, if need be with "unknown".
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <vector>

#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

class isr_proposals_actor final : public pinned<isr_proposals_handle::base> {
public:
  isr_proposals_actor(caf::actor_config& config, unit& where, replica_seat self,
                      isr_authority_handle authority)
      : pinned(config, where), self_(self), authority_(std::move(authority)) {}

  const char* name() const override { return "isr_proposals"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  using promise = caf::typed_response_promise<isr_proposed>;
  struct waiting {
    propose_isr wish;
    promise answer;
  };

  void send();
  void answered(const partitions_altered& altered);

  const replica_seat self_;
  isr_authority_handle authority_;
  std::vector<waiting> waiting_;
  std::vector<waiting> asked_;  ///< With the authority now.
  bool is_asking_ = false;
};

}  // namespace ottla
