// The commands of the program as plain data: words, options, help, and what they do.
//
// Parsing (command_line), help pages (help) and shell completion (completion) all work on this
// tree, so each command is described once and only one file needs the parser library.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ottla {

/// Where a value goes; it must live as long as the command. A bool is a flag without a value.
using option_target =
    std::variant<bool*, std::string*, std::optional<std::string>*, std::vector<std::string>*,
                 int64_t*, std::optional<int64_t>*, double*>;

/// What a shell may offer for a value.
enum class completion_hint : uint8_t { nothing, file };

struct option_spec {
  std::string names;  ///< "-p,--partitions".
  option_target target;
  std::string value_name;  ///< "N"; empty for flags.
  std::string help;
  std::vector<std::string> choices;
  completion_hint hint = completion_hint::nothing;
};

struct argument_spec {
  std::string name;  ///< "TOPIC"; "NAME..." where the target takes several.
  option_target target;
  std::string help;
  bool is_required = true;
  std::vector<std::string> choices;
  completion_hint hint = completion_hint::nothing;
};

struct command {
  std::string name;
  std::string summary;      ///< One line for the list of commands.
  std::string description;  ///< More for the command's own page; may be empty.
  std::vector<argument_spec> arguments;
  std::vector<option_spec> options;
  std::vector<std::string> examples;
  std::vector<command> subcommands;
  std::function<int()> run;  ///< Returns the exit code; null where a subcommand must follow.
};

/// The long name of an option without dashes ("partitions"), or the short one if it has no other.
std::string option_name(const option_spec& option);
bool is_flag(const option_spec& option);

}  // namespace ottla
