#include "actors/handlers/incremental_alter_configs.hpp"

#include "actors/handlers/admin_access.hpp"

namespace ottla {

void handle_incremental_alter_configs(session_context& session, request incoming,
                                      reply_slot reply) {
  auto decoded =
      decode<incremental_alter_configs_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto failed = [resources = decoded->resources](error_code code) {
    incremental_alter_configs_response response;
    for (const auto& resource : resources) {
      response.responses.push_back(
          {code, std::string{error_text(code)}, resource.resource_type, resource.resource_name});
    }
    return response;
  };
  ask_controller(session, std::move(*decoded), caller_of(session, incoming), std::move(reply),
                 failed, [](incremental_alter_configs_response&) {});
}

}  // namespace ottla
