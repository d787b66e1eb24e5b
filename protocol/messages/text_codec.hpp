// Prints a message as JSON-like text, from the same description that reads and writes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "protocol/error_code.hpp"
#include "protocol/gather_list.hpp"
#include "protocol/messages/version_range.hpp"

namespace ottla {

class message_printer {
public:
  explicit message_printer(api_version version) : version_(version) {}

  template <class T>
  void field(const char* name, const T& value, version_range present = always,
             version_range = always) {
    if (!present.has(version_)) return;
    key(name);
    print(value);
  }
  void records(const char* name, const gather_piece& value) {
    key(name);
    length(static_cast<size_t>(size_bytes(value)));
  }
  template <class T>
  void tagged(uint32_t, const char* name, const T& value, version_range present,
              const T& default_value = T{}) {
    if (!(value == default_value)) field(name, value, present);
  }
  template <class M>
  void structure(const M& value) {
    auto& described = const_cast<M&>(value);  // as in message_encoder
    text_ += '{';
    fields(*this, described);
    if constexpr (requires { tagged_fields(*this, described); }) tagged_fields(*this, described);
    text_ += '}';
  }

  std::string take() { return std::move(text_); }

private:
  template <class T>
  void print(const T& value) {
    if constexpr (std::is_integral_v<T>) {
      text_ += std::to_string(value);
    } else {
      structure(value);
    }
  }
  void print(bool value) { text_ += value ? "true" : "false"; }
  void print(error_code value);
  void print(const uuid& value) { quoted(value.to_string()); }
  void print(const std::string& value) { quoted(value); }
  void print(const shared_bytes& value) { length(value.size()); }
  template <class T>
  void print(const std::vector<T>& values) {
    text_ += '[';
    for (const auto& value : values) {
      if (text_.back() != '[') text_ += ',';
      print(value);
    }
    text_ += ']';
  }
  template <class T>
  void print(const std::optional<T>& value) {
    if (value) return print(*value);
    text_ += "null";
  }

  void key(std::string_view name);
  void quoted(std::string_view value);
  void length(size_t bytes);

  api_version version_;
  std::string text_;
};

}  // namespace ottla
