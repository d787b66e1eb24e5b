#include "actors/gateway/session_actor.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <exception>
#include <utility>

#include "actors/handlers/api_versions.hpp"
#include "protocol/wire_reader.hpp"

namespace ottla {
namespace {

// Tokens of the session's own timers; parked requests have those from first_parked_id on.
enum own_timer : uint64_t {
  idle,
  receive_stall,
  write_stall,
  memory_wait,
  muted_until,
  closing_deadline,
  proof_deadline
};
constexpr uint64_t first_parked_id = 16;

// Who has not proved to be a broker gets, where only brokers are served, room and time for that.
constexpr int64_t handshake_bytes_max = 4096;
constexpr int64_t handshake_ms = 10'000;

bool is_for_brokers(std::span<const route> routes) {
  return std::ranges::any_of(routes, &route::for_brokers);
}

frame_assembler::signals signals_to(caf::weak_actor_ptr session) {
  auto tell = [session](auto message) {
    if (auto alive = session.lock()) caf::anon_send(caf::actor_cast<caf::actor>(alive), message);
  };
  return {[tell] { tell(memory_granted{}); }, [tell] { tell(memory_revoked{}); }};
}

}  // namespace

session_handle spawn_session(caf::actor_system& system, unit& where, session_setup setup) {
  caf::actor_config config{where.home()};
  return system.spawn_class<session_actor, caf::no_spawn_options>(config, std::ref(where),
                                                                  std::move(setup));
}

session_actor::session_actor(caf::actor_config& config, unit& home, session_setup setup)
    : pinned(config, home),
      setup_(std::move(setup)),
      info_{setup_.listener, setup_.connection->local(), setup_.connection->peer(), {}, {}, {}, {}},
      frames_(home, setup_.pool,
              is_for_brokers(setup_.routes) ? handshake_bytes_max : setup_.limits.max_request_bytes,
              signals_to(weak_self())),
      link_(std::make_shared<reply_sink*>(static_cast<reply_sink*>(this))),
      next_parked_id_(first_parked_id) {}

session_actor::behavior_type session_actor::make_behavior() {
  last_active_ms_ = time().mono_ms();
  check_idle();
  if (is_for_brokers(setup_.routes)) proof_timer_ = arm_timer(handshake_ms, proof_deadline);
  setup_.connection->start(*this, caf::strong_actor_ptr{ctrl()});
  return {
      [this](const partition_changed& news) {
        auto place = parked_.find(news.watch_id);
        if (place == parked_.end()) return;
        auto waiting = place->second.waiting;  // may unpark itself
        waiting->partition_changed(news);
      },
      [this](timer_expired due) { timer_due(due.token); },
      [this](memory_granted) {
        frames_.memory_granted();
        if (!frames_.waits_for_memory()) cancel_timer(memory_timer_);
        pump();
      },
      [this](memory_revoked) {
        if (!frames_.is_revoked()) return;
        complain_and_close("a request came too slowly while others waited for memory: " +
                           frames_.describe_begun());
      },
      [this](close_session) { close_gracefully(); },
  };
}

void session_actor::on_exit() {
  end("the session ended");
  if (setup_.ended) setup_.ended();
}

/// Socket events arrive outside of CAF's own handling of exceptions.
template <class Function>
void session_actor::guarded(Function&& event) {
  try {
    event();
  } catch (const std::exception& failure) {
    log::error("gateway", "the session of {} failed: {}", peer_name(), failure.what());
    end("an internal error");
  }
}

// Input ------------------------------------------------------------------------------------------

bool session_actor::has_credit() const {
  return !muted_ && !closing_ && !ended_ &&
         replies_.unanswered() < static_cast<size_t>(setup_.limits.max_in_flight_requests) &&
         replies_.in_flight_bytes() < setup_.limits.max_in_flight_bytes &&
         setup_.connection->unsent_bytes() < setup_.limits.max_unsent_bytes;
}

receive_room session_actor::room_for_input() {
  receive_room room;
  if (has_credit()) room = frames_.room();
  reading_paused_ = room.size() == 0;
  if (frames_.waits_for_memory()) watch_memory();
  return room;
}

void session_actor::received(size_t bytes) {
  guarded([&] {
    received_us_ = time().mono_us();
    last_active_ms_ = progress_ms_ = received_us_ / 1000;
    frames_.received(bytes);
    pump();
    check_receiving();
    // Requests held back leave the shared chunk when the burst ends.
    if (!waiting_.empty() || frames_.holds_chunk()) call_at_burst_end();
  });
}

/// Takes and starts all that credit and order allow.
void session_actor::pump() {
  if (pumping_ || ended_) return;
  pumping_ = true;
  start_waiting();
  take_frames();
  pumping_ = false;
  if (frames_.waits_for_memory()) watch_memory();
  if (!has_credit() || frames_.waits_for_memory()) held_back_ = true;
  if (closing_) close_if_done();
  resume_if_possible();
}

void session_actor::take_frames() {
  while (has_credit()) {
    auto frame = frames_.next_frame();
    if (!frame) return complain_and_close(frame.error().message);
    if (!*frame) return;
    accept(std::move(**frame));
    start_waiting();
  }
}

void session_actor::accept(shared_bytes frame) {
  const auto frame_bytes = static_cast<int64_t>(frame.size());
  wire_reader in{frame};
  auto header = decode_request_header(in);
  if (frame.size() < 8) return complain_and_close("a request is too short for a header");
  const route* to = nullptr;
  for (const auto& row : setup_.routes) {
    if (row.key == header.key) to = &row;
  }
  if (to == nullptr || !to->serves(header.version)) {
    if (to != nullptr && header.key == api_key::api_versions) {
      // Answered ahead of its turn to start: there is no body we could read.
      return answer_unknown_api_versions(
          setup_.routes, {link_, replies_.open(frame_bytes), header.key, 0, header.correlation_id});
    }
    return complain_and_close(fmt::format("{} (key {}) version {} is not served",
                                          api_name(header.key), static_cast<int>(header.key),
                                          header.version));
  }
  if (auto good = in.check(); !good) return complain_and_close(good.error().message);
  if (header.key != api_key::produce && frame_bytes > setup_.limits.max_structured_bytes) {
    return complain_and_close(fmt::format("{} in {} bytes, where {} are the most",
                                          api_name(header.key), frame_bytes,
                                          setup_.limits.max_structured_bytes));
  }
  if (header.client_id && *header.client_id != client_id_) client_id_ = *header.client_id;
  reply_slot reply{link_, replies_.open(frame_bytes), header.key, header.version,
                   header.correlation_id};
  auto body = frame.slice(in.position(), in.remaining());
  waiting_.push_back({{std::move(header), std::move(body), received_us_}, std::move(reply), to});
}

bool session_actor::may_start(const route& to) const {
  const size_t running = replies_.unanswered() - waiting_.size();
  return running == 0 || (to.overlaps && !running_exclusive_);
}

/// What a broker sends behind a fetch that waits ends the wait. A client may send ahead as it likes
/// without losing its long poll.
void session_actor::start_waiting() {
  start_those_that_may();
  if (ended_ || waiting_.empty() || !info_.broker || parked_.empty()) return;
  expire_parked();
  start_those_that_may();
}

void session_actor::start_those_that_may() {
  while (!ended_ && !waiting_.empty() && may_start(*waiting_.front().to)) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    start(std::move(next));
  }
}

