// `ottla serve`: reads the configuration and becomes a broker.
#include <unistd.h>

#include <array>
#include <memory>

#include <fmt/format.h>

#include "actors/broker/run_broker.hpp"
#include "actors/runtime/log.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace ottla {
namespace {

struct serve_options {
  std::optional<std::string> config_file;
  std::vector<std::string> overrides;
  bool check_only = false;
};

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

config_inputs inputs_of(const serve_options& options) {
  config_inputs inputs{.overrides = options.overrides, .host_name = host_name()};
  if (options.config_file) inputs.file = *options.config_file;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    inputs.environment.emplace_back(*entry);
  }
  return inputs;
}

/// What a person who has just started a broker wants to know.
void greet(const std::vector<listener_config>& listeners) {
  if (isatty(STDOUT_FILENO) == 0 || listeners.empty()) return;
  std::string text;
  for (const auto& each : listeners) text += fmt::format("  listening on  {}\n", to_string(each));
  const auto& first = listeners.front();
  const auto bootstrap = fmt::format("{}:{}", first.advertised_host, first.advertised_port);
  text += fmt::format(
      "\n  write a line  echo hello | ottla produce greetings -b {0}\n"
      "  read it       ottla consume greetings --from earliest -b {0}\n\n",
      bootstrap);
  print(text);
}

int serve(const serve_options& options) {
  auto loaded = load_broker_config(inputs_of(options));
  if (!loaded) return report("the configuration is not valid:\n" + loaded.error().message);
  log::start({});
  for (const auto& warning : loaded->warnings) log::warn("config", "{}", warning);
  if (options.check_only) return print("the configuration is valid\n") ? exit_ok : exit_failed;
  return run_broker(loaded->config, greet);
}

}  // namespace

command serve_command() {
  auto options = std::make_shared<serve_options>();
  return {
      .name = "serve",
      .summary = "Run a broker",
      .description =
          "Runs until SIGTERM or Ctrl-C. Every key of the configuration can also be given as an\n"
          "environment variable (OTTLA_LOG_DIRS for log.dirs) or with --override.",
      .options =
          {{"-c,--config",
            &options->config_file,
            "FILE",
            "Properties file, as Kafka's",
            {},
            completion_hint::file},
           {"-o,--override",
            &options->overrides,
            "KEY=VALUE",
            "One setting over file and environment; may be repeated",
            {},
            {}},
           {"--check-config", &options->check_only, "", "Check the configuration and end", {}, {}}},
      .examples = {"ottla serve", "ottla serve --config server.properties",
                   "ottla serve -o log.dirs=/var/lib/ottla -o listeners=PLAINTEXT://127.0.0.1:9092",
                   "ottla serve --config server.properties --check-config"},
      .run = [options] { return serve(*options); }};
}

}  // namespace ottla
