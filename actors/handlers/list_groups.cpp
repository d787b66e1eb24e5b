#include "actors/handlers/list_groups.hpp"

#include <iterator>

#include "actors/handlers/gather.hpp"
#include "actors/handlers/group_access.hpp"
#include "protocol/messages/list_groups.hpp"

namespace ottla {

void handle_list_groups(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<list_groups_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto answers = make_gather<list_groups_response>(std::move(reply));
  for (const auto& coordinator : session.services().groups->all()) {
    // A coordinator that has just gone has no groups here any more: that is no error.
    session.self()
        .request(coordinator, caf::infinite, list_groups_call{*decoded})
        .then(
            [answers](list_groups_response& part) {
              auto& all = answers->response;
              if (part.error_code != error_code::none) all.error_code = part.error_code;
              std::ranges::move(part.groups, std::back_inserter(all.groups));
            },
            [answers](const caf::error&) {});
  }
}

}  // namespace ottla
