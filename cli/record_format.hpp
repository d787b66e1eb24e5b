// How `ottla consume` prints a record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ottla {

/// A record as it was read; null is nothing.
struct shown_record {
  std::string_view topic;
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp_ms = -1;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

/// Empty if `fields` ("offset,key") names only fields that there are.
std::string wrong_fields(std::string_view fields);

/// The fields, then the value, separated by tabs, with a line feed. Null is "(null)".
std::string format_fields(const shown_record& record, std::string_view fields);

/// The key, the separator and the value, or the value alone where there is no key, with a line
/// feed: what `ottla produce --key-separator` reads.
std::string format_keyed(const shown_record& record, std::string_view separator);

/// `text` with \n, \t, \0 and \ replaced by what they stand for.
std::string unescaped(std::string_view text);

/// Empty if every % of `pattern` begins a sequence that there is, else what is wrong.
std::string wrong_pattern(std::string_view pattern);

/// `pattern` with its % and \ sequences replaced; an unknown one stays as it is.
std::string format_pattern(const shown_record& record, std::string_view pattern);

/// One line. Keys and values that are no UTF-8 go to "key_base64" and "value_base64".
std::string format_json(const shown_record& record);

}  // namespace ottla
