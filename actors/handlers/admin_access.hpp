// How an admin handler reaches the controller, and what all of them say alike.
#pragma once

#include <limits>
#include <memory>
#include <utility>

#include "actors/cluster/controller_messages.hpp"
#include "actors/handlers/handler.hpp"

namespace ottla {

/// Kafka's "not asked for" in fields of authorized operations.
inline constexpr int32_t operations_not_asked = std::numeric_limits<int32_t>::min();
/// What anybody may do while there are no ACLs, as bits of Kafka's operation numbers: topics (read,
/// write, create, delete, alter, describe, describe configs, alter configs) and the cluster.
inline constexpr int32_t all_topic_operations = 0xdf8;
inline constexpr int32_t all_cluster_operations = 0x1fa0;

caller_context caller_of(const session_context& session, const request& incoming);

/// The code of a failed request to the controller.
error_code failure_of(const caf::error& error);

/// Sends `wanted` to the controller and its answer to the client. `failed(error_code)` makes the
/// answer if there is none; `finish(response)` may complete one.
template <class Request, class Failed, class Finish>
void ask_controller(session_context& session, Request wanted, const caller_context& caller,
                    reply_slot reply, Failed failed, Finish finish) {
  using response = typename Request::response;
  auto slot = std::make_shared<reply_slot>(std::move(reply));
  session.self()
      .request(session.services().controller, caf::infinite,
               admin_command<Request>{std::move(wanted), caller})
      .then(
          [slot, finish](response& answer) {
            finish(answer);
            slot->send(answer);
          },
          [slot, failed](const caf::error& why) { slot->send(failed(failure_of(why))); });
}

}  // namespace ottla
