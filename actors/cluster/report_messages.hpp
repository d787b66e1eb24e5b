// What a broker says to the controller of itself, as actors say it and as it goes between brokers.
#pragma once

#include "actors/interfaces.hpp"
#include "protocol/messages/report_broker.hpp"

namespace ottla {

report_broker_request to_report(const local_data_removed& removed);
report_broker_request to_report(const replicas_failed& failed);
/// Tells a controller in this process what `report` says. `from`: who has proved to say it.
void tell(const controller_handle& controller, const replica_seat& from,
          const report_broker_request& report);

}  // namespace ottla
