// ApiVersions: which APIs and versions this broker offers, straight from the table of routes.
#pragma once

#include "actors/handlers/handler.hpp"

namespace ottla {

void handle_api_versions(session_context& session, request incoming, reply_slot reply);

/// The answer to a version of ApiVersions that we do not know: version 0, UNSUPPORTED_VERSION, and
/// the versions of ApiVersions itself, so that the client can ask again (KIP-511).
void answer_unknown_api_versions(std::span<const route> routes, reply_slot reply);

}  // namespace ottla
