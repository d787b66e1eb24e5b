// The tree of commands: `ottla` itself and the commands that need no file of their own.
#include <memory>

#include "cli/client_commands.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/output.hpp"

namespace ottla {
namespace {

command completion_command() {
  auto shell = std::make_shared<std::string>();
  return {.name = "completion",
          .summary = "Print a completion script for bash, zsh or fish",
          .arguments = {{"SHELL", shell.get(), "The shell", true, {"bash", "zsh", "fish"}}},
          .examples = {"source <(ottla completion bash)", "ottla completion zsh > ~/.zfunc/_ottla",
                       "ottla completion fish > ~/.config/fish/completions/ottla.fish"},
          .run = [shell] {
            auto program = program_command();
            auto script = *shell == "bash"  ? bash_completion(program)
                          : *shell == "zsh" ? zsh_completion(program)
                                            : fish_completion(program);
            print(script);
            return exit_ok;
          }};
}

}  // namespace

command program_command(const std::vector<std::string>& words) {
  auto hand_over = [words](const auto&) { return run_client_program(words); };
  return {
      .name = "ottla",
      .summary = "A commit log that every Kafka client can use",
      .examples = {"ottla topic create orders --partitions 3", "echo hello | ottla produce orders",
                   "ottla consume orders", "ottla group describe billing"},
      .subcommands = {serve_command(), topic_command(), produce_command(hand_over),
                      consume_command(hand_over), group_command(), config_command(),
                      cluster_command(), why_command(), log_command(), completion_command()}};
}

}  // namespace ottla
