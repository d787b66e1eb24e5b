#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "actors/config/edit_distance.hpp"

namespace ottla {
namespace {

constexpr size_t page_width = 80;
constexpr size_t left_column_max = 30;

struct entry {
  std::string left;
  std::string right;
};

std::vector<std::string> wrapped(const std::string& text, size_t width) {
  std::vector<std::string> lines(1);
  size_t start = 0;
  while (start < text.size()) {
    size_t end = std::min(text.find_first_of(" \n", start), text.size());
    std::string word = text.substr(start, end - start);
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) {
      lines.emplace_back();
    }
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    if (end < text.size() && text[end] == '\n') lines.emplace_back();
    start = end + 1;
  }
  return lines;
}

void print_entries(std::string& out, std::string_view title, const std::vector<entry>& entries) {
  if (entries.empty()) return;
  size_t left_width = 0;
  for (const auto& e : entries) {
    if (e.left.size() <= left_column_max) left_width = std::max(left_width, e.left.size());
  }
  out += fmt::format("\n{}:\n", title);
  for (const auto& e : entries) {
    auto lines = wrapped(e.right, page_width - left_width - 4);
    if (e.left.size() > left_width) {
      out += fmt::format("  {}\n", e.left);
    } else {
      out += fmt::format("  {:<{}}  {}\n", e.left, left_width, lines.front());
      lines.erase(lines.begin());
    }
    for (const auto& line : lines) out += fmt::format("  {:<{}}  {}\n", "", left_width, line);
  }
}

std::string with_choices(const std::string& help, const std::vector<std::string>& choices) {
  return choices.empty() ? help : fmt::format("{} ({})", help, fmt::join(choices, ", "));
}

entry option_entry(const option_spec& option) {
  std::string left = option.names;
  if (auto comma = left.find(','); comma != std::string::npos) {
    left.insert(comma + 1, " ");
  } else if (left.starts_with("--")) {
    left.insert(0, "    ");
  }
  if (!option.value_name.empty()) left += " " + option.value_name;
  return {left, with_choices(option.help, option.choices)};
}

std::string usage(const std::vector<const command*>& path) {
  const command& last = *path.back();
  std::string line = "Usage: " + command_words(path);
  if (!last.subcommands.empty()) line += " COMMAND";
  for (const auto& argument : last.arguments) {
    line += argument.is_required ? " " + argument.name : " [" + argument.name + "]";
  }
  return line + " [options]\n";
}

/// A command that only leads to others shows the first example of each.
std::string examples_text(const command& last) {
  auto examples = last.examples;
  if (examples.empty()) {
    for (const auto& sub : last.subcommands) {
      if (!sub.examples.empty()) examples.push_back(sub.examples.front());
    }
  }
  std::string text = examples.empty() ? "" : "\nExamples:\n";
  for (const auto& example : examples) text += "  " + example + "\n";
  return text;
}

}  // namespace

std::string command_words(const std::vector<const command*>& path) {
  std::string words;
  for (const auto* word : path) words += (words.empty() ? "" : " ") + word->name;
  return words;
}

std::string help_page(const std::vector<const command*>& path) {
  const command& last = *path.back();
  std::string out = usage(path) + "\n";
  const auto& about = last.description.empty() ? last.summary : last.description;
  for (const auto& line : wrapped(about, page_width)) out += line + "\n";
  std::vector<entry> entries;
  for (const auto& sub : last.subcommands) entries.push_back({sub.name, sub.summary});
  print_entries(out, "Commands", entries);
  entries.clear();
  for (const auto& argument : last.arguments) {
    entries.push_back({argument.name, with_choices(argument.help, argument.choices)});
  }
  print_entries(out, "Arguments", entries);
  entries.clear();
  for (const auto& option : last.options) entries.push_back(option_entry(option));
  entries.push_back({"-h, --help", "Print this page"});
  if (path.size() == 1) entries.push_back({"-V, --version", "Print the version"});
  print_entries(out, "Options", entries);
  out += examples_text(last);
  if (!last.subcommands.empty()) {
    out += fmt::format("\n`{} COMMAND --help` says more about each.\n", command_words(path));
  }
  return out;
}

std::string nearest_word(const std::vector<std::string>& words, const std::string& typed) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, typed.size() / 3) + 1;
  if (typed.size() > 64) return best;
  for (const auto& word : words) {
    size_t distance = word.starts_with(typed) ? 1 : edit_distance(typed, word);
    if (distance < best_distance) {
      best = word;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace ottla
