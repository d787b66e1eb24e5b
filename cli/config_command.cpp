// ottla config describe|alter|reference
#include <fmt/format.h>

#include <algorithm>

#include "actors/config/config_definition.hpp"
#include "actors/config/config_layers.hpp"
#include "actors/config/config_reference.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"
#include "cli/remote_configs.hpp"
#include "cli/remote_options.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

struct config_options : remote_options {
  std::string type;
  std::optional<std::string> name;
  bool all = false;
  bool docs = false;
  bool dry_run = false;
  std::vector<std::string> sets;
  std::vector<std::string> removals;
  std::vector<std::string> appends;
  std::vector<std::string> subtractions;
};

/// The resource as the protocol names it.
struct resource {
  int8_t type = topic_resource;
  std::string name;
};

outcome<resource> resource_of(admin_client& client, const config_options& options) {
  if (options.type == "cluster") return resource{broker_resource, ""};
  if (options.type == "topic") return resource{topic_resource, *options.name};
  if (options.name) return resource{broker_resource, *options.name};
  auto brokers = client.brokers();
  if (!brokers) return std::move(brokers.error());
  if (brokers->size() == 1) return resource{broker_resource, std::to_string(brokers->front())};
  return fault{error_code::invalid_request,
               fmt::format("which broker? The cluster has {}", fmt::join(*brokers, ", "))};
}

/// Empty if type and name go together.
std::string wrong_name(const config_options& options) {
  if (options.type == "topic" && !options.name) return "name the topic: `topic NAME`";
  if (options.type == "cluster" && options.name) {
    return "`cluster` takes no name: it is the values for all brokers";
  }
  return {};
}

std::vector<config_edit> edits_of(const config_options& options) {
  std::vector<config_edit> edits;
  auto add = [&](edit_kind kind, const std::vector<std::string>& texts) {
    for (const auto& text : texts) edits.push_back({kind, text});
  };
  add(edit_kind::set, options.sets);
  add(edit_kind::remove, options.removals);
  add(edit_kind::append, options.appends);
  add(edit_kind::subtract, options.subtractions);
  return edits;
}

/// Empty if everything to change is "key=value", and each key is changed in one way.
std::string wrong_edits(const config_options& options) {
  for (const auto& [option, texts] : {std::pair{"--set", &options.sets},
                                      {"--append", &options.appends},
                                      {"--subtract", &options.subtractions}}) {
    if (auto wrong = wrong_pairs(option, *texts); !wrong.empty()) return wrong;
  }
  auto edits = joined(edits_of(options));
  return edits ? "" : edits.error().message;
}

std::string_view source_name(const remote_config& config) {
  return config_source_name(static_cast<config_source>(config.config_source));
}

