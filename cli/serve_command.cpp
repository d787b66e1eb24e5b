// `ottla serve`: reads the configuration and becomes a broker.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>

#include "actors/broker/run_broker.hpp"
#include "actors/runtime/log.hpp"
#include "cli/admin_client.hpp"
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

std::string advertised_address(const listener_config& listener) {
  return to_string(broker_address{listener.advertised_host, listener.advertised_port});
}

/// What a person who has just started a broker wants to know: where it listens, and two commands to
/// paste. The journal of systemd needs no commands.
void greet(const std::vector<listener_config>& listeners) {
  std::string text;
  for (const auto& each : listeners) {
    log::info("broker", "listening on {}, advertised as {}", to_string(each),
              advertised_address(each));
    text += fmt::format("\n  listening on  {}", to_string(each));
  }
  if (listeners.empty() || std::getenv("JOURNAL_STREAM") != nullptr) return;
  const auto bootstrap = advertised_address(listeners.front());
  const auto options = bootstrap == connection_options{}.bootstrap ? "" : " -b " + bootstrap;
  const std::string_view program = program_invocation_name;
  print(text + fmt::format("\n\n  write a line  echo hello | {0} produce greetings{1}"
                           "\n  read it       {0} consume greetings{1}\n\n",
                           program, options));
}

int serve(const serve_options& options) {
  auto loaded = load_broker_config(inputs_of(options));
  if (!loaded) return report("the configuration is not valid:\n" + loaded.error().message);
  log::start({});
  for (const auto& warning : loaded->warnings) log::warn("config", "{}", warning);
  if (options.check_only) {
    print("the configuration is valid\n");
    return exit_ok;
  }
  return run_broker(loaded->config, greet);
}

}  // namespace

command serve_command() {
  auto options = std::make_shared<serve_options>();
  return {
      .name = "serve",
      .summary = "Run a broker",
      .description =
          "Runs until SIGTERM or Ctrl-C. Every key of the configuration can also be given as an "
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
