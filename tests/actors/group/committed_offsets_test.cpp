#include "actors/group/committed_offsets.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

using namespace ottla;

namespace {

stored_offset at(log_offset offset) {
  stored_offset value;
  value.offset = offset;
  return value;
}

}  // namespace

TEST_CASE("offsets behave like a map of what was committed last, also through transactions") {
  rc::prop("random commits, deletions and transactions", [] {
    committed_offsets offsets;
    std::map<topic_partition, log_offset> model;
    std::map<producer_id, std::map<topic_partition, log_offset>> open;
    const int steps = *rc::gen::inRange(0, 60);
    for (int step = 0; step < steps; ++step) {
      topic_partition which{std::string(1, static_cast<char>('a' + *rc::gen::inRange(0, 3))),
                            *rc::gen::inRange(0, 3)};
      const producer_id producer = *rc::gen::inRange(0, 3);
      switch (*rc::gen::inRange(0, 5)) {
        case 0:
          offsets.put(which.topic, which.partition, at(step));
          model[which] = step;
          break;
        case 1:
          offsets.erase(which.topic, which.partition);
          model.erase(which);
          for (auto& [_, writes] : open) writes.erase(which);
          break;
        case 2:
          offsets.put_pending(producer, which.topic, which.partition, at(step));
          open[producer][which] = step;
          break;
        default: {
          const bool commit = *rc::gen::arbitrary<bool>();
          offsets.end_transaction(producer, commit);
          if (commit) {
            for (const auto& [partition, offset] : open[producer]) model[partition] = offset;
          }
          open.erase(producer);
        }
      }
      RC_ASSERT(offsets.size() == model.size());
      for (const auto& [partition, offset] : model) {
        const auto* found = offsets.find(partition.topic, partition.partition);
        RC_ASSERT(found != nullptr);
        RC_ASSERT(found->offset == offset);
      }
      auto all = model;
      for (const auto& [_, writes] : open) all.insert(writes.begin(), writes.end());
      RC_ASSERT(offsets.all().size() == all.size());
      RC_ASSERT(offsets.empty() == all.empty());
    }
  });
}
