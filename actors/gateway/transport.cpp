#include "actors/gateway/transport.hpp"

#include <fmt/format.h>

namespace ottla {

std::string to_string(const socket_address& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", address.host, address.port)
               : fmt::format("{}:{}", address.host, address.port);
}

}  // namespace ottla
