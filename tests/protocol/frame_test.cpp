#include "protocol/frame.hpp"

#include <limits>

#include "protocol/wire_writer.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;

namespace {

outcome<std::optional<size_t>> length_in(int32_t announced, size_t limit_bytes) {
  wire_writer out;
  out.int32(announced);
  return frame_length(out.view(), limit_bytes);
}

}  // namespace

TEST_CASE("a frame's length is read up to the limit, the limit included") {
  CHECK(*length_in(0, 100) == 0U);
  CHECK(*length_in(100, 100) == 100U);
  CHECK(*length_in(104'857'600, 104'857'600) == 104'857'600U);
}

TEST_CASE("a negative or too long frame is refused") {
  for (int32_t announced : {-1, std::numeric_limits<int32_t>::min(), 101}) {
    auto length = length_in(announced, 100);
    REQUIRE_FALSE(length);
    CHECK(length.error().code == error_code::invalid_request);
  }
  CHECK(length_in(101, 100).error().message == "a frame announces 101 bytes, allowed are 0 to 100");
}

TEST_CASE("the first bytes of TLS and HTTP are no frame") {
  constexpr size_t usual_limit_bytes = 104'857'600;
  const auto tls = length_in(0x16030102, usual_limit_bytes);
  REQUIRE_FALSE(tls);
  CHECK(tls.error().message.find("speaks TLS") != std::string::npos);
  for (int32_t method : {0x47455420 /* "GET " */, 0x504f5354 /* "POST" */}) {
    const auto http = length_in(method, usual_limit_bytes);
    REQUIRE_FALSE(http);
    CHECK(http.error().message.find("speaks HTTP") != std::string::npos);
  }
}

TEST_CASE("a length of which bytes are missing is not known yet") {
  std::byte begin[3] = {std::byte{0xff}, std::byte{0xff}, std::byte{0xff}};
  for (size_t size = 0; size <= 3; ++size) {
    auto length = frame_length({begin, size}, 100);
    REQUIRE(length);
    CHECK_FALSE(length->has_value());
  }
}
