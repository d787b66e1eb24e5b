#include "protocol/compression.hpp"

#include <fmt/format.h>
#include <lz4frame.h>
#include <lz4hc.h>
#include <snappy.h>
#define ZSTD_STATIC_LINKING_ONLY  // For ZSTD_decompressBound, exported by the shared library too.
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>

#include "protocol/assert.hpp"
#include "protocol/endian.hpp"

namespace ottla {
namespace {

using bytes_in = std::span<const std::byte>;
using bytes_out = std::vector<std::byte>;

fault malformed(compression_codec codec, std::string_view why) {
  return {error_code::corrupt_message, fmt::format("bad {} stream: {}", codec_name(codec), why)};
}

fault too_large(compression_codec codec, size_t allowance) {
  return {error_code::record_list_too_large,
          fmt::format("{} stream inflates to more than {} bytes", codec_name(codec), allowance)};
}

const char* chars(const std::byte* at) {
  return reinterpret_cast<const char*>(at);
}
char* chars(std::byte* at) {
  return reinterpret_cast<char*>(at);
}

uint32_t load_little_endian(const std::byte* at) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = (value << 8) | std::to_integer<uint32_t>(at[i]);
  return value;
}

// Output whose size is not known in advance. It grows with what was really written, by half as much
// again, and may exceed the allowance by one byte, which is how the excess is noticed.
class growing_output {
public:
  growing_output(bytes_out& bytes, size_t expected, size_t allowance)
      : bytes_(bytes), limit_(allowance + 1) {
    bytes_.resize(std::min(limit_, std::max<size_t>(expected, 4096)));
  }

  // Room to write to; empty only when the limit is reached.
  std::span<std::byte> room() {
    if (used_ == bytes_.size() && used_ < limit_)
      bytes_.resize(std::min(limit_, used_ + used_ / 2));
    return std::span{bytes_}.subspan(used_);
  }
  void commit(size_t written) { used_ += written; }
  [[nodiscard]] bool exceeded() const { return used_ >= limit_; }
  void finish() { bytes_.resize(used_); }

private:
  bytes_out& bytes_;
  size_t limit_;
  size_t used_ = 0;
};

// --- gzip ------------------------------------------------------------------------------------

constexpr int gzip_window_bits = 15 + 16;  // The largest window; gzip's frame instead of zlib's.
constexpr size_t gzip_smallest_bytes = 18;

bool begins_like_gzip(bytes_in input) {
  constexpr std::array magic{std::byte{0x1f}, std::byte{0x8b}, std::byte{8}};
  return input.size() >= gzip_smallest_bytes &&
         std::equal(magic.begin(), magic.end(), input.begin()) &&
         (input[3] & std::byte{0xe0}) == std::byte{0};
}

outcome<void> compress_gzip(bytes_in input, int level, bytes_out& output) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, gzip_window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return fault{error_code::unknown_server_error, "gzip cannot start"};
  }
  auto begin = output.size();
  output.resize(begin + deflateBound(&stream, static_cast<uLong>(input.size())));
  auto* source = const_cast<std::byte*>(input.data());  // zlib's interface; it only reads.
  stream.next_in = reinterpret_cast<Bytef*>(source);
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(output.data() + begin);
  stream.avail_out = static_cast<uInt>(output.size() - begin);
  auto result = deflate(&stream, Z_FINISH);
  output.resize(output.size() - stream.avail_out);
  deflateEnd(&stream);
  OTTLA_ASSERT(result == Z_STREAM_END);
  return {};
}

// Inflates every member of the stream, as Java's GZIPInputStream does.
outcome<void> inflate_members(z_stream& stream, size_t allowance, growing_output& out) {
  constexpr auto codec = compression_codec::gzip;
  for (;;) {
    auto room = out.room();
    auto room_bytes = static_cast<uInt>(std::min<size_t>(room.size(), uInt{1} << 30));
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = room_bytes;
    auto result = inflate(&stream, Z_NO_FLUSH);
    out.commit(room_bytes - stream.avail_out);
    if (out.exceeded()) return too_large(codec, allowance);
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0) return {};
      if (stream.avail_in < gzip_smallest_bytes || inflateReset(&stream) != Z_OK) {
        return malformed(codec, "bytes behind its end");
      }
      continue;
    }
    if (result != Z_OK) return malformed(codec, stream.msg ? stream.msg : "it ends too early");
    if (stream.avail_in == 0 && stream.avail_out > 0) return malformed(codec, "it ends too early");
  }
}

