// Consumer groups.
#include "admin-ui/server/api_handlers.hpp"
#include "admin-ui/server/api_parameters.hpp"

namespace ottla {
namespace {

constexpr std::string_view sort_keys[] = {"name", "state", "lag"};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> items;
  for (size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find(',', start), text.size());
    items.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return items;
}

}  // namespace

void answer_groups(const api_call& call) {
  auto page = read_page(call, sort_keys);
  if (!page) return;
  call.backend->groups({std::move(*page), split(call.request->parameter("state").value_or(""))},
                       reply_with_json<groups_page>(call));
}

void answer_group(const api_call& call) {
  call.backend->group(call.parameters.front(), reply_with_json<group_detail>(call));
}

}  // namespace ottla
