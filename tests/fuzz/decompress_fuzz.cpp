// A codec (first byte) and any bytes as a stream of it: bounded, and consistent with the envelope.
#include <vector>

#include "protocol/assert.hpp"
#include "protocol/compression.hpp"

using namespace ottla;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  auto codec = static_cast<compression_codec>(data[0] % 6);
  auto bytes = std::as_bytes(std::span{data, size}).subspan(1);
  // Exactly sized on the heap: the libraries are not instrumented, but our own reads are.
  std::vector<std::byte> input(bytes.begin(), bytes.end());
  constexpr inflation_limits limits{
      .max_output_bytes = 1 << 20, .max_ratio = 100, .ratio_free_bytes = 1 << 16};

  auto envelope = check_envelope(codec, input, limits);
  std::vector<std::byte> output;
  if (!decompress(codec, input, limits, output)) return 0;
  if (codec == compression_codec::none) return 0;
  OTTLA_ASSERT(envelope);
  OTTLA_ASSERT(output.size() <= limits.max_output_bytes);

  std::vector<std::byte> packed;
  std::vector<std::byte> again;
  OTTLA_ASSERT(compress({.codec = codec}, output, packed));
  OTTLA_ASSERT(decompress(codec, packed, {}, again));
  OTTLA_ASSERT(again == output);
  return 0;
}
