#include "cli/record_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>

#include "cli/json.hpp"
#include "cli/position.hpp"
#include "protocol/base64.hpp"
#include "protocol/utf8.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 6> fields_known = {"topic",     "partition", "offset",
                                                          "timestamp", "key",       "headers"};
constexpr std::string_view null_text = "(null)";

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t start = 0; start < text.size();) {
    size_t end = std::min(text.find(',', start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

std::string headers_text(const shown_record& record) {
  std::string text;
  for (const auto& [name, value] : record.headers) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", name,
                        value ? std::string_view(*value) : null_text);
  }
  return text;
}

std::string field_text(const shown_record& record, std::string_view field) {
  if (field == "topic") return std::string(record.topic);
  if (field == "partition") return std::to_string(record.partition);
  if (field == "offset") return std::to_string(record.offset);
  if (field == "timestamp") return record.timestamp_ms < 0 ? "-" : format_time(record.timestamp_ms);
  if (field == "key") return std::string(record.key.value_or(null_text));
  return headers_text(record);
}

/// What "\n", "\t", "\0" or "\\" stands for.
std::optional<char> escaped_char(std::string_view pair) {
  if (pair == "\\n") return '\n';
  if (pair == "\\t") return '\t';
  if (pair == "\\0") return '\0';
  if (pair == "\\\\") return '\\';
  return std::nullopt;
}

void add_bytes(json::object& to, const std::string& name,
               const std::optional<std::string_view>& bytes) {
  if (!bytes) {
    to[name] = nullptr;
  } else if (is_utf8(*bytes)) {
    to[name] = *bytes;
  } else {
    to[name + "_base64"] = to_base64(*bytes);
  }
}

}  // namespace

std::string wrong_fields(std::string_view fields) {
  for (auto field : split(fields)) {
    if (std::ranges::find(fields_known, field) == fields_known.end()) {
      return fmt::format("--show: there is no field '{}'; there are {}", field,
                         fmt::join(fields_known, ", "));
    }
  }
  return {};
}

std::string format_fields(const shown_record& record, std::string_view fields) {
  std::string line;
  for (auto field : split(fields)) line += field_text(record, field) + "\t";
  line += record.value.value_or(null_text);
  return line + "\n";
}

std::string format_keyed(const shown_record& record, std::string_view separator) {
  std::string line;
  if (record.key) line.append(*record.key).append(separator);
  line += record.value.value_or(null_text);
  return line + "\n";
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    auto escaped = escaped_char(text.substr(i, 2));
    if (escaped) ++i;
    out += escaped.value_or(text[i]);
  }
  return out;
}

std::string wrong_pattern(std::string_view pattern) {
  for (size_t at = pattern.find('%'); at != std::string_view::npos;
       at = pattern.find('%', at + 2)) {
    auto sequence = pattern.substr(at, 2);
    if (format_pattern({}, sequence) != sequence) continue;  // an unknown one stays as it is
    return fmt::format("--format: there is no {}; write %t, %p, %o, %T, %k, %v, %h or %%",
                       sequence);
  }
  return {};
}

std::string format_pattern(const shown_record& record, std::string_view pattern) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    std::string_view pair = pattern.substr(i, 2);
    if (pair == "%t") {
      out += record.topic;
    } else if (pair == "%p") {
      out += std::to_string(record.partition);
    } else if (pair == "%o") {
      out += std::to_string(record.offset);
    } else if (pair == "%T") {
      out += std::to_string(record.timestamp_ms);
    } else if (pair == "%k") {
      out += record.key.value_or("");
    } else if (pair == "%v") {
      out += record.value.value_or("");
    } else if (pair == "%h") {
      out += headers_text(record);
    } else if (pair == "%%") {
      out += '%';
    } else if (auto escaped = escaped_char(pair)) {
      out += *escaped;
    } else {
      out += pattern[i];
      continue;
    }
    ++i;
  }
  return out;
}

std::string format_json(const shown_record& record) {
  json::object object{{"topic", record.topic},
                      {"partition", record.partition},
                      {"offset", record.offset},
                      {"timestamp", record.timestamp_ms}};
  add_bytes(object, "key", record.key);
  add_bytes(object, "value", record.value);
  json::array headers;
  for (const auto& [name, value] : record.headers) {
    json::object header{{"name", name}};
    add_bytes(header, "value", value ? std::optional<std::string_view>(*value) : std::nullopt);
    headers.push_back(std::move(header));
  }
  object["headers"] = std::move(headers);
  return json::serialize(object) + "\n";
}

}  // namespace ottla
