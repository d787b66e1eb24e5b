#include "actors/handlers/admin_access.hpp"

#include "actors/cluster/controller_error.hpp"

namespace ottla {

caller_context caller_of(const session_context& session, const request& incoming) {
  const auto& connection = session.connection();
  return {.principal = connection.speaks_for.type + ":" + connection.speaks_for.name,
          .client_id = std::string{incoming.header.client_id.value_or("")},
          .client_address = connection.peer.host,
          .listener = connection.listener,
          .version = incoming.header.version};
}

error_code failure_of(const caf::error& error) {
  return controller_error_code(error);
}

}  // namespace ottla
