// Kafka's record compression: gzip, snappy (plain and in Java's framing), LZ4 frames and Zstandard.
//
// The only place that knows the codec libraries. Decompression is bounded: a stream's own claims
// about its size are never trusted, output and ratio have limits, and so have window sizes.
// No state between calls; any thread. A call on a whole batch takes milliseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/outcome.hpp"

namespace ottla {

/// The low three bits of a batch's attributes. Values 5 to 7 can arrive and mean nothing.
enum class compression_codec : uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

/// Whether this is one of the named codecs.
[[nodiscard]] constexpr bool is_known(compression_codec codec) {
  return codec <= compression_codec::zstd;
}

/// "none", "gzip", "snappy", "lz4", "zstd" as in `compression.type`; "unknown" for anything else.
[[nodiscard]] std::string_view codec_name(compression_codec codec);
/// The codec of that name (lower case), or nothing. "producer" is no codec.
[[nodiscard]] std::optional<compression_codec> parse_codec_name(std::string_view name);

/// What `compression.{gzip,lz4,zstd}.level` may be. Gzip also takes its default, -1, below `min`.
struct compression_level_range {
  int min = 0;
  int max = 0;
  int standard = 0;  ///< Kafka's default.

  [[nodiscard]] bool contains(int level) const {
    return level == standard || (level >= min && level <= max);
  }
};

/// The levels of a codec; all zero for none and snappy, which have no levels.
[[nodiscard]] compression_level_range level_range(compression_codec codec);

/// How snappy bytes are wrapped. Kafka's Java client and broker write xerial's stream, librdkafka
/// and most others plain blocks; everybody reads both.
enum class snappy_framing : uint8_t { xerial, plain };

struct compression_options {
  compression_codec codec = compression_codec::none;
  std::optional<int> level;  ///< Nothing: Kafka's default. Outside the range: a fault.
  snappy_framing snappy = snappy_framing::xerial;
};

/// Appends the compressed form of `input` to `output`. Fails only on a bad codec or level.
outcome<void> compress(const compression_options& options, std::span<const std::byte> input,
                       std::vector<std::byte>& output);

/// Lends the memory for what a stream inflates to.
class inflation_memory {
public:
  /// Whether `bytes` of output may be made now.
  virtual bool lend(size_t bytes) = 0;

protected:
  ~inflation_memory() = default;
};

/// What a hostile stream may cost. The ratio limit counts only beyond `ratio_free_bytes` of output,
/// because small batches of equal records compress extremely well honestly.
struct inflation_limits {
  size_t max_output_bytes = size_t{128} << 20;
  size_t max_ratio = 1024;
  size_t ratio_free_bytes = size_t{8} << 20;
  /// Asked before a stream makes more than `unasked_bytes`. Null: there is memory for the limits.
  inflation_memory* memory = nullptr;
  size_t unasked_bytes = size_t{2} << 20;
};

/// Replaces `output` by the uncompressed form of all of `input`. The memory used grows with the
/// bytes really produced. Faults: corrupt_message for a malformed stream or bytes behind its end,
/// record_list_too_large beyond the limits, request_timed_out when no memory is lent now,
/// unsupported_compression_type for an unknown codec.
/// After a fault `output` holds nothing of use.
outcome<void> decompress(compression_codec codec, std::span<const std::byte> input,
                         const inflation_limits& limits, std::vector<std::byte>& output);

/// What can be said about a stream without inflating it: magic numbers, block structure and
/// declared sizes are plausible and within `limits`. Passing it does not mean that decompress()
/// will succeed.
outcome<void> check_envelope(compression_codec codec, std::span<const std::byte> input,
                             const inflation_limits& limits);

}  // namespace ottla
