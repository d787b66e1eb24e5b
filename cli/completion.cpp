#include "cli/completion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace ottla {
namespace {

/// Calls `visit(words, command)` for every command; `words` is "topic create", empty for the root.
template <class Visit>
void walk(const command& at, const std::string& words, Visit visit) {
  visit(words, at);
  for (const auto& sub : at.subcommands) {
    walk(sub, words.empty() ? sub.name : words + " " + sub.name, visit);
  }
}

std::vector<std::string> split_names(const std::string& names) {
  std::vector<std::string> result;
  for (size_t start = 0; start < names.size();) {
    size_t end = std::min(names.find(',', start), names.size());
    result.push_back(names.substr(start, end - start));
    start = end + 1;
  }
  return result;
}

/// Everything that may stand next: subcommands, option names, choices of arguments.
std::string next_words(const command& at) {
  std::string words;
  for (const auto& sub : at.subcommands) words += sub.name + " ";
  for (const auto& argument : at.arguments) {
    for (const auto& choice : argument.choices) words += choice + " ";
  }
  for (const auto& option : at.options) {
    for (const auto& name : split_names(option.names)) words += name + " ";
  }
  return words + "--help";
}

std::string single_quoted(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// `case` patterns of the options whose value can be completed: "topic create:--codec".
std::string value_cases(const command& program) {
  std::string cases;
  walk(program, "", [&](const std::string& words, const command& at) {
    for (const auto& option : at.options) {
      if (is_flag(option)) continue;
      std::string offer = "COMPREPLY=()";
      if (!option.choices.empty()) {
        offer = fmt::format(R"(COMPREPLY=($(compgen -W "{}" -- "$word")))",
                            fmt::join(option.choices, " "));
      } else if (option.hint == completion_hint::file) {
        offer = fmt::format(R"(_{}_files "$word")", program.name);
      }
      for (const auto& name : split_names(option.names)) {
        cases += fmt::format("    '{}:{}') {}; return ;;\n", words, name, offer);
      }
    }
  });
  return cases;
}

bool takes_files(const command& at) {
  return std::ranges::any_of(at.arguments, [](const argument_spec& argument) {
    return argument.hint == completion_hint::file;
  });
}

std::string fish_condition(const std::string& words) {
  if (words.empty()) return "__fish_use_subcommand";
  std::string text;
  for (size_t start = 0; start < words.size();) {
    size_t end = std::min(words.find(' ', start), words.size());
    text += (text.empty() ? "" : "; and ") +
            fmt::format("__fish_seen_subcommand_from {}", words.substr(start, end - start));
    start = end + 1;
  }
  return text;
}

std::string fish_option(const std::string& program, const std::string& words,
                        const option_spec& option) {
  std::string line =
      fmt::format("complete -c {} -n {}", program, single_quoted(fish_condition(words)));
  for (const auto& name : split_names(option.names)) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!is_flag(option)) line += option.hint == completion_hint::file ? " -r -F" : " -x";
  if (!option.choices.empty()) {
    line += fmt::format(" -a {}", single_quoted(fmt::format("{}", fmt::join(option.choices, " "))));
  }
  return line + fmt::format(" -d {}\n", single_quoted(option.help));
}

}  // namespace

std::string bash_completion(const command& program) {
  std::string words_cases;
  std::string known;
  walk(program, "", [&](const std::string& words, const command& at) {
    words_cases += fmt::format("    '{}') words=\"{}\"{} ;;\n", words, next_words(at),
                               takes_files(at) ? " files=yes" : "");
    if (!words.empty()) known += fmt::format("|'{}'", words);
  });
  return fmt::format(R"(# bash completion of {0}: source <({0} completion bash)
_{0}_files() {{
  compopt -o filenames 2> /dev/null  # marks directories; zsh does so by itself
  COMPREPLY+=($(compgen -f -- "$1"))
}}
_{0}_complete() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
  local path="" words="" files="" next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="${{path:+$path }}${{COMP_WORDS[i]}}"
    case "$next" in
    {1}) path="$next" ;;
    *) break ;;
    esac
  done
  case "$path:$before" in
{2}  esac
  case "$path" in
{3}  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [ -z "$files" ] || _{0}_files "$word"
}}
complete -F _{0}_complete {0}
)",
                     program.name, known.substr(1), value_cases(program), words_cases);
}

std::string zsh_completion(const command& program) {
  // As the file _ottla in $fpath this is itself the function that zsh calls for the first TAB.
  return fmt::format(
      "#compdef {0}\nautoload -U +X bashcompinit && bashcompinit\n{1}"
      "[ \"${{funcstack[1]}}\" != _{0} ] || _bash_complete -F _{0}_complete\n",
      program.name, bash_completion(program));
}

std::string fish_completion(const command& program) {
  std::string out =
      fmt::format("# fish completion of {0}: {0} completion fish | source\n", program.name);
  out += fmt::format("complete -c {} -f\n", program.name);
  walk(program, "", [&](const std::string& words, const command& at) {
    for (const auto& sub : at.subcommands) {
      std::string condition = fish_condition(words);
      for (const auto& other : at.subcommands) {
        if (!words.empty()) condition += "; and not __fish_seen_subcommand_from " + other.name;
      }
      out += fmt::format("complete -c {} -n {} -a {} -d {}\n", program.name,
                         single_quoted(condition), sub.name, single_quoted(sub.summary));
    }
    for (const auto& argument : at.arguments) {
      for (const auto& choice : argument.choices) {
        out +=
            fmt::format("complete -c {} -n {} -a {} -d {}\n", program.name,
                        single_quoted(fish_condition(words)), choice, single_quoted(argument.help));
      }
    }
    if (takes_files(at)) {
      out += fmt::format("complete -c {} -n {} -F\n", program.name,
                         single_quoted(fish_condition(words)));
    }
    if (at.run) {
      for (const auto& option : at.options) out += fish_option(program.name, words, option);
    }
  });
  return out;
}

}  // namespace ottla
