// The program `ottla`.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && (words.front() == "--version" || words.front() == "-V")) {
    return ottla::print("ottla " OTTLA_VERSION "\n") ? ottla::exit_ok : ottla::exit_failed;
  }
  auto parsed = ottla::parse_command_line(ottla::program_command(words), words);
  if (parsed.run) return parsed.run();
  fmt::print(stderr, "{}", parsed.error);
  if (!ottla::print(parsed.output)) return ottla::exit_failed;
  return parsed.exit_code;
}
