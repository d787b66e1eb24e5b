// Coordinators follow the metadata images: there is one where this broker leads, and none
// elsewhere.
#include "actors/group/coordinators_actor.hpp"

#include <caf/event_based_actor.hpp>

#include "actors/cluster/image_builder.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;

namespace {

constexpr broker_id self = 1;

// An image with `__consumer_offsets`, led as given.
image_ptr image_of(const uuid& id, const std::vector<broker_id>& leaders) {
  bucket_record bucket;
  if (!leaders.empty()) {
    bucket.topics.push_back({id, "__consumer_offsets", static_cast<int32_t>(leaders.size()), {}});
    partition_block block;
    block.topic_id = id;
    for (auto leader : leaders) {
      partition_record partition;
      partition.replicas = {leader};
      partition.leader = {leader, 1};
      block.partitions.push_back(partition);
    }
    bucket.blocks.push_back(block);
  }
  cluster_record cluster;
  cluster.cluster_id = "test";
  cluster.bucket_count = 1;
  image_builder builder{cluster};
  stored_node node;
  node.value = encode_record(bucket);
  node.version = 1;
  REQUIRE(builder.set({metadata_node::kind::bucket, 0}, node));
  return builder.build().image;
}

}  // namespace

TEST_CASE("the directory holds a coordinator for each partition that this broker leads") {
  actor_fixture node;
  coordinator_directory directory;
  coordinators_setup setup;
  setup.self = self;
  setup.units = {&node.home()};
  setup.options = std::make_shared<group_options>();
  setup.directory = &directory;
  setup.finder = node.system().spawn(
      [](partition_finder::pointer, int) -> partition_finder::behavior_type {
        return {[](const find_partition&) { return partition_found{}; }};
      },
      0);
  auto finder = setup.finder;
  auto actor = caf::actor_cast<coordinators_handle>(
      spawn_on<coordinators_actor>(node.system(), node.home(), setup));
  setup.finder = nullptr;
  auto apply = [&](image_ptr image) {
    caf::anon_send(actor, image_changed{nullptr, std::move(image), nullptr});
    node.settle();
  };

  CHECK_FALSE(directory.find("g"));
  const uuid id{{std::byte{1}}};
  apply(image_of(id, {self, 2, self}));
  CHECK(directory.all().size() == 2);
  CHECK_FALSE(directory.find("g"));  // Of partition 1.
  CHECK(directory.find("group"));    // Of partition 2.
  apply(image_of(id, {self, self, self}));
  CHECK(directory.all().size() == 3);
  CHECK(directory.find("g"));
  apply(image_of(id, {}));
  CHECK(directory.all().empty());
  CHECK_FALSE(directory.find("g"));

  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(finder, caf::exit_reason::user_shutdown);
  node.settle();
}
