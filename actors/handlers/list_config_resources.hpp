// ListConfigResources: what has configs. Version 0 asked for client metrics only.
#pragma once

#include "actors/handlers/handler.hpp"
#include "protocol/messages/list_config_resources.hpp"

namespace ottla {

void handle_list_config_resources(session_context& session, request incoming, reply_slot reply);

list_config_resources_response answer_list_config_resources(
    const metadata_image& image, const list_config_resources_request& wanted, api_version version);

}  // namespace ottla
