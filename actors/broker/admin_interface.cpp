#include "actors/broker/admin_interface.hpp"

#include <fmt/format.h>

#include <utility>

#include "actors/admin/actor_backend.hpp"
#include "actors/runtime/log.hpp"
#include "actors/runtime/random_source.hpp"
#include "admin-ui/server/admin_server.hpp"
#include "admin-ui/server/static_files.hpp"

namespace ottla {
namespace {

admin_server_options options_of(const broker_config& config) {
  admin_server_options options{
      .rules = {.allowed_hosts = config.admin.allowed_hosts,
                .allowed_origins = config.admin.allowed_origins,
                .is_read_only = config.admin.is_read_only},
      .facts = {.broker = config.node_id,
                .version = OTTLA_VERSION,
                .ui_hash = std::string{dashboard_hash()},
                .is_read_only = config.admin.is_read_only},
      .instance = fmt::format("{:08x}", static_cast<uint32_t>(random_source::from_system().next())),
      .warn = [](const std::string& what) { log::warn("admin", "{}", what); }};
  for (const auto& each : config.admin.listeners) {
    options.listeners.push_back({each.host, each.port});
  }
  return options;
}

}  // namespace

admin_interface::admin_interface() = default;
admin_interface::~admin_interface() = default;

outcome<std::unique_ptr<admin_interface>> admin_interface::start(caf::actor_system& system,
                                                                 const broker_services& services) {
  std::unique_ptr<admin_interface> made{new admin_interface};
  made->actors_ = std::make_unique<admin_actors>(spawn_admin(system, services));
  auto server =
      admin_server::start(options_of(*services.config->get()), make_actor_backend(*made->actors_));
  if (!server) {
    caf::scoped_actor self{system};
    made->actors_->stop(self);
    return std::move(server.error());
  }
  made->server_ = std::move(*server);
  for (const auto& each : made->server_->bound()) made->bound_.push_back({each.host, each.port});
  return made;
}

void admin_interface::stop(caf::scoped_actor& self) {
  server_->stop();
  actors_->stop(self);
}

}  // namespace ottla
