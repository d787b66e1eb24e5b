#include "actors/broker/replica_sources.hpp"

#include <caf/send.hpp>
#include <utility>

#include "actors/partition/replica_fetcher_actor.hpp"

namespace ottla {

void replica_sources::follow(const topic_id_partition& which, const partition_control& partition,
                             const partition_assignment& assignment) {
  if (assignment.role != partition_role::follower) return forget(which);
  followed wanted{.partition = caf::actor_cast<partition_follower>(partition),
                  .leader = assignment.leader,
                  .epoch = assignment.epoch,
                  .is_fsync = assignment.level == durability::fsync};
  if (auto known = followed_.find(which); known != followed_.end()) {
    const auto& now = known->second;
    const bool is_same = now.partition == wanted.partition && now.leader == wanted.leader &&
                         now.epoch == wanted.epoch && now.is_fsync == wanted.is_fsync;
    if (is_same) return;
    forget(which);
  }
  auto& added = followed_[which] = std::move(wanted);
  attach(which, added);
}

void replica_sources::forget(const topic_id_partition& which) {
  auto known = followed_.extract(which);
  if (known) detach(which, known.mapped());
}

void replica_sources::use(const image_ptr& image, const replica_seat& self,
                          const fetch_plan_limits& limits, int64_t backoff_ms) {
  const bool is_same_world = image_ && image_->brokers() == image->brokers() && self_ == self;
  const bool is_new_life = std::exchange(self_, self) != self;
  image_ = image;
  limits_ = limits;
  backoff_ms_ = backoff_ms;
  if (is_same_world) return;
  for (auto& [which, each] : followed_) {
    if (!is_new_life && wanted_source(each) == each.from) continue;
    detach(which, each);
  }
  for (auto& [which, each] : followed_) {
    if (each.from.leader.epoch == no_broker_epoch) attach(which, each);
  }
}

void replica_sources::end() {
  for (auto& [which, each] : followed_) detach(which, each);
  followed_.clear();
}

replica_sources::source_key replica_sources::wanted_source(const followed& each) const {
  const auto* leader = image_ ? image_->find_broker(each.leader) : nullptr;
  if (leader == nullptr || self_.epoch == no_broker_epoch) return {{}, each.is_fsync};
  return {{each.leader, leader->epoch}, each.is_fsync};
}

void replica_sources::attach(const topic_id_partition& which, followed& each) {
  each.from = wanted_source(each);
  auto* from = each.from.leader.epoch == no_broker_epoch ? nullptr : find_or_make(each.from);
  if (from == nullptr) {
    each.from.leader = {};
    return;
  }
  ++from->partitions;
  caf::anon_send(from->fetcher, follow_partition{which, each.partition, each.epoch});
}

void replica_sources::detach(const topic_id_partition& which, followed& each) {
  auto found = sources_.find(each.from);
  each.from.leader = {};
  if (found == sources_.end()) return;
  auto& from = found->second;
  caf::anon_send(from.fetcher, unfollow_partition{which});
  if (--from.partitions > 0) return;
  caf::anon_send_exit(from.fetcher, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(from.peer, caf::exit_reason::user_shutdown);
  sources_.erase(found);
}

replica_sources::source* replica_sources::find_or_make(const source_key& key) {
  if (auto known = sources_.find(key); known != sources_.end()) return &known->second;
  const auto* leader = image_->find_broker(key.leader.id);
  const auto seat = static_cast<size_t>(key.leader.id) * 2 + (key.is_fsync ? 1 : 0);
  auto& home = *units_[seat % units_.size()];
  auto peer = connect_(home, self_, *leader, nullptr);
  if (!peer) return nullptr;
  source made{.peer = peer};
  made.fetcher = spawn_on<replica_fetcher_actor>(system_, home,
                                                 replica_fetcher_setup{.self = self_,
                                                                       .leader = peer,
                                                                       .limits = limits_,
                                                                       .backoff_ms = backoff_ms_,
                                                                       .throttle = throttle_});
  return &sources_.emplace(key, std::move(made)).first->second;
}

}  // namespace ottla
