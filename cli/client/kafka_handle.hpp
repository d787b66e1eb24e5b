// What producing and consuming share: a librdkafka handle with our settings, and signals.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/admin_client.hpp"
#include "protocol/outcome.hpp"

namespace ottla {

struct kafka_destroyer {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using kafka_handle = std::unique_ptr<rd_kafka_t, kafka_destroyer>;

/// Settings for a handle; the first that librdkafka refuses is kept as the fault of take().
class kafka_settings {
public:
  kafka_settings() : conf_(rd_kafka_conf_new()) {}
  ~kafka_settings() {
    if (conf_) rd_kafka_conf_destroy(conf_);
  }
  kafka_settings(const kafka_settings&) = delete;
  kafka_settings& operator=(const kafka_settings&) = delete;

  void set(const std::string& key, const std::string& value);
  /// "key=value" texts from --property.
  void set_all(const std::vector<std::string>& properties);
  [[nodiscard]] rd_kafka_conf_t* get() { return conf_; }
  /// Makes the handle; the settings are used up.
  outcome<kafka_handle> make(rd_kafka_type_t type);

private:
  rd_kafka_conf_t* conf_;
  std::string refused_;
};

/// The settings of both directions.
void apply_connection(const connection_options& options, kafka_settings& settings);

/// Reports why producing or consuming failed; a setting or address that cannot be is exit_usage.
int report_client_fault(const fault& why);

/// From now on Ctrl-C and SIGTERM are only counted.
void take_over_signals();
/// How often one of them came.
int interruptions();
inline bool is_interrupted() {
  return interruptions() > 0;
}

}  // namespace ottla
