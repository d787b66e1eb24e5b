// Topics that the broker creates because somebody asked for them, not for their creation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/handlers/handler.hpp"
#include "protocol/messages/create_topics.hpp"

namespace ottla {

/// As the broker's defaults want it, and the offsets topic as its own settings do.
create_topics_request::creatable_topic topic_by_defaults(std::string_view name,
                                                         const broker_config& config,
                                                         const metadata_image& image);

/// Creates them like that. Nobody waits for the answer: who asked asks again. Somebody else's
/// creation of the same name is as good; any other failure is a line in the log.
void create_in_background(session_context& session, const std::vector<std::string>& names,
                          const caller_context& caller, const metadata_image& image);

}  // namespace ottla
