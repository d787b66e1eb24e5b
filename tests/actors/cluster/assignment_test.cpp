#include "actors/cluster/assignment.hpp"

#include <rapidcheck.h>

#include <map>
#include <set>

#include "tests/support/catch.hpp"

namespace ottla {

TEST_CASE("replicas are distinct, and leaders are spread evenly") {
  rc::check([] {
    auto brokers = *rc::gen::inRange(1, 12);
    auto racks = *rc::gen::inRange(0, 4);
    auto factor = *rc::gen::inRange(1, brokers + 1);
    auto partitions = *rc::gen::inRange(1, 60);
    std::vector<placement_candidate> candidates;
    for (int id = 0; id < brokers; ++id) {
      candidates.push_back(
          {id, racks == 0 ? std::nullopt : std::optional{"rack" + std::to_string(id % racks)}});
    }
    auto assigned = assign_replicas(candidates, {.partitions = partitions,
                                                 .replication_factor = factor,
                                                 .random = *rc::gen::arbitrary<uint64_t>()});
    RC_ASSERT(assigned);
    RC_ASSERT(assigned->size() == static_cast<size_t>(partitions));
    std::map<broker_id, int> leads;
    for (const auto& replicas : *assigned) {
      RC_ASSERT(std::set<broker_id>(replicas.begin(), replicas.end()).size() ==
                static_cast<size_t>(factor));
      ++leads[replicas.front()];
      std::set<std::string> used;
      for (auto id : replicas) {
        used.insert(candidates[static_cast<size_t>(id)].rack.value_or("none"));
      }
      auto possible = std::min(factor, racks == 0 ? 1 : std::min(racks, brokers));
      RC_ASSERT(static_cast<int>(used.size()) == possible);
    }
    for (const auto& [id, count] : leads) RC_ASSERT(count <= partitions / brokers + 1);
  });
}

TEST_CASE("more replicas than brokers are refused in Kafka's words") {
  auto assigned = assign_replicas({{1, {}}}, {.partitions = 1, .replication_factor = 3});
  REQUIRE_FALSE(assigned);
  CHECK(assigned.error().code == error_code::invalid_replication_factor);
  CHECK(assigned.error().message ==
        "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be "
        "reached because only 1 broker(s) are registered.");
}

}  // namespace ottla
