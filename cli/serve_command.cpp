// `ottla serve`: reads the configuration and becomes a broker.
#include <cerrno>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>

#include "actors/broker/run_broker.hpp"
#include "actors/runtime/log.hpp"
#include "cli/admin_client.hpp"
#include "cli/broker_options.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace ottla {
namespace {

struct serve_options : broker_options {
  bool check_only = false;
};

std::string advertised_address(const listener_config& listener) {
  return to_string(broker_address{listener.advertised_host, listener.advertised_port});
}

/// What a person who has just started a broker wants to know: where it listens, and two commands to
/// paste. The journal of systemd needs no commands.
void greet(const std::vector<listener_config>& listeners, const std::vector<admin_address>& admin) {
  std::string text;
  for (const auto& each : listeners) {
    log::info("broker", "listening on {}, advertised as {}", to_string(each),
              advertised_address(each));
    text += fmt::format("\n  listening on  {}", to_string(each));
  }
  for (const auto& each : admin) {
    log::info("broker", "the admin interface listens on {}", to_string(each));
    text += fmt::format("\n  in a browser  {}", to_string(each));
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
  auto config = load(options);
  if (!config) return report(config.error());
  if (options.check_only) {
    print("the configuration is valid\n");
    return exit_ok;
  }
  return run_broker(*config, greet);
}

}  // namespace

command serve_command() {
  auto options = std::make_shared<serve_options>();
  command made{
      .name = "serve",
      .summary = "Run a broker",
      .description =
          "Runs until SIGTERM or Ctrl-C. Every key of the configuration can also be given as an "
          "environment variable (OTTLA_LOG_DIRS for log.dirs) or with --override."};
  add_broker_options(made, *options);
  made.options.push_back(
      {"--check-config", &options->check_only, "", "Check the configuration and end"});
  made.examples = {"ottla serve", "ottla serve --config server.properties",
                   "ottla serve -o log.dirs=/var/lib/ottla -o listeners=PLAINTEXT://127.0.0.1:9092",
                   "ottla serve --config server.properties --check-config"};
  made.run = [options] { return serve(*options); };
  return made;
}

}  // namespace ottla
