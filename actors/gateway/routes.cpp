#include "actors/gateway/routes.hpp"

#include "actors/handlers/api_versions.hpp"

namespace ottla {
namespace {

constexpr route table[] = {
    // api, first advertised, last, first served, handler, overlaps
    {api_key::api_versions, 0, 4, 0, handle_api_versions},
};

constexpr bool is_ordered() {
  for (size_t i = 1; i < std::size(table); ++i) {
    if (table[i - 1].key >= table[i].key) return false;
  }
  return true;
}
static_assert(is_ordered());

}  // namespace

std::span<const route> client_routes() {
  return table;
}

}  // namespace ottla
