#include "actors/handlers/delete_groups.hpp"

#include <algorithm>
#include <set>

#include "actors/handlers/gather.hpp"
#include "actors/handlers/group_access.hpp"
#include "protocol/messages/delete_groups.hpp"

namespace ottla {

void handle_delete_groups(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<delete_groups_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  std::set<std::string> groups{decoded->groups_names.begin(), decoded->groups_names.end()};
  auto answers = make_gather<delete_groups_response>(std::move(reply));
  for (const auto& group_id : groups) {
    answers->response.results.push_back({group_id, error_code::none, std::nullopt});
  }
  size_t i = 0;
  for (const auto& group_id : groups) {
    auto fill = [answers, i](error_code error) {
      auto& answer = answers->response.results[i];
      answer.error_code = error;
      if (error != error_code::none) answer.error_message = error_text(error);
    };
    ask_coordinator<delete_group_result>(
        session, group_id, delete_group_call{group_id},
        [fill](const delete_group_result& result) { fill(result.error); }, fill);
    ++i;
  }
}

}  // namespace ottla
