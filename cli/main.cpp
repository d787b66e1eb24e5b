// The program `ottla`.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"

int main(int argc, char** argv) {
  ottla::prepare_output();
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && (words.front() == "--version" || words.front() == "-V")) {
    ottla::print("ottla " OTTLA_VERSION "\n");
    return ottla::finish_output(ottla::exit_ok);
  }
  auto parsed = ottla::parse_command_line(ottla::program_command(words), words);
  if (parsed.run) return ottla::finish_output(parsed.run());
  fmt::print(stderr, "{}", parsed.error);
  ottla::print(parsed.output);
  return ottla::finish_output(parsed.exit_code);
}
