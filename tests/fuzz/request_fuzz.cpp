// Any bytes as a request frame: header, then the body of the API and version that it names.
#include "protocol/messages/all.hpp"
#include "tests/fuzz/message_checks.hpp"

using namespace ottla;

namespace {

void check_header(const request_header& header) {
  wire_writer out;
  encode_request_header(out, header);
  auto written = out.finish_flat();
  wire_reader again{written};
  OTTLA_ASSERT(decode_request_header(again) == header);
  OTTLA_ASSERT(again.check());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  wire_reader in{shared_bytes::copy_of(std::as_bytes(std::span{data, size}))};
  auto header = decode_request_header(in);
  if (!in.check() || find_api(header.key) == nullptr) return 0;
  check_header(header);
  visit_api(header.key, [&]<class Request>() { fuzz::check_message<Request>(in, header.version); });
  return 0;
}