/// "STATIC_BROKER_CONFIG" -> "static broker".
std::string readable_source(const remote_config& config) {
  std::string text(source_name(config));
  text = text.substr(0, text.rfind("_CONFIG"));
  for (char& c : text) c = c == '_' ? ' ' : static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string shown_value(const remote_config& config) {
  if (config.is_sensitive) return "(hidden)";
  if (!config.value) return "(none)";
  return config.value->empty() ? "(empty)" : *config.value;
}

json::value config_json(const std::vector<remote_config>& configs) {
  json::array list;
  for (const auto& config : configs) {
    json::array synonyms;
    for (const auto& synonym : config.synonyms) {
      synonyms.push_back(
          json::object{{"name", synonym.name},
                       {"value", json_or_null(synonym.value)},
                       {"source", config_source_name(static_cast<config_source>(synonym.source))}});
    }
    list.push_back(
        json::object{{"name", config.name},
                     {"value", json_or_null(config.value)},
                     {"source", source_name(config)},
                     {"type", config_type_name(static_cast<config_type>(config.config_type))},
                     {"read_only", config.read_only},
                     {"sensitive", config.is_sensitive},
                     {"documentation", json_or_null(config.documentation)},
                     {"synonyms", std::move(synonyms)}});
  }
  return list;
}

void print_documented(const std::vector<remote_config>& configs) {
  for (const auto& config : configs) {
    print(fmt::format("{}={}  ({})\n    {}\n", config.name, shown_value(config),
                      readable_source(config), config.documentation.value_or("")));
  }
}

outcome<void> describe(admin_client& client, const config_options& options) {
  auto which = resource_of(client, options);
  if (!which) return std::move(which.error());
  auto configs = describe_configs(client, which->type, which->name);
  if (!configs) return std::move(configs.error());
  if (!options.all) {
    std::erase_if(*configs, [](const auto& config) {
      return config.config_source == static_cast<int8_t>(config_source::default_value);
    });
  }
  if (options.json) {
    print(to_json_text(config_json(*configs)));
    return {};
  }
  if (configs->empty()) {
    report(options.all ? "nothing is set" : "nothing is set; --all shows the defaults");
    return {};
  }
  if (options.docs) {
    print_documented(*configs);
    return {};
  }
  text_table table({{"KEY"}, {"VALUE"}, {"SOURCE"}});
  for (const auto& config : *configs) {
    table.add({config.name, shown_value(config),
               readable_source(config) + (config.read_only ? ", read-only" : "")});
  }
  print(table.to_text());
  return {};
}

outcome<void> alter(admin_client& client, const config_options& options) {
  auto edits = joined(edits_of(options));
  if (!edits) return std::move(edits.error());
  auto which = resource_of(client, options);
  if (!which) return std::move(which.error());
  OTTLA_TRY(alter_configs(client, which->type, which->name, *edits, options.dry_run));
  if (options.json) {
    print(to_json_text(json::object{{"type", options.type},
                                    {"name", which->name},
                                    {"changed_configs", edits->size()},
                                    {"dry_run", options.dry_run}}));
    return {};
  }
  print(fmt::format("{} {} of {}{}\n", options.dry_run ? "Would change" : "Changed",
                    counted(std::ssize(*edits), "value"), options.type,
                    which->name.empty() ? "" : " " + which->name));
  return {};
}

void add_resource_arguments(command& c, config_options& o) {
  c.arguments = {{"TYPE", &o.type, "What has the values", true, {"topic", "broker", "cluster"}},
                 {"NAME", &o.name,
                  "Name of the topic, id of the broker [the only one]; cluster has none", false}};
}

command describe_command() {
  auto options = std::make_shared<config_options>();
  command made{.name = "describe",
               .summary = "Show values, where they come from, and what they mean"};
  add_resource_arguments(made, *options);
  made.options = {{"-a,--all", &options->all, "", "Also defaults"},
                  {"--docs", &options->docs, "", "With a sentence about each key"}};
  add_remote_options(made, *options);
  made.examples = {"ottla config describe topic orders --all", "ottla config describe broker 1",
                   "ottla config describe cluster"};
  made.run = [options] {
    if (auto wrong = wrong_name(*options); !wrong.empty()) return report_usage(wrong);
    return with_client(*options, [&](admin_client& c) { return describe(c, *options); });
  };
  return made;
}

command alter_command() {
  auto options = std::make_shared<config_options>();
  command made{.name = "alter",
               .summary = "Change values while the cluster runs",
               .description =
                   "Changes values of a topic, of one broker, or of all brokers "
                   "(cluster). All changes of one call are made, or none."};
  add_resource_arguments(made, *options);
  made.options = {
      {"-s,--set", &options->sets, "KEY=VALUE", "Set a value; may be repeated"},
      {"-d,--delete", &options->removals, "KEY", "Go back to the inherited value; may be repeated"},
      {"--append", &options->appends, "KEY=ITEM", "Add to a list; may be repeated"},
      {"--subtract", &options->subtractions, "KEY=ITEM", "Take from a list; may be repeated"},
      {"--dry-run", &options->dry_run, "", "Check everything, change nothing"}};
  add_remote_options(made, *options);
  made.examples = {"ottla config alter topic orders --set retention.ms=86400000",
                   "ottla config alter topic orders --append cleanup.policy=compact",
                   "ottla config alter topic orders --delete retention.ms",
                   "ottla config alter cluster --set log.retention.ms=86400000"};
  made.run = [options] {
    if (auto wrong = wrong_name(*options); !wrong.empty()) return report_usage(wrong);
    if (auto wrong = wrong_edits(*options); !wrong.empty()) return report_usage(wrong);
    if (edits_of(*options).empty())
      return report_usage("nothing to change; use --set, --delete, --append, --subtract");
    return with_client(*options, [&](admin_client& c) { return alter(c, *options); });
  };
  return made;
}

command reference_command() {
  return {.name = "reference",
          .summary = "Print what every configuration key means (Markdown)",
          .examples = {"ottla config reference | less"},
          .run = [] {
            print(config_reference_markdown());
            return exit_ok;
          }};
}

}  // namespace

command config_command() {
  return {.name = "config",
          .summary = "Describe and change configurations of topics and brokers",
          .subcommands = {describe_command(), alter_command(), reference_command()}};
}

}  // namespace ottla
