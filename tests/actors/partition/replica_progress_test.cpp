// The rules of replication, one by one: each holds with the rule and is broken without it.
#include "actors/partition/replica_progress.hpp"

#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/safety_rules.hpp"

namespace ottla {
namespace {

constexpr int64_t lag_ms = 10'000;

/// Broker 1 leads; 2 and 3 may follow.
struct leader {
  explicit leader(std::vector<replica_seat> isr = {{1, 10}, {2, 20}, {3, 30}},
                  int32_t min_insync_replicas = 2, durability level = durability::replicated)
      : progress(1, {level, min_insync_replicas, lag_ms},
                 [this](const replica_seat& seat) { return live.contains(seat); }),
        seats{{1, 2, 3}, std::move(isr), 5} {
    progress.lead(7, seats, now_ms);
    progress.epoch_began(7, 0);
  }

  void append_to(log_offset end) { progress.log_moved(end, 0, now_ms); }
  void fetch(const replica_seat& from, log_offset offset) {
    progress.fetched(from, offset, now_ms);
    progress.raise(now_ms);
  }
  /// The record with this ISR is committed and known.
  void commit(std::vector<replica_seat> isr) {
    seats.isr = std::move(isr);
    ++seats.partition_epoch;
    progress.apply(seats, now_ms);
  }
  [[nodiscard]] log_offset high_watermark() const { return progress.high_watermark(); }

