#include "protocol/compression.hpp"

#include <numeric>
#include <string>
#include <vector>

#include "protocol/shared_bytes.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

// After the shim.

using namespace ottla;

namespace {

using byte_vector = std::vector<std::byte>;

constexpr compression_codec real_codecs[] = {compression_codec::gzip, compression_codec::snappy,
                                             compression_codec::lz4, compression_codec::zstd};

byte_vector packed(const compression_options& options, std::span<const std::byte> plain) {
  byte_vector out;
  REQUIRE(compress(options, plain, out));
  out.shrink_to_fit();  // Exactly sized, so that sanitizers see a read beyond it.
  return out;
}

byte_vector text_bytes(size_t size) {
  byte_vector bytes;
  for (int i = 0; bytes.size() < size; ++i) {
    auto line = "line " + std::to_string(i * 7919 % 1000) + " of something that repeats\n";
    auto more = as_byte_span(line);
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
  bytes.resize(size);
  return bytes;
}

byte_vector bytes_of(std::initializer_list<int> values) {
  byte_vector bytes;
  for (auto value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

}  // namespace

TEST_CASE("every codec gives back what it was given, at every kind of size") {
  for (auto codec : real_codecs) {
    for (size_t size : {0, 1, 6, 100, 32767, 32768, 32769, 65536, 200'000, 3'000'000}) {
      auto plain = text_bytes(size);
      auto small = packed({.codec = codec}, plain);
      byte_vector again;
      INFO(codec_name(codec) << " of " << size);
      REQUIRE(decompress(codec, small, {}, again));
      REQUIRE(again == plain);
      REQUIRE(check_envelope(codec, small, {}));
    }
  }
}

TEST_CASE("every codec gives back arbitrary bytes") {
  for (auto codec : real_codecs) {
    rc::prop(std::string(codec_name(codec)), [codec](const std::vector<uint8_t>& values) {
      auto plain = std::as_bytes(std::span{values});
      byte_vector small;
      byte_vector again;
      RC_ASSERT(bool(compress({.codec = codec}, plain, small)));
      RC_ASSERT(bool(decompress(codec, small, {}, again)));
      RC_ASSERT(std::ranges::equal(again, plain));
    });
  }
}

TEST_CASE("compressed bytes are appended behind what is already there") {
  for (auto codec : real_codecs) {
    auto plain = text_bytes(1000);
    auto out = bytes_of({1, 2, 3});
    REQUIRE(compress({.codec = codec}, plain, out));
    CHECK(std::equal(out.begin(), out.begin() + 3, bytes_of({1, 2, 3}).begin()));
    byte_vector again;
    REQUIRE(decompress(codec, std::span{out}.subspan(3), {}, again));
    CHECK(again == plain);
  }
}

TEST_CASE("both snappy framings are written and read") {
  auto plain = text_bytes(100'000);
  auto java = packed({.codec = compression_codec::snappy}, plain);
  auto bare = packed({.codec = compression_codec::snappy, .snappy = snappy_framing::plain}, plain);
  CHECK(std::equal(java.begin(), java.begin() + 8,
                   bytes_of({0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}).begin()));
  CHECK(bare[0] != java[0]);
  for (const auto& stream : {java, bare}) {
    byte_vector again;
    REQUIRE(decompress(compression_codec::snappy, stream, {}, again));
    CHECK(again == plain);
  }
}

TEST_CASE("concatenated streams are read where the reference readers read them") {
  auto first = text_bytes(5000);
  auto second = text_bytes(777);
  auto both = first;
  both.insert(both.end(), second.begin(), second.end());
  for (auto codec : {compression_codec::gzip, compression_codec::snappy, compression_codec::zstd}) {
    auto stream = packed({.codec = codec}, first);
    auto rest = packed({.codec = codec}, second);
    stream.insert(stream.end(), rest.begin(), rest.end());
    byte_vector again;
    INFO(codec_name(codec));
    REQUIRE(decompress(codec, stream, {}, again));
    CHECK(again == both);
    CHECK(check_envelope(codec, stream, {}));
  }
}

TEST_CASE("every level in range compresses, every other is refused") {
  auto plain = text_bytes(50'000);
  for (auto codec : {compression_codec::gzip, compression_codec::lz4, compression_codec::zstd}) {
    auto range = level_range(codec);
    for (int level = std::max(range.min, -5); level <= range.max; ++level) {
      byte_vector again;
      INFO(codec_name(codec) << " level " << level);
      REQUIRE(decompress(codec, packed({.codec = codec, .level = level}, plain), {}, again));
      REQUIRE(again == plain);
    }
    byte_vector out;
    CHECK_FALSE(compress({.codec = codec, .level = range.max + 1}, plain, out));
    CHECK_FALSE(compress({.codec = codec, .level = range.min - 3}, plain, out));
  }
  CHECK(level_range(compression_codec::gzip).contains(-1));
  CHECK_FALSE(level_range(compression_codec::gzip).contains(0));
}

TEST_CASE("every truncation of a stream is refused") {
  auto plain = text_bytes(300);
  for (auto codec : real_codecs) {
    auto whole = packed({.codec = codec}, plain);
    for (size_t size = 0; size < whole.size(); ++size) {
      byte_vector cut(whole.begin(), whole.begin() + static_cast<long>(size));
      cut.shrink_to_fit();
      byte_vector out;
      INFO(codec_name(codec) << " cut to " << size);
      // Java's snappy framing has no end mark: a cut between its header and first block is a whole
      // stream without content.
      if (decompress(codec, cut, {}, out)) {
        REQUIRE(codec == compression_codec::snappy);
        REQUIRE(size == 16);
        REQUIRE(out.empty());
      }
    }
  }
}

TEST_CASE("a stream followed by other bytes is refused") {
  for (auto codec : real_codecs) {
    auto stream = packed({.codec = codec}, text_bytes(300));
    stream.push_back(std::byte{0x42});
    byte_vector out;
    INFO(codec_name(codec));
    CHECK_FALSE(decompress(codec, stream, {}, out));
  }
}

TEST_CASE("a flipped bit never does more than change or refuse the content") {
  auto plain = text_bytes(200);
  inflation_limits limits{.max_output_bytes = 1 << 20};
  for (auto codec : real_codecs) {
    auto stream = packed({.codec = codec}, plain);
    for (size_t bit = 0; bit < stream.size() * 8; ++bit) {
      auto broken = stream;
      broken[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
      byte_vector out;
      if (decompress(codec, broken, limits, out)) REQUIRE(out.size() <= limits.max_output_bytes);
      (void)check_envelope(codec, broken, limits);
    }
  }
}

TEST_CASE("a decompression bomb is refused before it has grown beyond the limit") {
  byte_vector zeros(32 << 20);
  for (auto codec : real_codecs) {
    auto bomb = packed({.codec = codec}, zeros);
    INFO(codec_name(codec) << " " << bomb.size());
    byte_vector out;
    auto by_size = decompress(codec, bomb, {.max_output_bytes = 1 << 20}, out);
    REQUIRE_FALSE(by_size);
    CHECK(by_size.error().code == error_code::record_list_too_large);
    CHECK(out.capacity() <= (2 << 20));

    auto by_ratio = decompress(codec, bomb, {.max_ratio = 10, .ratio_free_bytes = 1 << 16}, out);
    REQUIRE_FALSE(by_ratio);
    CHECK(by_ratio.error().code == error_code::record_list_too_large);
  }
}

TEST_CASE("a stream that inflates to much asks for the memory first") {
  struct lender final : inflation_memory {
    bool lend(size_t bytes) override {
      asked.push_back(bytes);
      return lends;
    }
    std::vector<size_t> asked;
    bool lends = true;
  } memory;
  const inflation_limits limits{
      .max_output_bytes = 1 << 20, .memory = &memory, .unasked_bytes = 10'000};
  for (const auto codec : {compression_codec::gzip, compression_codec::snappy,
                           compression_codec::lz4, compression_codec::zstd}) {
    INFO(codec_name(codec));
    std::vector<std::byte> packed, unpacked;
    memory = {};
    REQUIRE(compress({.codec = codec}, std::vector<std::byte>(9'000), packed));
    REQUIRE(decompress(codec, packed, limits, unpacked));
    CHECK(memory.asked.empty());
    packed.clear();
    REQUIRE(compress({.codec = codec}, std::vector<std::byte>(100'000), packed));
    REQUIRE(decompress(codec, packed, limits, unpacked));
    CHECK(unpacked.size() == 100'000);
    CHECK(memory.asked == std::vector<size_t>{1 << 20});
    memory.lends = false;
    const auto refused = decompress(codec, packed, limits, unpacked);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == error_code::request_timed_out);
  }
}

TEST_CASE("a limit that is met exactly is no fault") {
  auto plain = text_bytes(100'000);
  for (auto codec : real_codecs) {
    auto stream = packed({.codec = codec}, plain);
    byte_vector out;
    INFO(codec_name(codec));
    CHECK(decompress(codec, stream, {.max_output_bytes = plain.size()}, out));
    CHECK_FALSE(decompress(codec, stream, {.max_output_bytes = plain.size() - 1}, out));
  }
}

TEST_CASE("an announced size is not believed") {
  byte_vector out;
  // Snappy: a length of 4 GiB less one before a literal of one byte.
  auto snappy = bytes_of({0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 'x'});
  CHECK_FALSE(decompress(compression_codec::snappy, snappy, {}, out));
  CHECK_FALSE(check_envelope(compression_codec::snappy, snappy, {}));
  // Java's framing: a block of 2 GiB in a stream of a few bytes.
  auto framed = bytes_of({0x82, 'S', 'N', 'A', 'P',  'P',  'Y',  0,    0, 0, 0,  1,
                          0,    0,   0,   1,   0x7f, 0xff, 0xff, 0xff, 1, 0, 'x'});
  CHECK_FALSE(decompress(compression_codec::snappy, framed, {}, out));
  CHECK_FALSE(check_envelope(compression_codec::snappy, framed, {}));
  // Zstandard: a frame that declares 2^40 bytes and holds a raw block of one.
  auto zstd = bytes_of({0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 9, 0, 0, 'x'});
  CHECK_FALSE(decompress(compression_codec::zstd, zstd, {}, out));
  CHECK_FALSE(check_envelope(compression_codec::zstd, zstd, {}));
  CHECK(out.capacity() <= (16 << 20));
}

TEST_CASE("only what RFC 8878 calls a Zstandard frame is one") {
  std::vector<std::byte> out;
  // The library reads this as a frame of its version 0.6, whatever size it declares.
  auto early = bytes_of({0x26, 0xb5, 0x2f, 0xfd, 0xcd, 0x02, 0xff, 0xfb, 0x26, 0xb5, 0x2f, 0xfd,
                         0x2e, 0xfd, 0, 0xfd});
  CHECK_FALSE(decompress(compression_codec::zstd, early, {}, out));
  CHECK_FALSE(check_envelope(compression_codec::zstd, early, {}));
  // A skippable frame before a real one.
  std::vector<std::byte> packed;
  REQUIRE(compress({.codec = compression_codec::zstd}, bytes_of({'x', 'y'}), packed));
  auto skipping = bytes_of({0x5f, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0});
  skipping.insert(skipping.end(), packed.begin(), packed.end());
  REQUIRE(decompress(compression_codec::zstd, skipping, {}, out));
  CHECK(out == bytes_of({'x', 'y'}));
}

TEST_CASE("the outside of a stream tells rubbish from the codec it is said to be") {
  std::string rubbish;
  for (int i = 0; i < 10; ++i) rubbish += std::string("\x99rubbish\0", 9);
  for (auto codec : real_codecs) {
    INFO(codec_name(codec));
    auto checked = check_envelope(codec, as_byte_span(rubbish), {});
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == error_code::corrupt_message);
    byte_vector out;
    CHECK_FALSE(decompress(codec, as_byte_span(rubbish), {}, out));
  }
}

TEST_CASE("a gzip bomb gives itself away in its trailer") {
  auto bomb = packed({.codec = compression_codec::gzip}, byte_vector(16 << 20));
  auto checked = check_envelope(compression_codec::gzip, bomb, {.max_output_bytes = 8 << 20});
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == error_code::record_list_too_large);
}

TEST_CASE("an unknown codec is refused") {
  byte_vector out;
  for (int number : {5, 6, 7}) {
    auto codec = static_cast<compression_codec>(number);
    CHECK_FALSE(is_known(codec));
    auto result = decompress(codec, as_byte_span("abc"), {}, out);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == error_code::unsupported_compression_type);
    CHECK_FALSE(compress({.codec = codec}, as_byte_span("abc"), out));
    CHECK_FALSE(check_envelope(codec, as_byte_span("abc"), {}));
  }
}

TEST_CASE("codecs have the names of compression.type") {
  CHECK(codec_name(compression_codec::zstd) == "zstd");
  CHECK(parse_codec_name("none") == compression_codec::none);
  CHECK(parse_codec_name("lz4") == compression_codec::lz4);
  CHECK_FALSE(parse_codec_name("producer"));
  CHECK_FALSE(parse_codec_name("GZIP"));
}
