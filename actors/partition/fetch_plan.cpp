#include "actors/partition/fetch_plan.hpp"

#include <limits>

namespace ottla {
namespace {

/// The list of the topic that comes last, begun anew if it is another one.
template <class Topics>
auto& topic_of(Topics& topics, const uuid& id) {
  if (topics.empty() || topics.back().topic_id != id) topics.push_back({.topic_id = id});
  return topics.back();
}

}  // namespace

void fetch_plan::set(const topic_id_partition& which, const fetch_cursor& cursor) {
  wanted_[which] = cursor;
}

void fetch_plan::remove(const topic_id_partition& which) {
  wanted_.erase(which);
}

const fetch_cursor* fetch_plan::find(const topic_id_partition& which) const {
  auto found = wanted_.find(which);
  return found == wanted_.end() ? nullptr : &found->second;
}

const fetch_cursor* fetch_plan::asked(const topic_id_partition& which) const {
  auto sent = sent_.find(which);
  const auto* wanted = find(which);
  if (sent == sent_.end() || wanted == nullptr || sent->second != *wanted) return nullptr;
  return wanted;
}

fetch_request fetch_plan::next(const hold& is_held) {
  fetch_request request;
  request.replica_state = {self_.id, self_.epoch};
  request.max_wait_ms = limits_.max_wait_ms;
  request.min_bytes = limits_.min_bytes;
  request.max_bytes = limits_.max_bytes;
  request.session_id = session_id_;
  request.session_epoch = epoch_;
  if (epoch_ == 0) known_.clear();
  sent_ = wanted_;
  if (is_held)
    std::erase_if(sent_, [&](const auto& each) { return is_held(each.first, each.second); });
  add_topics(request);
  add_forgotten(request);
  return request;
}

/// Those that the session does not have, or has with another cursor.
void fetch_plan::add_topics(fetch_request& request) const {
  for (const auto& [which, cursor] : sent_) {
    auto known = known_.find(which);
    if (known != known_.end() && known->second == cursor) continue;
    fetch_request::fetch_partition asked;
    asked.partition = which.partition;
    asked.current_leader_epoch = cursor.epoch;
    asked.fetch_offset = cursor.fetch_offset;
    asked.last_fetched_epoch = cursor.last_fetched_epoch;
    asked.log_start_offset = cursor.log_start_offset;
    asked.partition_max_bytes = limits_.partition_max_bytes;
    topic_of(request.topics, which.topic_id).partitions.push_back(asked);
  }
}

void fetch_plan::add_forgotten(fetch_request& request) const {
  for (const auto& [which, cursor] : known_) {
    if (sent_.contains(which)) continue;
    topic_of(request.forgotten_topics_data, which.topic_id).partitions.push_back(which.partition);
  }
}

bool fetch_plan::answered(const fetch_response& response) {
  if (response.error_code != error_code::none) {
    lost();
    return false;
  }
  if (epoch_ == 0) session_id_ = response.session_id;
  if (session_id_ == 0) return true;  // without a session: each request is a full one
  if (response.session_id != session_id_) {
    lost();
    return false;
  }
  known_ = sent_;
  epoch_ = epoch_ == std::numeric_limits<int32_t>::max() ? 1 : epoch_ + 1;
  return true;
}

void fetch_plan::lost() {
  session_id_ = 0;
  epoch_ = 0;
  known_.clear();
}

}  // namespace ottla
