// Random events against a group: whatever happens, its promises hold.

#include <set>

#include "tests/actors/group/group_fixture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

using namespace ottla;
using namespace ottla::testing;

namespace {

// A client that does random but believable things, and remembers what it was told.
struct random_member : client_member {
  std::vector<request_ticket> joins;
  std::vector<request_ticket> syncs;
};

class random_run {
public:
  random_run() : group_(options()), members_(6) {
    for (size_t i = 0; i < members_.size(); ++i) {
      members_[i].version = *rc::gen::element<api_version>(0, 3, 5, 9);
      members_[i].rebalance_ms = *rc::gen::inRange(1'000, 30'000);
      if (i % 2 == 1) members_[i].instance = "host-" + std::to_string(i / 2);  // Some share one.
    }
  }

  void step() {
    auto& member = members_[static_cast<size_t>(*rc::gen::inRange(0, 6))];
    switch (*rc::gen::inRange(0, 12)) {
      case 0:
        member.id.clear();  // The process starts anew.
        [[fallthrough]];
      case 1:
      case 2:
      case 3:
        if (*rc::gen::inRange(0, 4) == 0) member.topics.push_back("more");
        member.joins.push_back(group_.join(member));
        break;
      case 4:
      case 5:
      case 6:
        member.syncs.push_back(group_.sync(member, {{member.id, "part"}}));
        break;
      case 7:
        group_.heartbeat(member);
        break;
      case 8:
        group_.leave({{member.id, member.instance, {}}});
        break;
      case 9:
        group_.commit(member);
        break;
      case 10:
        group_.pass(*rc::gen::inRange(0, 12'000));
        break;
      default:
        finish_writes(*rc::gen::inRange(0, 3) == 0 ? error_code::coordinator_not_available
                                                   : error_code::none);
    }
    learn();
    check();
  }

  // With time, and nobody joining, everybody is answered and everybody goes.
  void end() {
    finish_writes(error_code::none);
    group_.pass(2'000'000);
    finish_writes(error_code::none);
    group_.pass(2'000'000);
    learn();
    check();
    RC_ASSERT(group_.state->phase() == group_phase::empty);
    RC_ASSERT(group_.state->next_deadline_ms() == std::nullopt);
    for (const auto& member : members_) {
      for (auto ticket : member.joins) RC_ASSERT(group_.joins.count(ticket) == 1U);
      for (auto ticket : member.syncs) RC_ASSERT(group_.syncs.count(ticket) == 1U);
    }
  }

private:
  static group_options options() {
    group_options options;
    options.initial_rebalance_delay_ms = *rc::gen::element(0, 500, 3'000);
    options.max_size = *rc::gen::element(2, 4, 100);
    return options;
  }

  void finish_writes(error_code error) {
    for (; written_ < group_.writes.size(); ++written_) {
      group_.written(group_.writes[written_].token, error);
    }
  }

  void learn() {
    for (auto& member : members_) {
      for (auto ticket : member.joins) {
        auto answer = group_.joins.find(ticket);
        if (answer == group_.joins.end() || !seen_.insert(ticket).second) continue;
        const auto& told = answer->second;
        if (told.error_code == error_code::member_id_required) member.id = told.member_id;
        if (told.error_code == error_code::unknown_member_id) member.id.clear();
        if (told.error_code != error_code::none) continue;
        member.id = told.member_id;
        member.generation = told.generation_id;
        if (!told.members.empty()) leaders_[told.generation_id].insert(told.leader);
      }
    }
  }

  void check() {
    const auto& state = *group_.state;
    RC_ASSERT(state.generation() >= generation_);
    generation_ = state.generation();
    // A group with anybody in it always has a time at which it looks again.
    const bool anybody = !state.roster().empty() || state.roster().has_pending();
    if (anybody) RC_ASSERT(state.next_deadline_ms().has_value());
    // One member at most is shown the others of a generation, unless it came back under a new id.
    for (const auto& [generation, leaders] : leaders_) {
      std::set<std::string> instances;
      for (const auto& id : leaders) instances.insert(id.substr(0, id.find("-id")));
      RC_ASSERT(instances.size() == 1U);
    }
  }

  group_fixture group_;
  std::vector<random_member> members_;
  std::set<request_ticket> seen_;
  std::map<int32_t, std::set<std::string>> leaders_;
  int32_t generation_ = 0;
  size_t written_ = 0;

public:
  void hold_writes() { group_.acknowledge_writes = false; }
};

}  // namespace

TEST_CASE("random clients: generations rise, one leads, nobody waits for ever") {
  rc::prop("with a store that answers at once", [] {
    random_run run;
    const int steps = *rc::gen::inRange(0, 150);
    for (int i = 0; i < steps; ++i) run.step();
    run.end();
  });
  rc::prop("with a store that answers late, or not at all", [] {
    random_run run;
    run.hold_writes();
    const int steps = *rc::gen::inRange(0, 150);
    for (int i = 0; i < steps; ++i) run.step();
    run.end();
  });
}
