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

}  // namespace ottla
