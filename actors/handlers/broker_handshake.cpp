#include "actors/handlers/broker_handshake.hpp"

#include "actors/runtime/random_source.hpp"
#include "protocol/messages/broker_handshake.hpp"

namespace ottla {

void handle_broker_hello(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<broker_hello_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto& services = session.services();
  if (session.connection().broker || session.greeting()) {
    return reply.close_connection("a broker that greets twice");
  }
  if (decoded->nonce.size() != nonce_bytes || decoded->broker_id < 0) {
    return reply.close_connection("a greeting that makes no sense");
  }
  if (decoded->called_id != services.config->get()->node_id) {
    // Whoever moved a broker to another address is told so.
    return reply.send(broker_hello_response{.error_code = error_code::broker_id_not_registered});
  }
  broker_greeting greeting{
      .caller = decoded->broker_id,
      .caller_epoch = decoded->broker_epoch,
      .called = decoded->called_id,
      .caller_nonce = shared_bytes::copy_of(decoded->nonce.view()),
      .called_nonce = unguessable_bytes(nonce_bytes),
  };
  broker_hello_response response{
      .nonce = greeting.called_nonce,
      .proof = prove(services.cluster_secret, greeting, proof_direction::from_called)};
  session.greeting() = std::move(greeting);
  reply.send(response);
}

void handle_broker_proof(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<broker_proof_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  auto greeting = std::exchange(session.greeting(), std::nullopt);
  if (!greeting) return reply.close_connection("a proof without a greeting");
  const auto& secret = session.services().cluster_secret;
  if (!is_proof(decoded->proof, secret, *greeting, proof_direction::from_caller)) {
    return reply.close_connection(
        "it says that it is broker " + std::to_string(greeting->caller) +
        ", but does not know the secret of this cluster (ottla.cluster.secret.file)");
  }
  session.recognise_broker({greeting->caller, greeting->caller_epoch});
  reply.send(broker_proof_response{});
}

}  // namespace ottla
