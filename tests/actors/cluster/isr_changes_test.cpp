#include "actors/cluster/isr_changes.hpp"

#include "actors/cluster/config_requests.hpp"
#include "actors/cluster/isr_messages.hpp"
#include "tests/actors/cluster/stored_cluster.hpp"
#include "tests/support/catch.hpp"

namespace ottla {
namespace {

const replica_seat one{1, 10}, two{2, 20}, three{3, 30};

struct bench {
  stored_cluster cluster;
  broker_config config = make_broker_config({}, "localhost")->config;
  random_source random{1};
  uuid topic_id = random.id();

  bench() {
    for (const auto& seat : {one, two, three}) cluster.add_broker(seat.id, seat.epoch);
    metadata_draft draft(cluster.image());
    draft.add_topic({.id = topic_id,
                     .name = "orders",
                     .partition_count = 1,
                     .configs = {{"min.insync.replicas", "2"}}},
                    {{.replicas = {1, 2, 3},
                      .leader = one,
                      .leader_epoch = 4,
                      .isr = {one, two, three},
                      .partition_epoch = 7}});
    cluster.write_all(draft);
  }

  isr_proposed propose(std::vector<replica_seat> isr, int32_t partition_epoch = 7,
                       leader_epoch epoch = 4, replica_seat leader = one) {
    metadata_draft draft(cluster.image());
    const alter_partitions wanted{
        leader,
        {{{topic_id, 0},
          {.epoch = epoch, .partition_epoch = partition_epoch, .isr = std::move(isr)}}}};
    // As it comes from another broker.
    auto altered =
        alter_isrs({draft, config, random}, to_proposals(to_request(wanted), wanted.leader));
    cluster.write_all(draft);
    auto answers = to_altered(to_response(altered)).answers;
    REQUIRE(answers.size() == 1);
    return answers.front();
  }
  const partition_record& record() {
    return *cluster.image()->find_partition(topic_id_partition{topic_id, 0});
  }
};

}  // namespace

TEST_CASE("the controller makes the ISR that the leader proposes") {
  bench b;
  const auto answer = b.propose({one, two});
  REQUIRE(answer.committed);
  CHECK(answer.committed->isr == std::vector<replica_seat>{one, two});
  CHECK(answer.committed->replicas == std::vector<broker_id>{1, 2, 3});
  CHECK(answer.committed->partition_epoch == 8);
  CHECK(b.record().isr == std::vector<replica_seat>{one, two});
  CHECK(b.record().partition_epoch == 8);
  CHECK(b.record().leader_epoch == 4);
  REQUIRE(b.propose({one}, 8).committed);
  CHECK(b.record().eligible == std::vector<replica_seat>{two});  // below the minimum: KIP-966
  REQUIRE(b.propose({one, two, three}, 9).committed);
  CHECK(b.record().eligible.empty());
}

TEST_CASE("every accepted proposal makes a newer record, also one that changes nothing") {
  bench b;
  REQUIRE(b.propose({one, two, three}).committed);
  CHECK(b.record().partition_epoch == 8);
  CHECK(b.propose({one, two, three}).refusal == isr_refusal::superseded);
}

TEST_CASE("a proposal of the past, or of somebody else, is superseded") {
  bench b;
  CHECK(b.propose({one}, 6).refusal == isr_refusal::superseded);
  CHECK(b.propose({one}, 8).refusal == isr_refusal::superseded);
  CHECK(b.propose({one}, 7, 3).refusal == isr_refusal::superseded);
  CHECK(b.propose({one}, 7, 4, {1, 9}).refusal == isr_refusal::superseded);
  CHECK(b.propose({two}, 7, 4, two).refusal == isr_refusal::superseded);
  b.topic_id = uuid{};
  CHECK(b.propose({one}).refusal == isr_refusal::superseded);
}

TEST_CASE("a leader that is fenced decides nothing, and may ask again once it is let in") {
  bench b;
  b.cluster.add_broker(1, 10, broker_status::fenced);
  CHECK(b.propose({one}).refusal == isr_refusal::not_applied);
  b.cluster.add_broker(1, 10, broker_status::active);
  CHECK(b.propose({one}).committed);
}

TEST_CASE("who is fenced in the same round neither joins nor leads") {
  bench b;
  REQUIRE(b.propose({one}).committed);
  metadata_draft draft(b.cluster.image());
  const change_context context{draft, b.config, b.random};
  draft.set_broker_state({2, 20, broker_status::fenced});
  const alter_partitions wanted{
      one, {{{b.topic_id, 0}, {.epoch = 4, .partition_epoch = 8, .isr = {one, two}}}}};
  CHECK(alter_isrs(context, wanted).answers.front().refusal == isr_refusal::not_applied);
  CHECK_FALSE(view_of(context, config_map{}).live_seat(2));
  CHECK(view_of(context, config_map{}).live_seat(3) == three);
}

TEST_CASE("a draining broker stays in sync, joins and leads as any other") {
  bench b;
  metadata_draft drains(b.cluster.image());
  for (const char* id : {"1", "3"}) {
    drains.set_configs(static_cast<int8_t>(config_resource::broker), id,
                       {{"ottla.broker.draining", "true"}});
  }
  b.cluster.write_all(drains);
  REQUIRE(b.cluster.image()->find_broker(3)->status == broker_status::draining);
  CHECK(b.propose({one, three}).committed);     // broker 2 is behind; 1 leads, 3 stays
  CHECK(b.propose({one}, 8).committed);         // 3 is behind
  CHECK(b.propose({one, three}, 9).committed);  // and has caught up
  CHECK(b.record().isr == std::vector<replica_seat>{one, three});
}

TEST_CASE("a new configuration of a topic ends what has waited for it") {
  bench b;
  const auto configure = [&](const char* key, const char* value) {
    incremental_alter_configs_request request;
    request.resources.push_back({.resource_type = static_cast<int8_t>(config_resource::topic),
                                 .resource_name = "orders",
                                 .configs = {{key, 0, value}}});
    metadata_draft draft(b.cluster.image());
    const auto changed = incremental_alter_configs({draft, b.config, b.random}, request);
    REQUIRE(changed.responses.front().error_code == error_code::none);
    b.cluster.write_all(draft);
  };
  const auto edit = [&](const std::function<void(partition_record&)>& change) {
    metadata_draft draft(b.cluster.image());
    auto record = draft.partition(b.topic_id, 0);
    change(record);
    ++record.partition_epoch;
    draft.set_partition(b.topic_id, 0, record);
    b.cluster.write_all(draft);
  };
  SECTION("a move that would leave too few in sync") {
    edit([](auto& record) {
      record.replicas = {3, 1, 2};
      record.adding = {3};
      record.removing = {2};
      record.isr = {two, three};
      record.leader = two;
    });
    configure("retention.ms", "1000");
    CHECK(b.record().adding == std::vector<broker_id>{3});
    configure("min.insync.replicas", "1");
    CHECK(b.record().adding.empty());
    CHECK(b.record().leader == three);
  }
  SECTION("a partition that only an unclean leader can have") {
    edit([](auto& record) {
      record.isr = {};
      record.leader = {};
    });
    configure("retention.ms", "1000");
    CHECK(b.record().leader.id == no_broker);
    configure("unclean.leader.election.enable", "true");
    CHECK(b.record().leader == one);
    CHECK(b.record().recovering);
  }
}

TEST_CASE("a draining leader hands over as soon as somebody else is in sync") {
  bench b;
  REQUIRE(b.propose({one}).committed);
  metadata_draft drains(b.cluster.image());
  drains.set_configs(static_cast<int8_t>(config_resource::broker), "1",
                     {{"ottla.broker.draining", "true"}});
  b.cluster.write_all(drains);
  REQUIRE(b.propose({one, three}, 8).committed);
  CHECK(b.record().leader == three);
  CHECK(b.record().leader_epoch == 5);
  CHECK(b.record().isr == std::vector<replica_seat>{one, three});
}

TEST_CASE("a replica that has failed does not join") {
  bench b;
  REQUIRE(b.propose({one, two}).committed);
  metadata_draft draft(b.cluster.image());
  auto record = draft.partition(b.topic_id, 0);
  REQUIRE(replica_failed(record, three, view_of({draft, b.config, b.random}, config_map{})));
  draft.set_partition(b.topic_id, 0, record);
  b.cluster.write_all(draft);
  CHECK(b.propose({one, two, three}, 9).refusal == isr_refusal::not_applied);
  CHECK(b.propose({one}, 9).committed);
}

TEST_CASE("only replicas in their present lives may join") {
  bench b;
  REQUIRE(b.propose({one}).committed);
  CHECK(b.propose({one, {2, 19}}, 8).refusal == isr_refusal::not_applied);
  CHECK(b.propose({one, {4, 40}}, 8).refusal == isr_refusal::not_applied);
  CHECK(b.propose({one, two, two}, 8).refusal == isr_refusal::not_applied);
  CHECK(b.propose({two}, 8).refusal == isr_refusal::not_applied);  // without the leader
  CHECK(b.propose({}, 8).refusal == isr_refusal::not_applied);
  b.cluster.add_broker(2, 20, broker_status::fenced);
  CHECK(b.propose({one, two}, 8).refusal == isr_refusal::not_applied);
  b.cluster.add_broker(2, 20, broker_status::stopping);
  CHECK(b.propose({one, two}, 8).refusal == isr_refusal::not_applied);
  b.cluster.add_broker(2, 20, broker_status::active);
  CHECK(b.propose({one, two}, 8).committed);
  CHECK(b.record().partition_epoch == 9);
}

}  // namespace ottla
