#include "admin-ui/server/record_json.hpp"

#include <boost/json.hpp>

#include "protocol/base64.hpp"
#include "protocol/utf8.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

/// Without the character that a cut went through, if it did.
std::string_view without_torn_end(std::string_view text) {
  auto rest = text;
  while (!rest.empty()) {
    const auto length = utf8_length(rest);
    if (length == 0) break;
    rest.remove_prefix(length);
  }
  const bool is_torn =
      !rest.empty() && rest.size() < 4 && rest.front() >= '\xc2' && rest.front() <= '\xf4';
  return text.substr(0, text.size() - (is_torn ? rest.size() : 0));
}

}  // namespace

json::value json_of(const std::optional<shown_bytes>& shown) {
  if (!shown) return nullptr;
  const std::string_view bytes = shown->bytes;
  const bool is_cut = shown->size_bytes > static_cast<int64_t>(bytes.size());
  const auto text = is_cut ? without_torn_end(bytes) : bytes;
  const bool is_text = is_utf8(text) && text.find('\0') == std::string_view::npos;
  json::object made;
  if (is_text) {
    if (!is_cut) return json::string(text);
    made["s"] = json::string(text);
  } else {
    made["b"] = to_base64(bytes);
  }
  if (is_cut) {
    made["n"] = shown->size_bytes;
    made["cut"] = true;
  }
  return made;
}

json::array json_of(const std::vector<shown_header>& headers) {
  json::array made;
  for (const auto& each : headers) {
    made.push_back(json::array{json_of(shown_bytes{each.name, 0}), json_of(each.value)});
  }
  return made;
}

bool read_bytes(const json::value& value, std::optional<std::string>& target) {
  if (value.is_null()) return true;
  if (const auto* text = value.if_string()) {
    target.emplace(text->data(), text->size());
    return true;
  }
  const auto* object = value.if_object();
  const auto* encoded =
      object != nullptr && object->size() == 1 ? object->if_contains("b") : nullptr;
  if (encoded == nullptr || !encoded->is_string()) return false;
  const auto& text = encoded->get_string();
  target = from_base64({text.data(), text.size()});
  return target.has_value();
}

bool read_headers(const json::value& value, new_record& record) {
  const auto* list = value.if_array();
  if (list == nullptr) return false;
  for (const auto& each : *list) {
    const auto* pair = each.if_array();
    if (pair == nullptr || pair->size() != 2 || !pair->at(0).is_string()) return false;
    auto& made = record.headers.emplace_back();
    made.first.assign(pair->at(0).get_string().data(), pair->at(0).get_string().size());
    if (!read_bytes(pair->at(1), made.second)) return false;
  }
  return true;
}

std::string frame_text(const shown_record_view& record) {
  json::object made{{"o", std::to_string(record.offset)},
                    {"ts", record.timestamp},
                    {"k", json_of(record.key)},
                    {"v", json_of(record.value)}};
  if (!record.headers.empty()) made["h"] = json_of(record.headers);
  return json::serialize(made);
}

}  // namespace ottla
