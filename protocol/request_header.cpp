#include "protocol/request_header.hpp"

#include "protocol/utf8.hpp"

namespace ottla {
namespace {

bool response_has_tagged_fields(api_key key, api_version version) {
  return key != api_key::api_versions && is_flexible(key, version);
}

}  // namespace

request_header decode_request_header(wire_reader& in) {
  request_header header;
  header.key = api_key{in.int16()};
  header.version = in.int16();
  header.correlation_id = in.int32();
  if (find_api(header.key) == nullptr) return header;
  // Not compact even in the flexible header: old brokers had to find the client id there too.
  if (auto client = in.nullable_string()) header.client_id = as_utf8(*client);
  if (is_flexible(header.key, header.version)) in.skip_tagged_fields();
  return header;
}

void encode_request_header(wire_writer& out, const request_header& header) {
  out.int16(static_cast<int16_t>(header.key));
  out.int16(header.version);
  out.int32(header.correlation_id);
  out.nullable_string(header.client_id);
  if (is_flexible(header.key, header.version)) out.no_tagged_fields();
}

int32_t decode_response_header(wire_reader& in, api_key key, api_version version) {
  auto correlation_id = in.int32();
  if (response_has_tagged_fields(key, version)) in.skip_tagged_fields();
  return correlation_id;
}

void encode_response_header(wire_writer& out, api_key key, api_version version,
                            int32_t correlation_id) {
  out.int32(correlation_id);
  if (response_has_tagged_fields(key, version)) out.no_tagged_fields();
}

}  // namespace ottla
