// DescribeConfigs: every config of topics and of this broker, with where its value comes from.
#pragma once

#include "actors/handlers/handler.hpp"
#include "protocol/messages/describe_configs.hpp"

namespace ottla {

void handle_describe_configs(session_context& session, request incoming, reply_slot reply);

/// The answer of the broker `self` with this configuration.
describe_configs_response answer_describe_configs(const metadata_image& image,
                                                  const broker_config& config, broker_id self,
                                                  const describe_configs_request& wanted);

}  // namespace ottla
