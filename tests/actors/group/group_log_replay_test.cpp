// Loading: groups rebuilt from the batches of a log.
#include "actors/group/group_log_replay.hpp"

#include "protocol/record_batch_builder.hpp"
#include "tests/support/catch.hpp"

using namespace ottla;

namespace {

stored_offset at(log_offset offset) {
  stored_offset value;
  value.offset = offset;
  return value;
}

shared_bytes batch_of(const std::vector<group_log_record>& records,
                      const record_batch_options& options = {}) {
  record_batch_builder builder{options};
  for (const auto& record : records) {
    record_data data;
    data.timestamp = 1'000;
    data.key = record.key.view();
    if (record.value) data.value = record.value->view();
    builder.append(data);
  }
  return *builder.build();
}

void apply(group_log_replay& replay, const shared_bytes& batch) {
  auto view = record_batch_view::parse(batch.view());
  REQUIRE(view);
  REQUIRE(replay.apply(*view));
}

}  // namespace

TEST_CASE("of each key the last record counts") {
  group_log_replay replay;
  stored_group group;
  group.protocol_type = "consumer";
  group.generation = 3;
  apply(replay, batch_of({offset_record({"g", "t", 0}, at(1)), offset_record({"g", "t", 0}, at(2)),
                          offset_record({"g", "t", 1}, at(3)), offset_tombstone({"g", "t", 1}),
                          group_record("g", group), group_record("gone", group)}));
  apply(replay, batch_of({group_tombstone("gone"), offset_tombstone({"never", "t", 0})}));
  auto groups = replay.take();
  REQUIRE(groups.size() == 1);
  CHECK(groups.at("g").stored->generation == 3);
  CHECK(groups.at("g").offsets.size() == 1);
  CHECK(groups.at("g").offsets.find("t", 0)->offset == 2);
}

TEST_CASE("a group that only ever committed offsets is found as well") {
  group_log_replay replay;
  apply(replay, batch_of({offset_record({"simple", "t", 0}, at(1))}));
  auto groups = replay.take();
  REQUIRE(groups.size() == 1);
  CHECK_FALSE(groups.at("simple").stored.has_value());
}

TEST_CASE("offsets of a transaction count when its marker has come") {
  record_batch_options transactional;
  transactional.producer_id = 9;
  transactional.producer_epoch = 0;
  transactional.base_sequence = 0;
  transactional.transactional = true;
  group_log_replay replay;
  apply(replay, batch_of({offset_record({"g", "t", 0}, at(1))}));
  apply(replay, batch_of({offset_record({"g", "t", 0}, at(2))}, transactional));
  SECTION("not before") {
    auto groups = replay.take();
    CHECK(groups.at("g").offsets.find("t", 0)->offset == 1);
    CHECK(groups.at("g").offsets.is_unstable("t", 0));
  }
  SECTION("with a commit") {
    apply(replay, build_end_transaction_marker(9, 0, {end_transaction::commit, 0}, 1'000));
    CHECK(replay.take().at("g").offsets.find("t", 0)->offset == 2);
  }
  SECTION("with an abort they never do") {
    apply(replay, build_end_transaction_marker(9, 0, {end_transaction::abort, 0}, 1'000));
    auto groups = replay.take();
    CHECK(groups.at("g").offsets.find("t", 0)->offset == 1);
    CHECK_FALSE(groups.at("g").offsets.has_open_transactions());
  }
}

TEST_CASE("records that cannot be read are passed over and counted") {
  group_log_replay replay;
  auto foreign = shared_bytes::copy_of(std::string_view{"\x00\x03\x00\x01g", 5});
  auto broken = group_tombstone("g");
  broken.value = shared_bytes::copy_of("nonsense");
  apply(replay, batch_of({{foreign, shared_bytes::copy_of("x")},
                          broken,
                          {shared_bytes{}, shared_bytes{}},
                          offset_record({"g", "t", 0}, at(1))}));
  CHECK(replay.records() == 4);
  CHECK(replay.foreign() == 1);
  CHECK(replay.unreadable() == 2);
  CHECK(replay.take().size() == 1);
}