outcome<void> decompress_gzip(bytes_in input, size_t allowance, bytes_out& output) {
  if (!begins_like_gzip(input)) return malformed(compression_codec::gzip, "no gzip header");
  z_stream stream{};
  if (inflateInit2(&stream, gzip_window_bits) != Z_OK) {
    return fault{error_code::unknown_server_error, "gzip cannot start"};
  }
  auto* source = const_cast<std::byte*>(input.data());
  stream.next_in = reinterpret_cast<Bytef*>(source);
  stream.avail_in = static_cast<uInt>(input.size());
  growing_output out(output, input.size() * 4, allowance);
  auto result = inflate_members(stream, allowance, out);
  inflateEnd(&stream);
  out.finish();
  return result;
}

outcome<void> check_gzip(bytes_in input, size_t allowance) {
  if (!begins_like_gzip(input)) return malformed(compression_codec::gzip, "no gzip header");
  // The last member's size modulo 2^32 in the trailer: a lie can only make it smaller.
  if (load_little_endian(input.data() + input.size() - 4) > allowance) {
    return too_large(compression_codec::gzip, allowance);
  }
  return {};
}

// --- snappy ----------------------------------------------------------------------------------

// Java's SnappyOutputStream: this magic, two versions, then blocks with an int32 length each.
constexpr std::array xerial_magic{std::byte{0x82}, std::byte{'S'}, std::byte{'N'}, std::byte{'A'},
                                  std::byte{'P'},  std::byte{'P'}, std::byte{'Y'}, std::byte{0}};
constexpr size_t xerial_header_bytes = xerial_magic.size() + 8;
constexpr int32_t xerial_version = 1;
constexpr size_t xerial_block_bytes = size_t{32} * 1024;
// No snappy element makes more than 64 bytes of three.
constexpr size_t snappy_ratio_max = 22;

bool begins_like_xerial(bytes_in input) {
  return input.size() >= xerial_header_bytes &&
         std::equal(xerial_magic.begin(), xerial_magic.end(), input.begin());
}

// The size that a block claims, if the block could hold that much.
std::optional<size_t> snappy_block_size(bytes_in block) {
  size_t size = 0;
  if (!snappy::GetUncompressedLength(chars(block.data()), block.size(), &size) ||
      size > block.size() * snappy_ratio_max) {
    return std::nullopt;
  }
  return size;
}

// Calls visit(block, size of it uncompressed) for every block of either framing.
template <class Visitor>
outcome<void> visit_snappy_blocks(bytes_in input, size_t allowance, Visitor&& visit) {
  constexpr auto codec = compression_codec::snappy;
  bool framed = begins_like_xerial(input);
  size_t total = 0;
  do {
    // Concatenated streams repeat the header between two blocks.
    while (begins_like_xerial(input)) input = input.subspan(xerial_header_bytes);
    if (framed && input.empty()) break;
    auto block = input;
    if (framed) {
      if (input.size() < 4) return malformed(codec, "a block's length is cut short");
      auto length = load_big_endian<uint32_t>(input.data());
      if (length > input.size() - 4) return malformed(codec, "a block is cut short");
      block = input.subspan(4, length);
    }
    auto size = snappy_block_size(block);
    if (!size) return malformed(codec, "a block claims an impossible size");
    total += *size;
    if (total > allowance) return too_large(codec, allowance);
    if (!visit(block, *size)) return malformed(codec, "a block does not decode");
    input = input.subspan(block.size() + (framed ? 4 : 0));
  } while (!input.empty());
  return {};
}

void append_snappy_block(bytes_in input, bool with_length, bytes_out& output) {
  auto begin = output.size();
  auto data = begin + (with_length ? 4 : 0);
  output.resize(data + snappy::MaxCompressedLength(input.size()));
  size_t written = 0;
  snappy::RawCompress(chars(input.data()), input.size(), chars(output.data() + data), &written);
  output.resize(data + written);
  if (with_length) store_big_endian(output.data() + begin, static_cast<uint32_t>(written));
}

