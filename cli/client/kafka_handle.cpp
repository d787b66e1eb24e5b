#include "cli/client/kafka_handle.hpp"

#include <csignal>

#include "cli/output.hpp"

namespace ottla {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void on_signal(int) {
  interrupted = interrupted + 1;
}

/// librdkafka's own lines are for developers; what matters comes back as errors.
void pass_over_log(const rd_kafka_t*, int, const char*, const char*) {}

}  // namespace

void kafka_settings::set(const std::string& key, const std::string& value) {
  char why[512];
  auto result = rd_kafka_conf_set(conf_, key.c_str(), value.c_str(), why, sizeof why);
  if (result == RD_KAFKA_CONF_OK || !refused_.empty()) return;
  refused_ = why;
  refused_.erase(refused_.find_last_not_of('\n') + 1);
}

void kafka_settings::set_all(const std::vector<std::string>& properties) {
  for (const auto& property : properties) {
    size_t equals = property.find('=');
    set(property.substr(0, equals), property.substr(equals + 1));
  }
}

outcome<kafka_handle> kafka_settings::make(rd_kafka_type_t type) {
  if (!refused_.empty()) return fault{error_code::invalid_config, refused_};
  char why[512];
  rd_kafka_t* handle = rd_kafka_new(type, conf_, why, sizeof why);
  if (!handle) return fault{error_code::invalid_config, why};
  conf_ = nullptr;  // the handle owns it now
  return kafka_handle(handle);
}

void apply_connection(const connection_options& options, kafka_settings& settings) {
  settings.set("bootstrap.servers", options.bootstrap);
  settings.set("client.id", "ottla");
  settings.set("broker.address.family", "any");
  settings.set("reconnect.backoff.max.ms", "1000");
  rd_kafka_conf_set_log_cb(settings.get(), pass_over_log);
}

int report_client_fault(const fault& why) {
  if (why.code == error_code::invalid_request) return report_usage("--bootstrap: " + why.message);
  if (why.code == error_code::invalid_config) return report_usage("--property: " + why.message);
  return report(why);
}

void take_over_signals() {
  struct sigaction action{};
  action.sa_handler = on_signal;  // without SA_RESTART: a read in progress ends
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

int interruptions() {
  return interrupted;
}

}  // namespace ottla
