// Configuration files, and each of their values as a topic's: whatever they hold, they are read or
// refused with a reason.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "actors/config/broker_config.hpp"
#include "actors/config/config_changes.hpp"
#include "actors/config/config_description.hpp"
#include "actors/config/properties_file.hpp"

namespace {

using namespace ottla;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_broker(const std::vector<property>& entries) {
  config_layers layers;
  for (const auto& entry : entries) layers.statics[entry.key] = {entry.value, "fuzz"};
  auto loaded = make_broker_config(std::move(layers), "host");
  if (!loaded) {
    require(!loaded.error().message.empty());
    return;
  }
  require(!loaded->config.listeners.empty() && !loaded->config.log_dirs.empty());
  require(!describe_broker_configs(loaded->config).empty());
}

/// What change_topic_configs lets through must be usable and stay valid.
void check_topic(const broker_config& broker, const std::vector<property>& entries) {
  config_map current;
  for (const auto& entry : entries) {
    auto operation = static_cast<config_operation>(entry.line % 4);
    config_change change{entry.key, operation, entry.value};
    auto changed = change_topic_configs(broker, current, {&change, 1});
    if (!changed) continue;
    require(bool(check_topic_overrides(broker, *changed)));
    describe_topic_configs(broker, *changed);
    make_topic_config(broker, *changed);
    current = std::move(*changed);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto broker = make_broker_config({}, "host")->config;
  auto entries = parse_properties({reinterpret_cast<const char*>(data), size});
  if (!entries) {
    require(!entries.error().message.empty());
    return 0;
  }
  check_broker(*entries);
  check_topic(broker, *entries);
  return 0;
}
