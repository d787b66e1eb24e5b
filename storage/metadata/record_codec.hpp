// One description per record serves reading and writing: fields(codec, record) visits each field.
// For the sources of this folder only.
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "protocol/wire_reader.hpp"
#include "protocol/wire_writer.hpp"

namespace ottla {

class record_writer {
public:
  record_writer(wire_writer& out, int16_t version) : out_(out), version_(version) {}

  /// Of the format that is written.
  [[nodiscard]] int16_t version() const { return version_; }

  template <class... Fields>
  void operator()(const Fields&... fields) {
    (write(fields), ...);
  }
  /// Only a reader has anything to refuse.
  void require(bool, const char*) {}

private:
  void write(const std::string& text) { out_.compact_string(text); }
  void write(const std::optional<std::string>& text) { out_.compact_nullable_string(text); }
  void write(const uuid& id) { out_.id(id); }
  void write(bool value) { out_.boolean(value); }
  void write(int8_t value) { out_.int8(value); }
  void write(int16_t value) { out_.int16(value); }
  void write(uint16_t value) { out_.uint16(value); }
  void write(int32_t value) { out_.varint(value); }
  void write(int64_t value) { out_.varlong(value); }
  template <class Enum>
    requires std::is_enum_v<Enum>
  void write(Enum value) {
    out_.int8(static_cast<int8_t>(value));
  }
  template <class T>
  void write(const std::vector<T>& items) {
    out_.compact_array_count(items.size());
    for (const auto& item : items) write(item);
  }
  template <class K, class V, class C>
  void write(const std::map<K, V, C>& items) {
    out_.compact_array_count(items.size());
    for (const auto& [key, value] : items) {
      write(key);
      write(value);
    }
  }
  template <class A, class B>
  void write(const std::pair<A, B>& both) {
    write(both.first);
    write(both.second);
  }
  template <class Record>
    requires std::is_class_v<Record>
  void write(const Record& record) {
    fields(*this, record);
  }

  wire_writer& out_;
  int16_t version_;
};

class field_reader {
public:
  field_reader(wire_reader& in, int16_t version) : in_(in), version_(version) {}

  [[nodiscard]] int16_t version() const { return version_; }

  template <class... Fields>
  void operator()(Fields&... fields) {
    (read(fields), ...);
  }
  void require(bool holds, const char* what) {
    if (!holds) in_.fail(what);
  }

private:
  void read(std::string& text) { text = in_.compact_string(); }
  void read(std::optional<std::string>& text) {
    auto view = in_.compact_nullable_string();
    text = view ? std::optional<std::string>{*view} : std::nullopt;
  }
  void read(uuid& id) { id = in_.id(); }
  void read(bool& value) { value = in_.boolean(); }
  void read(int8_t& value) { value = in_.int8(); }
  void read(int16_t& value) { value = in_.int16(); }
  void read(uint16_t& value) { value = in_.uint16(); }
  void read(int32_t& value) { value = in_.varint(); }
  void read(int64_t& value) { value = in_.varlong(); }
  template <class Enum>
    requires std::is_enum_v<Enum>
  void read(Enum& value) {
    auto number = in_.int8();
    require(number >= 0 && number <= static_cast<int8_t>(last_of(Enum{})), "an unknown enumerator");
    value = static_cast<Enum>(number);
  }
  // Grows as elements arrive, so a lying count costs nothing.
  template <class T>
  void read(std::vector<T>& items) {
    auto count = in_.compact_array_count();
    items.clear();
    for (size_t i = 0; count && i < *count && !in_.failed(); ++i) read(items.emplace_back());
  }
  template <class K, class V, class C>
  void read(std::map<K, V, C>& items) {
    auto count = in_.compact_array_count();
    items.clear();
    for (size_t i = 0; count && i < *count && !in_.failed(); ++i) {
      K key{};
      read(key);
      read(items[std::move(key)]);
    }
  }
  template <class A, class B>
  void read(std::pair<A, B>& both) {
    read(both.first);
    read(both.second);
  }
  template <class Record>
    requires std::is_class_v<Record>
  void read(Record& record) {
    fields(*this, record);
  }

  wire_reader& in_;
  int16_t version_;
};

}  // namespace ottla
