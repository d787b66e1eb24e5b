#include "cli/json.hpp"

#include <boost/json/serialize.hpp>

namespace ottla {
namespace {

namespace json = boost::json;

void append(std::string& out, const json::value& value, size_t indent);

/// A list of scalars stays on one line.
bool is_flat(const json::array& array) {
  for (const auto& item : array) {
    if (item.is_object() || item.is_array()) return false;
  }
  return true;
}

void append_array(std::string& out, const json::array& array, size_t indent) {
  if (is_flat(array)) {
    out += json::serialize(array);
    return;
  }
  out += '[';
  for (size_t i = 0; i < array.size(); ++i) {
    out += (i == 0 ? "\n" : ",\n") + std::string(indent + 2, ' ');
    append(out, array[i], indent + 2);
  }
  out += "\n" + std::string(indent, ' ') + "]";
}

void append_object(std::string& out, const json::object& object, size_t indent) {
  out += '{';
  bool is_first = true;
  for (const auto& [key, value] : object) {
    out += (is_first ? "\n" : ",\n") + std::string(indent + 2, ' ');
    out += json::serialize(json::value(key)) + ": ";
    append(out, value, indent + 2);
    is_first = false;
  }
  out += "\n" + std::string(indent, ' ') + "}";
}

void append(std::string& out, const json::value& value, size_t indent) {
  if (value.is_array()) {
    append_array(out, value.get_array(), indent);
  } else if (value.is_object() && !value.get_object().empty()) {
    append_object(out, value.get_object(), indent);
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string to_json_text(const json::value& value) {
  std::string out;
  append(out, value, 0);
  return out + "\n";
}

}  // namespace ottla
