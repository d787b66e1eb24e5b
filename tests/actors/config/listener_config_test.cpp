#include "actors/config/listener_config.hpp"

#include <fmt/format.h>

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

listener_settings settings_of(std::string listeners, std::string advertised = "") {
  return {.listeners = std::move(listeners),
          .advertised_listeners = std::move(advertised),
          .security_protocol_map = "PLAINTEXT:PLAINTEXT,SSL:SSL,INSIDE:PLAINTEXT",
          .host_name = "host.test"};
}

std::string refusal(listener_settings settings) {
  auto parsed = parse_listeners(settings);
  return parsed ? std::string() : parsed.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a listener is advertised under its own address") {
  auto parsed = parse_listeners(settings_of("plaintext://127.0.0.1:9092"));
  REQUIRE(parsed);
  REQUIRE(parsed->size() == 1);
  CHECK(parsed->front() == listener_config{.name = "PLAINTEXT",
                                           .host = "127.0.0.1",
                                           .port = 9092,
                                           .advertised_host = "127.0.0.1",
                                           .advertised_port = 9092});
}

TEST_CASE("a listener on every address is advertised under the name of the machine") {
  auto settings = settings_of("PLAINTEXT://:9092,INSIDE://0.0.0.0:9093");
  settings.allow_insecure = true;
  auto parsed = parse_listeners(settings);
  REQUIRE(parsed);
  CHECK(parsed->at(0).advertised_host == "host.test");
  CHECK(parsed->at(1).advertised_host == "host.test");
}

TEST_CASE("advertised addresses belong to the listener of their name") {
  auto settings =
      settings_of("PLAINTEXT://[::1]:9092,INSIDE://localhost:0", "PLAINTEXT://example.org:19092");
  auto parsed = parse_listeners(settings);
  REQUIRE(parsed);
  CHECK(parsed->at(0).host == "::1");
  CHECK(parsed->at(0).advertised_host == "example.org");
  CHECK(parsed->at(0).advertised_port == 19092);
  CHECK(to_string(parsed->at(0)) == "PLAINTEXT://[::1]:9092");
  CHECK(parsed->at(1).advertised_port == 0);
}

TEST_CASE("an advertised address that no client could use is refused") {
  for (const char* address : {"PLAINTEXT://0.0.0.0:9092", "PLAINTEXT://[::]:9092",
                              "PLAINTEXT://255.255.255.255:9092", "PLAINTEXT://example.org:0"}) {
    INFO(address);
    CHECK(contains(refusal(settings_of("PLAINTEXT://127.0.0.1:9092", address)),
                   "advertised.listeners: PLAINTEXT://"));
  }
  CHECK(contains(refusal(settings_of("PLAINTEXT://127.0.0.1:9092", "INSIDE://a:1")),
                 "there is no listener INSIDE"));
}

TEST_CASE("a listener that others can reach without authentication needs permission") {
  for (const char* listener : {"PLAINTEXT://:9092", "PLAINTEXT://0.0.0.0:9092",
                               "PLAINTEXT://10.0.0.1:9092", "PLAINTEXT://127.example.org:9092"}) {
    INFO(listener);
    auto settings = settings_of(listener);
    CHECK(contains(refusal(settings), "ottla.allow.insecure.listeners=true"));
    settings.allow_insecure = true;
    CHECK(refusal(settings).empty());
  }
  for (const char* listener : {"PLAINTEXT://localhost:1", "PLAINTEXT://127.9.9.9:1"}) {
    CHECK(refusal(settings_of(listener)).empty());
  }
}

TEST_CASE(
    "a protocol that this version does not speak is refused even where insecure ones are not") {
  auto settings = settings_of("SSL://127.0.0.1:9092");
  settings.allow_insecure = true;
  CHECK(contains(refusal(settings), "SSL uses SSL, and this version speaks PLAINTEXT only"));
}

TEST_CASE("names and ports of listeners must differ and names must have a protocol") {
  CHECK(contains(refusal(settings_of("PLAINTEXT://127.0.0.1:1,plaintext://127.0.0.1:2")),
                 "different name"));
  CHECK(contains(refusal(settings_of("PLAINTEXT://127.0.0.1:1,INSIDE://127.0.0.1:1")),
                 "different port"));
  CHECK(refusal(settings_of("PLAINTEXT://127.0.0.1:1,INSIDE://127.0.0.2:1")).empty());
  CHECK(refusal(settings_of("PLAINTEXT://127.0.0.1:0,INSIDE://127.0.0.1:0")).empty());
  CHECK(contains(refusal(settings_of("OTHER://127.0.0.1:1")), "add OTHER:PLAINTEXT to"));
  CHECK(contains(refusal(settings_of("")), "at least one"));
}

TEST_CASE("an advertised host that cannot be one is refused") {
  for (const char* host : {"224.0.0.1", "239.255.255.255", "[ff02::1]", "300.1.1.1", "10.0.0",
                           "1.2.3.4.5", "-broker", "broker-", "a..b", ".a"}) {
    auto advertised = fmt::format("PLAINTEXT://{}:9092", host);
    INFO(advertised);
    CHECK(contains(refusal(settings_of("PLAINTEXT://127.0.0.1:9092", advertised)),
                   "advertised.listeners: PLAINTEXT://"));
  }
  for (const char* host : {"broker-1.example.org", "example.org.", "10.0.0.1", "[2001:db8::1]",
                           "my_host", "1broker"}) {
    auto advertised = fmt::format("PLAINTEXT://{}:9092", host);
    INFO(advertised);
    CHECK(parse_listeners(settings_of("PLAINTEXT://127.0.0.1:9092", advertised)));
  }
}

TEST_CASE("what is not an address is refused with an example") {
  for (const char* text :
       {"127.0.0.1:9092", "PLAINTEXT://127.0.0.1", "PLAINTEXT://127.0.0.1:port",
        "PLAINTEXT://127.0.0.1:65536", "PLAINTEXT://127.0.0.1:-1", "://127.0.0.1:1",
        "PLAINTEXT://::1:9092", "PLAINTEXT://[::1:9092", "PLAINTEXT://a b:1", "PLAINTEXT"}) {
    INFO(text);
    CHECK(contains(refusal(settings_of(text)), "PLAINTEXT://127.0.0.1:9092 (NAME://host:port)"));
  }
}

TEST_CASE("listeners of Kafka's controllers are passed over") {
  auto settings = settings_of("PLAINTEXT://127.0.0.1:9092,CONTROLLER://:9093",
                              "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093");
  settings.passed_over = {"CONTROLLER"};
  auto parsed = parse_listeners(settings);
  REQUIRE(parsed);
  CHECK(parsed->size() == 1);
}

TEST_CASE("a malformed protocol map is refused") {
  auto settings = settings_of("PLAINTEXT://127.0.0.1:9092");
  for (const char* map : {"PLAINTEXT", "PLAINTEXT:TLS", "PLAINTEXT:"}) {
    settings.security_protocol_map = map;
    CHECK(contains(refusal(settings), "listener.security.protocol.map: '"));
  }
}

}  // namespace
}  // namespace ottla
