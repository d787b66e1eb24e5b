// What stands before each request and response body.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/api_key.hpp"
#include "protocol/wire_reader.hpp"
#include "protocol/wire_writer.hpp"

namespace ottla {

struct request_header {
  api_key key{};
  api_version version = 0;
  int32_t correlation_id = 0;
  std::optional<std::string> client_id;

  friend bool operator==(const request_header&, const request_header&) = default;
};

/// Reads a request header of version 1 or 2, whichever the key and version ask for, and leaves
/// `in` at the body. The first eight bytes are read for any key, so that an answer or a log line
/// can name them; nothing after them has a known shape where find_api() knows no such key.
request_header decode_request_header(wire_reader& in);

void encode_request_header(wire_writer& out, const request_header& header);

/// Reads the header of the response to this key and version: the correlation id. Responses to
/// ApiVersions never carry tagged fields here, so that a client can read them before it knows us.
int32_t decode_response_header(wire_reader& in, api_key key, api_version version);

void encode_response_header(wire_writer& out, api_key key, api_version version,
                            int32_t correlation_id);

}  // namespace ottla
