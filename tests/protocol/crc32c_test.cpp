#include "protocol/crc32c.hpp"

#include <vector>

#include "protocol/shared_bytes.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;

namespace {

// The definition: reflected polynomial 0x1EDC6F41, one bit at a time.
uint32_t crc32c_by_definition(std::span<const std::byte> bytes) {
  uint32_t crc = 0xffffffff;
  for (auto byte : bytes) {
    crc ^= std::to_integer<uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
  }
  return ~crc;
}

std::vector<std::byte> some_bytes(size_t count) {
  std::vector<std::byte> bytes(count);
  uint32_t state = 2463534242;
  for (auto& byte : bytes) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    byte = static_cast<std::byte>(state);
  }
  return bytes;
}

}  // namespace

TEST_CASE("CRC-32C has its published check values") {
  CHECK(crc32c(as_byte_span("123456789")) == 0xe3069283);
  CHECK(crc32c({}) == 0);
  CHECK(crc32c(std::vector<std::byte>(32, std::byte{0})) == 0x8a9136aa);
  CHECK(crc32c(std::vector<std::byte>(32, std::byte{0xff})) == 0x62a8ab43);
}

TEST_CASE("CRC-32C equals its definition at every small size and alignment") {
  auto bytes = some_bytes(700);
  for (size_t offset = 0; offset < 9; ++offset) {
    for (size_t size = 0; size + offset <= bytes.size(); ++size) {
      auto piece = std::span<const std::byte>{bytes}.subspan(offset, size);
      REQUIRE(crc32c(piece) == crc32c_by_definition(piece));
    }
  }
}

TEST_CASE("CRC-32C of a large input equals its definition") {
  auto bytes = some_bytes(300'001);
  CHECK(crc32c(bytes) == crc32c_by_definition(bytes));
}

TEST_CASE("a CRC continued over pieces equals the CRC of the whole") {
  auto bytes = some_bytes(2000);
  std::span<const std::byte> all{bytes};
  for (size_t cut = 0; cut <= bytes.size(); cut += 37) {
    REQUIRE(crc32c(all.subspan(cut), crc32c(all.first(cut))) == crc32c(all));
  }
}
