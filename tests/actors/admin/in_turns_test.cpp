#include "actors/admin/in_turns.hpp"

#include <deque>
#include <vector>

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

TEST_CASE("a few run at a time, and each ended one is followed by the next") {
  std::vector<size_t> begun;
  std::deque<in_turns::ended_function> running;
  in_turns::start(10, 3, [&](size_t i, in_turns::ended_function ended) {
    begun.push_back(i);
    running.push_back(std::move(ended));
  });
  CHECK(running.size() == 3);
  while (!running.empty()) {
    CHECK(running.size() <= 3);
    auto ended = std::move(running.front());
    running.pop_front();
    ended();
  }
  CHECK(begun == std::vector<size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("any number may end at once") {
  size_t begun = 0;
  in_turns::start(1'000'000, 64, [&](size_t, const in_turns::ended_function& ended) {
    ++begun;
    ended();
  });
  CHECK(begun == 1'000'000);
}

TEST_CASE("what begins them is let go of after the last, or when nobody says that they end") {
  auto held = std::make_shared<int>();
  in_turns::ended_function last;
  in_turns::start(
      1, 3, [held, &last](size_t, in_turns::ended_function ended) { last = std::move(ended); });
  CHECK(held.use_count() == 2);
  last = nullptr;
  CHECK(held.use_count() == 1);
  in_turns::start(0, 3, [held](size_t, const in_turns::ended_function&) {});
  CHECK(held.use_count() == 1);
}

}  // namespace
}  // namespace ottla
