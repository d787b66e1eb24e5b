// Reads a command line into the targets of a tree of commands.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace ottla {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

/// What the command line asks for: either something to run, or a text to print and an exit code.
struct parsed_command_line {
  std::function<int()> run;
  std::string output;  ///< Help, for standard output.
  std::string error;   ///< For standard error.
  int exit_code = exit_ok;
};

/// `words` are the arguments behind the program's name.
parsed_command_line parse_command_line(const command& program, std::vector<std::string> words);

}  // namespace ottla
