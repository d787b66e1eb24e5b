#include "actors/handlers/describe_groups.hpp"

#include "actors/handlers/gather.hpp"
#include "actors/handlers/group_access.hpp"
#include "protocol/messages/describe_groups.hpp"

namespace ottla {

namespace {

constexpr api_version first_with_operations = 3;
// Read, delete, describe, describe configs, alter configs: all there is, while nobody authorizes.
constexpr int32_t every_group_operation = 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11;

}  // namespace

void handle_describe_groups(session_context& session, request incoming, reply_slot reply) {
  const auto version = incoming.header.version;
  auto decoded = decode<describe_groups_request>(std::move(incoming.body), version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const bool with_operations =
      version >= first_with_operations && decoded->include_authorized_operations;
  auto answers = make_gather<describe_groups_response>(std::move(reply));
  answers->response.groups.resize(decoded->groups.size());
  for (size_t i = 0; i < decoded->groups.size(); ++i) {
    const auto& group_id = decoded->groups[i];
    ask_coordinator<group_description>(
        session, group_id, describe_group_call{group_id, version},
        [answers, i, with_operations](group_description description) {
          if (with_operations && description.error_code == error_code::none) {
            description.authorized_operations = every_group_operation;
          }
          answers->response.groups[i] = std::move(description);
        },
        [answers, i, group_id](error_code error) {
          auto& answer = answers->response.groups[i];
          answer.group_id = group_id;
          answer.error_code = error;
        });
  }
}

}  // namespace ottla
