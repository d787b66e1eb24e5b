// Any bytes as a response: key and version as two int16, then header and body of that response.
#include "protocol/messages/all.hpp"
#include "tests/fuzz/message_checks.hpp"

using namespace ottla;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  wire_reader in{shared_bytes::copy_of(std::as_bytes(std::span{data, size}))};
  auto key = api_key{in.int16()};
  auto version = in.int16();
  decode_response_header(in, key, version);
  if (!in.check()) return 0;
  visit_api(key,
            [&]<class Request>() { fuzz::check_message<typename Request::response>(in, version); });
  return 0;
}
