// What a broker says to the controller of removed data, as actors say it and as it goes between
// brokers.
#pragma once

#include "actors/cluster/controller_messages.hpp"
#include "protocol/messages/report_broker.hpp"

namespace ottla {

report_broker_request to_report(const local_data_removed& removed);
/// `from`: who has proved to say it.
local_data_removed to_removed(broker_id from, const report_broker_request& report);

}  // namespace ottla
