// What turns the one description of a message's fields into reading, writing and printing.
//
// Included only by the messages' .cpp files. Each describes a structure by a function
//
//   template <class Codec>
//   void fields(Codec& c, fetch_request& m) {
//     c.field("max_wait_ms", m.max_wait_ms);
//     c.field("session_id", m.session_id, since(7));
//     c.field("topics", m.topics, always, since(1));   // null allowed from version 1 on only
//   }
//
// and its tagged fields, if it has any, by another called tagged_fields(). The type of a member
// decides its encoding: std::optional may be null, std::vector is an array, a struct has fields.
// The file ends with OTTLA_MESSAGE(name) for the request and for the response.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

#include "protocol/messages/message.hpp"
#include "protocol/messages/text_codec.hpp"
#include "protocol/messages/version_range.hpp"
#include "protocol/utf8.hpp"

namespace ottla {

template <class Codec, class M>
concept has_tagged_fields = requires(Codec& c, M& m) { tagged_fields(c, m); };

/// Fills a message from bytes.
class message_decoder {
public:
  message_decoder(wire_reader& in, api_version version, bool flexible)
      : in_(in),
        version_(version),
        flexible_(flexible),
        element_bytes_left_(small_bytes + growth * static_cast<int64_t>(in.remaining())) {}

  template <class T>
  void field(const char*, T& value, version_range present = always,
             version_range nullable = always) {
    if (present.has(version_)) read(value, nullable.has(version_));
  }

  /// Record batches: null counts as empty.
  void records(const char*, shared_bytes& value) {
    value = in_.shared(nullable_bytes().value_or(std::span<const std::byte>{}));
  }
  void records(const char* name, gather_piece& value) {
    records(name, value.emplace<shared_bytes>());
  }

  template <class T>
  void tagged(uint32_t tag, const char*, T& value, version_range present, const T& = T{}) {
    if (tag != tag_ || !present.has(version_)) return;
    read(value, true);
    tag_known_ = true;
  }

  template <class M>
  void structure(M& value) {
    fields(*this, value);
    if (flexible_) tags(value);
  }

private:
  template <class M>
  void tags(M& value) {
    if constexpr (!has_tagged_fields<message_decoder, M>) {
      in_.skip_tagged_fields();
    } else {
      auto count = in_.unsigned_varint();
      for (uint32_t i = 0; i < count && !in_.failed(); ++i) one_tag(value);
    }
  }

  template <class M>
  void one_tag(M& value) {
    auto tag = in_.unsigned_varint();
    auto size = in_.unsigned_varint();
    if (size > in_.remaining()) return in_.fail("a tagged field is longer than the bytes left");
    auto end = in_.position() + size;
    tag_ = tag;
    tag_known_ = false;
    tagged_fields(*this, value);
    if (!tag_known_) in_.raw(size);
    if (in_.position() != end) in_.fail("a tagged field has another size than it announces");
  }

  template <class T>
  void read(T& value, bool) {
    if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> number{};
      read(number, false);
      value = T{number};
    } else {
      structure(value);
    }
  }
  void read(bool& value, bool) { value = in_.boolean(); }
  void read(int8_t& value, bool) { value = in_.int8(); }
  void read(int16_t& value, bool) { value = in_.int16(); }
  void read(int32_t& value, bool) { value = in_.int32(); }
  void read(int64_t& value, bool) { value = in_.int64(); }
  void read(uuid& value, bool) { value = in_.id(); }
  // Text that a client gives is given to others, who may not survive what is no UTF-8.
  void read(std::string& value, bool) {
    value = as_utf8(flexible_ ? in_.compact_string() : in_.string());
  }
  void read(std::optional<std::string>& value, bool nullable) {
    auto text = flexible_ ? in_.compact_nullable_string() : in_.nullable_string();
    if (!text && !nullable) in_.fail(null_refused);
    if (text) {
      value = as_utf8(*text);
    } else {
      value.reset();
    }
  }
  void read(shared_bytes& value, bool) {
    value = in_.shared(flexible_ ? in_.compact_bytes() : in_.bytes());
  }
  template <class T>
  void read(std::vector<T>& values, bool) {
    auto count = array_count();
    if (!count) return in_.fail(null_refused);
    elements(values, *count);
  }
  template <class T>
  void read(std::optional<std::vector<T>>& values, bool nullable) {
    auto count = array_count();
    if (!count && !nullable) in_.fail(null_refused);
    values.reset();
    if (count) elements(values.emplace(), *count);
  }
  template <class T>
  void read(std::optional<T>& value, bool) {
    value.reset();
    if (in_.int8() < 0) return;
    value = T{};  // not emplace(): clang takes a nested structure for not default-constructible
    structure(*value);
  }

  template <class T>
  void elements(std::vector<T>& values, size_t count) {
    values.clear();
    // Reserves no more memory than there are bytes left, whatever the count says.
    values.reserve(std::min(count, in_.remaining() / sizeof(T)));
    for (size_t i = 0; i < count && !in_.failed(); ++i) {
      element_bytes_left_ -= static_cast<int64_t>(sizeof(T));
      if (element_bytes_left_ < 0) return in_.fail("too many array elements for so few bytes");
      read(values.emplace_back(), false);
    }
  }

