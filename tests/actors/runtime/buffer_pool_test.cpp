#include "actors/runtime/buffer_pool.hpp"

#include <cstring>
#include <thread>

#include "tests/support/catch.hpp"

using namespace ottla;

namespace {

constexpr auto chunk = static_cast<int64_t>(buffer_pool::chunk_bytes);

struct arena_fixture {
  memory_budget budget{{.total_bytes = 8 * chunk}};
  std::shared_ptr<buffer_pool> pool = buffer_pool::create();
  receive_arena arena{*pool, budget, memory_pool::clients};

  shared_bytes receive(size_t size) {
    REQUIRE(arena.room().size() >= size);
    return arena.commit(size);
  }
  int64_t charged() { return budget.count(memory_pool::clients).used_bytes; }
};

}  // namespace

TEST_CASE_METHOD(arena_fixture, "memory that nobody holds is used again at once") {
  auto* first = receive(1'000).data();
  CHECK(receive(1'000).data() == first);
  CHECK(charged() == chunk);
}

TEST_CASE_METHOD(arena_fixture, "a slice that is held is not written over") {
  auto held = receive(100);
  std::memset(held.writable().data(), 7, held.size());
  auto next = receive(100);
  CHECK(next.data() >= held.data() + held.size());
  std::memset(next.writable().data(), 9, next.size());
  CHECK(held.view()[99] == std::byte{7});
}

TEST_CASE_METHOD(arena_fixture, "what is held charges its whole chunk until the last slice goes") {
  auto held = receive(buffer_pool::chunk_bytes - 1'000).slice(0, 1);
  auto second = receive(10);
  CHECK(charged() == 2 * chunk);
  std::thread{[moved = std::move(held)]() mutable { moved = {}; }}.join();
  CHECK(charged() == chunk);
}

TEST_CASE_METHOD(arena_fixture, "the arena has no room when the budget has none") {
  auto held = receive(buffer_pool::chunk_bytes);
  auto rest = budget.charge(memory_pool::clients, 7 * chunk);
  CHECK(arena.room().empty());
  rest.release();
  arena.refill(*budget.try_acquire(memory_pool::clients, chunk));
  CHECK(arena.room().size() == buffer_pool::chunk_bytes);
}

TEST_CASE_METHOD(arena_fixture, "a pool gives back what a burst of traffic needed") {
  {
    std::vector<shared_bytes> burst;
    for (int i = 0; i < 5; ++i) burst.push_back(pool->take(buffer_pool::chunk_bytes, {}));
    burst.push_back(pool->take(buffer_pool::large_chunk_bytes, {}));
    CHECK(pool->count().lent_bytes == 5 * chunk + std::ssize(burst.back().view()));
  }
  pool->trim();  // was in use since the last time
  CHECK(pool->can_trim());
  pool->trim();
  CHECK_FALSE(pool->can_trim());
  CHECK(pool->count().free_bytes == chunk);
  CHECK(pool->count().lent_bytes == 0);
}

TEST_CASE("buffers of any size hold their charge as long as their memory") {
  memory_budget budget{{}};
  auto pool = buffer_pool::create();
  for (size_t size : {size_t{0}, size_t{1}, size_t{40'000}, size_t{300'000}, size_t{5'000'000}}) {
    auto buffer = pool->take(size, budget.charge(memory_pool::clients, 77));
    REQUIRE(buffer.size() == size);
    if (size > 0) std::memset(buffer.writable().data(), 1, size);
    auto part = buffer.slice(size / 2, size - size / 2);
    buffer = {};
    CHECK(budget.count(memory_pool::clients).used_bytes == 77);
    part = {};
    CHECK(budget.count(memory_pool::clients).used_bytes == 0);
  }
}

TEST_CASE("chunks may outlive their pool") {
  memory_budget budget{{}};
  auto pool = buffer_pool::create();
  auto held = pool->take(100'000, {});
  pool.reset();
  std::memset(held.writable().data(), 3, held.size());
  CHECK(held.view()[99'999] == std::byte{3});
}
