#include "actors/gateway/frame_assembler.hpp"

#include <cstring>

#include "tests/actors/gateway/session_fixture.hpp"
#include "tests/support/properties.hpp"

using namespace ottla;

namespace {

struct assembler_fixture {
  explicit assembler_fixture(int64_t total_bytes = 64 << 20)
      : memory({.total_bytes = total_bytes}) {}

  manual_clock time;
  memory_budget memory;
  simulated_unit home{0, {&time, &memory}, 1};
  int granted = 0;
  int revoked = 0;

  frame_assembler make(int64_t max_frame = 100 << 20) {
    return {home, memory_pool::clients, max_frame, {[this] { ++granted; }, [this] { ++revoked; }}};
  }
  int64_t used() { return memory.count(memory_pool::clients).used_bytes; }
};

std::vector<std::byte> stream_of(const std::vector<size_t>& sizes) {
  std::vector<std::byte> stream;
  uint8_t value = 0;
  for (auto size : sizes) {
    std::byte prefix[4];
    store_big_endian(prefix, static_cast<int32_t>(size));
    stream.insert(stream.end(), prefix, prefix + 4);
    for (size_t i = 0; i < size; ++i) stream.push_back(static_cast<std::byte>(value++));
  }
  return stream;
}

/// Feeds what there is room for; returns how much.
size_t feed(frame_assembler& frames, std::span<const std::byte> bytes) {
  const auto room = frames.room();
  const auto size = std::min(room.size(), bytes.size());
  const auto first = std::min(size, room.first.size());
  if (first > 0) std::memcpy(room.first.data(), bytes.data(), first);
  if (size > first) std::memcpy(room.second.data(), bytes.data() + first, size - first);
  if (size > 0) frames.received(size);
  return size;
}

}  // namespace

TEST_CASE("any stream in any pieces gives back its frames") {
  rc::prop("sizes and pieces", [] {
    assembler_fixture fixture;
    auto frames = fixture.make();
    const auto count = *rc::gen::inRange<size_t>(1, 8);
    std::vector<size_t> sizes;
    for (size_t i = 0; i < count; ++i) {
      const auto bits = *rc::gen::inRange(0, 22);
      sizes.push_back(*rc::gen::inRange<size_t>(0, (size_t{1} << bits) + 1));
    }
    const auto stream = stream_of(sizes);
    const auto piece_bits = *rc::gen::inRange(3, 20);
    std::vector<shared_bytes> held;  // frames stay intact while later ones come
    size_t at = 0;
    while (at < stream.size()) {
      const auto piece = *rc::gen::inRange<size_t>(1, (size_t{1} << piece_bits) + 1);
      const auto rest = std::span{stream}.subspan(at);
      const auto taken = feed(frames, rest.first(std::min(piece, rest.size())));
      RC_ASSERT(taken > 0U);
      at += taken;
      for (auto frame = frames.next_frame(); *frame; frame = frames.next_frame()) {
        held.push_back(std::move(**frame));
      }
    }
    RC_ASSERT(held.size() == sizes.size());
    size_t begin = 4;
    for (size_t i = 0; i < sizes.size(); ++i) {
      RC_ASSERT(held[i].size() == sizes[i]);
      RC_ASSERT(sizes[i] == 0 || std::memcmp(held[i].data(), stream.data() + begin, sizes[i]) == 0);
      begin += sizes[i] + 4;
    }
    RC_ASSERT(!frames.mid_frame());
    held.clear();
    fixture.home.arena(memory_pool::clients).release_if_unused();
    RC_ASSERT(fixture.used() == 0);
  });
}

