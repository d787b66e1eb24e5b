#include "cli/command_line.hpp"

#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

struct values {
  std::vector<std::string> names;
  std::optional<std::string> to;
  std::vector<std::string> configs;
  int64_t partitions = -1;
  std::optional<int64_t> shift;
  double seconds = 1;
  bool json = false;
};

/// ottla topic make NAME... [options], ottla topic show
command small_program(values& v) {
  command make{.name = "make",
               .summary = "Make things",
               .arguments = {{"NAME...", &v.names, "Names"}},
               .options = {{"-p,--partitions", &v.partitions, "N", "Partitions"},
                           {"-c,--config", &v.configs, "KEY=VALUE", "Configs"},
                           {"--to", &v.to, "WHERE", "Place", {"here", "there"}},
                           {"--shift", &v.shift, "N", "Distance"},
                           {"--seconds", &v.seconds, "S", "Time"},
                           {"--json", &v.json, "", "JSON"}},
               .examples = {"ottla topic make one"},
               .run = [] { return 7; }};
  command show{.name = "show", .summary = "Show things", .run = [] { return 8; }};
  command topic{.name = "topic", .summary = "Things", .subcommands = {make, show}};
  return {.name = "ottla", .summary = "All", .subcommands = {topic}};
}

parsed_command_line parse(values& v, const std::vector<std::string>& words) {
  return parse_command_line(small_program(v), words);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("words and options of a command reach their targets") {
  values v;
  auto parsed = parse(v, {"topic", "make", "a", "-p", "3", "b", "--config=k=v", "-c", "x=y", "--to",
                          "here", "--shift", "-5", "--seconds", "0.5", "--json"});
  REQUIRE(parsed.run);
  CHECK(parsed.run() == 7);
  CHECK(v.names == std::vector<std::string>{"a", "b"});
  CHECK(v.partitions == 3);
  CHECK(v.configs == std::vector<std::string>{"k=v", "x=y"});
  CHECK(v.to == "here");
  CHECK(v.shift == -5);
  CHECK(v.seconds == Approx(0.5));
  CHECK(v.json);
}

TEST_CASE("targets keep their values where an option is not given") {
  values v;
  REQUIRE(parse(v, {"topic", "make", "a"}).run);
  CHECK(v.partitions == -1);
  CHECK_FALSE(v.to);
  CHECK_FALSE(v.shift);
}

TEST_CASE("a mistyped word is a usage error that names the nearest one") {
  values v;
  auto parsed = parse(v, {"topci", "make", "a"});
  CHECK_FALSE(parsed.run);
  CHECK(parsed.exit_code == exit_usage);
  CHECK(contains(parsed.error, "there is no command 'topci'; did you mean topic?"));
  CHECK(contains(parse(v, {"topic", "mak"}).error, "did you mean make?"));
  CHECK(contains(parse(v, {"topic", "make", "a", "--partitons", "3"}).error,
                 "there is no option --partitons; did you mean --partitions?"));
  CHECK(contains(parse(v, {"topic", "show", "a"}).error, "'a' is not expected"));
}

TEST_CASE("missing, wrong and unknown values are usage errors") {
  values v;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"topic", "make"},
                                             {"topic", "make", "a", "-p", "x"},
                                             {"topic", "make", "a", "--to", "nowhere"},
                                             {"topic", "make", "a", "--config"},
                                             {"topic"},
                                             {},
                                             {"--json"}}) {
    auto parsed = parse(v, words);
    CHECK_FALSE(parsed.run);
    CHECK(parsed.exit_code == exit_usage);
    CHECK_FALSE(parsed.error.empty());
  }
}

TEST_CASE("an empty value is a value, and not the word behind it") {
  values v;
  REQUIRE(parse(v, {"topic", "make", "--config=", "b", "--config=k=", "-c", ""}).run);
  CHECK(v.configs == std::vector<std::string>{"", "k=", ""});
  CHECK(v.names == std::vector<std::string>{"b"});
  values w;
  REQUIRE(parse(w, {"topic", "make", "--", "--config="}).run);
  CHECK(w.names == std::vector<std::string>{"--config="});
}

TEST_CASE("an option without a value, given twice, or with no number that fits is named") {
  values v;
  auto error = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"topic", "make", "a"});
    return parse(v, options).error;
  };
  CHECK(contains(error({"-p"}), "--partitions needs a value"));
  CHECK(contains(error({"--config"}), "--config needs a value"));
  CHECK(contains(error({"-p", "1", "-p", "2"}), "--partitions is given more than once"));
  CHECK(contains(error({"-p", ""}), "--partitions: '' is not a number"));
  CHECK(contains(error({"--shift", ""}), "--shift: '' is not a number"));
  CHECK(contains(error({"--shift", "-99999999999999999999"}),
                 "--shift: '-99999999999999999999' is too large"));
  CHECK(contains(error({"-p", "9223372036854775808"}), "'9223372036854775808' is too large"));
  CHECK(error({"-p", "9223372036854775807"}).empty());
}

TEST_CASE("help is printed for the innermost command, before anything is checked") {
  values v;
  auto parsed = parse(v, {"topic", "make", "--help"});
  CHECK(parsed.exit_code == exit_ok);
  CHECK(contains(parsed.output, "Usage: ottla topic make NAME... [options]"));
  CHECK(contains(parsed.output, "-p, --partitions N"));
  CHECK(contains(parsed.output, "(here, there)"));
  CHECK(contains(parsed.output, "ottla topic make one"));
  CHECK(contains(parse(v, {"-h"}).output, "topic  Things"));
  CHECK_FALSE(parse(v, {"topic", "make", "--", "--help"}).output.starts_with("Usage"));
}

void check_pages(const command& at, std::vector<const command*> path) {
  path.push_back(&at);
  auto page = help_page(path);
  INFO(command_words(path));
  CHECK(page.starts_with("Usage: "));
  CHECK(contains(page, "Examples:\n"));
  CHECK_FALSE(at.summary.empty());
  CHECK(static_cast<bool>(at.run) == at.subcommands.empty());
  for (size_t start = 0; start < page.size();) {
    size_t end = page.find('\n', start);
    CHECK(end - start <= 80);
    start = end + 1;
  }
  for (const auto& sub : at.subcommands) check_pages(sub, path);
}

TEST_CASE("help is a command as well, and a value that is no number is named") {
  values v;
  CHECK(parse(v, {"help"}).output == parse(v, {"--help"}).output);
  CHECK(parse(v, {"help", "topic", "make"}).output == parse(v, {"topic", "make", "-h"}).output);
  CHECK(contains(parse(v, {"help", "topci"}).error, "did you mean topic?"));
  CHECK(contains(parse(v, {"help"}).output, "--version"));
  CHECK(contains(parse(v, {"topic", "--help"}).output, "ottla topic make one"));
  CHECK(contains(parse(v, {"topic", "make", "a", "--seconds", "soon"}).error,
                 "--seconds: 'soon' is not a number"));
}

TEST_CASE("every command of the program has a help page with examples that fits a terminal") {
  check_pages(program_command(), {});
}

}  // namespace
}  // namespace ottla
