// How a handler asks the coordinator of a group.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <string>
#include <utility>

#include "actors/broker/broker_services.hpp"
#include "actors/handlers/handler.hpp"

namespace ottla {

/// Calls `answered(response)` with what the group's coordinator says, or `refused(error)` if it is
/// not here or goes away meanwhile: then clients look for it again. Both run in the session.
template <class Response, class Question, class Answered, class Refused>
void ask_coordinator(session_context& session, const std::string& group_id, Question question,
                     Answered answered, Refused refused) {
  auto coordinator = session.services().groups->find(group_id);
  if (!coordinator) return refused(error_code::not_coordinator);
  session.self()
      .request(coordinator, caf::infinite, std::move(question))
      .then([answered](Response& response) mutable { answered(std::move(response)); },
            [refused](const caf::error&) mutable { refused(error_code::not_coordinator); });
}

/// For requests whose response is the group's, word for word.
template <class Request, class Question>
void forward_to_group(session_context& session, const std::string& group_id, Question question,
                      reply_slot reply) {
  using response = typename Request::response;
  auto slot = std::make_shared<reply_slot>(std::move(reply));
  ask_coordinator<response>(
      session, group_id, std::move(question), [slot](response answer) { slot->send(answer); },
      [slot](error_code error) {
        response refused;
        refused.error_code = error;
        slot->send(refused);
      });
}

}  // namespace ottla
