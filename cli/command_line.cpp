#include "cli/command_line.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "cli/help.hpp"

namespace ottla {
namespace {

using command_path = std::vector<const command*>;

/// What the parser does not say of a number: it takes an empty word for no option, and the largest
/// number for every larger one.
std::string wrong_number(const std::string& word) {
  int64_t value = 0;
  auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (word.empty()) return "'' is not a number";
  return failure == std::errc::result_out_of_range ? fmt::format("'{}' is too large", word) : "";
}

template <class Place>
constexpr bool is_whole_number =
    std::is_same_v<Place, int64_t*> || std::is_same_v<Place, std::optional<int64_t>*>;

/// Gives the parser one option or argument; the target's type decides how it is read.
CLI::Option* add(CLI::App& app, const std::string& names, const option_target& target,
                 const std::string& help) {
  return std::visit(
      [&](auto* place) -> CLI::Option* {
        if constexpr (std::is_same_v<decltype(place), bool*>) {
          return app.add_flag(names, *place, help);
        } else {
          auto* added = app.add_option(names, *place, help);
          return is_whole_number<decltype(place)> ? added->check(wrong_number) : added;
        }
      },
      target);
}

void describe(CLI::App& app, const command& described) {
  for (const auto& option : described.options) {
    auto* added = add(app, option.names, option.target, option.help);
    if (!option.choices.empty()) added->check(CLI::IsMember(option.choices));
    if (std::holds_alternative<std::vector<std::string>*>(option.target)) {
      added->allow_extra_args(false);  // each value has its own --option
    }
  }
  for (const auto& argument : described.arguments) {
    std::string name = argument.name.substr(0, argument.name.find_first_of(".=[ "));
    auto* added = add(app, name, argument.target, argument.help);
    if (!argument.choices.empty()) added->check(CLI::IsMember(argument.choices));
    added->required(argument.is_required);
  }
  for (const auto& sub : described.subcommands) {
    describe(*app.add_subcommand(sub.name, sub.summary), sub);
  }
}

/// "Could not convert: --rate = x" -> what the person typed, and what is wrong with it.
std::string conversion_text(std::string_view parser_text) {
  size_t colon = parser_text.find(": ");
  size_t equals = parser_text.find(" = ", colon == std::string_view::npos ? 0 : colon);
  if (colon == std::string_view::npos || equals == std::string_view::npos) {
    return std::string(parser_text);
  }
  return fmt::format("{}: '{}' is not a number", parser_text.substr(colon + 2, equals - colon - 2),
                     parser_text.substr(equals + 3));
}

/// "--config: 1 required TEXT missing", "--to: At Most 1 required but received 2".
std::string count_text(std::string_view parser_text) {
  auto name = parser_text.substr(0, parser_text.find(": "));
  bool is_missing = parser_text.ends_with("missing");
  return fmt::format("{} {}", name, is_missing ? "needs a value" : "is given more than once");
}

parsed_command_line usage_error(const command_path& path, std::string message) {
  auto words = command_words(path);
  return {.error = fmt::format("{}: {}\nTry `{} --help`.\n", words, message, words),
          .exit_code = exit_usage};
}

/// Follows the leading words that name commands. A word that names none is the caller's to judge.
command_path follow(const command& program, const std::vector<std::string>& words) {
  command_path path{&program};
  for (const auto& word : words) {
    const auto& subs = path.back()->subcommands;
    auto at = std::ranges::find(subs, word, &command::name);
    if (at == subs.end()) break;
    path.push_back(&*at);
  }
  return path;
}

bool asks_for_help(const std::vector<std::string>& words) {
  auto end = std::ranges::find(words, "--");
  return std::any_of(words.begin(), end,
                     [](const auto& word) { return word == "-h" || word == "--help"; });
}

/// "--group=" is an empty text; the parser would take the next word for its value.
void part_empty_values(std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    auto& word = words[i];
    if (!word.starts_with("--") || word.find('=') != word.size() - 1) continue;
    word.pop_back();
    words.emplace(words.begin() + static_cast<ptrdiff_t>(++i));
  }
}

parsed_command_line missing_subcommand(const command_path& path,
                                       const std::vector<std::string>& words) {
  if (words.size() < path.size() || words[path.size() - 1].starts_with("-")) {
    return {.error = help_page(path), .exit_code = exit_usage};
  }
  const auto& typed = words[path.size() - 1];
  std::vector<std::string> known;
  for (const auto& sub : path.back()->subcommands) known.push_back(sub.name);
  auto near = nearest_word(known, typed);
  return usage_error(
      path, near.empty() ? fmt::format("there is no command '{}'", typed)
                         : fmt::format("there is no command '{}'; did you mean {}?", typed, near));
}

/// Names an option that the command does not have, with the nearest one that it has.
std::string unexpected(const command& last, const std::vector<std::string>& extras) {
  if (extras.empty()) return "an argument is not expected";
  const auto& first = extras.front();
  if (!first.starts_with("-")) return fmt::format("'{}' is not expected", first);
  std::vector<std::string> known;
  for (const auto& option : last.options) known.push_back("--" + option_name(option));
  auto near = nearest_word(known, first.substr(0, first.find('=')));
  return near.empty() ? fmt::format("there is no option {}", first)
                      : fmt::format("there is no option {}; did you mean {}?", first, near);
}

}  // namespace

parsed_command_line parse_command_line(const command& program, std::vector<std::string> words) {
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    auto path = follow(program, words);
    if (path.size() > words.size()) return {.output = help_page(path)};
    return missing_subcommand(path, words);
  }
  auto path = follow(program, words);
  if (asks_for_help(words)) return {.output = help_page(path)};
  if (!path.back()->run) return missing_subcommand(path, words);
  part_empty_values(words);
  CLI::App app;
  app.set_help_flag();
  describe(app, *path.back());
  std::vector<std::string> reversed(words.rbegin(),
                                    words.rend() - static_cast<ptrdiff_t>(path.size() - 1));
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ExtrasError&) {
    return usage_error(path, unexpected(*path.back(), app.remaining()));
  } catch (const CLI::ConversionError& error) {
    return usage_error(path, conversion_text(error.what()));
  } catch (const CLI::ArgumentMismatch& error) {
    return usage_error(path, count_text(error.what()));
  } catch (const CLI::ParseError& error) {
    return usage_error(path, error.what());
  }
  return {.run = path.back()->run};
}

}  // namespace ottla
