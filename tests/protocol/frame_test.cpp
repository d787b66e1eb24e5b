#include "protocol/frame.hpp"

#include <rapidcheck/catch.h>

#include "protocol/wire_writer.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;

namespace {

shared_bytes stream_of(const std::vector<std::string>& bodies) {
  wire_writer out;
  for (const auto& body : bodies) out.bytes(as_byte_span(body));
  return out.finish_flat();
}

std::vector<std::string> texts(const std::vector<shared_bytes>& frames) {
  std::vector<std::string> all;
  for (const auto& frame : frames) all.emplace_back(as_text(frame.view()));
  return all;
}

}  // namespace

TEST_CASE("a stream cut anywhere gives the same frames") {
  rc::prop("any cuts", [](const std::vector<std::string>& bodies) {
    auto stream = stream_of(bodies);
    frame_splitter splitter{1000};
    std::vector<shared_bytes> frames;
    for (size_t at = 0; at < stream.size();) {
      auto size = std::min<size_t>(*rc::gen::inRange<size_t>(1, 20), stream.size() - at);
      RC_ASSERT(static_cast<bool>(splitter.feed(stream.slice(at, size), frames)));
      at += size;
    }
    RC_ASSERT(texts(frames) == bodies);
    RC_ASSERT(splitter.held_bytes() == 0U);
  });
}

TEST_CASE("frames that lie within one buffer are slices of it, empty ones included") {
  auto stream = stream_of({"one", "", "two"});
  frame_splitter splitter{100};
  std::vector<shared_bytes> frames;
  REQUIRE(splitter.feed(stream, frames));
  REQUIRE(texts(frames) == std::vector<std::string>{"one", "", "two"});
  CHECK(frames[0].data() == stream.data() + 4);
  CHECK(frames[2].data() == stream.data() + 15);
}

TEST_CASE("a negative or too long length is refused, the limit itself is not") {
  auto refused = [](std::initializer_list<int> prefix) {
    auto bytes = shared_bytes::allocate(prefix.size());
    size_t i = 0;
    for (auto value : prefix) bytes.writable()[i++] = static_cast<std::byte>(value);
    frame_splitter splitter{100};
    std::vector<shared_bytes> frames;
    auto fed = splitter.feed(bytes, frames);
    if (!fed) CHECK(fed.error().code == error_code::invalid_request);
    return !fed;
  };
  CHECK(refused({0xff, 0xff, 0xff, 0xff}));
  CHECK(refused({0x80, 0, 0, 0}));
  CHECK(refused({0, 0, 0, 101}));
  CHECK(refused({0x16, 0x03, 0x01, 0x02}));  // a TLS handshake
  CHECK(refused({'G', 'E', 'T', ' '}));
  CHECK_FALSE(refused({0, 0, 0, 100}));
  CHECK_FALSE(refused({0x7f, 0xff, 0xff}));  // not a whole length yet
}

TEST_CASE("an open frame says how much it holds and misses") {
  auto stream = stream_of({std::string(50'000'000, 'x')});
  frame_splitter splitter{100'000'000};
  std::vector<shared_bytes> frames;
  REQUIRE(splitter.feed(stream.slice(0, 10), frames));
  CHECK(splitter.held_bytes() == 10);
  CHECK(splitter.missing_bytes() == 49'999'994);
  REQUIRE(splitter.feed(stream.slice(10, stream.size() - 10), frames));
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].size() == 50'000'000);
  CHECK(splitter.missing_bytes() == 0);
}
