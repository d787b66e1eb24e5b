#include "actors/gateway/reply_queue.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

using namespace ottla;

TEST_CASE("answers are taken in order, each once, whatever order they come in") {
  rc::prop("any order of answers", [](uint8_t raw_count) {
    const size_t count = raw_count % 50;
    reply_queue queue;
    std::vector<uint64_t> open;
    for (size_t i = 0; i < count; ++i) open.push_back(queue.open(10));
    std::string sent, expected;
    while (!open.empty()) {
      const auto pick = *rc::gen::inRange<long>(0, std::ssize(open));
      const auto sequence = open[static_cast<size_t>(pick)];
      open.erase(open.begin() + pick);
      // Every third request has no answer.
      gather_list frame;
      if (sequence % 3 != 0)
        frame.emplace_back(shared_bytes::copy_of(std::to_string(sequence) + ";"));
      queue.answer(sequence, std::move(frame));
      RC_ASSERT(queue.unanswered() == open.size());
      RC_ASSERT(queue.in_flight_bytes() == static_cast<int64_t>(open.size()) * 10);
      gather_list ready;
      queue.take_ready(ready);
      for (const auto& piece : ready) sent += as_text(std::get<shared_bytes>(piece).view());
    }
    for (size_t i = 0; i < count; ++i) {
      if (i % 3 != 0) expected += std::to_string(i) + ";";
    }
    RC_ASSERT(sent == expected);
    RC_ASSERT(queue.size() == 0U);
  });
}
