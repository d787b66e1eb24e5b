// The value of zookeeper.connect: "host1:2181,host2:2181/chroot". Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/outcome.hpp"

namespace ottla {

struct zookeeper_server {
  std::string host;  ///< A name or an address; an IPv6 address without brackets.
  uint16_t port = 2181;
  friend bool operator==(const zookeeper_server&, const zookeeper_server&) = default;
};

struct zookeeper_address {
  std::vector<zookeeper_server> servers;
  std::string chroot;  ///< "" or an absolute path without a slash at its end.
  friend bool operator==(const zookeeper_address&, const zookeeper_address&) = default;
};

/// INVALID_CONFIG with the reason. A port left out is 2181.
outcome<zookeeper_address> parse_zookeeper_connect(std::string_view text);

/// An absolute path that ZooKeeper takes: printable, no empty names, no "." and "..", not "/".
bool is_zookeeper_path(std::string_view path);

/// For people: the servers and the chroot, as in zookeeper.connect.
std::string to_string(const zookeeper_address& address);

/// The servers as the C client takes them. The address that a name stands for now is appended,
/// because the client goes astray when no name can be resolved while it reconnects. Asks the
/// resolver, so it may block; a fault if no name is known.
outcome<std::string> client_server_list(const zookeeper_address& address);

}  // namespace ottla
