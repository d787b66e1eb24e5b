// Sessions over simulated connections, with handlers that leave their answers to the test.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/gateway/session_actor.hpp"
#include "actors/handlers/api_versions.hpp"
#include "protocol/wire_reader.hpp"
#include "protocol/wire_writer.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/simulated_transport.hpp"

namespace ottla {

/// What the handlers of these tests have been given and not yet answered.
struct held_requests {
  struct held {
    request incoming;
    reply_slot reply;
    session_context* session = nullptr;
  };
  std::map<int32_t, held> by_correlation;  // in the order of arrival, as tests number them
  bool answer_at_once = false;

  static held_requests*& current() {
    static held_requests* instance = nullptr;
    return instance;
  }
};

/// A frame with a correlation id and `size` bytes after it.
inline gather_list answer_frame(int32_t correlation_id, size_t size) {
  wire_writer out;
  out.int32(static_cast<int32_t>(size + 4));
  out.int32(correlation_id);
  std::vector<std::byte> body(size, std::byte{0x5a});
  out.raw(body);
  return out.finish();
}

inline void hold(session_context& session, request incoming, reply_slot reply) {
  auto& held = *held_requests::current();
  const auto id = reply.correlation_id();
  if (held.answer_at_once) return reply.send_frame(answer_frame(id, incoming.body.size()));
  held.by_correlation[id] = {std::move(incoming), std::move(reply), &session};
}

inline constexpr route test_routes[] = {
    {api_key::produce, 0, 9, 3, hold, true},
    {api_key::fetch, 4, 12, 4, hold},
    {api_key::metadata, 0, 9, 0, hold},
    {api_key::api_versions, 0, 4, 0, handle_api_versions},
};

inline gather_list request_frame(api_key key, api_version version, int32_t correlation_id,
                                 size_t body_size = 0) {
  wire_writer out;
  auto frame = out.begin_size32();
  encode_request_header(out, {key, version, correlation_id, "tester"});
  std::vector<std::byte> body(body_size, std::byte{0x5a});
  out.raw(body);
  out.patch_size32(frame);
  return out.finish();
}

struct answer {
  int32_t correlation_id = 0;
  shared_bytes body;
};

class session_fixture : public actor_fixture {
public:
  explicit session_fixture(const memory_budget_options& memory_options = {})
      : actor_fixture(memory_options) {
    held_requests::current() = &requests;
    log::start({.least = log::level::off});  // each session would complain
    services.time = &time;
    services.memory = &memory;
    services.units = {&home()};
    pumps.push_back([this] {
      bool moved = false;
      for (auto& each : connections) moved = each->pump() || moved;
      return moved;
    });
  }
  ~session_fixture() override {
    requests.by_correlation.clear();
    for (auto& each : connections) each->client_closes();
    settle();
    for (auto& each : connections) CHECK(each->is_closed);
    sessions.clear();
    settle();
    CHECK(ended == connections.size());
    CHECK(memory.count(memory_pool::clients).waiting == 0);
    pumps.clear();
  }

  simulated_transport& connect(std::span<const route> routes = test_routes) {
    auto made = std::make_shared<simulated_transport>();
    connections.push_back(made);
    session_setup setup{made,
                        "PLAINTEXT",
                        routes,
                        &services,
                        limits,
                        memory_pool::clients,
                        std::make_shared<log::limiter>(),
                        [this] { ++ended; }};
    sessions.push_back(spawn_session(system(), home(), std::move(setup)));
    settle();
    return *made;
  }

  void answer_to(int32_t correlation_id, size_t size = 0) {
    auto node = requests.by_correlation.extract(correlation_id);
    REQUIRE_FALSE(node.empty());
    node.mapped().reply.send_frame(answer_frame(correlation_id, size));
    settle();
  }
  [[nodiscard]] std::vector<int32_t> started() const {
    std::vector<int32_t> ids;
    for (const auto& [id, each] : requests.by_correlation) ids.push_back(id);
    return ids;
  }

  /// Takes the whole answers out of what the client has read.
  static std::vector<answer> answers(simulated_transport& connection) {
    std::vector<answer> all;
    wire_reader in{shared_bytes::copy_of(connection.output)};
    while (in.remaining() >= 8) {
      const auto size = in.int32();
      const auto id = in.int32();
      all.push_back({id, in.shared(in.raw(static_cast<size_t>(size) - 4))});
    }
    REQUIRE_FALSE(in.failed());
    connection.output.clear();
    return all;
  }
  static std::vector<int32_t> answered(simulated_transport& connection) {
    std::vector<int32_t> ids;
    for (const auto& each : answers(connection)) ids.push_back(each.correlation_id);
    return ids;
  }

  held_requests requests;
  broker_services services;
  session_limits limits;
  std::vector<std::shared_ptr<simulated_transport>> connections;
  std::vector<session_handle> sessions;
  size_t ended = 0;
};

}  // namespace ottla
