#include "actors/runtime/random_source.hpp"

#include <set>

#include "tests/support/catch.hpp"

using namespace ottla;

TEST_CASE("the same seed gives the same numbers") {
  random_source one{7}, same{7}, other{8};
  const auto first = one.next();
  CHECK(first == same.next());
  CHECK(first != other.next());
}

TEST_CASE("numbers below a limit reach every value and no other") {
  random_source random{1};
  std::set<uint64_t> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(random.below(10));
  CHECK(seen == std::set<uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(random.below(1) == 0);
  CHECK(random.below(UINT64_MAX) < UINT64_MAX);
}

TEST_CASE("ids are version 4 and never look like an option") {
  random_source random{3};
  std::set<uuid> seen;
  for (int i = 0; i < 5'000; ++i) {
    const auto id = random.id();
    seen.insert(id);
    CHECK((id.bytes[6] >> 4) == std::byte{4});
    CHECK((id.bytes[8] >> 6) == std::byte{2});
    CHECK(id.to_string().front() != '-');
  }
  CHECK(seen.size() == 5'000);
}
