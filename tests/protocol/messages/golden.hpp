// The golden messages of tests/protocol/golden.
#pragma once

#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla::test {

struct golden_message {
  bool request = false;
  api_version version = 0;
  std::string variant;
  shared_bytes body;
};

/// All messages of one file, such as "fetch" or "headers".
std::vector<golden_message> read_golden(const std::string& name);

/// A whole frame, header included, that a client and Apache Kafka 4.3 exchanged.
struct recorded_frame {
  std::string client;
  bool request = false;
  api_key key{};
  api_version version = 0;
  shared_bytes frame;
};

/// All frames of recorded.txt.
std::vector<recorded_frame> read_recorded();

/// The name of an API's golden file: "ListOffsets" becomes "list_offsets".
std::string golden_name(std::string_view api_name);

}  // namespace ottla::test
