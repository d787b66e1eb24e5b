#include "actors/partition/replica_fetcher_actor.hpp"

#include <algorithm>
#include <utility>

#include "actors/runtime/log.hpp"
#include "protocol/messages/report_broker.hpp"

namespace ottla {

replica_fetcher_actor::replica_fetcher_actor(caf::actor_config& config, unit& where,
                                             replica_fetcher_setup setup)
    : pinned(config, where),
      setup_(std::move(setup)),
      plan_(setup_.self, setup_.limits),
      wait_ms_(setup_.limits.max_wait_ms) {}

replica_fetcher_actor::behavior_type replica_fetcher_actor::make_behavior() {
  return {
      [this](const follow_partition& wanted) { follow(wanted); },
      [this](const unfollow_partition& wanted) {
        followed_.erase(wanted.which);
        plan_.remove(wanted.which);
      },
      [this](const timer_expired&) {
        rest_timer_ = {};
        begin_all();
        fetch();
      },
  };
}

void replica_fetcher_actor::on_exit() {
  cancel_timer(rest_timer_);
  followed_.clear();
  setup_.leader = nullptr;
  setup_.throttle = {};
}

// --- partitions ---

void replica_fetcher_actor::follow(const follow_partition& wanted) {
  plan_.remove(wanted.which);
  followed_[wanted.which] = {wanted.partition, wanted.epoch};
  begin(wanted.which);
}

void replica_fetcher_actor::begin_all() {
  for (const auto& [which, each] : followed_) {
    if (!each.is_begun) begin(which);
  }
}

void replica_fetcher_actor::begin(const topic_id_partition& which) {
  auto& each = followed_[which];
  each.is_begun = true;
  this->request(each.partition, caf::infinite, begin_following{each.epoch})
      .then(
          [=, this, epoch = each.epoch](const follower_position& position) {
            has_position(which, epoch, position);
            is_fetching_ ? hurry(which) : fetch();
          },
          [=, this, epoch = each.epoch](const caf::error&) {
            has_position(which, epoch, {.error = error_code::kafka_storage_error});
          });
}

void replica_fetcher_actor::has_position(const topic_id_partition& which, leader_epoch epoch,
                                         const follower_position& position) {
  auto found = followed_.find(which);
  if (found == followed_.end() || found->second.epoch != epoch) return;
  if (position.error == error_code::none) {
    plan_.set(which, {epoch, position.fetch_offset, position.last_fetched_epoch,
                      position.log_start_offset});
    return;
  }
  plan_.remove(which);
  // A leadership that is over stays over: the next one is said by the supervisor.
  if (position.error == error_code::fenced_leader_epoch) return;
  found->second.is_begun = false;
  rest();
}

/// What went wrong is tried again in a while.
void replica_fetcher_actor::rest() {
  if (!rest_timer_) rest_timer_ = arm_timer(setup_.backoff_ms, 0);
}

// --- fetching ---

void replica_fetcher_actor::fetch() {
  if (is_fetching_ || plan_.empty()) return;
  auto asked =
      plan_.next([this](const auto& which, const auto& cursor) { return is_held(which, cursor); });
  if (!plan_.asks_for_any()) return rest();
  if (plan_.holds_any_back()) wait_ms_ = setup_.limits.max_wait_ms;
  is_fetching_ = true;
  is_hurried_ = false;
  asked.max_wait_ms = wait_ms_;
  auto request = question(std::move(asked), fetch_plan::version, "replica-fetcher");
  request.timeout_ms += wait_ms_;
  this->request(setup_.leader, caf::infinite, std::move(request))
      .then([this](peer_answer& answer) { fetched(answer); },
            [this](const caf::error&) {
              peer_answer gone{.failure = fault{error_code::network_exception, "no peer", 0}};
              fetched(gone);
            });
}

/// The request that waits at the leader does not ask for this partition. Whatever comes behind it
/// on its connection ends the wait (session_actor); a report that says nothing will do.
void replica_fetcher_actor::hurry(const topic_id_partition& which) {
  const bool is_asked = answers_left_ > 0 || plan_.asked(which) != nullptr;
  if (is_asked || std::exchange(is_hurried_, true)) return;
  this->request(setup_.leader, caf::infinite,
                question(report_broker_request{}, 0, "replica-fetcher"))
      .then([](const peer_answer&) {}, [](const caf::error&) {});
}

/// Throttled and behind: it waits while the broker has taken more than its share.
bool replica_fetcher_actor::is_held(const topic_id_partition& which,
                                    const fetch_cursor& cursor) const {
  auto found = followed_.find(which);
  const bool is_behind =
      found != followed_.end() && cursor.fetch_offset < found->second.leader_high_watermark;
  return is_behind && setup_.throttle.holds_back(which, time().mono_ms());
}

void replica_fetcher_actor::fetched(peer_answer& answer) {
  answers_left_ = 1;  // for this function
  auto response = answer.failure
                      ? outcome<fetch_response>(std::move(*answer.failure))
                      : decode<fetch_response>(std::move(answer.body), fetch_plan::version);
  if (!response) plan_.lost();
  if (!response || !plan_.answered(*response)) {
    is_fetching_ = false;
    wait_ms_ = setup_.limits.max_wait_ms;
    return rest();
  }
  // First as long as ever after each piece of news: the high watermark follows what was fetched.
  const bool is_idle = response->responses.empty() && !is_hurried_;
  wait_ms_ =
      is_idle ? std::min(2 * wait_ms_, setup_.limits.idle_wait_ms) : setup_.limits.max_wait_ms;
  for (auto& topic : response->responses) {
    for (auto& data : topic.partitions) apply({topic.topic_id, data.partition_index}, data);
  }
  applied();
}

void replica_fetcher_actor::apply(const topic_id_partition& which,
                                  fetch_response::partition_data& data) {
  auto found = followed_.find(which);
  const auto* cursor = plan_.asked(which);
  if (found == followed_.end() || cursor == nullptr || cursor->epoch != found->second.epoch) return;
  apply_fetched news{.epoch = cursor->epoch,
                     .fetch_offset = cursor->fetch_offset,
                     .last_fetched_epoch = cursor->last_fetched_epoch,
                     .error = data.error_code,
                     .leader_high_watermark = data.high_watermark,
                     .leader_log_start = data.log_start_offset};
  if (data.diverging_epoch.end_offset >= 0) {
    news.diverging = epoch_end{data.diverging_epoch.epoch, data.diverging_epoch.end_offset};
  }
  if (auto* bytes = std::get_if<shared_bytes>(&data.records)) news.records = std::move(*bytes);
  if (data.high_watermark >= 0) found->second.leader_high_watermark = data.high_watermark;
  setup_.throttle.count(which, static_cast<int64_t>(news.records.size()), time().mono_ms());
  ++answers_left_;
  const auto epoch = cursor->epoch;
  this->request(found->second.partition, caf::infinite, std::move(news))
      .then(
          [=, this](const follower_position& position) {
            has_position(which, epoch, position);
            applied();
          },
          [=, this](const caf::error&) {
            has_position(which, epoch, {.error = error_code::kafka_storage_error});
            applied();
          });
}

void replica_fetcher_actor::applied() {
  if (--answers_left_ > 0) return;
  is_fetching_ = false;
  fetch();
}

}  // namespace ottla
