#include "actors/gateway/gateway_actor.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

#include "actors/gateway/session_actor.hpp"
#include "actors/gateway/tcp_transport.hpp"
#include "actors/runtime/io_coordinator.hpp"

namespace ottla {
namespace {

// Sessions end themselves after session_limits::closing_ms; this is for one that cannot.
constexpr int64_t closing_grace_ms = 200;
constexpr uint64_t closing_deadline = 1;
constexpr uint64_t rate_window = 2;
constexpr uint64_t look_at_limits = 3;
constexpr int64_t rate_window_ms = 1'000;
// While connections wait at a limit, it may be raised.
constexpr int64_t look_at_limits_ms = 1'000;

void set_buffer(int descriptor, int option, int32_t bytes) {
  if (bytes > 0) ::setsockopt(descriptor, SOL_SOCKET, option, &bytes, sizeof bytes);
}

/// For the end of a line about what a limit did `skipped` times since the last one.
std::string since_last(int64_t skipped) {
  return skipped == 0 ? "" : fmt::format(" ({} more times since the last line)", skipped);
}

io_unit& as_io_unit(unit& any) {
  return dynamic_cast<io_unit&>(any);
}

}  // namespace

gateway_handle spawn_gateway(caf::actor_system& system, gateway_setup setup) {
  return spawn_on<gateway_actor>(system, *units_of(system).front(), std::move(setup));
}

gateway_actor::gateway_actor(caf::actor_config& config, unit& home, gateway_setup setup)
    : pinned(config, home), setup_(std::move(setup)), per_unit_(setup_.services->units.size()) {
  OTTLA_ASSERT(!per_unit_.empty());
}

gateway_actor::behavior_type gateway_actor::make_behavior() {
  return {
      [this](const open_gateway& wanted) { return open(wanted); },
      [this](accept_connections) {
        for (auto& [name, each] : listeners_) each.socket->resume();
      },
      [this](close_gateway) { return close(); },
      [this](session_ended ended) { forget(ended.session); },
      [this](query_gateway) { return counts(); },
      [this](timer_expired due) { timer_due(due.token); },
  };
}

void gateway_actor::on_exit() {
  finish_closing();
}

gateway_opened gateway_actor::open(const open_gateway& wanted) {
  std::vector<std::shared_ptr<listener>> opened;
  gateway_opened answer;
  for (const auto& config : wanted.listeners) {
    auto made = listener::open(as_io_unit(home_unit()), config, setup_.limits.listen_backlog,
                               [this](const listener& from, listener::connection connection) {
                                 accepted(from, connection);
                               });
    if (!made) {
      for (auto& each : opened) each->close();
      return {made.error().message, {}};
    }
    answer.bound.push_back((*made)->config());
    opened.push_back(std::move(*made));
  }
  for (auto& each : opened) listeners_[each->config().name].socket = std::move(each);
  return answer;
}

void gateway_actor::accepted(const listener& from, listener::connection connection) {
  use_current_limits();
  auto address = connection.peer.address().to_string();
  if (!is_within_address_limit(address)) {
    ::close(connection.descriptor);
    ++counts_.refused_total;
    int64_t skipped = 0;
    if (refusal_lines_.allow(time().mono_ms(), skipped)) {
      log::warn("gateway",
                "refused a connection from {}: it has as many as max.connections.per.ip allows{}",
                address, since_last(skipped));
    }
    return;
  }
  set_buffer(connection.descriptor, SO_SNDBUF, setup_.limits.send_buffer_bytes);
  set_buffer(connection.descriptor, SO_RCVBUF, setup_.limits.receive_buffer_bytes);
  start_session(from, connection, std::move(address));
  auto& entry = listeners_.at(from.config().name);
  count_new_connection(entry);
  if (is_at_limit() || is_at_limit(entry)) pause_at_limit(entry);
}

void gateway_actor::use_current_limits() {
  if (setup_.limits_now) setup_.limits = setup_.limits_now();
}

bool gateway_actor::is_at_limit() const {
  const auto& limits = setup_.limits;
  return sessions_.size() >=
         static_cast<size_t>(std::min(limits.max_connections, limits.max_by_open_files));
}

listener_limits gateway_actor::limits_of(const listener_entry& entry) const {
  const auto own = setup_.limits.by_listener.find(entry.socket->config().name);
  return own == setup_.limits.by_listener.end() ? listener_limits{} : own->second;
}

bool gateway_actor::is_at_limit(const listener_entry& entry) const {
  return entry.connections >= static_cast<size_t>(limits_of(entry).max_connections);
}

/// Counts one more. A burst at the edge of two seconds may be twice the rate, the average never.
bool gateway_actor::exceeds_rate(rate_counter& counter, int32_t limit) {
  const auto now_ms = time().mono_ms();
  if (now_ms - counter.began_ms >= rate_window_ms) {
    counter.began_ms = now_ms;
    counter.connections = 0;
  }
  return ++counter.connections >= limit && !std::exchange(counter.is_paused, true);
}

void gateway_actor::count_new_connection(listener_entry& entry) {
  const bool all = exceeds_rate(rate_, setup_.limits.max_connection_rate);
  const bool own = exceeds_rate(entry.rate, limits_of(entry).max_connection_rate);
  if (all) {
    for (auto& [name, each] : listeners_) each.socket->pause();
    pause_for_rate("max.connection.creation.rate", rate_, lines_.rate);
  } else if (own) {
    entry.socket->pause();
    pause_for_rate(to_string(entry.socket->config()) + "'s own max.connection.creation.rate",
                   entry.rate, entry.own_lines.rate);
  }
}

void gateway_actor::timer_due(uint64_t token) {
  if (token == closing_deadline) return finish_closing();
  if (token == rate_window) {
    const auto is_over = [now_ms = time().mono_ms()](const rate_counter& counter) {
      return now_ms - counter.began_ms >= rate_window_ms;
    };
    if (is_over(rate_)) rate_.is_paused = false;
    for (auto& [name, each] : listeners_) {
      if (is_over(each.rate)) each.rate.is_paused = false;
    }
  }
  if (token == look_at_limits) limit_timer_ = no_timer;
  use_current_limits();
  resume_if_possible();
}

bool gateway_actor::is_within_address_limit(const std::string& address) const {
  const auto& limits = setup_.limits;
  const auto own = limits.per_ip_overrides.find(address);
  const auto limit =
      own != limits.per_ip_overrides.end() ? own->second : limits.max_connections_per_ip;
  const auto present = per_address_.find(address);
  return (present == per_address_.end() ? 0 : present->second) < limit;
}

size_t gateway_actor::least_busy_unit() const {
  return static_cast<size_t>(std::min_element(per_unit_.begin(), per_unit_.end()) -
                             per_unit_.begin());
}

void gateway_actor::start_session(const listener& from, listener::connection connection,
                                  std::string address) {
  const auto number = next_session_++;
  const auto index = least_busy_unit();
  auto& where = as_io_unit(*setup_.services->units[index]);
  boost::asio::ip::tcp::socket socket{where.context()};
  boost::system::error_code failed;
  socket.assign(from.protocol(), connection.descriptor, failed);
  if (failed) {  // e.g. no more descriptors may be watched
    ::close(connection.descriptor);
    return log::error("gateway", "cannot serve {}: {}", address, failed.message());
  }
  session_setup born;
  born.connection = tcp_transport::create(where, std::move(socket));
  born.listener = from.config().name;
  born.routes = setup_.routes;
  born.services = setup_.services;
  born.limits = setup_.limits.session;
  born.pool = setup_.pool;
  born.complaints = complaints_;
  born.shortages = shortages_;
  born.ended = [gateway = caf::weak_actor_ptr{ctrl()}, number] {
    if (auto alive = gateway.lock()) {
      caf::anon_send(caf::actor_cast<caf::actor>(alive), session_ended{number});
    }
  };
  auto session = spawn_session(system(), where, std::move(born));
  const auto& listener_name = from.config().name;
  sessions_.emplace(number, session_entry{std::move(session), address, index, listener_name});
  ++listeners_.at(listener_name).connections;
  ++per_address_[address];
  ++per_unit_[index];
  ++counts_.accepted_total;
}

/// New connections stay in the system's queue until one ends.
void gateway_actor::pause_at_limit(listener_entry& entry) {
  counts_.paused = true;
  look_at_limits_later();
  const bool is_own = !is_at_limit();
  if (is_own) {
    entry.socket->pause();
  } else {
    for (auto& [name, each] : listeners_) each.socket->pause();
  }
  int64_t skipped = 0;
  auto& lines = is_own ? entry.own_lines : lines_;
  if (!lines.full.allow(time().mono_ms(), skipped)) return;
  if (is_own) {
    return log::warn("gateway",
                     "{} connections of {} are open, as many as its own max.connections allows: "
                     "new ones wait{}",
                     entry.connections, to_string(entry.socket->config()), since_last(skipped));
  }
  const auto& limits = setup_.limits;
  log::warn("gateway", "{} connections are open, as many as {} allows: new ones wait{}",
            sessions_.size(),
            limits.max_connections <= limits.max_by_open_files
                ? "max.connections"
                : "the limit of open files (ulimit -n, LimitNOFILE)",
            since_last(skipped));
}

void gateway_actor::look_at_limits_later() {
  if (limit_timer_ || !setup_.limits_now) return;
  limit_timer_ = arm_timer(look_at_limits_ms, look_at_limits);
}

void gateway_actor::pause_for_rate(std::string_view whose, const rate_counter& counter,
                                   log::limiter& lines) {
  arm_timer(counter.began_ms + rate_window_ms - time().mono_ms(), rate_window);
  int64_t skipped = 0;
  if (lines.allow(time().mono_ms(), skipped)) {
    log::warn("gateway",
              "{} connections have begun within a second, as many as {} allows: new ones wait{}",
              counter.connections, whose, since_last(skipped));
  }
}

void gateway_actor::resume_if_possible() {
  if (!closing_.empty()) return;
  bool is_any_full = is_at_limit();
  for (auto& [name, each] : listeners_) {
    const bool is_full = is_at_limit(each);
    is_any_full = is_any_full || is_full;
    if (!is_full && !is_at_limit() && !rate_.is_paused && !each.rate.is_paused) {
      each.socket->resume();
    }
  }
  if (is_any_full && counts_.paused) look_at_limits_later();
  counts_.paused = counts_.paused && is_any_full;
}

void gateway_actor::forget(uint64_t session) {
  auto place = sessions_.find(session);
  if (place == sessions_.end()) return;
  --per_unit_[place->second.unit_index];
  auto present = per_address_.find(place->second.address);
  if (--present->second == 0) per_address_.erase(present);
  if (auto from = listeners_.find(place->second.listener); from != listeners_.end()) {
    --from->second.connections;
  }
  sessions_.erase(place);
  if (!closing_.empty()) {
    if (sessions_.empty()) finish_closing();
  } else if (counts_.paused) {
    use_current_limits();
    resume_if_possible();
  }
}

caf::result<gateway_closed> gateway_actor::close() {
  for (auto& [name, each] : listeners_) each.socket->close();
  listeners_.clear();
  if (sessions_.empty()) return gateway_closed{};
  for (const auto& [number, entry] : sessions_) caf::anon_send(entry.session, close_session{});
  if (closing_.empty()) {
    arm_timer(setup_.limits.session.closing_ms + closing_grace_ms, closing_deadline);
  }
  closing_.push_back(make_response_promise<gateway_closed>());
  return closing_.back();
}

/// All sessions are gone, or have had their time.
void gateway_actor::finish_closing() {
  for (auto& [name, each] : listeners_) each.socket->close();
  listeners_.clear();
  for (const auto& [number, entry] : sessions_) {
    caf::anon_send_exit(entry.session, caf::exit_reason::user_shutdown);
  }
  sessions_.clear();
  for (auto& promise : std::exchange(closing_, {})) promise.deliver(gateway_closed{});
}

gateway_counts gateway_actor::counts() const {
  auto now = counts_;
  now.connections = static_cast<int64_t>(sessions_.size());
  return now;
}

}  // namespace ottla
