// Reads effective values by key for the typed structs. Of use only inside actors/config, after the
// values have been checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "actors/config/config_layers.hpp"
#include "actors/config/config_value.hpp"
#include "protocol/assert.hpp"

namespace ottla {

/// A value and where it came from.
struct effective_value {
  std::string_view key;              ///< The key that holds it; another one for a synonym.
  std::optional<std::string> value;  ///< In the unit of `key`. Nothing: null.
  config_source source = config_source::default_value;
};

/// The value of a broker key or of the synonym that goes before it.
effective_value effective_broker_value(const config_layers& layers, std::string_view key);

/// The value of a topic key, in its own unit.
effective_value effective_topic_value(const config_layers& layers, const config_map& overrides,
                                      const config_definition& definition);

/// `text` of key `from` in the unit of key `to`; negative numbers mean "no limit" in every unit.
std::string convert_unit(std::string_view text, std::string_view from, std::string_view to);

/// Typed access on top of a function from key to text.
template <class TextOf>
class config_reader {
public:
  explicit config_reader(TextOf text_of) : text_of_(std::move(text_of)) {}

  [[nodiscard]] std::optional<std::string> maybe_text(std::string_view key) const {
    return text_of_(key);
  }
  [[nodiscard]] std::string text(std::string_view key) const {
    return std::string(trim_blanks(text_of_(key).value_or("")));
  }
  [[nodiscard]] bool boolean(std::string_view key) const {
    auto value = parse_config_boolean(text(key));
    OTTLA_ASSERT(value.has_value());
    return *value;
  }
  [[nodiscard]] double real(std::string_view key) const {
    auto value = parse_config_double(text(key));
    OTTLA_ASSERT(value.has_value());
    return *value;
  }
  template <class Integer>
  void integer(Integer& target, std::string_view key) const {
    auto value = parse_config_integer(text(key));
    OTTLA_ASSERT(value.has_value());
    target = static_cast<Integer>(*value);
  }

private:
  TextOf text_of_;
};

}  // namespace ottla