void compress_snappy(bytes_in input, snappy_framing framing, bytes_out& output) {
  if (framing == snappy_framing::plain) return append_snappy_block(input, false, output);
  auto begin = output.size();
  output.resize(begin + xerial_header_bytes);
  std::copy(xerial_magic.begin(), xerial_magic.end(), output.begin() + static_cast<long>(begin));
  store_big_endian(output.data() + begin + xerial_magic.size(), xerial_version);
  store_big_endian(output.data() + begin + xerial_magic.size() + 4, xerial_version);
  while (!input.empty()) {
    auto block = input.first(std::min(input.size(), xerial_block_bytes));
    append_snappy_block(block, true, output);
    input = input.subspan(block.size());
  }
}

outcome<void> decompress_snappy(bytes_in input, size_t allowance, bytes_out& output) {
  output.clear();
  return visit_snappy_blocks(input, allowance, [&](bytes_in block, size_t size) {
    auto begin = output.size();
    output.resize(begin + size);
    return snappy::RawUncompress(chars(block.data()), block.size(), chars(output.data() + begin));
  });
}

outcome<void> check_snappy(bytes_in input, size_t allowance) {
  return visit_snappy_blocks(input, allowance, [](bytes_in, size_t) { return true; });
}

// --- LZ4 -------------------------------------------------------------------------------------

struct lz4_context_deleter {
  void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
};
using lz4_context = std::unique_ptr<LZ4F_dctx, lz4_context_deleter>;

lz4_context make_lz4_context() {
  LZ4F_dctx* context = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) return nullptr;
  return lz4_context(context);
}

struct lz4_frame {
  LZ4F_frameInfo_t info = LZ4F_INIT_FRAMEINFO;
  size_t header_bytes = 0;
};

// Reads the frame header into `context` and refuses what Java's reader cannot read.
outcome<lz4_frame> read_lz4_header(LZ4F_dctx* context, bytes_in input) {
  constexpr auto codec = compression_codec::lz4;
  if (input.size() < 7 || load_little_endian(input.data()) != LZ4F_MAGICNUMBER) {
    return malformed(codec, "no LZ4 frame");
  }
  lz4_frame frame;
  frame.header_bytes = input.size();
  auto result = LZ4F_getFrameInfo(context, &frame.info, input.data(), &frame.header_bytes);
  if (LZ4F_isError(result)) return malformed(codec, LZ4F_getErrorName(result));
  if (frame.info.blockMode != LZ4F_blockIndependent) {
    return malformed(codec, "blocks that depend on each other are not supported");
  }
  return frame;
}

outcome<void> compress_lz4(bytes_in input, int level, bytes_out& output) {
  LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  // Kafka's standard level means the fast compressor, every other level the high one.
  preferences.compressionLevel = level == level_range(compression_codec::lz4).standard
                                     ? 0
                                     : std::clamp(level, LZ4HC_CLEVEL_MIN, LZ4HC_CLEVEL_MAX);
  auto begin = output.size();
  output.resize(begin + LZ4F_compressFrameBound(input.size(), &preferences));
  auto written = LZ4F_compressFrame(output.data() + begin, output.size() - begin, input.data(),
                                    input.size(), &preferences);
  OTTLA_ASSERT(!LZ4F_isError(written));
  output.resize(begin + written);
  return {};
}

outcome<void> decompress_lz4(bytes_in input, size_t allowance, bytes_out& output) {
  constexpr auto codec = compression_codec::lz4;
  auto context = make_lz4_context();
  if (!context) return fault{error_code::unknown_server_error, "LZ4 cannot start"};
  auto frame = read_lz4_header(context.get(), input);
  if (!frame) return std::move(frame.error());
  input = input.subspan(frame->header_bytes);
  growing_output out(output, input.size() * 4, allowance);
  for (;;) {
    auto room = out.room();
    auto written = room.size();
    auto consumed = input.size();
    auto wanted =
        LZ4F_decompress(context.get(), room.data(), &written, input.data(), &consumed, nullptr);
    if (LZ4F_isError(wanted)) return malformed(codec, LZ4F_getErrorName(wanted));
    out.commit(written);
    input = input.subspan(consumed);
    if (out.exceeded()) return too_large(codec, allowance);
    if (wanted == 0) break;
    if (written == 0 && consumed == 0) return malformed(codec, "it ends too early");
  }
  if (!input.empty()) return malformed(codec, "bytes behind its end");
  out.finish();
  return {};
}

