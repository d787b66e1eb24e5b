// What an API handler may ask of the connection that its request came by, and nothing more.
//
// A handler is a function that runs inside the session actor: it decodes the request, asks other
// actors through session.self().request(...).then(...), and answers its reply_slot, at once or
// later. It never blocks and never sees the socket.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "actors/broker/broker_services.hpp"
#include "actors/gateway/transport.hpp"
#include "actors/handlers/reply_slot.hpp"
#include "actors/interfaces.hpp"
#include "actors/runtime/unit.hpp"
#include "protocol/broker_proof.hpp"
#include "protocol/request_header.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

/// Who a connection speaks for. Everybody is anonymous until authentication exists.
struct principal {
  std::string type = "User";
  std::string name = "ANONYMOUS";
};

struct connection_info {
  std::string listener;  ///< Name of the listener, "PLAINTEXT".
  socket_address local;
  socket_address peer;
  principal speaks_for;
  std::optional<replica_seat> broker;  ///< The broker that it has proved to be.
  std::string software_name;           ///< Of the client, once ApiVersions v3 has told.
  std::string software_version;
};

/// One request. `body` is a slice of what was received and keeps that memory: let go of it as soon
/// as it is decoded.
struct request {
  request_header header;
  shared_bytes body;        ///< What follows the header.
  int64_t received_us = 0;  ///< clock::mono_us() when its last byte came.
};

/// A request that waits for something other than the answer to request().then(): news of
/// partitions, or time. The session keeps it until unpark(), and calls nothing after that.
class parked_request {
public:
  virtual ~parked_request() = default;
  /// A partition_changed whose watch_id is this request's id has come.
  virtual void partition_changed(const ottla::partition_changed&) {}
  /// The timer set by wake_after() is due.
  virtual void timer_expired() {}
  /// The connection is gone; the request is unparked already. Ends what was started elsewhere.
  virtual void cancelled() {}
};

struct route;

class session_context {
public:
  virtual ~session_context() = default;

  /// The session actor, for `self().request(handle, caf::infinite, ...).then(...)`. Continuations
  /// run in the session; none runs after the connection is gone.
  virtual session_handle::base& self() = 0;
  virtual unit& home_unit() = 0;
  [[nodiscard]] virtual const broker_services& services() const = 0;
  [[nodiscard]] virtual const connection_info& connection() const = 0;
  /// What ApiVersions tells about the client, for logs and metrics.
  virtual void name_client_software(std::string name, std::string version) = 0;
  /// What the other end says of itself as a broker, from BrokerHello until its proof.
  virtual std::optional<broker_greeting>& greeting() = 0;
  /// The other end has proved to be this broker.
  virtual void recognise_broker(const replica_seat& broker) = 0;
  /// Every API that is served here: what ApiVersions answers.
  [[nodiscard]] virtual std::span<const route> routes() const = 0;

  /// Keeps `waiting` until unpark() and returns its id, unique within the session.
  virtual uint64_t park(std::shared_ptr<parked_request> waiting) = 0;
  virtual void unpark(uint64_t id) = 0;
  /// Calls timer_expired() of a parked request after `delay_ms`, instead of an earlier
  /// wake_after().
  virtual void wake_after(uint64_t id, int64_t delay_ms) = 0;

  /// Stops reading this connection for `duration_ms`: throttling answers first, then mutes
  /// (KIP-219).
  virtual void mute(int64_t duration_ms) = 0;
};

using handler = void (*)(session_context& session, request incoming, reply_slot reply);

/// One API: which versions it offers and who answers.
struct route {
  api_key key{};
  api_version first_advertised = 0;
  api_version last = 0;
  /// Requests below this close the connection: Produce is advertised from 0 on, since librdkafka
  /// would not compress otherwise, but served from 3 on (KAFKA-18659).
  api_version first_served = 0;
  handler handle = nullptr;
  /// May start while requests of its kind before it are unanswered. Any other request starts when
  /// all before it are answered.
  bool overlaps = false;
  /// Served only where the other end has proved to be a broker of this cluster.
  bool for_brokers = false;

  [[nodiscard]] constexpr bool serves(api_version version) const {
    return version >= first_served && version <= last;
  }
};

}  // namespace ottla
