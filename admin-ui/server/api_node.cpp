// The node itself: health, metrics, who and what this is.
#include <boost/json.hpp>

#include "admin-ui/server/api_handlers.hpp"
#include "admin-ui/server/api_parameters.hpp"

namespace ottla {

namespace json = boost::json;

/// Alive: the broker's actors answer.
void answer_healthz(const api_call& call) {
  call.backend->readiness(
      reply_with<std::vector<readiness_check>>(call, [](const std::vector<readiness_check>&) {
        return json_reply(json::object{{"status", "ok"}});
      }));
}

void answer_readyz(const api_call& call) {
  call.backend->readiness(reply_with<std::vector<readiness_check>>(
      call, [](const std::vector<readiness_check>& checks) {
        bool is_ready = true;
        json::array list;
        for (const auto& each : checks) {
          is_ready = is_ready && each.is_met;
          list.push_back({{"name", each.name}, {"ok", each.is_met}, {"reason", each.reason}});
        }
        return json_reply(
            json::object{{"status", is_ready ? "ready" : "not-ready"}, {"checks", std::move(list)}},
            is_ready ? 200 : 503);
      }));
}

void answer_metrics(const api_call& call) {
  call.backend->metrics(reply_with<std::string>(call, [](const std::string& page) {
    return http_reply{200, "text/plain; version=0.0.4; charset=utf-8", page, {}};
  }));
}

void answer_openapi(const api_call& call) {
  call.respond({200, "application/json", std::string{openapi_document()}, {}});
}

void answer_whoami(const api_call& call) {
  const auto& facts = *call.facts;
  call.respond(json_reply(json::object{
      {"principal", "User:ANONYMOUS"},
      {"readOnly", facts.is_read_only},
      {"broker", facts.broker},
      {"version", facts.version},
      {"uiHash", facts.ui_hash.empty() ? json::value{} : json::value(facts.ui_hash)}}));
}

void answer_cluster(const api_call& call) {
  call.backend->cluster(reply_with_json<cluster_view>(call));
}

void answer_brokers(const api_call& call) {
  call.backend->brokers(reply_with_json<brokers_view>(call));
}

void answer_traffic(const api_call& call) {
  call.backend->traffic(reply_with_json<traffic_view>(call));
}

}  // namespace ottla
