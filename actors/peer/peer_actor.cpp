#include "actors/peer/peer_actor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <caf/send.hpp>
#include <cerrno>
#include <utility>

#include "actors/runtime/log.hpp"
#include "protocol/frame.hpp"
#include "protocol/messages/broker_handshake.hpp"
#include "protocol/request_header.hpp"

namespace ottla {
namespace {

constexpr int32_t handshake_id = 0;  // requests count from 1
constexpr size_t handshake_bytes_max = 4096;

template <class Request>
gather_list handshake_frame(const Request& request) {
  return encode_request(request, {Request::api, 0, handshake_id, "broker"});
}

}  // namespace

peer_actor::peer_actor(caf::actor_config& config, unit& where, peer_setup setup)
    : pinned(config, where), setup_(std::move(setup)) {}

peer_actor::behavior_type peer_actor::make_behavior() {
  return {
      [this](ask_peer& request) { return ask(request); },
      [this](const timer_expired& timer) { expire(static_cast<int32_t>(timer.token)); },
  };
}

void peer_actor::on_exit() {
  answer_all("the peer actor has ended", true);
  if (connection_) connection_->close();
  connection_ = nullptr;
  setup_.connect = nullptr;
  setup_.lost = nullptr;
}

// --- requests ---

caf::result<peer_answer> peer_actor::ask(ask_peer& request) {
  auto answer = make_response_promise<peer_answer>();
  const bool must_wait = !connection_ && !is_connecting_ && time().mono_ms() < not_before_ms_;
  if (must_wait) {
    refuse(answer, fmt::format("{} could not be reached a moment ago", setup_.name), false);
    return answer;
  }
  last_id_ = last_id_ == INT32_MAX ? 1 : last_id_ + 1;
  const auto deadline = arm_timer(request.timeout_ms, static_cast<uint64_t>(last_id_));
  asked_.emplace(last_id_, asked{std::move(request), answer, deadline});
  if (!connection_) {
    connect();
  } else if (stage_ == stage::ready) {
    send(last_id_);
  }
  return answer;
}

void peer_actor::send(int32_t correlation_id) {
  connection_->send(asked_.at(correlation_id).request.encode(correlation_id));
}

/// An answer that does not come makes the connection useless: it would block those behind it.
void peer_actor::expire(int32_t correlation_id) {
  if (correlation_id == handshake_id) {
    if (handshake_timer_) fail("the other broker did not greet in time");
    return;
  }
  if (!asked_.contains(correlation_id)) return;
  fail("an answer did not come in time");
}

// --- connecting ---

void peer_actor::connect() {
  if (std::exchange(is_connecting_, true)) return;
  setup_.connect([this, weak = caf::weak_actor_ptr{ctrl()}](std::shared_ptr<transport> made,
                                                            const fault& why) {
    if (auto alive = weak.lock(); alive && setup_.connect) return connected(std::move(made), why);
    if (made) made->close();
  });
}

void peer_actor::connected(std::shared_ptr<transport> made, const fault& why) {
  is_connecting_ = false;
  if (!made) return fail(why.message, why.os_errno == ECONNREFUSED);
  connection_ = std::move(made);
  filled_bytes_ = 0;
  in_frame_ = false;
  connection_->start(*this, caf::strong_actor_ptr{ctrl()});
  if (!setup_.identity) return become_ready();
  greet();
}

void peer_actor::become_ready() {
  stage_ = stage::ready;
  cancel_timer(handshake_timer_);
  for (const auto& [id, each] : asked_) send(id);
}

// --- handshake ---

void peer_actor::greet() {
  const auto& identity = *setup_.identity;
  stage_ = stage::greeting;
  handshake_timer_ = arm_timer(setup_.handshake_timeout_ms, handshake_id);
  greeting_ = {.caller = identity.self.id,
               .caller_epoch = identity.self.epoch,
               .called = identity.called,
               .caller_nonce = unguessable_bytes(nonce_bytes)};
  connection_->send(handshake_frame(broker_hello_request{.broker_id = greeting_.caller,
                                                         .broker_epoch = greeting_.caller_epoch,
                                                         .called_id = greeting_.called,
                                                         .nonce = greeting_.caller_nonce}));
}

void peer_actor::handshake_answered(shared_bytes frame) {
  const auto key = stage_ == stage::greeting ? api_key::broker_hello : api_key::broker_proof;
  wire_reader in{frame};
  const auto id = decode_response_header(in, key, 0);
  if (!in.check() || id != handshake_id) return fail("the other broker did not greet");
  auto body = frame.slice(in.position(), in.remaining());
  if (stage_ == stage::greeting) return called_greeted(std::move(body));
  auto answer = decode<broker_proof_response>(std::move(body), 0);
  if (!answer) return fail(answer.error().message);
  if (answer->error_code != error_code::none) return fail("the other broker refuses the proof");
  become_ready();
}

void peer_actor::called_greeted(shared_bytes body) {
  const auto& secret = setup_.identity->secret;
  auto answer = decode<broker_hello_response>(std::move(body), 0);
  if (!answer) return fail(answer.error().message);
  if (answer->error_code != error_code::none) {
    return fail(fmt::format("it refuses: {}", error_text(answer->error_code)));
  }
  // Copies: what came is a slice of the connection's memory.
  greeting_.called_nonce = shared_bytes::copy_of(answer->nonce.view());
  if (!is_proof(answer->proof, secret, greeting_, proof_direction::from_called)) {
    return fail("it does not know the secret of this cluster (ottla.cluster.secret.file)");
  }
  stage_ = stage::proving;
  connection_->send(handshake_frame(
      broker_proof_request{prove(secret, greeting_, proof_direction::from_caller)}));
}

void peer_actor::closed(std::string_view why) {
  fail(why.empty() ? "the other end closed the connection" : why);
}

void peer_actor::fail(std::string_view why, bool was_refused) {
  const bool was_sent = connection_ != nullptr && stage_ == stage::ready;
  if (connection_) connection_->close();
  connection_ = nullptr;
  stage_ = stage::greeting;
  cancel_timer(handshake_timer_);
  frame_ = {};
  backoff_ms_ =
      backoff_ms_ == 0 ? setup_.first_backoff_ms : std::min(2 * backoff_ms_, setup_.backoff_max_ms);
  not_before_ms_ = time().mono_ms() + backoff_ms_;
  int64_t skipped = 0;
  if (complaints_.allow(time().mono_ms(), skipped)) {
    log::warn("peer", "{}: {}", setup_.name, why);
  }
  if (setup_.lost) setup_.lost(was_refused);
  answer_all(why, was_sent);
}

void peer_actor::answer_all(std::string_view why, bool was_sent) {
  for (auto& [id, each] : std::exchange(asked_, {})) {
    cancel_timer(each.deadline);
    refuse(each.answer, why, was_sent);
  }
}

void peer_actor::refuse(promise& answer, std::string_view why, bool was_sent) {
  answer.deliver(peer_answer{.failure = fault{error_code::network_exception, std::string{why}, 0},
                             .was_sent = was_sent});
}

// --- answers ---

receive_room peer_actor::room_for_input() {
  if (!in_frame_) return {std::span{prefix_}.subspan(filled_bytes_), {}};
  return {frame_.writable().subspan(filled_bytes_), {}};
}

void peer_actor::received(size_t bytes) {
  filled_bytes_ += bytes;
  if (!in_frame_ && filled_bytes_ == prefix_.size()) begin_frame();
  if (in_frame_ && filled_bytes_ == frame_.size()) take_frame();
}

void peer_actor::begin_frame() {
  const auto most = stage_ == stage::ready ? setup_.response_bytes_max : handshake_bytes_max;
  auto length = frame_length(prefix_, most);
  if (!length || **length < sizeof(int32_t)) return fail("an answer makes no sense");
  auto grant =
      home_unit().memory().charge(memory_pool::replication, static_cast<int64_t>(**length));
  frame_ = home_unit().buffers().take(**length, std::move(grant));
  filled_bytes_ = 0;
  in_frame_ = true;
}

void peer_actor::take_frame() {
  auto frame = std::exchange(frame_, {});
  filled_bytes_ = 0;
  in_frame_ = false;
  if (stage_ != stage::ready) return handshake_answered(std::move(frame));
  wire_reader in{frame};
  const auto id = in.int32();
  auto found = asked_.find(id);
  if (found == asked_.end()) return fail("an answer to nothing that was asked");
  auto answered = std::move(found->second);
  wire_reader whole{frame};
  decode_response_header(whole, answered.request.key, answered.request.version);
  if (!whole.check()) return fail("an answer without a header");
  asked_.erase(found);
  cancel_timer(answered.deadline);
  backoff_ms_ = 0;
  answered.answer.deliver(peer_answer{.body = frame.slice(whole.position(), whole.remaining())});
}

}  // namespace ottla