outcome<void> check_lz4(bytes_in input, size_t allowance) {
  constexpr auto codec = compression_codec::lz4;
  constexpr uint32_t stored_bit = 0x8000'0000;
  auto context = make_lz4_context();
  if (!context) return fault{error_code::unknown_server_error, "LZ4 cannot start"};
  auto frame = read_lz4_header(context.get(), input);
  if (!frame) return std::move(frame.error());
  if (frame->info.contentSize > allowance) return too_large(codec, allowance);
  auto block_max = (size_t{64} * 1024) << (2 * (frame->info.blockSizeID - LZ4F_max64KB));
  size_t block_checksum = frame->info.blockChecksumFlag == LZ4F_blockChecksumEnabled ? 4 : 0;
  size_t content_checksum = frame->info.contentChecksumFlag == LZ4F_contentChecksumEnabled ? 4 : 0;
  input = input.subspan(frame->header_bytes);
  for (;;) {
    if (input.size() < 4) return malformed(codec, "it ends too early");
    auto size = load_little_endian(input.data()) & ~stored_bit;
    input = input.subspan(4);
    if (size == 0) break;
    if (size > block_max) return malformed(codec, "a block is too large");
    if (size + block_checksum > input.size()) return malformed(codec, "it ends too early");
    input = input.subspan(size + block_checksum);
  }
  if (input.size() != content_checksum) return malformed(codec, "bytes behind its end");
  return {};
}

// --- Zstandard -------------------------------------------------------------------------------

outcome<void> compress_zstd(bytes_in input, int level, bytes_out& output) {
  auto begin = output.size();
  output.resize(begin + ZSTD_compressBound(input.size()));
  auto written = ZSTD_compress(output.data() + begin, output.size() - begin, input.data(),
                               input.size(), level);
  OTTLA_ASSERT(!ZSTD_isError(written));
  output.resize(begin + written);
  return {};
}

// A frame as RFC 8878 has them. The library also reads what it wrote before its first release.
bool begins_like_zstd(bytes_in input) {
  constexpr uint32_t magic = 0xfd2f'b528, skippable_magic = 0x184d'2a50;
  if (input.size() < 4) return false;
  const auto found = load_little_endian(input.data());
  return found == magic || (found & ~uint32_t{0xf}) == skippable_magic;
}

// An upper limit of what the frames can inflate to, from their block headers and declared sizes.
outcome<size_t> zstd_output_bound(bytes_in input) {
  constexpr auto codec = compression_codec::zstd;
  size_t bound = 0;
  do {
    if (!begins_like_zstd(input)) return malformed(codec, "no Zstandard frame");
    auto frame_bytes = ZSTD_findFrameCompressedSize(input.data(), input.size());
    if (ZSTD_isError(frame_bytes)) return malformed(codec, ZSTD_getErrorName(frame_bytes));
    auto frame_bound = ZSTD_decompressBound(input.data(), frame_bytes);
    if (frame_bound == ZSTD_CONTENTSIZE_ERROR) return malformed(codec, "a bad block header");
    if (auto declared = ZSTD_getFrameContentSize(input.data(), frame_bytes);
        declared < frame_bound) {
      frame_bound = declared;
    }
    if (__builtin_add_overflow(bound, frame_bound, &bound)) bound = SIZE_MAX;
    input = input.subspan(frame_bytes);
  } while (!input.empty());
  return bound;
}

// In one pass into a buffer of known size: that needs no window, so whatever window the frame asks
// for costs nothing.
outcome<void> decompress_zstd(bytes_in input, size_t allowance, bytes_out& output) {
  constexpr auto codec = compression_codec::zstd;
  auto bound = zstd_output_bound(input);
  if (!bound) return std::move(bound.error());
  output.resize(std::min(*bound, allowance));
  auto written = ZSTD_decompress(output.data(), output.size(), input.data(), input.size());
  if (ZSTD_isError(written)) {
    if (*bound > allowance) return too_large(codec, allowance);
    return malformed(codec, ZSTD_getErrorName(written));
  }
  output.resize(written);
  return {};
}

outcome<void> check_zstd(bytes_in input, size_t allowance) {
  constexpr auto codec = compression_codec::zstd;
  auto bound = zstd_output_bound(input);
  if (!bound) return std::move(bound.error());
  auto declared = ZSTD_getFrameContentSize(input.data(), input.size());
  if (declared < ZSTD_CONTENTSIZE_ERROR && declared > allowance) return too_large(codec, allowance);
  return {};
}

fault unknown_codec(compression_codec codec) {
  return {error_code::unsupported_compression_type,
          fmt::format("unknown compression codec {}", static_cast<int>(codec))};
}

