#include "cli/client_commands.hpp"

#include "cli/command_line.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

consume_options consuming(std::vector<std::string> words) {
  consume_options seen;
  auto program = consume_command([&](const consume_options& options) {
    seen = options;
    return 0;
  });
  words.insert(words.begin(), "consume");
  auto parsed = parse_command_line({.name = "ottla", .subcommands = {program}}, words);
  REQUIRE(parsed.run);
  CHECK(parsed.run() == exit_ok);
  return seen;
}

TEST_CASE("consuming begins at the first record, or at new ones when following") {
  CHECK(start_of(consuming({"orders"})).kind == position_kind::earliest);
  CHECK(start_of(consuming({"orders", "-f"})).kind == position_kind::latest);
  CHECK(start_of(consuming({"orders", "-f", "--from-beginning"})).kind == position_kind::earliest);
  CHECK(start_of(consuming({"orders", "--from", "-5"})) == position{position_kind::last, 5});
  CHECK(start_of(consuming({"orders", "--from=@7"})) == position{position_kind::time, 7});
}

TEST_CASE("options of consume that contradict each other are refused") {
  consume_options options;
  CHECK(wrong_options(options).empty());
  options.from = "soon";
  CHECK(contains(wrong_options(options), "--from soon: must be earliest"));
  options.from = "12";
  CHECK(wrong_options(options).empty());
  options.group = "g";
  CHECK(contains(wrong_options(options), "ottla group reset"));
  options.from = "latest";
  CHECK(wrong_options(options).empty());
  options.json = true;
  options.show = "key";
  CHECK(contains(wrong_options(options), "--json goes with neither"));
  options.json = false;
  options.show = "nonsense";
  CHECK(contains(wrong_options(options), "there is no field"));
}

TEST_CASE("a key separator is written with sequences, and stands alone") {
  CHECK(consuming({"orders", "-K", "\\t"}).key_separator == "\t");
  consume_options options;
  options.key_separator = "";
  CHECK(contains(wrong_options(options), "--key-separator is empty"));
  options.key_separator = ":";
  CHECK(wrong_options(options).empty());
  options.show = "key";
  CHECK(contains(wrong_options(options), "--key-separator goes with none of"));
}

TEST_CASE("a timeout in milliseconds is neither none nor more than the field holds") {
  connection_options options;
  CHECK(options.timeout_ms() == 15'000);
  options.timeout_seconds = 1e-9;
  CHECK(options.timeout_ms() == 1);
  options.timeout_seconds = 1e99;
  CHECK(options.timeout_ms() == 1'000'000'000);
}

TEST_CASE("options of produce that contradict each other are refused") {
  produce_options options;
  CHECK(wrong_options(options).empty());
  options.headers = {"a=b", "c"};
  CHECK(contains(wrong_options(options), "--header c"));
  options.headers = {"a="};
  CHECK(wrong_options(options).empty());
  options.key = "k";
  options.key_separator = ":";
  CHECK(contains(wrong_options(options), "either --key or --key-separator"));
  options.key.reset();
  options.rate = -1;
  CHECK(contains(wrong_options(options), "--rate"));
  options.rate = 0;
  options.properties = {"linger.ms"};
  CHECK(contains(wrong_options(options), "--property linger.ms"));
}

}  // namespace
}  // namespace ottla
