#include "admin-ui/server/http_message.hpp"

namespace ottla {
namespace {

int hex_digit(char each) {
  if (each >= '0' && each <= '9') return each - '0';
  if (each >= 'a' && each <= 'f') return each - 'a' + 10;
  if (each >= 'A' && each <= 'F') return each - 'A' + 10;
  return -1;
}

std::optional<std::string> decode_percent(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    char each = text[i];
    if (each == '+' && plus_is_blank) each = ' ';
    if (each == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      each = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (each == '\0') return std::nullopt;
    decoded.push_back(each);
  }
  return decoded;
}

bool parse_query(std::string_view text, request_target& target) {
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (item.empty()) continue;
    const auto equals = std::min(item.find('='), item.size());
    auto name = decode_percent(item.substr(0, equals), true);
    auto value = decode_percent(item.substr(std::min(equals + 1, item.size())), true);
    if (!name || !value) return false;
    target.query.emplace(std::move(*name), std::move(*value));
  }
  return true;
}

}  // namespace

std::optional<request_target> request_target::parse(std::string_view text) {
  if (!text.starts_with('/')) return std::nullopt;
  request_target target;
  const auto question = std::min(text.find('?'), text.size());
  auto path = text.substr(1, question - 1);
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    auto segment = decode_percent(path.substr(0, end), false);
    if (!segment) return std::nullopt;
    target.segments.push_back(std::move(*segment));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  const auto query = text.substr(std::min(question + 1, text.size()));
  if (!parse_query(query.substr(0, query.find('#')), target)) return std::nullopt;
  return target;
}

std::string_view http_request::header(std::string_view name) const {
  auto found = headers.find(name);
  return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

std::optional<std::string> http_request::parameter(std::string_view name) const {
  auto found = target.query.find(name);
  if (found == target.query.end()) return std::nullopt;
  return found->second;
}

}  // namespace ottla
