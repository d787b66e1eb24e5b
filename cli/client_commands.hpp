// `ottla produce` and `ottla consume`: their words and options.
//
// They run on librdkafka in a program of their own (ottla-client), so that `ottla serve` neither
// loads nor starts any of it. `ottla` itself knows the options for help and completion, checks
// them, and hands over.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/position.hpp"
#include "cli/remote_options.hpp"

namespace ottla {

struct produce_options : connection_options {
  std::string topic;
  std::optional<std::string> file;
  std::optional<std::string> key_separator;
  std::optional<std::string> key;
  std::optional<std::string> null_value;
  std::vector<std::string> headers;
  std::string codec = "none";
  std::string acks = "all";
  int64_t partition = -1;
  double rate = 0;  ///< Records per second; 0: no limit.
  bool quiet = false;
  std::vector<std::string> properties;
};

struct consume_options : connection_options {
  std::vector<std::string> topics;
  std::optional<std::string> from;
  bool from_beginning = false;
  bool follow = false;
  bool json = false;
  std::optional<std::string> key_separator;
  std::optional<int64_t> count;
  std::optional<int64_t> partition;
  std::optional<std::string> group;
  std::string show;
  std::optional<std::string> format;
  std::vector<std::string> properties;
};

/// Empty if the options go together.
std::string wrong_options(const produce_options& options);
std::string wrong_options(const consume_options& options);

/// Where consuming begins: as asked, else latest when following and earliest otherwise.
position start_of(const consume_options& options);

command produce_command(const std::function<int(const produce_options&)>& run);
command consume_command(const std::function<int(const consume_options&)>& run);

/// Replaces this program by ottla-client with the same words. Returns only on failure.
int run_client_program(const std::vector<std::string>& words);

}  // namespace ottla
