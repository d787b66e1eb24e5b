// How admin_actor asks the controller for a change. Inside actors/admin only.
#pragma once

#include <caf/error.hpp>
#include <utility>

#include "actors/admin/admin_actor.hpp"

namespace ottla {

/// `finish` gets the controller's response.
template <class Request, class Finish>
void admin_actor::change(Request wanted, api_version version, Finish finish,
                         std::function<void(const fault&)> failed) {
  using response = typename Request::response;
  const caller_context caller{.client_id = "admin", .listener = "admin", .version = version};
  this->request(services_.controller, caf::infinite,
                admin_command<Request>{std::move(wanted), caller})
      .then([finish](const response& answer) { finish(answer); },
            [failed](const caf::error&) {
              failed({error_code::not_controller, "the controller cannot be reached now", 0});
            });
}

}  // namespace ottla
