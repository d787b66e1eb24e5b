#include "actors/config/config_reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "actors/config/config_definition.hpp"

namespace ottla {
namespace {

constexpr std::string_view opening = R"(# Configuration

<!-- Printed by `ottla config reference`; a test compares. Change actors/config/table_*.cpp. -->

`ottla serve` reads, each over the one before: the defaults below, the file given with `--config`
(Java's `.properties` syntax, so Kafka's `server.properties` works), environment variables, and
`--override key=value`. The variable of a key is its name in capitals with `_` for `.` behind
`OTTLA_`: `log.dirs` is `OTTLA_LOG_DIRS`, `ottla.io.threads` is `OTTLA_IO_THREADS`.
`ottla serve --check-config` says what is wrong without starting.

An unknown key is an error that names the nearest known one. Keys of Kafka's that have no meaning
here are [accepted with a warning](#keys-without-effect); those that would change what clients can
rely on are [refused](#keys-that-are-refused).

Values of the kinds *cluster-wide* and *per-broker* can be changed while the broker runs
(`ottla config alter`); they are stored with the metadata and win over the file. A topic's own value
wins over the broker's.
)";

std::string escaped(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string default_text(const config_definition& definition) {
  if (!definition.default_value) return "none";
  if (definition.default_value->empty()) return "empty";
  return fmt::format("`{}`", *definition.default_value);
}

std::string lower_type(config_type type) {
  std::string name(config_type_name(type));
  for (char& c : name) c = static_cast<char>(c - 'A' + 'a');
  return name;
}

std::string allowed_text(const config_definition& definition) {
  auto values = describe_valid_values(definition);
  return values.empty() ? lower_type(definition.type)
                        : fmt::format("{} {}", lower_type(definition.type), values);
}

/// Keys that take the value's place if the key itself has none.
std::string fallback_text(std::span<const std::string_view> keys, std::string_view own_name) {
  std::string text;
  for (std::string_view key : keys) {
    if (key == own_name) continue;
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", key);
  }
  return text;
}

void print_broker_keys(std::string& out) {
  out += "\n## Broker\n\n| Key | Type | Default | Change | Meaning |\n|---|---|---|---|---|\n";
  for (const auto& definition : broker_config_definitions()) {
    if (definition.use != config_use::honoured) continue;
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", definition.name,
                       escaped(allowed_text(definition)), escaped(default_text(definition)),
                       config_update_name(definition.update), escaped(definition.doc));
  }
}

void print_topic_keys(std::string& out) {
  out +=
      "\n## Topics\n\n"
      "A topic without a value of its own has that of the broker key named here.\n\n"
      "| Key | Type | Broker key, else default | Meaning |\n|---|---|---|---|\n";
  for (const auto& definition : topic_config_definitions()) {
    if (definition.use != config_use::honoured) continue;
    auto fallback = fallback_text(broker_synonyms_of_topic_config(definition.name), "");
    out += fmt::format(
        "| `{}` | {} | {} | {} |\n", definition.name, escaped(allowed_text(definition)),
        fallback.empty() ? escaped(default_text(definition)) : fallback, escaped(definition.doc));
  }
}

using keys_by_reason = std::map<std::string_view, std::vector<std::string_view>>;

void collect(std::span<const config_definition> definitions, config_use use,
             keys_by_reason& reasons) {
  for (const auto& definition : definitions) {
    if (definition.use == use) reasons[definition.why].push_back(definition.name);
  }
}

void print_others(std::string& out, std::string_view title, config_use use) {
  keys_by_reason reasons;
  collect(broker_config_definitions(), use, reasons);
  collect(topic_config_definitions(), use, reasons);
  out += title;
  for (const auto& [why, keys] : reasons) {
    out += fmt::format("| {} | `{}` |\n", escaped(why), fmt::join(keys, "` `"));
  }
}

}  // namespace

std::string config_reference_markdown() {
  std::string out(opening);
  print_broker_keys(out);
  print_topic_keys(out);
  print_others(out,
               "\n## Keys without effect\n\nEach is accepted and named in one warning.\n\n"
               "| Why | Keys |\n|---|---|\n",
               config_use::ignored);
  print_others(out,
               "\n## Keys that are refused\n\nAny value but Kafka's default stops the start.\n\n"
               "| Why | Keys |\n|---|---|\n",
               config_use::unsupported);
  return out;
}

}  // namespace ottla
