// Java's .properties syntax: what server.properties is written in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/outcome.hpp"

namespace ottla {

struct property {
  std::string key;
  std::string value;
  int line = 0;  ///< Counted from 1; where the entry begins.
};

/// Entries in the order of the text, repeated keys included. Comments (# and !), continued lines,
/// the separators '=', ':' and blank, and the escapes of java.util.Properties are understood; text
/// is UTF-8. The fault names the line.
outcome<std::vector<property>> parse_properties(std::string_view text);

}  // namespace ottla
