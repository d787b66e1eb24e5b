// Opens the listeners, gives each connection a session on the unit with the fewest, and keeps
// count.
//
// Lives on an io_unit, whose thread accepts.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/gateway/gateway.hpp"
#include "actors/gateway/listener.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/io_unit.hpp"
#include "actors/runtime/log.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

class gateway_actor final : public pinned<gateway_handle::base> {
public:
  gateway_actor(caf::actor_config& config, unit& home, gateway_setup setup);

  const char* name() const override { return "gateway"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  struct session_entry {
    session_handle session;
    std::string address;
    size_t unit_index = 0;
    std::string listener;
  };
  /// New connections, counted in whole seconds.
  struct rate_counter {
    int64_t began_ms = 0;
    int32_t connections = 0;
    bool is_paused = false;  ///< Until this second is over.
  };
  /// One limiter per limit: a line about one never hides another's.
  struct limit_lines {
    log::limiter full;
    log::limiter rate;
  };
  struct listener_entry {
    std::shared_ptr<listener> socket;
    size_t connections = 0;
    rate_counter rate;
    limit_lines own_lines;
  };

  gateway_opened open(const open_gateway& wanted);
  void accepted(const listener& from, listener::connection connection);
  [[nodiscard]] bool is_within_address_limit(const std::string& address) const;
  [[nodiscard]] size_t least_busy_unit() const;
  void start_session(const listener& from, listener::connection connection, std::string address);
  void use_current_limits();
  [[nodiscard]] listener_limits limits_of(const listener_entry& entry) const;
  [[nodiscard]] bool is_at_limit() const;
  [[nodiscard]] bool is_at_limit(const listener_entry& entry) const;
  [[nodiscard]] bool exceeds_rate(rate_counter& counter, int32_t limit);
  void count_new_connection(listener_entry& entry);
  void pause_at_limit(listener_entry& entry);
  void pause_for_rate(std::string_view whose, const rate_counter& counter, log::limiter& lines);
  void look_at_limits_later();
  void resume_if_possible();
  void timer_due(uint64_t token);
  void forget(uint64_t session);
  caf::result<gateway_closed> close();
  void finish_closing();
  [[nodiscard]] gateway_counts counts() const;

  gateway_setup setup_;
  std::map<std::string, listener_entry, std::less<>> listeners_;  // by their names
  std::unordered_map<uint64_t, session_entry> sessions_;
  std::map<std::string, int32_t> per_address_;
  std::vector<int64_t> per_unit_;
  uint64_t next_session_ = 1;
  gateway_counts counts_;
  rate_counter rate_;  // of all listeners
  timer_id limit_timer_;
  std::vector<caf::typed_response_promise<gateway_closed>> closing_;
  std::shared_ptr<log::limiter> complaints_ = std::make_shared<log::limiter>();
  std::shared_ptr<log::limiter> shortages_ = std::make_shared<log::limiter>();
  log::limiter refusal_lines_;
  limit_lines lines_;  // of all listeners
};

}  // namespace ottla
