#include "actors/handlers/leave_group.hpp"

#include "actors/handlers/group_access.hpp"
#include "protocol/messages/leave_group.hpp"

namespace ottla {

namespace {

constexpr api_version first_with_members = 3;  // KIP-345

// Before version 3 a request is of one member, and its error is that of the response.
void flatten_errors(leave_group_response& response) {
  for (const auto& member : response.members) {
    if (response.error_code == error_code::none) response.error_code = member.error_code;
  }
}

}  // namespace

void handle_leave_group(session_context& session, request incoming, reply_slot reply) {
  const auto version = incoming.header.version;
  auto decoded = decode<leave_group_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto group_id = decoded->group_id;
  if (version < first_with_members) {
    decoded->members = {{decoded->member_id, std::nullopt, std::nullopt}};
  }
  auto slot = std::make_shared<reply_slot>(std::move(reply));
  ask_coordinator<leave_group_response>(
      session, group_id, std::move(*decoded),
      [slot, version](leave_group_response answer) {
        if (version < first_with_members) flatten_errors(answer);
        slot->send(answer);
      },
      [slot](error_code error) {
        leave_group_response refused;
        refused.error_code = error;
        slot->send(refused);
      });
}

}  // namespace ottla
