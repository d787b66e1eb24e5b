#include "cli/broker_options.hpp"

#include <unistd.h>

#include <array>

#include "actors/runtime/log.hpp"

namespace ottla {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

config_inputs inputs_of(const broker_options& options) {
  config_inputs inputs{.overrides = options.overrides, .host_name = host_name()};
  if (options.config_file) inputs.file = *options.config_file;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    inputs.environment.emplace_back(*entry);
  }
  return inputs;
}

}  // namespace

void add_broker_options(command& to, broker_options& options) {
  to.options.push_back({"-c,--config",
                        &options.config_file,
                        "FILE",
                        "Properties file, as Kafka's",
                        {},
                        completion_hint::file});
  to.options.push_back({"-o,--override", &options.overrides, "KEY=VALUE",
                        "One setting over file and environment; may be repeated"});
}

outcome<broker_config> load(const broker_options& options) {
  auto loaded = load_broker_config(inputs_of(options));
  if (!loaded) {
    loaded.error().message = "the configuration is not valid:\n" + loaded.error().message;
    return std::move(loaded.error());
  }
  log::start({});
  for (const auto& warning : loaded->warnings) log::warn("config", "{}", warning);
  return std::move(loaded->config);
}

}  // namespace ottla
