// What must hold for any bytes that are read as a message.
#pragma once

#include "protocol/messages/message.hpp"

namespace ottla::fuzz {

/// Reads the rest of `in` as an M. If it is one, then writing and reading it again gives the same.
template <class M>
void check_message(wire_reader& in, api_version version) {
  auto message = decode<M>(in, version);
  if (!message) {
    OTTLA_ASSERT(message.error().code == error_code::invalid_request ||
                 message.error().code == error_code::unsupported_version);
    return;
  }
  wire_writer out;
  encode(out, *message, version);
  auto written = flatten(out.finish());
  OTTLA_ASSERT(written);
  wire_reader again{*written};
  auto reread = decode<M>(again, version);
  OTTLA_ASSERT(reread);
  OTTLA_ASSERT(again.remaining() == 0);
  OTTLA_ASSERT(*reread == *message);
  OTTLA_ASSERT(to_text(*reread, version) == to_text(*message, version));
}

}  // namespace ottla::fuzz
