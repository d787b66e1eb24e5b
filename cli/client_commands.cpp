#include "cli/client_commands.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "cli/command_line.hpp"
#include "cli/output.hpp"
#include "cli/record_format.hpp"

namespace ottla {
namespace {

constexpr const char* client_program = "ottla-client";

void add_connection_options(command& to, connection_options& options,
                            std::vector<std::string>& properties, std::string timeout_help) {
  to.options.push_back({"-b,--bootstrap", &options.bootstrap, "HOST:PORT",
                        "A broker of the cluster [OTTLA_BOOTSTRAP, else 127.0.0.1:9092]"});
  to.options.push_back({"--timeout", &options.timeout_seconds, "SECONDS", std::move(timeout_help)});
  to.options.push_back(
      {"-X,--property", &properties, "KEY=VALUE", "A setting of librdkafka; may be repeated"});
}

bool is_empty(const std::optional<std::string>& text) {
  return text && text->empty();
}

std::string wrong_partition(int64_t number) {
  return fmt::format("--partition {}: must be 0 to {}", number, INT32_MAX);
}

void unescape(std::optional<std::string>& text) {
  if (text) text = unescaped(*text);
}

/// Beside this program, else where packages put what is not for people to call.
std::filesystem::path client_path() {
  std::error_code ignored;
  auto own = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  auto beside = own / client_program;
  if (std::filesystem::exists(beside, ignored)) return beside;
  return own.parent_path() / "libexec" / "ottla" / client_program;
}

}  // namespace

std::string wrong_options(const produce_options& options) {
  if (auto wrong = wrong_timeout(options); !wrong.empty()) return wrong;
  if (auto wrong = wrong_pairs("--header", options.headers); !wrong.empty()) return wrong;
  if (options.key && options.key_separator) return "use either --key or --key-separator";
  if (is_empty(options.key_separator)) return "--key-separator is empty";
  if (!(options.rate >= 0)) return "--rate must not be negative";
  if (options.partition < -1 || options.partition > INT32_MAX) {
    return wrong_partition(options.partition);
  }
  return wrong_pairs("--property", options.properties);
}

std::string wrong_options(const consume_options& options) {
  if (auto wrong = wrong_timeout(options); !wrong.empty()) return wrong;
  if (options.from && options.from_beginning) return "use either --from or --from-beginning";
  if (options.from && !parse_position(*options.from)) {
    return fmt::format("--from {}: must be {}", *options.from, position_forms);
  }
  auto kind = start_of(options).kind;
  bool is_end = kind == position_kind::earliest || kind == position_kind::latest;
  if (options.group && !is_end) {
    return "with --group, --from is earliest or latest: for a group without offsets; `ottla group "
           "reset` moves one";
  }
  if (is_empty(options.group)) return "--group is empty";
  if (options.group && options.partition) return "a group assigns partitions itself";
  if (options.count && *options.count < 0) return "--count must not be negative";
  if (options.partition && (*options.partition < 0 || *options.partition > INT32_MAX)) {
    return wrong_partition(*options.partition);
  }
  if (is_empty(options.key_separator)) return "--key-separator is empty";
  if (options.key_separator && (options.json || options.format || !options.show.empty())) {
    return "--key-separator goes with none of --format, --json and --show";
  }
  if (options.format && !options.show.empty()) return "use either --format or --show";
  if (options.json && (options.format || !options.show.empty())) {
    return "--json goes with neither --format nor --show";
  }
  if (auto wrong = wrong_fields(options.show); !wrong.empty()) return wrong;
  if (auto wrong = wrong_pattern(options.format.value_or("")); !wrong.empty()) return wrong;
  return wrong_pairs("--property", options.properties);
}

position start_of(const consume_options& options) {
  if (options.from_beginning) return {position_kind::earliest};
  if (options.from) return parse_position(*options.from).value_or(position{});
  return {options.follow ? position_kind::latest : position_kind::earliest};
}

command produce_command(const std::function<int(const produce_options&)>& run) {
  auto options = std::make_shared<produce_options>();
  options->bootstrap = remote_options().bootstrap;
  auto& o = *options;
  command made{.name = "produce",
               .summary = "Write records, one per line",
               .description =
                   "Writes one record per line of standard input or a file. Ends with the "
                   "input, when every record is acknowledged; fails if one is not."};
  made.arguments = {{"TOPIC", &o.topic, "The topic; created if the brokers allow it"}};
  made.options = {
      {"-f,--file", &o.file, "PATH", "Read this file [standard input]", {}, completion_hint::file},
      {"-k,--key", &o.key, "KEY", "The key of every record"},
      {"-K,--key-separator", &o.key_separator, "TEXT",
       "What stands between key and value of a line; \\t is a tab"},
      {"-H,--header", &o.headers, "KEY=VALUE", "A header of every record; may be repeated"},
      {"--null-value", &o.null_value, "TEXT", "This value is null (a tombstone)"},
      {"-p,--partition", &o.partition, "N", "Only this partition [by key]"},
      {"-z,--codec", &o.codec, "CODEC", "Compression", {"none", "gzip", "snappy", "lz4", "zstd"}},
      {"-a,--acks", &o.acks, "ACKS", "Whose acknowledgement counts", {"all", "1", "0"}},
      {"--rate", &o.rate, "N", "Records per second at most"},
      {"-q,--quiet", &o.quiet, "", "No progress and no summary"}};
  add_connection_options(made, o, o.properties,
                         "How long to try at most [15]; for acknowledgements -X "
                         "message.timeout.ms goes before it");
  made.examples = {"echo hello | ottla produce greetings",
                   "ottla produce users --key-separator : < users.txt",
                   "ottla produce events --file events.jsonl --codec zstd --header source=import",
                   "seq 100000 | ottla produce load --rate 1000"};
  made.run = [options, run] {
    unescape(options->key_separator);
    auto wrong = wrong_options(*options);
    return wrong.empty() ? run(*options) : report_usage(wrong);
  };
  return made;
}

command consume_command(const std::function<int(const consume_options&)>& run) {
  auto options = std::make_shared<consume_options>();
  options->bootstrap = remote_options().bootstrap;
  auto& o = *options;
  command made{.name = "consume",
               .summary = "Read records",
               .description =
                   "Prints the records of topics, by default their values from the first "
                   "to the last, one per line, and ends there. --follow goes on with new "
                   "ones until Ctrl-C."};
  made.arguments = {{"TOPIC...", &o.topics, "The topics"}};
  made.options = {
      {"--from", &o.from, "WHERE", "Begin at " + std::string(position_forms)},
      {"--from-beginning", &o.from_beginning, "", "The same as --from earliest"},
      {"-f,--follow", &o.follow, "", "Go on with new records; begins at latest unless told"},
      {"-n,--count", &o.count, "N", "End after N records"},
      {"-p,--partition", &o.partition, "N", "Only this partition"},
      {"-g,--group", &o.group, "GROUP", "Read as a member of a group and commit what was printed"},
      {"--show", &o.show, "FIELDS",
       "Before the value, any of topic,partition,offset,timestamp,key,headers"},
      {"-K,--key-separator", &o.key_separator, "TEXT",
       "Before the value the key, if there is one, and this; \\t is a tab"},
      {"--format", &o.format, "TEXT",
       "Print this for each: %t topic, %p partition, %o offset, %T time, %k key, %v value, %h "
       "headers, \\n, \\t, %%"},
      {"--json", &o.json, "", "One JSON object per line"}};
  add_connection_options(made, o, o.properties, "How long to try at most [15]");
  made.examples = {"ottla consume orders",
                   "ottla consume orders --from -10",
                   "ottla consume orders --follow --group billing",
                   "ottla consume orders --from 2026-01-31T12:00:00Z --show offset,key",
                   "ottla consume orders --json | jq .value",
                   "ottla consume users -K '\\t' | ottla produce copy -K '\\t'"};
  made.run = [options, run] {
    unescape(options->key_separator);
    auto wrong = wrong_options(*options);
    return wrong.empty() ? run(*options) : report_usage(wrong);
  };
  return made;
}

int run_client_program(const std::vector<std::string>& words) {
  auto path = client_path().string();
  std::vector<std::string> owned = {path};
  owned.insert(owned.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (auto& word : owned) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(path.c_str(), arguments.data());
  return report(
      fmt::format("cannot run {}: {}; is the installation complete?", path, std::strerror(errno)));
}

}  // namespace ottla