TEST_CASE("a frame is charged whole, but gets its memory as its bytes come") {
  assembler_fixture fixture;
  auto frames = fixture.make();
  const auto stream = stream_of({12 << 20});
  feed(frames, std::span{stream}.first(1'000));
  CHECK_FALSE(*frames.next_frame());
  CHECK(fixture.used() >= 12 << 20);
  CHECK(fixture.home.buffers().count().lent_bytes <= 2 << 20);
}

TEST_CASE("a frame waits for the budget, holding only what has come") {
  assembler_fixture fixture{16 << 20};
  auto frames = fixture.make();
  auto taken = fixture.memory.try_acquire(memory_pool::clients, 13 << 20);
  const auto stream = stream_of({2 << 20});
  size_t at = feed(frames, std::span{stream}.first(500));
  CHECK_FALSE(*frames.next_frame());
  CHECK(frames.waits_for_memory());
  CHECK(frames.room().size() == 0);
  CHECK(fixture.granted == 0);
  taken->release();
  CHECK(fixture.granted == 1);
  frames.memory_granted();
  CHECK_FALSE(frames.waits_for_memory());
  while (at < stream.size()) at += feed(frames, std::span{stream}.subspan(at));
  auto frame = frames.next_frame();
  REQUIRE(*frame);
  CHECK((*frame)->size() == 2 << 20);
  CHECK(std::memcmp((*frame)->data(), stream.data() + 4, 2 << 20) == 0);
}

TEST_CASE("memory is taken from the frame that stood still, not from the next one") {
  assembler_fixture fixture{4 << 20};
  auto frames = fixture.make();
  const auto stream = stream_of({200'000, 200'000});
  size_t sent = feed(frames, std::span{stream}.first(100'000));
  REQUIRE(frames.next_frame());
  auto all = fixture.memory.charge(memory_pool::clients, 4 << 20);
  auto waits = fixture.memory.wait(memory_pool::clients, 1 << 20, [] {});
  fixture.time.move_to_ms(60'000);
  fixture.memory.revoke_stalled(60'000);
  CHECK(fixture.revoked == 1);
  CHECK(frames.is_revoked());
  all.release();
  waits.leave();
  while (sent < stream.size() - 100'000) {  // meanwhile it came, and a part of the next
    sent += feed(frames, std::span{stream}.subspan(sent, stream.size() - 100'000 - sent));
    while (auto frame = *frames.next_frame()) CHECK(frame->size() == 200'000);
  }
  CHECK(frames.mid_frame());
  CHECK_FALSE(frames.is_revoked());
}

TEST_CASE("a frame that the budget can never hold is refused") {
  assembler_fixture fixture{1 << 20};
  auto frames = fixture.make();
  feed(frames, std::span<const std::byte>{stream_of({4 << 20})}.first(100));
  auto frame = frames.next_frame();
  REQUIRE_FALSE(frame);
  CHECK(frame.error().message.find("memory") != std::string::npos);
}

TEST_CASE_METHOD(session_fixture, "a client that sends at once is served while others dribble") {
  limits.idle_ms = 600'000;
  requests.answer_at_once = true;
  auto frame = *flatten(request_frame(api_key::produce, 9, 1, 1 << 20));
  for (int i = 0; i < 50; ++i) {
    connect().client_sends(frame.view().first(frame.size() / 2));
    settle();
  }
  auto& good = connect();
  good.client_sends(request_frame(api_key::produce, 9, 5, 2'000));
  settle();
  CHECK(answered(good) == std::vector<int32_t>{5});
}

TEST_CASE("a thousand half-sent frames stay within the budget and cannot stop a good client") {
  memory_budget_options small_memory;
  small_memory.total_bytes = 16 << 20;
  session_fixture fixture{small_memory};
  fixture.requests.answer_at_once = true;
  auto frame = *flatten(request_frame(api_key::produce, 9, 1, 1 << 20));
  for (int i = 0; i < 1'000; ++i) {
    fixture.connect().client_sends(frame.view().first(frame.size() / 2));
    fixture.settle();
    REQUIRE(fixture.memory.count(memory_pool::clients).used_bytes <= 17 << 20);
  }
  auto& small = fixture.connect();
  small.client_sends(request_frame(api_key::produce, 9, 7, 5'000));
  fixture.settle();
  CHECK(session_fixture::answered(small) == std::vector<int32_t>{7});  // at once

  auto& large = fixture.connect();
  large.client_sends(request_frame(api_key::produce, 9, 8, 1 << 20));
  int64_t waited_ms = 0;
  for (; session_fixture::answered(large).empty() && waited_ms < 200'000; waited_ms += 1'000) {
    fixture.pass(1'000);
    REQUIRE(fixture.memory.count(memory_pool::clients).used_bytes <= 17 << 20);
  }
  INFO("the large request waited " << waited_ms << " ms");
  CHECK(waited_ms < 150'000);  // 14 at a time lose their grants, a second or two after they got it
  CHECK_FALSE(large.is_closed);
  CHECK_FALSE(small.is_closed);
}