/// As if their time were over.
void session_actor::expire_parked() {
  std::vector<std::shared_ptr<parked_request>> all;
  for (const auto& [id, each] : parked_) all.push_back(each.waiting);
  for (const auto& waiting : all) waiting->timer_expired();
}

void session_actor::start(arrived next) {
  if (next.to->for_brokers && !info_.broker) {
    return complain_and_close(
        fmt::format("{} before a proof to be a broker", api_name(next.to->key)));
  }
  running_exclusive_ = !next.to->overlaps;
  next.to->handle(*this, std::move(next.incoming), std::move(next.reply));
}

void session_actor::resume_if_possible() {
  if (!reading_paused_ || frames_.waits_for_memory() || !has_credit()) return;
  reading_paused_ = false;
  setup_.connection->resume_reading();
}

// Output -----------------------------------------------------------------------------------------

void session_actor::answer(uint64_t sequence, gather_list frame) {
  if (ended_) return;
  replies_.answer(sequence, std::move(frame));
  call_at_burst_end();
  pump();
}

void session_actor::call_at_burst_end() {
  if (ended_ || std::exchange(hook_set_, true)) return;
  home_unit().at_burst_end(*this);
}

void session_actor::abandon(uint64_t, std::string_view why) {
  complain_and_close(why);
}