  int64_t now_ms = 1'000'000;
  std::set<replica_seat> live{{1, 10}, {2, 20}, {3, 30}};
  replica_progress progress;
  replica_seats seats;
};

using members = std::vector<replica_seat>;

/// Whether `scenario` ends well with the rule and badly without it.
template <class Scenario>
void check_rule(safety_rule rule, Scenario scenario) {
  CHECK(scenario());
  without_rule removed(rule);
  CHECK_FALSE(scenario());
}

}  // namespace

TEST_CASE("a consumer is sent to the replica in sync that has most of what it asks for") {
  leader one({{1, 10}, {2, 20}});
  one.append_to(10);
  const std::vector<broker_id> both{2, 3};
  CHECK_FALSE(one.progress.best_of(both, 0));  // nobody has fetched yet
  one.fetch({2, 20}, 6);
  one.fetch({3, 30}, 10);
  CHECK(one.progress.best_of(both, 6) == 2);  // the other one has more, but is not in sync
  CHECK_FALSE(one.progress.best_of(both, 7));
  one.commit({{1, 10}, {2, 20}, {3, 30}});
  CHECK(one.progress.best_of(both, 6) == 3);
  CHECK(one.progress.best_of(std::vector<broker_id>{2}, 6) == 2);
  CHECK_FALSE(one.progress.best_of(std::vector<broker_id>{4}, 0));
}

TEST_CASE("a replica without followers has its high watermark at its log end") {
  replica_progress alone(1, {durability::replicated, 2, lag_ms}, [](const auto&) { return true; });
  alone.opened_at(5, 5, 5);
  alone.lead(0, {{1}, {{1, 10}}, 0}, 0);
  CHECK(alone.high_watermark() == 5);
  CHECK(alone.log_moved(8, 5, 1));
  CHECK(alone.high_watermark() == 8);  // more than one copy of one replica cannot be asked for
  CHECK_FALSE(alone.log_moved(8, 8, 2));
  CHECK_FALSE(alone.next_look_ms(2));
  CHECK_FALSE(alone.next_proposal(1'000'000));
}

TEST_CASE("the high watermark is what every replica in sync has") {
  leader one;
  one.append_to(10);
  CHECK(one.high_watermark() == 0);
  one.fetch({2, 20}, 10);
  CHECK(one.high_watermark() == 0);
  one.fetch({3, 30}, 6);
  CHECK(one.high_watermark() == 6);
  one.fetch({3, 30}, 4);  // it begins again further back: what was shown stays shown
  CHECK(one.high_watermark() == 6);
}

TEST_CASE("at level fsync the leader counts with what it has flushed") {
  check_rule(safety_rule::leader_counts_flushed, [] {
    leader one({{1, 10}, {2, 20}}, 2, durability::fsync);
    one.append_to(10);
    one.fetch({2, 20}, 10);
    const bool waited = one.high_watermark() == 0;
    one.progress.log_moved(10, 8, one.now_ms);
    return waited && one.high_watermark() == 8;
  });
}

TEST_CASE("the high watermark stands still while fewer than min.insync.replicas are in sync") {
  check_rule(safety_rule::high_watermark_needs_min_insync, [] {
    leader one({{1, 10}}, 2);
    one.append_to(10);
    return one.high_watermark() == 0;
  });
}

TEST_CASE("a change of min.insync.replicas takes effect at once") {
  leader one({{1, 10}}, 2);
  one.append_to(10);
  CHECK(one.progress.set_rules({durability::replicated, 1, lag_ms}, one.now_ms));
  CHECK(one.high_watermark() == 10);
  one.progress.set_rules({durability::replicated, 2, lag_ms}, one.now_ms);
  one.append_to(20);
  CHECK(one.high_watermark() == 10);
}

TEST_CASE("a caught-up replica is proposed for the ISR, once") {
  leader one({{1, 10}, {2, 20}});
  one.append_to(10);
  one.fetch({2, 20}, 10);
  one.fetch({3, 30}, 9);
  CHECK_FALSE(one.progress.next_proposal(one.now_ms));
  one.fetch({3, 30}, 10);
  auto proposal = one.progress.next_proposal(one.now_ms);
  REQUIRE(proposal);
  CHECK(proposal->isr == members{{1, 10}, {2, 20}, {3, 30}});
  CHECK(proposal->epoch == 7);
  CHECK(proposal->partition_epoch == 5);
  CHECK_FALSE(one.progress.next_proposal(one.now_ms));
  CHECK(one.progress.maximal_isr_size() == 3);
  one.commit({{1, 10}, {2, 20}, {3, 30}});
  CHECK_FALSE(one.progress.next_proposal(one.now_ms));
}

TEST_CASE("a proposed replica holds the high watermark back until the answer") {
  check_rule(safety_rule::proposed_member_counts, [] {
    leader one({{1, 10}, {2, 20}});
    one.append_to(10);
    one.fetch({2, 20}, 10);
    one.fetch({3, 30}, 10);
    if (!one.progress.next_proposal(one.now_ms)) return false;
    one.append_to(20);
    one.fetch({2, 20}, 20);
    return one.high_watermark() == 10;
  });
}

TEST_CASE("a replica that lags is proposed to leave, and holds back until it has left") {
  check_rule(safety_rule::leaving_member_counts, [] {
    leader one;
    one.append_to(10);
    one.fetch({2, 20}, 10);
    one.fetch({3, 30}, 5);
    one.now_ms += lag_ms + 1;
    one.fetch({2, 20}, 10);
    auto proposal = one.progress.next_proposal(one.now_ms);
    if (!proposal || proposal->isr != members{{1, 10}, {2, 20}}) return false;
    one.progress.raise(one.now_ms);
    const bool waited = one.high_watermark() == 5;
    one.commit({{1, 10}, {2, 20}});
    return waited && one.high_watermark() == 10;
  });
}

TEST_CASE("a replica that has everything does not lag, however long nothing happens") {
  leader one;
  one.append_to(10);
  one.fetch({2, 20}, 10);
  one.fetch({3, 30}, 10);
  one.now_ms += 100 * lag_ms;
  CHECK_FALSE(one.progress.next_look_ms(one.now_ms));
  CHECK_FALSE(one.progress.next_proposal(one.now_ms));
  one.append_to(11);  // now the time begins
  CHECK(one.progress.next_look_ms(one.now_ms) == one.now_ms + lag_ms + 1);
  CHECK_FALSE(one.progress.next_proposal(one.now_ms));
  one.now_ms += lag_ms + 1;
  CHECK(one.progress.next_proposal(one.now_ms));
}

TEST_CASE("a replica that has left for lagging does not return before it has caught up") {
  leader one({{1, 10}, {2, 20}}, 2);
  one.append_to(10);
  one.fetch({2, 20}, 10);
  one.append_to(20);
  one.now_ms += lag_ms + 1;
  auto proposal = one.progress.next_proposal(one.now_ms);
  REQUIRE(proposal);
  CHECK(proposal->isr == members{{1, 10}});
  one.commit({{1, 10}});  // too few: the high watermark stands still, where the replica is
  CHECK(one.high_watermark() == 10);
  CHECK_FALSE(one.progress.next_proposal(one.now_ms));
  one.fetch({2, 20}, 12);
  CHECK_FALSE(one.progress.next_proposal(one.now_ms));
  one.fetch({2, 20}, 20);
  CHECK(one.progress.next_proposal(one.now_ms));
}

TEST_CASE("a replica that always has what there was at its last fetch does not lag") {
  leader one;
  for (log_offset end = 10; end < 100; end += 10) {
    one.append_to(end);
    one.fetch({2, 20}, end - 10);
    one.fetch({3, 30}, end - 10);
    one.now_ms += lag_ms / 2;
  }
  CHECK_FALSE(one.progress.next_proposal(one.now_ms));
}

TEST_CASE("a proposal that was refused lets the high watermark go on, and is made again later") {
  leader one({{1, 10}, {2, 20}});
  one.append_to(10);
  one.fetch({2, 20}, 10);
  one.fetch({3, 30}, 10);
  auto proposal = one.progress.next_proposal(one.now_ms);
  REQUIRE(proposal);
  one.progress.refused(proposal->number, isr_refusal::not_applied, one.now_ms);
  CHECK(one.progress.maximal_isr_size() == 2);
  CHECK_FALSE(one.progress.next_proposal(one.now_ms));
  one.now_ms += replica_progress::proposal_backoff_ms;
  auto again = one.progress.next_proposal(one.now_ms);
  REQUIRE(again);
  CHECK(again->number != proposal->number);
  one.progress.refused(proposal->number, isr_refusal::not_applied, one.now_ms);  // too late
  CHECK(one.progress.maximal_isr_size() == 3);
}

TEST_CASE("a proposal without an answer counts and is sent again") {
  check_rule(safety_rule::unknown_answer_counts, [] {
    leader one({{1, 10}, {2, 20}});
    one.append_to(10);
    one.fetch({2, 20}, 10);
    one.fetch({3, 30}, 10);
    auto proposal = one.progress.next_proposal(one.now_ms);
    one.progress.refused(proposal->number, isr_refusal::unknown, one.now_ms);
    one.live.erase({3, 30});
    one.append_to(20);
    one.fetch({2, 20}, 20);
    one.now_ms += replica_progress::proposal_backoff_ms;
    auto again = one.progress.next_proposal(one.now_ms);
    return one.high_watermark() == 10 && again && again->number == proposal->number;
  });
}

TEST_CASE("a refusal after an unknown answer does not free the replica before a newer record") {
  leader one({{1, 10}, {2, 20}});
  one.append_to(10);
  one.fetch({2, 20}, 10);
  one.fetch({3, 30}, 10);
  auto proposal = one.progress.next_proposal(one.now_ms);
  one.progress.refused(proposal->number, isr_refusal::unknown, one.now_ms);
  one.now_ms += replica_progress::proposal_backoff_ms;
  REQUIRE(one.progress.next_proposal(one.now_ms));
  one.live.erase({3, 30});
  one.progress.refused(proposal->number, isr_refusal::not_applied, one.now_ms);
  one.append_to(20);
  one.fetch({2, 20}, 20);
  CHECK(one.high_watermark() == 10);  // the first sending may still arrive
  one.now_ms += replica_progress::proposal_backoff_ms;
  auto settling = one.progress.next_proposal(one.now_ms);
  REQUIRE(settling);
  CHECK(settling->isr == members{{1, 10}, {2, 20}});
  one.commit({{1, 10}, {2, 20}});
  CHECK(one.high_watermark() == 20);
}

TEST_CASE("a proposal that a newer record has overtaken waits for that record") {
  leader one({{1, 10}, {2, 20}});
  one.append_to(10);
  one.fetch({2, 20}, 10);
  one.fetch({3, 30}, 10);
  auto proposal = one.progress.next_proposal(one.now_ms);
  one.progress.refused(proposal->number, isr_refusal::superseded, one.now_ms);
  one.now_ms += 10 * lag_ms;
  CHECK_FALSE(one.progress.next_proposal(one.now_ms));
  CHECK(one.progress.maximal_isr_size() == 3);
  one.commit({{1, 10}, {2, 20}});
  CHECK(one.progress.maximal_isr_size() == 2);
}

TEST_CASE("nobody joins without everything up to where the leader epoch began") {
  check_rule(safety_rule::join_from_epoch_start, [] {
    leader one({{1, 10}}, 2);  // as a new leader: 10 records, no high watermark yet
    one.append_to(10);
    one.progress.lead(8, one.seats, one.now_ms);
    one.progress.epoch_began(8, 10);
    one.fetch({2, 20}, 9);
    if (one.progress.next_proposal(one.now_ms)) return false;
    one.fetch({2, 20}, 10);
    return one.progress.next_proposal(one.now_ms).has_value();
  });
}

TEST_CASE("nobody joins before the log has said where the leader epoch began") {
  leader one({{1, 10}}, 1);
  one.progress.lead(8, one.seats, one.now_ms);
  one.fetch({2, 20}, 0);
  CHECK_FALSE(one.progress.next_proposal(one.now_ms));
  one.progress.epoch_began(7, 0);
  CHECK_FALSE(one.progress.next_proposal(one.now_ms));
  one.progress.epoch_began(8, 0);
  CHECK(one.progress.next_proposal(one.now_ms));
}

TEST_CASE("nobody joins in an incarnation that is gone") {
  check_rule(safety_rule::join_with_present_incarnation, [] {
    leader one({{1, 10}, {2, 20}});
    one.live.erase({3, 30});
    one.live.insert({3, 31});
    one.fetch({3, 30}, 0);
    if (one.progress.next_proposal(one.now_ms)) return false;
    one.fetch({3, 31}, 0);
    auto proposal = one.progress.next_proposal(one.now_ms);
    return proposal && proposal->isr.back() == replica_seat{3, 31};
  });
}

TEST_CASE("a fetch of a past incarnation or of a stranger changes nothing") {
  leader one;
  one.append_to(10);
  CHECK(one.progress.fetched({2, 21}, 4, one.now_ms));
  CHECK_FALSE(one.progress.fetched({2, 20}, 10, one.now_ms));
  CHECK_FALSE(one.progress.fetched({4, 40}, 10, one.now_ms));
  one.fetch({3, 30}, 10);
  CHECK(one.high_watermark() == 4);
}

TEST_CASE("what a leader knew of its followers ends with the leader epoch") {
  check_rule(safety_rule::followers_begin_anew, [] {
    leader one;
    one.append_to(10);
    one.fetch({2, 20}, 10);
    one.fetch({3, 30}, 10);
    one.append_to(12);
    one.fetch({2, 20}, 12);
    one.fetch({3, 30}, 11);
    one.progress.follow();  // another led and may have made others cut back
    one.progress.log_cut(11);
    one.progress.lead(9, one.seats, one.now_ms);
    one.append_to(20);
    const bool stood = one.high_watermark() == 11;
    one.fetch({3, 30}, 20);
    return stood && one.high_watermark() == 11;
  });
}

TEST_CASE("an older record changes nothing") {
  check_rule(safety_rule::newer_record_only, [] {
    leader one;
    one.append_to(10);
    one.fetch({2, 20}, 10);
    one.progress.apply({{1, 2, 3}, {{1, 10}, {2, 20}}, 4}, one.now_ms);  // 3 has joined since
    return one.high_watermark() == 0;
  });
}

TEST_CASE("a follower's high watermark is the leader's as far as its own log goes") {
  replica_progress follower(2, {}, [](const auto&) { return true; });
  follower.opened_at(10, 10, 4);
  follower.follow();
  CHECK(follower.heard(8));
  CHECK(follower.high_watermark() == 8);
  CHECK(follower.heard(50));
  CHECK(follower.high_watermark() == 10);
  CHECK_FALSE(follower.heard(9));
  CHECK_FALSE(follower.log_moved(30, 30, 0));
  CHECK(follower.heard(50));
  CHECK(follower.high_watermark() == 30);
  follower.log_cut(25);  // only an unclean election may ask for it
  CHECK(follower.high_watermark() == 25);
}

}  // namespace ottla
