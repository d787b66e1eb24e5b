// Broker keys: the admin interface.
#include "actors/config/config_tables.hpp"

namespace ottla {
namespace {

constexpr config_definition admin_configs[] = {
    {.name = "admin.listeners",
     .type = config_type::list,
     .default_value = "http://127.0.0.1:8090",
     .importance = config_importance::high,
     .doc = "Where the broker serves its dashboard, HTTP API and metrics, as http://host:port; "
            "empty switches them off. An address that other machines can reach needs "
            "ottla.allow.insecure.listeners=true while there is no authentication."},
    {.name = "admin.allowed.hosts",
     .type = config_type::list,
     .doc = "Names by which browsers may address the admin interface, besides localhost and "
            "numeric addresses. Any other name is refused: this keeps foreign web sites from "
            "reaching it through a name of theirs (DNS rebinding)."},
    {.name = "admin.allowed.origins",
     .type = config_type::list,
     .doc = "Other web sites whose pages may change things and open WebSockets here, as "
            "https://host or https://host:port."},
    {.name = "admin.read.only",
     .type = config_type::boolean,
     .default_value = "false",
     .doc = "Whether the admin interface refuses everything that changes something."},
};

}  // namespace

std::span<const config_definition> admin_config_table() {
  return admin_configs;
}

}  // namespace ottla