/// All answers of a burst leave together.
void session_actor::burst_ended() {
  guarded([this] {
    hook_set_ = false;
    if (ended_) return;
    last_active_ms_ = time().mono_ms();
    gather_list ready;
    replies_.take_ready(ready);
    if (!ready.empty()) setup_.connection->send(std::move(ready));
    pump();
    let_go_of_chunk();
    check_write_stall();
  });
}

void session_actor::sent_everything() {
  guarded([this] {
    cancel_timer(stall_timer_);
    pump();
  });
}

/// Requests that are held back must not keep a chunk of the arena that everybody needs.
void session_actor::let_go_of_chunk() {
  frames_.let_go_of_chunk();
  for (auto& held : waiting_) {
    if (held.copied) continue;
    held.copied = true;
    auto& body = held.incoming.body;
    auto charge = home_unit().memory().charge(setup_.pool, static_cast<int64_t>(body.size()));
    auto copy = home_unit().buffers().take(body.size(), std::move(charge));
    std::copy(body.view().begin(), body.view().end(), copy.writable().begin());
    body = std::move(copy);
  }
}

// Handlers' wishes -------------------------------------------------------------------------------

void session_actor::name_client_software(std::string name, std::string version) {
  info_.software_name = std::move(name);
  info_.software_version = std::move(version);
}

void session_actor::recognise_broker(const replica_seat& broker) {
  info_.broker = broker;
  cancel_timer(proof_timer_);
  frames_.allow_frames_of(setup_.limits.max_request_bytes);
}

uint64_t session_actor::park(std::shared_ptr<parked_request> waiting) {
  const auto id = next_parked_id_++;
  parked_.emplace(id, parked{std::move(waiting), {}});
  return id;
}

void session_actor::unpark(uint64_t id) {
  auto place = parked_.find(id);
  if (place == parked_.end()) return;
  home_unit().cancel(place->second.timer);
  parked_.erase(place);
}

void session_actor::wake_after(uint64_t id, int64_t delay_ms) {
  auto place = parked_.find(id);
  OTTLA_ASSERT(place != parked_.end());
  home_unit().cancel(place->second.timer);
  place->second.timer = arm_timer(delay_ms, id);
}

void session_actor::mute(int64_t duration_ms) {
  if (duration_ms <= 0 || ended_) return;
  muted_ = true;
  cancel_timer(mute_timer_);
  mute_timer_ = arm_timer(duration_ms, muted_until);
}

// Timers -----------------------------------------------------------------------------------------

void session_actor::timer_due(uint64_t token) {
  if (ended_) return;
  switch (token) {
    case idle:
      return check_idle();
    case receive_stall:
      receive_timer_ = no_timer;
      return check_receiving();
    case write_stall:
      stall_timer_ = no_timer;
      if (setup_.connection->unsent_bytes() >= unsent_before_) {
        return complain_and_close("the client does not read its answers");
      }
      return check_write_stall();
    case memory_wait:
      memory_timer_ = no_timer;
      home_unit().memory().revoke_stalled(time().mono_ms());
      return watch_memory();
    case muted_until:
      mute_timer_ = no_timer;
      muted_ = false;
      return pump();
    case closing_deadline:
      return end("the broker closes the connection");
    case proof_deadline:
      return complain_and_close(
          fmt::format("it did not prove to be a broker within {} ms", handshake_ms));
    default:
      break;
  }
  auto place = parked_.find(token);
  if (place == parked_.end()) return;
  place->second.timer = no_timer;
  auto waiting = place->second.waiting;
  waiting->timer_expired();
}

bool session_actor::is_quiet() const {
  return replies_.size() == 0 && setup_.connection->unsent_bytes() == 0 && !muted_;
}

