// Reading, writing and printing any message of protocol/messages.
//
// A message is a plain struct with `api` and, for requests, `response`. Its fields are described
// once, in its .cpp, with the versions that carry them; everything here follows from that. A field
// that a version does not carry keeps its default when read and is left out when written; null in a
// version that has no null is written as empty.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "protocol/api_key.hpp"
#include "protocol/request_header.hpp"
#include "protocol/wire_reader.hpp"
#include "protocol/wire_writer.hpp"

namespace ottla {

/// Reads a body into `message`, which must be fresh. Ask `in.check()` afterwards. Payloads become
/// slices of the reader's shared buffer.
template <class M>
void decode(wire_reader& in, M& message, api_version version);

/// Writes a body. `version` must be one that the API's row in the table knows.
template <class M>
void encode(wire_writer& out, const M& message, api_version version);

/// The fields of this version as JSON-like text for logs; payloads by their length only.
template <class M>
std::string to_text(const M& message, api_version version);

/// Reads a body. UNSUPPORTED_VERSION for a version we do not know, INVALID_REQUEST for bytes that
/// are no such body. Bytes after the body are left alone, as Kafka does.
template <class M>
outcome<M> decode(wire_reader& in, api_version version) {
  if (!find_api(M::api)->knows(version)) {
    return fault{error_code::unsupported_version, std::string{api_name(M::api)} + " version " +
                                                      std::to_string(version) + " is unknown"};
  }
  M message;
  decode(in, message, version);
  if (auto good = in.check(); !good) return std::move(good.error());
  return message;
}

/// The same; payloads are slices of `body`.
template <class M>
outcome<M> decode(shared_bytes body, api_version version) {
  wire_reader in{std::move(body)};
  return decode<M>(in, version);
}

/// The same; payloads are copies.
template <class M>
outcome<M> decode(std::span<const std::byte> body, api_version version) {
  wire_reader in{body};
  return decode<M>(in, version);
}

/// A whole frame: length, header, body.
template <class Request>
gather_list encode_request(const Request& request, const request_header& header) {
  wire_writer out{256};
  auto frame = out.begin_size32();
  encode_request_header(out, header);
  encode(out, request, header.version);
  out.patch_size32(frame);
  return out.finish();
}

/// A whole frame: length, header, body.
template <class Response>
gather_list encode_response(const Response& response, api_version version, int32_t correlation_id) {
  wire_writer out{256};
  auto frame = out.begin_size32();
  encode_response_header(out, Response::api, version, correlation_id);
  encode(out, response, version);
  out.patch_size32(frame);
  return out.finish();
}

}  // namespace ottla
