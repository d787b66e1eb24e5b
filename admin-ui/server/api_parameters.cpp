#include "admin-ui/server/api_parameters.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>

namespace ottla {
namespace {

namespace json = boost::json;
constexpr int32_t page_rows_max = 500;

std::string listed(std::span<const std::string_view> names) {
  std::string text;
  for (const auto each : names) text += (text.empty() ? "" : ", ") + std::string{each};
  return text;
}

}  // namespace

http_reply json_reply(const json::object& body, int status) {
  return {status, "application/json", json::serialize(body), {}};
}

std::optional<page_request> read_page(const api_call& call,
                                      std::span<const std::string_view> sort_keys) {
  page_request page;
  std::vector<violation> wrong;
  page.search = call.request->parameter("q").value_or("");
  if (auto sort = call.request->parameter("sort")) {
    page.is_descending = sort->starts_with('-');
    page.sort = sort->substr(page.is_descending ? 1 : 0);
    if (std::ranges::find(sort_keys, page.sort) == sort_keys.end()) {
      wrong.push_back({"sort", "one of " + listed(sort_keys) + ", or that with - before it"});
    }
  }
  read_number(call, "limit", 1, page_rows_max, page.limit, wrong);
  if (auto cursor = call.request->parameter("cursor")) {
    page.after = decode_cursor(*cursor);
    if (!page.after) wrong.push_back({"cursor", "the `next` of an earlier page"});
  }
  if (wrong.empty()) return page;
  call.refuse(bad_request("the query is not valid", std::move(wrong)));
  return std::nullopt;
}

std::optional<bool> read_flag(const api_call& call, std::string_view name) {
  const auto text = call.request->parameter(name).value_or("false");
  if (text == "true" || text == "false") return text == "true";
  call.refuse(bad_request("the query is not valid", {{std::string{name}, "true or false"}}));
  return std::nullopt;
}

std::optional<json::object> read_body(const api_call& call,
                                      std::span<const std::string_view> members) {
  json::error_code error;
  auto body = json::parse(call.request->body, error);
  if (error || !body.is_object()) {
    call.refuse(bad_request("the body is not a JSON object"));
    return std::nullopt;
  }
  std::vector<violation> wrong;
  for (const auto& member : body.get_object()) {
    const std::string_view name{member.key().data(), member.key().size()};
    if (std::ranges::find(members, name) != members.end()) continue;
    wrong.push_back({"/" + std::string{name}, "unknown; known are " + listed(members)});
  }
  if (wrong.empty()) return std::move(body.get_object());
  call.refuse(bad_request("the body is not valid", std::move(wrong)));
  return std::nullopt;
}

std::optional<int64_t> whole_number(const json::value& value) {
  if (const auto* number = value.if_int64()) return *number;
  if (const auto* text = value.if_string()) {
    return parse_number<int64_t>(std::string_view{text->data(), text->size()});
  }
  return std::nullopt;
}

const json::array* read_objects(const json::object& body, const char* name, size_t most,
                                std::vector<violation>& wrong) {
  const auto* value = body.if_contains(name);
  const auto* items = value == nullptr ? nullptr : value->if_array();
  const bool is_sound =
      items != nullptr && !items->empty() && items->size() <= most &&
      std::ranges::all_of(*items, [](const json::value& each) { return each.is_object(); });
  if (is_sound) return items;
  wrong.push_back({"/" + std::string{name}, "1 to " + std::to_string(most) + " objects"});
  return nullptr;
}

std::optional<partition_index> read_partition(const json::object& body, const char* name,
                                              const std::string& where,
                                              std::vector<violation>& wrong) {
  const auto* value = body.if_contains(name);
  const auto* number = value == nullptr ? nullptr : value->if_int64();
  if (number != nullptr && *number >= 0 && *number <= INT32_MAX) {
    return static_cast<partition_index>(*number);
  }
  wrong.push_back({where + "/" + name, "the number of a partition"});
  return std::nullopt;
}

bool is_confirmed(const api_call& call, const std::string& name, std::string what) {
  if (call.request->parameter("confirm") == name) return true;
  call.refuse(bad_request(std::move(what), {{"confirm", "the name '" + name + "', once more"}}));
  return false;
}

}  // namespace ottla
