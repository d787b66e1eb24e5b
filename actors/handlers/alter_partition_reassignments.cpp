#include "actors/handlers/alter_partition_reassignments.hpp"

#include "actors/handlers/admin_access.hpp"

namespace ottla {

void handle_alter_partition_reassignments(session_context& session, request incoming,
                                          reply_slot reply) {
  auto decoded = decode<alter_partition_reassignments_request>(std::move(incoming.body),
                                                               incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto failed = [](error_code code) {
    return alter_partition_reassignments_response{.error_code = code,
                                                  .error_message = std::string{error_text(code)}};
  };
  ask_controller(session, std::move(*decoded), caller_of(session, incoming), std::move(reply),
                 failed, [](alter_partition_reassignments_response&) {});
}

}  // namespace ottla
