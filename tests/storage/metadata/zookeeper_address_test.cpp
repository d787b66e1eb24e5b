#include "storage/metadata/zookeeper_address.hpp"

#include "tests/support/catch.hpp"

namespace ottla {

TEST_CASE("servers and a chroot are read from zookeeper.connect") {
  auto one = parse_zookeeper_connect("localhost:2181");
  REQUIRE(one);
  CHECK(*one == zookeeper_address{{{"localhost", 2181}}, ""});
  auto many = parse_zookeeper_connect(" zk1:2181, zk2 ,[::1]:2183,[fe80::1]/kafka/one ");
  REQUIRE(many);
  CHECK(*many == zookeeper_address{{{"zk1", 2181}, {"zk2", 2181}, {"::1", 2183}, {"fe80::1", 2181}},
                                   "/kafka/one"});
  CHECK(to_string(*many) == "zk1:2181,zk2:2181,[::1]:2183,[fe80::1]:2181/kafka/one");
  CHECK(parse_zookeeper_connect("zk1/")->chroot.empty());
}

TEST_CASE("what is no list of servers is refused with the part at fault") {
  for (const char* text : {"", ",", "zk1,", ":2181", "zk1:", "zk1:0", "zk1:65536", "zk1:21x",
                           "zk1:2181:2182", "[::1", "[::1]2181", "zk 1:2181", "zk1/a,zk2/a",
                           "zk1//a", "zk1/a/", "zk1/./a", "zk1/..", "zk1/a\nb"}) {
    auto parsed = parse_zookeeper_connect(text);
    INFO(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == error_code::invalid_config);
    CHECK(parsed.error().message.find("zookeeper.connect") != std::string::npos);
  }
}

TEST_CASE("the client gets names and the address that one of them stands for") {
  CHECK(*client_server_list({{{"127.0.0.1", 1}, {"::1", 2}}, "/x"}) == "127.0.0.1:1,::1:2");
  auto named = client_server_list({{{"no.such.host.invalid", 1}, {"localhost", 2}}, ""});
  REQUIRE(named);
  CHECK(named->starts_with("no.such.host.invalid:1,localhost:2,"));
  auto unknown = client_server_list({{{"no.such.host.invalid", 1}}, ""});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message.find("no.such.host.invalid:1") != std::string::npos);
}

}  // namespace ottla
