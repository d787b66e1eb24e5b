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

/// The name of an API's golden file: "ListOffsets" becomes "list_offsets".
std::string golden_name(std::string_view api_name);

}  // namespace ottla::test