outcome<void> inflate_within(compression_codec codec, bytes_in input, size_t allowance,
                             bytes_out& output) {
  switch (codec) {
    case compression_codec::none:
      output.assign(input.begin(), input.end());
      return {};
    case compression_codec::gzip:
      return decompress_gzip(input, allowance, output);
    case compression_codec::snappy:
      return decompress_snappy(input, allowance, output);
    case compression_codec::lz4:
      return decompress_lz4(input, allowance, output);
    case compression_codec::zstd:
      return decompress_zstd(input, allowance, output);
  }
  return unknown_codec(codec);
}

// What the limits allow for a stream of this size.
size_t allowance_of(const inflation_limits& limits, size_t input_bytes) {
  size_t by_ratio = 0;
  if (__builtin_mul_overflow(input_bytes, limits.max_ratio, &by_ratio)) by_ratio = SIZE_MAX;
  constexpr size_t sane = PTRDIFF_MAX;
  return std::min({sane, limits.max_output_bytes, std::max(limits.ratio_free_bytes, by_ratio)});
}

}  // namespace

std::string_view codec_name(compression_codec codec) {
  switch (codec) {
    case compression_codec::none:
      return "none";
    case compression_codec::gzip:
      return "gzip";
    case compression_codec::snappy:
      return "snappy";
    case compression_codec::lz4:
      return "lz4";
    case compression_codec::zstd:
      return "zstd";
  }
  return "unknown";
}

std::optional<compression_codec> parse_codec_name(std::string_view name) {
  for (auto codec : {compression_codec::none, compression_codec::gzip, compression_codec::snappy,
                     compression_codec::lz4, compression_codec::zstd}) {
    if (codec_name(codec) == name) return codec;
  }
  return std::nullopt;
}

compression_level_range level_range(compression_codec codec) {
  switch (codec) {
    case compression_codec::gzip:
      return {1, 9, -1};
    case compression_codec::lz4:
      return {1, 17, 9};
    case compression_codec::zstd:
      return {-131072, 22, 3};
    default:
      return {};
  }
}

outcome<void> compress(const compression_options& options, std::span<const std::byte> input,
                       std::vector<std::byte>& output) {
  if (!is_known(options.codec)) return unknown_codec(options.codec);
  auto range = level_range(options.codec);
  auto level = options.level.value_or(range.standard);
  if (!range.contains(level)) {
    return fault{error_code::invalid_config,
                 fmt::format("{} has no level {}", codec_name(options.codec), level)};
  }
  if (input.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    return fault{error_code::record_list_too_large, "more than 2 GiB cannot be one batch"};
  }
  switch (options.codec) {
    case compression_codec::none:
      output.insert(output.end(), input.begin(), input.end());
      break;
    case compression_codec::gzip:
      return compress_gzip(input, level, output);
    case compression_codec::snappy:
      compress_snappy(input, options.snappy, output);
      break;
    case compression_codec::lz4:
      return compress_lz4(input, level, output);
    case compression_codec::zstd:
      return compress_zstd(input, level, output);
  }
  return {};
}

outcome<void> decompress(compression_codec codec, std::span<const std::byte> input,
                         const inflation_limits& limits, std::vector<std::byte>& output) {
  const auto allowance = allowance_of(limits, input.size());
  if (limits.memory == nullptr || allowance <= limits.unasked_bytes) {
    return inflate_within(codec, input, allowance, output);
  }
  auto done = inflate_within(codec, input, limits.unasked_bytes, output);
  if (done || done.error().code != error_code::record_list_too_large) return done;
  if (!limits.memory->lend(allowance)) {
    return fault{error_code::request_timed_out,
                 fmt::format("no memory now to inflate a {} stream", codec_name(codec))};
  }
  return inflate_within(codec, input, allowance, output);
}

outcome<void> check_envelope(compression_codec codec, std::span<const std::byte> input,
                             const inflation_limits& limits) {
  auto allowance = allowance_of(limits, input.size());
  switch (codec) {
    case compression_codec::none:
      return {};
    case compression_codec::gzip:
      return check_gzip(input, allowance);
    case compression_codec::snappy:
      return check_snappy(input, allowance);
    case compression_codec::lz4:
      return check_lz4(input, allowance);
    case compression_codec::zstd:
      return check_zstd(input, allowance);
  }
  return unknown_codec(codec);
}

}  // namespace ottla