/// Looks once per idle time instead of arming a timer per request.
void session_actor::check_idle() {
  if (setup_.limits.idle_ms < 0) return;
  const auto now_ms = time().mono_ms();
  if (!is_quiet()) last_active_ms_ = now_ms;  // e.g. a fetch is parked
  const auto idle_ms = now_ms - last_active_ms_;
  if (idle_ms >= setup_.limits.idle_ms) return end("idle");
  idle_timer_ = arm_timer(setup_.limits.idle_ms - idle_ms, idle);
}

/// A request that has begun must go on. One timer per connection at most, which outlives the
/// request it was armed for.
void session_actor::check_receiving() {
  if (ended_ || receive_timer_ || !frames_.mid_frame()) return;
  const auto now_ms = time().mono_ms();
  if (std::exchange(held_back_, !has_credit() || frames_.waits_for_memory())) progress_ms_ = now_ms;
  const auto silent_ms = now_ms - progress_ms_;
  if (silent_ms >= setup_.limits.receive_ms) {
    return complain_and_close(fmt::format("a request stopped after {}: nothing came for {} ms",
                                          frames_.describe_begun(), silent_ms));
  }
  receive_timer_ = arm_timer(setup_.limits.receive_ms - silent_ms, receive_stall);
}

void session_actor::check_write_stall() {
  if (ended_ || stall_timer_ || setup_.connection->unsent_bytes() == 0) return;
  unsent_before_ = setup_.connection->unsent_bytes();
  stall_timer_ = arm_timer(setup_.limits.write_stall_ms, write_stall);
}

/// Whoever waits for memory sees to it that nobody sits on it.
void session_actor::watch_memory() {
  if (ended_ || memory_timer_ || !frames_.waits_for_memory()) return;
  int64_t skipped = 0;
  if (setup_.shortages->allow(time().mono_ms(), skipped)) {
    const auto& memory = home_unit().memory();
    const auto now = memory.count(setup_.pool);
    log::warn("gateway",
              "{} connections wait for memory for their requests: {} of {} bytes are in use "
              "(ottla.memory.budget.bytes)",
              now.waiting, now.used_bytes, memory.options().total_bytes);
  }
  memory_timer_ = arm_timer(home_unit().memory().grace_ms(), memory_wait);
}

// The end ----------------------------------------------------------------------------------------

/// Answers what is in flight, long polls with what there is, and then closes.
void session_actor::close_gracefully() {
  if (closing_ || ended_) return;
  closing_ = true;
  closing_timer_ = arm_timer(setup_.limits.closing_ms, closing_deadline);
  expire_parked();
  close_if_done();
}

void session_actor::close_if_done() {
  if (!ended_ && replies_.size() == 0 && setup_.connection->unsent_bytes() == 0) {
    end("the broker closes the connection");
  }
}

void session_actor::complain_and_close(std::string_view why) {
  if (ended_) return;
  int64_t skipped = 0;
  if (setup_.complaints->allow(time().mono_ms(), skipped)) {
    log::warn("gateway", "closed the connection of {}: {}{}", peer_name(), why,
              skipped > 0 ? fmt::format(" ({} more closed since the last line)", skipped) : "");
  }
  end(why);
}

void session_actor::closed(std::string_view why) {
  end(why.empty() ? "the client closed the connection" : why);
}

void session_actor::end(std::string_view why) {
  if (std::exchange(ended_, true)) return;
  log::debug("gateway", "session of {} ends: {}", peer_name(), why);
  *link_ = nullptr;
  setup_.connection->close();
  home_unit().forget(*this);
  for (auto* timer : {&idle_timer_, &receive_timer_, &stall_timer_, &memory_timer_, &mute_timer_,
                      &closing_timer_, &proof_timer_}) {
    cancel_timer(*timer);
  }
  auto cancelled = std::exchange(parked_, {});
  for (auto& [id, each] : cancelled) {
    home_unit().cancel(each.timer);
    each.waiting->cancelled();
  }
  waiting_.clear();
  frames_.abandon();
  caf::anon_send_exit(caf::strong_actor_ptr{ctrl()}, caf::exit_reason::user_shutdown);
}

std::string session_actor::peer_name() const {
  if (client_id_.empty()) return to_string(info_.peer);
  return fmt::format("{} ({})", to_string(info_.peer), client_id_);
}

}  // namespace ottla
