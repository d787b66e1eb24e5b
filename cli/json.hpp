// JSON for --json: built with Boost.JSON, printed with indentation.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>

namespace ottla {

/// Indented text with a line feed at the end.
std::string to_json_text(const boost::json::value& value);

/// Null for nothing.
template <class T>
boost::json::value json_or_null(const std::optional<T>& value) {
  return value ? boost::json::value(*value) : boost::json::value(nullptr);
}

}  // namespace ottla
