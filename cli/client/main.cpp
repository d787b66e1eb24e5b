// The program `ottla-client`: `ottla produce` and `ottla consume`, which hand over to it.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "cli/client/consume.hpp"
#include "cli/client/produce.hpp"
#include "cli/command_line.hpp"
#include "cli/output.hpp"

int main(int argc, char** argv) {
  ottla::prepare_output();
  ottla::command program{.name = "ottla",
                         .summary = "Write and read records",
                         .subcommands = {ottla::produce_command(ottla::produce),
                                         ottla::consume_command(ottla::consume)}};
  auto parsed = ottla::parse_command_line(program, {argv + 1, argv + argc});
  if (parsed.run) return ottla::finish_output(parsed.run());
  fmt::print(stderr, "{}", parsed.error);
  ottla::print(parsed.output);
  return ottla::finish_output(parsed.exit_code);
}
