#include "actors/config/config_definition.hpp"
#include "actors/config/config_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

// Whether a value fits its key, said in Kafka's words: "Invalid value -2 for configuration
// num.partitions: Value must be at least 1".
namespace ottla {
namespace {

fault invalid(const config_definition& definition, std::string_view value, std::string_view why) {
  std::string_view shown = definition.is_sensitive() ? "[hidden]" : value;
  return {error_code::invalid_config,
          fmt::format("Invalid value {} for configuration {}: {}", shown, definition.name, why)};
}

/// Bounds that the type alone sets.
std::pair<int64_t, int64_t> type_range(config_type type) {
  switch (type) {
    case config_type::int16:
      return {INT16_MIN, INT16_MAX};
    case config_type::int32:
      return {INT32_MIN, INT32_MAX};
    default:
      return {INT64_MIN, INT64_MAX};
  }
}

outcome<void> check_range(const config_definition& definition, std::string_view text,
                          double value) {
  if (value < definition.min) {
    return invalid(definition, text, fmt::format("Value must be at least {}", definition.min));
  }
  if (value > definition.max) {
    return invalid(definition, text, fmt::format("Value must be no more than {}", definition.max));
  }
  return {};
}

std::string spaced(std::string_view allowed) {
  std::string text;
  for (char c : allowed) text += c == ',' ? std::string(", ") : std::string(1, c);
  return text;
}

bool is_allowed(const config_definition& definition, std::string_view item) {
  if (definition.allowed.empty()) return true;
  auto allowed = split_config_list(definition.allowed);
  return std::ranges::find(allowed, item) != allowed.end();
}

outcome<void> check_integer(const config_definition& definition, std::string_view text) {
  auto value = parse_config_integer(text);
  auto [low, high] = type_range(definition.type);
  if (!value || *value < low || *value > high) {
    return invalid(definition, text,
                   fmt::format("Not a number of type {}", config_type_name(definition.type)));
  }
  if (!is_allowed(definition, std::to_string(*value))) {
    return invalid(definition, text,
                   fmt::format("Value must be one of: {}", spaced(definition.allowed)));
  }
  return check_range(definition, text, static_cast<double>(*value));
}

outcome<void> check_double(const config_definition& definition, std::string_view text) {
  auto value = parse_config_double(text);
  if (!value || std::isnan(*value)) {
    return invalid(definition, text, "Not a number of type DOUBLE");
  }
  return check_range(definition, text, *value);
}

outcome<void> check_list(const config_definition& definition, std::string_view text) {
  auto items = split_config_list(text);
  for (const auto& item : items) {
    if (item.empty() && items.size() > 1) {
      return fault{error_code::invalid_config,
                   fmt::format("Configuration '{}' values must not be empty.", definition.name)};
    }
    if (!is_allowed(definition, item)) {
      return invalid(definition, text,
                     fmt::format("String must be one of: {}", spaced(definition.allowed)));
    }
  }
  return {};
}

}  // namespace

outcome<void> check_config_value(const config_definition& definition, std::string_view value) {
  switch (definition.type) {
    case config_type::boolean:
      if (parse_config_boolean(value)) return {};
      return invalid(definition, value, "Expected value to be either true or false");
    case config_type::int16:
    case config_type::int32:
    case config_type::int64:
      return check_integer(definition, value);
    case config_type::float64:
      return check_double(definition, value);
    case config_type::list:
      return check_list(definition, value);
    case config_type::text:
    case config_type::class_name:
    case config_type::password:
      if (is_allowed(definition, trim_blanks(value))) return {};
      return invalid(definition, value,
                     fmt::format("String must be one of: {}", spaced(definition.allowed)));
  }
  return {};
}

std::string describe_valid_values(const config_definition& definition) {
  if (!definition.allowed.empty()) return "[" + spaced(definition.allowed) + "]";
  bool has_min = std::isfinite(definition.min);
  bool has_max = std::isfinite(definition.max);
  if (!has_min && !has_max) return {};
  std::string text = "[";
  if (has_min) text += fmt::format("{}", definition.min);
  text += has_min ? ",..." : "...";
  if (has_max) text += fmt::format(",{}", definition.max);
  return text + "]";
}

}  // namespace ottla