  std::optional<size_t> array_count() {
    return flexible_ ? in_.compact_array_count() : in_.array_count();
  }
  std::optional<std::span<const std::byte>> nullable_bytes() {
    return flexible_ ? in_.compact_nullable_bytes() : in_.nullable_bytes();
  }

  static constexpr const char* null_refused = "null where this version has none";
  // An element may take three bytes of a frame and a hundred of memory, and only the frame is
  // charged to the memory budget. Honest requests, large ones above all, stay far below this.
  static constexpr int64_t small_bytes = 4 << 20;
  static constexpr int64_t growth = 8;

  wire_reader& in_;
  api_version version_;
  bool flexible_;
  int64_t element_bytes_left_;
  uint32_t tag_ = 0;        // the tagged field being looked for
  bool tag_known_ = false;  // it was found
};

/// Writes a message to bytes.
class message_encoder {
public:
  message_encoder(wire_writer& out, api_version version, bool flexible)
      : out_(out), version_(version), flexible_(flexible) {}

  template <class T>
  void field(const char*, const T& value, version_range present = always,
             version_range nullable = always) {
    if (present.has(version_)) write(value, nullable.has(version_));
  }

  void records(const char*, const gather_piece& value) {
    auto size = static_cast<size_t>(size_bytes(value));
    if (flexible_) {
      out_.compact_array_count(size);
    } else {
      out_.array_count(size);
    }
    out_.payload(value);
  }

  template <class T>
  void tagged(uint32_t tag, const char*, const T& value, version_range present,
              const T& default_value = T{}) {
    if (!present.has(version_) || value == default_value) return;
    if (counting_tags_) {
      ++tag_count_;
      return;
    }
    out_.unsigned_varint(tag);
    auto mark = out_.mark();
    write(value, true);
    out_.insert_size(mark);
  }

  template <class M>
  void structure(const M& value) {
    // The description is shared with the decoder and takes M&; nothing here writes to it.
    auto& described = const_cast<M&>(value);
    fields(*this, described);
    if (flexible_) tags(described);
  }

private:
  template <class M>
  void tags(M& value) {
    if constexpr (!has_tagged_fields<message_encoder, M>) {
      out_.no_tagged_fields();
    } else {
      tag_count_ = 0;
      counting_tags_ = true;
      tagged_fields(*this, value);
      counting_tags_ = false;
      out_.unsigned_varint(tag_count_);
      if (tag_count_ != 0) tagged_fields(*this, value);
    }
  }

  template <class T>
  void write(const T& value, bool) {
    if constexpr (std::is_enum_v<T>) {
      write(static_cast<std::underlying_type_t<T>>(value), false);
    } else {
      structure(value);
    }
  }
  void write(bool value, bool) { out_.boolean(value); }
  void write(int8_t value, bool) { out_.int8(value); }
  void write(int16_t value, bool) { out_.int16(value); }
  void write(int32_t value, bool) { out_.int32(value); }
  void write(int64_t value, bool) { out_.int64(value); }
  void write(const uuid& value, bool) { out_.id(value); }
  void write(const std::string& value, bool) {
    if (flexible_) {
      out_.compact_string(value);
    } else {
      out_.string(value);
    }
  }
  void write(const std::optional<std::string>& value, bool nullable) {
    std::optional<std::string_view> text = value;
    if (!text && !nullable) text = "";
    if (flexible_) {
      out_.compact_nullable_string(text);
    } else {
      out_.nullable_string(text);
    }
  }
  void write(const shared_bytes& value, bool) {
    if (flexible_) {
      out_.compact_bytes(value.view());
    } else {
      out_.bytes(value.view());
    }
  }
  template <class T>
  void write(const std::vector<T>& values, bool) {
    array_count(values.size());
    for (const auto& value : values) write(value, false);
  }
  template <class T>
  void write(const std::optional<std::vector<T>>& values, bool nullable) {
    if (values) return write(*values, false);
    array_count(nullable ? std::nullopt : std::optional<size_t>{0});
  }
  template <class T>
  void write(const std::optional<T>& value, bool) {
    out_.int8(value ? 1 : -1);
    if (value) structure(*value);
  }

  void array_count(std::optional<size_t> count) {
    if (flexible_) {
      out_.compact_array_count(count);
    } else {
      out_.array_count(count);
    }
  }

  wire_writer& out_;
  api_version version_;
  bool flexible_;
  bool counting_tags_ = false;
  uint32_t tag_count_ = 0;
};

template <class M>
void decode(wire_reader& in, M& message, api_version version) {
  message_decoder{in, version, is_flexible(M::api, version)}.structure(message);
}

template <class M>
void encode(wire_writer& out, const M& message, api_version version) {
  OTTLA_ASSERT(find_api(M::api)->knows(version));
  message_encoder{out, version, is_flexible(M::api, version)}.structure(message);
}

template <class M>
std::string to_text(const M& message, api_version version) {
  message_printer printer{version};
  printer.structure(message);
  return printer.take();
}

}  // namespace ottla

/// Makes decode(), encode() and to_text() of one message from its description above.
// NOLINTBEGIN(bugprone-macro-parentheses): M is a type
#define OTTLA_MESSAGE(M)                                                             \
  template void decode<M>(wire_reader & in, M & message, api_version version);       \
  template void encode<M>(wire_writer & out, const M& message, api_version version); \
  template std::string to_text<M>(const M& message, api_version version)
// NOLINTEND(bugprone-macro-parentheses)
