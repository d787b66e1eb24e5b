#include "protocol/messages/text_codec.hpp"

#include <fmt/format.h>

#include <iterator>

namespace ottla {

void message_printer::key(std::string_view name) {
  if (text_.back() != '{') text_ += ',';
  quoted(name);
  text_ += ':';
}

void message_printer::print(error_code value) {
  quoted(error_name(value));
}

void message_printer::length(size_t bytes) {
  fmt::format_to(std::back_inserter(text_), "\"<{} bytes>\"", bytes);
}

void message_printer::quoted(std::string_view value) {
  text_ += '"';
  for (char c : value) {
    if (c == '"' || c == '\\') text_ += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(text_), "\\u{:04x}", static_cast<int>(c));
    } else {
      text_ += c;
    }
  }
  text_ += '"';
}

}  // namespace ottla
