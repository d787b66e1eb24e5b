#include "cli/completion.hpp"

#include <cstdio>
#include <fstream>

#include <unistd.h>

#include "cli/commands.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

/// What bash offers for the words so far; the last one is being typed.
std::string offered(const std::string& words, int count) {
  std::string path = "/tmp/ottla-completion-" + std::to_string(::getpid());
  std::ofstream(path) << bash_completion(program_command()) << "COMP_WORDS=(" << words
                      << ")\nCOMP_CWORD=" << count - 1
                      << "\n_ottla_complete\necho \"${COMPREPLY[@]}\"\n";
  FILE* pipe = ::popen(("bash " + path).c_str(), "r");
  REQUIRE(pipe);
  std::string text;
  char buffer[4096];
  while (size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, size);
  CHECK(::pclose(pipe) == 0);
  std::remove(path.c_str());
  return text.substr(0, text.find('\n'));
}

TEST_CASE("bash completes commands, options and choices") {
  CHECK(offered("ottla to", 2) == "topic");
  CHECK(offered("ottla topic de", 3) == "describe delete");
  CHECK(offered("ottla topic create name --part", 5) == "--partitions");
  CHECK(offered("ottla completion ''", 3) == "bash zsh fish --help");
  CHECK(offered("ottla config describe t", 4) == "topic");
  CHECK(offered("ottla produce orders --codec ''", 5) == "none gzip snappy lz4 zstd");
  CHECK(offered("ottla log dump /etc/hostna", 4) == "/etc/hostname");
  CHECK(offered("ottla serve --config /etc/hostna", 4) == "/etc/hostname");
}

TEST_CASE("scripts of all shells name every command") {
  for (const auto& script : {bash_completion(program_command()), zsh_completion(program_command()),
                             fish_completion(program_command())}) {
    for (const auto& command : program_command().subcommands) {
      CHECK(script.find(command.name) != std::string::npos);
    }
  }
  CHECK(zsh_completion(program_command()).starts_with("#compdef ottla\n"));
}

}  // namespace
}  // namespace ottla
