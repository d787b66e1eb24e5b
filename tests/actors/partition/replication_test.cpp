// Replicas of a partition that copy, lead, part and crash: real actors and logs in one process.
#include "tests/actors/partition/replication_fixture.hpp"

namespace ottla {
namespace {

using words = std::vector<std::string>;

error_code error_of(const std::shared_ptr<replication_fixture::outcome_of_append>& seen) {
  return seen->result ? seen->result->error : error_code::request_timed_out;
}

}  // namespace

TEST_CASE("acks=all is answered when every replica in sync has the batch") {
  replication_fixture three;
  auto sent = three.append("a");
  CHECK_FALSE(sent->result);
  three.fetch(2);
  three.fetch(3);
  CHECK_FALSE(sent->result);  // they have it, but have not said so yet
  three.fetch(2);
  CHECK_FALSE(sent->result);
  three.fetch(3);
  REQUIRE(sent->result);
  CHECK(sent->result->error == error_code::none);
  CHECK(sent->result->base_offset == 0);
  CHECK(three.describe(1).high_watermark == 1);
  CHECK(three.describe(2).high_watermark == 0);
  three.fetch_all();
  for (broker_id id = 1; id <= 3; ++id) {
    CHECK(three.contents(id) == words{"a"});
    CHECK(three.describe(id).high_watermark == 1);
  }
}

TEST_CASE("acks=1 is answered by the leader alone, and not shown before all have it") {
  replication_fixture three;
  auto sent = three.append("a", acks_leader);
  REQUIRE(sent->result);
  CHECK(sent->result->error == error_code::none);
  CHECK(three.latest(1).offset == 0);
  three.fetch_all();
  CHECK(three.latest(1).offset == 1);
}

TEST_CASE("at level fsync a follower asks again only when the disk has what it was given") {
  replication_fixture three(durability::fsync);
  auto sent = three.append("a");
  three.fetch_all(2);
  REQUIRE(sent->result);
  for (broker_id id = 1; id <= 3; ++id) CHECK(three.at(id).log->recovery_point() == 1);
  replication_fixture lazy(durability::replicated);
  auto fast = lazy.append("a");
  lazy.fetch_all(2);
  REQUIRE(fast->result);
  for (broker_id id = 1; id <= 3; ++id) CHECK(lazy.at(id).log->recovery_point() == 0);
}

TEST_CASE("a leader that was replaced cuts off what nobody else has") {
  replication_fixture three;
  three.append("kept");
  three.fetch_all();
  auto lost = three.append("lost");
  auto also_lost = three.append("also lost");
  three.elect(2, {three.at(1).seat, three.at(2).seat, three.at(3).seat});
  CHECK(error_of(lost) == error_code::not_leader_or_follower);
  CHECK(error_of(also_lost) == error_code::not_leader_or_follower);
  auto next = three.append("next");
  three.fetch_all(5);
  CHECK(error_of(next) == error_code::none);
  for (broker_id id = 1; id <= 3; ++id) CHECK(three.contents(id) == words{"kept", "next"});
}

TEST_CASE("logs that parted over several epochs agree in the end") {
  replication_fixture three;
  three.append("0");
  three.fetch_all();
  const auto all = three.record.seats.isr;
  three.append("1 of 1");
  three.append("2 of 1");
  three.elect(2, all);
  three.append("1 of 2");
  three.fetch(3);
  three.elect(1, all);
  three.append("3 of 1");
  three.elect(3, all);
  auto last = three.append("of 3");
  three.fetch_all(8);
  CHECK(error_of(last) == error_code::none);
  CHECK(three.contents(1) == three.contents(3));
  CHECK(three.contents(2) == three.contents(3));
}

TEST_CASE("a new leader does not know the latest offset before its replicas have asked") {
  replication_fixture three;
  three.append("a");
  three.fetch_all(2);
  CHECK(three.latest(1).offset == 1);
  CHECK(three.describe(2).high_watermark == 0);  // it has not heard of it yet
  three.elect(2, three.record.seats.isr);
  CHECK(three.latest(2).error == error_code::offset_not_available);
  three.fetch_all(2);
  CHECK(three.latest(2).error == error_code::none);
  CHECK(three.latest(2).offset == 1);
}

TEST_CASE("a replica that lags leaves the ISR, and returns when it has caught up") {
  replication_fixture three;
  three.append("a");
  three.fetch_all();
  auto sent = three.append("b");
  for (int i = 0; i < 60; ++i) {
    three.fetch(2);
    three.pass(200);
  }
  CHECK(three.record.seats.isr.size() == 2);
  CHECK(error_of(sent) == error_code::none);
  three.fetch(3);
  three.fetch(3);
  CHECK(three.record.seats.isr.size() == 3);
  CHECK(three.contents(3) == words{"a", "b"});
}

TEST_CASE(
    "a leader whose disk has failed does not put those out of the ISR that it does not serve") {
  replication_fixture three{durability::fsync};
  three.append("a");
  three.fetch_all();
  three.at(1).disk.fail(disk_operation::sync, EIO);
  three.append("b");
  REQUIRE(three.latest(1).error == error_code::kafka_storage_error);
  for (int i = 0; i < 60; ++i) {
    three.fetch_all(1);
    three.pass(500);
  }
  CHECK(three.record.seats.isr.size() == 3);
}

TEST_CASE("a leader that is throttled holds records back from a replica until it is in sync") {
  replication_fixture three;
  three.append("a");
  three.fetch_all();
  three.append("b");
  for (int i = 0; i < 60; ++i) {
    three.fetch(2);
    three.pass(200);
  }
  REQUIRE(three.record.seats.isr.size() == 2);
  three.sending->limit(10);
  three.sending->record(60, three.time.mono_ms());
  auto sent = three.append("c");
  three.fetch(3);
  three.fetch(3);
  CHECK(three.contents(3) == words{"a"});
  three.fetch(2);
  three.fetch(2);
  CHECK(error_of(sent) == error_code::none);  // who is in sync does not wait
  three.pass(10'100);                         // what replica 2 was given counts as well
  three.fetch(3);
  CHECK(three.contents(3) == words{"a", "b", "c"});
  CHECK_FALSE(three.sending->is_exceeded(three.time.mono_ms()));
  three.fetch(3);  // it says that it has them
  CHECK(three.sending->is_exceeded(three.time.mono_ms()));
  CHECK(three.record.seats.isr.size() == 3);
}

TEST_CASE("a follower that is throttled does not ask while it is behind") {
  replication_fixture three;
  three.append("a");
  three.fetch_all();
  three.stop(3);
  three.append("b", acks_leader);
  three.taking->limit(10);
  three.taking->record(60, three.time.mono_ms());
  three.restart(three.at(3), last_shutdown::clean);
  three.pass(1'000);
  CHECK(three.at(3).wire->waiting == 0);
  CHECK(three.at(2).wire->waiting == 1);
  three.fetch(2);  // it had all there was when it last heard
  CHECK(three.contents(2) == words{"a", "b"});
  three.taking->limit(INT64_MAX);
  three.fetch(3);
  CHECK(three.contents(3) == words{"a", "b"});
}

TEST_CASE("what a throttled follower takes counts") {
  replication_fixture three;
  three.taking->limit(10);
  CHECK_FALSE(three.taking->is_exceeded(three.time.mono_ms()));
  three.append("a");
  three.fetch(2);
  CHECK(three.taking->is_exceeded(three.time.mono_ms()));
}

TEST_CASE("with too few replicas in sync acks=all is refused and nothing new is shown") {
  replication_fixture three;
  three.append("a");
  three.fetch_all();
  auto early = three.append("b");
  three.pass(30'000);  // nobody fetches
  CHECK(three.record.seats.isr.size() == 1);
  CHECK(error_of(early) == error_code::request_timed_out);
  CHECK(error_of(three.append("c")) == error_code::not_enough_replicas);
  CHECK(error_of(three.append("d", acks_leader)) == error_code::none);
  CHECK(three.latest(1).offset == 1);
  three.fetch_all(4);
  CHECK(three.record.seats.isr.size() == 3);
  CHECK(three.latest(1).offset == 3);
}

TEST_CASE("a replica that lost power lost what was not on its disk, and copies it again") {
  replication_fixture three;
  auto sent = three.append("a");
  three.fetch_all();
  REQUIRE(error_of(sent) == error_code::none);
  three.lose_power(3);
  three.record.seats.isr = {three.at(1).seat, three.at(2).seat};
  ++three.record.seats.partition_epoch;
  three.announce();
  auto next = three.append("b");
  three.fetch_all(5);
  CHECK(error_of(next) == error_code::none);
  CHECK(three.contents(3) == words{"a", "b"});
  CHECK(three.record.seats.isr.size() == 3);
}

TEST_CASE("a replica stops rather than cut off what was acknowledged") {
  replication_fixture three;
  auto sent = three.append("a");
  three.append("b");
  three.fetch_all();
  REQUIRE(error_of(sent) == error_code::none);
  REQUIRE(three.describe(2).high_watermark == 2);
  three.lose_power(1);
  REQUIRE(three.at(1).log->log_end() == 0);
  three.elect(1, {three.at(1).seat});  // no controller that keeps the rules would do that
  three.fetch_all(5);
  CHECK(three.contents(2) == words{"a", "b"});
  three.record.recovering = true;  // somebody has decided to lose it
  three.elect(1, {three.at(1).seat});
  three.append("c", acks_leader);
  three.fetch_all(6);
  CHECK(three.contents(2) == words{"c"});
  CHECK(three.contents(3) == words{"c"});
}

TEST_CASE("a bad batch from the network is not written") {
  replication_fixture three;
  auto sent = three.append("a");
  three.at(2).wire->tamper = [](fetch_response& response) {
    auto& records = std::get<shared_bytes>(response.responses[0].partitions[0].records);
    if (!records.empty()) records.writable()[records.size() - 1] ^= std::byte{1};
  };
  three.fetch_all(3);
  CHECK(three.contents(2).empty());
  CHECK_FALSE(sent->result);
  three.at(2).wire->tamper = nullptr;
  three.fetch_all(3);
  CHECK(three.contents(2) == words{"a"});
  CHECK(error_of(sent) == error_code::none);
}

TEST_CASE("an answer of an earlier leadership changes nothing") {
  replication_fixture three;
  three.append("a");
  bool changed = false;
  three.at(2).wire->tamper = [&](fetch_response&) {
    // While the answer is on its way, the follower becomes the leader.
    if (std::exchange(changed, true)) return;
    three.record.leader = 2;
    ++three.record.epoch;
    ++three.record.seats.partition_epoch;
    three.tell(three.at(2));
  };
  three.fetch(2);
  CHECK(changed);
  CHECK(three.contents(2).empty());
}

TEST_CASE("a follower that is behind the start of the leader's log begins there") {
  replication_fixture three;
  three.append("a");
  three.fetch_all();
  three.stop(3);
  three.append("b");
  three.append("c");
  for (int i = 0; i < 60; ++i) {
    three.fetch(2);
    three.pass(200);
  }
  three.delete_before(1, 2);
  three.fetch(2);
  CHECK(three.describe(2).log_start_offset == 2);
  three.restart(three.at(3), last_shutdown::clean);
  three.fetch_all(4);
  CHECK(three.describe(3).log_start_offset == 2);
  CHECK(three.contents(3) == words{"c"});
}

TEST_CASE("a partition without a leader serves nobody and keeps what it has") {
  replication_fixture three;
  three.append("a");
  three.fetch_all();
  three.elect(no_broker, {});
  CHECK(three.latest(1).error == error_code::not_leader_or_follower);
  three.elect(3, {three.at(3).seat, three.at(2).seat});
  auto sent = three.append("b");
  three.fetch_all(4);
  CHECK(error_of(sent) == error_code::none);
  for (broker_id id = 1; id <= 3; ++id) CHECK(three.contents(id) == words{"a", "b"});
}

}  // namespace ottla
