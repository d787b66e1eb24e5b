// Values of configuration keys as text and as C++ types.
//
// Kafka's rules: surrounding blanks do not count, booleans ignore case, lists are separated by
// commas. The caller has checked the value (check_config_value) or handles "nothing".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ottla {

/// `text` without blanks at both ends.
std::string_view trim_blanks(std::string_view text);
std::optional<bool> parse_config_boolean(std::string_view text);
std::optional<int64_t> parse_config_integer(std::string_view text);
/// Accepts what Java's Double.parseDouble prints, 1.7976931348623157E308 included.
std::optional<double> parse_config_double(std::string_view text);
/// Items without surrounding blanks; an empty text is an empty list.
std::vector<std::string> split_config_list(std::string_view text);
std::string join_config_list(const std::vector<std::string>& items);

}  // namespace ottla
