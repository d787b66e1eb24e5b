#include "actors/runtime/random_source.hpp"

#include <sys/random.h>

#include <cerrno>

#include "protocol/assert.hpp"
#include "protocol/endian.hpp"

namespace ottla {

random_source random_source::from_system() {
  std::random_device device;
  return random_source{(static_cast<uint64_t>(device()) << 32) | device()};
}

uint64_t random_source::below(uint64_t limit) {
  OTTLA_ASSERT(limit > 0);
  // Values from `unbiased` on would favour small remainders.
  const uint64_t unbiased = UINT64_MAX - UINT64_MAX % limit;
  uint64_t value = next();
  while (value >= unbiased) value = next();
  return value % limit;
}

uuid random_source::id() {
  uuid made;
  do {
    store_big_endian(made.bytes.data(), next());
    store_big_endian(made.bytes.data() + 8, next());
    made.bytes[6] = (made.bytes[6] & std::byte{0x0f}) | std::byte{0x40};
    made.bytes[8] = (made.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  } while (made.to_string().front() == '-');
  return made;
}

shared_bytes unguessable_bytes(size_t count) {
  auto bytes = shared_bytes::allocate(count);
  auto room = bytes.writable();
  size_t filled = 0;
  while (filled < count) {
    const auto got = getrandom(room.data() + filled, count - filled, 0);
    OTTLA_ASSERT(got > 0 || errno == EINTR);
    if (got > 0) filled += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace ottla
