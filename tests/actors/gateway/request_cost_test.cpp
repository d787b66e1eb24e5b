// What a small request costs, from the socket through session and a second actor and back. Hidden:
// run `test_gateway [measure]` on a quiet machine.
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <future>
#include <thread>

#include "actors/gateway/gateway.hpp"
#include "actors/runtime/io_coordinator.hpp"
#include "actors/runtime/io_unit.hpp"
#include "actors/runtime/pinned.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;
using boost::asio::ip::tcp;

namespace {

struct weigh {
  shared_bytes body;
};
struct weighed {
  int64_t bytes = 0;
};
using scale_handle = caf::typed_actor<caf::replies_to<weigh>::with<weighed>>;

}  // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weigh)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weighed)

namespace {

class scale_actor final : public pinned<scale_handle::base> {
public:
  using pinned::pinned;
  behavior_type make_behavior() override {
    return {[](const weigh& asked) { return weighed{static_cast<int64_t>(asked.body.size())}; }};
  }
};

scale_handle& scale() {
  static scale_handle instance;
  return instance;
}

void handle_weigh(session_context& session, request incoming, reply_slot reply) {
  auto shared = std::make_shared<reply_slot>(std::move(reply));
  session.self()
      .request(scale(), caf::infinite, weigh{std::move(incoming.body)})
      .then([shared](const weighed& answer) {
        wire_writer out{16};
        out.int32(12);
        out.int32(shared->correlation_id());
        out.int64(answer.bytes);
        shared->send_frame(out.finish());
      });
}

constexpr route weigh_routes[] = {{api_key::produce, 0, 9, 3, handle_weigh, true}};

double thread_cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return 1e6 * static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

void exchange(uint16_t port, size_t body_bytes, int in_flight, int rounds) {
  boost::asio::io_context context;
  tcp::socket socket{context};
  socket.connect({boost::asio::ip::address_v4::loopback(), port});
  socket.set_option(tcp::no_delay{true});
  wire_writer out;
  const std::vector<std::byte> body(body_bytes);
  for (int i = 0; i < in_flight; ++i) {
    auto frame = out.begin_size32();
    encode_request_header(out, {api_key::produce, 9, i, "load"});
    out.raw(body);
    out.patch_size32(frame);
  }
  auto burst = out.finish_flat();
  std::vector<char> answers(static_cast<size_t>(in_flight) * 16);
  for (int i = 0; i < rounds; ++i) {
    boost::asio::write(socket, boost::asio::buffer(burst.data(), burst.size()));
    boost::asio::read(socket, boost::asio::buffer(answers));
  }
}

}  // namespace

TEST_CASE("what a small request costs", "[.measure]") {
  memory_budget memory{{}};
  runtime_config config{{1, {&system_clock(), &memory}}};
  caf::actor_system system{config};
  broker_services services;
  services.memory = &memory;
  services.units = units_of(system);
  scale() = spawn_on<scale_actor>(system, *services.units[0]);
  auto gateway = spawn_gateway(system, {&services, weigh_routes, {}});
  caf::scoped_actor self{system};
  uint16_t port = 0;
  self->request(gateway, caf::infinite,
                open_gateway{{{"PLAINTEXT", security_protocol::plaintext, "127.0.0.1", 0, "", 0}}})
      .receive([&](gateway_opened& opened) { port = opened.bound[0].port; },
               [](caf::error&) { FAIL("the gateway failed"); });

  struct cell {
    size_t body_bytes;
    int connections, in_flight, rounds;
  };
  for (auto [body_bytes, connections, in_flight, rounds] :
       {cell{1'024, 4, 5, 8'000}, cell{16'384, 4, 5, 4'000}, cell{1'024, 1, 1, 20'000}}) {
    auto unit_cpu_us = [&] {
      std::promise<double> measured;
      boost::asio::post(dynamic_cast<io_unit&>(*services.units[0]).context(),
                        [&] { measured.set_value(thread_cpu_us()); });
      return measured.get_future().get();
    };
    exchange(port, body_bytes, in_flight, 200);
    const auto before = unit_cpu_us();
    std::vector<std::thread> clients;
    for (int i = 0; i < connections; ++i) {
      clients.emplace_back(exchange, port, body_bytes, in_flight, rounds);
    }
    for (auto& client : clients) client.join();
    const auto requests = static_cast<double>(connections) * in_flight * rounds;
    WARN(body_bytes << " B, " << connections << " connections, " << in_flight << " in flight: "
                    << (unit_cpu_us() - before) / requests << " us CPU per request");
  }
  self->request(gateway, caf::infinite, close_gateway{})
      .receive([](gateway_closed) {}, [](caf::error&) { FAIL("the gateway failed"); });
  caf::anon_send_exit(gateway, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(scale(), caf::exit_reason::user_shutdown);
  gateway = nullptr;
  scale() = nullptr;
}
