// The admin interface of one broker: the HTTP server, the actor that answers for it, and who ends
// first. Used by the main thread.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <memory>
#include <vector>

#include "actors/broker/broker_services.hpp"

namespace ottla {

struct admin_actors;
class admin_server;

class admin_interface {
public:
  /// Binds `admin.listeners` and serves. `services` outlives it. The fault names the address.
  static outcome<std::unique_ptr<admin_interface>> start(caf::actor_system& system,
                                                         const broker_services& services);
  ~admin_interface();
  admin_interface(const admin_interface&) = delete;
  admin_interface& operator=(const admin_interface&) = delete;

  /// With the ports that the system picked.
  [[nodiscard]] const std::vector<admin_address>& bound() const { return bound_; }
  /// Closes every connection, and returns when nothing reads `services` any more.
  void stop(caf::scoped_actor& self);

private:
  admin_interface();

  std::vector<admin_address> bound_;
  std::unique_ptr<admin_actors> actors_;
  std::unique_ptr<admin_server> server_;
};

}  // namespace ottla
