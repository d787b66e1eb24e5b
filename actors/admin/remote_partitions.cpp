#include "actors/admin/remote_partitions.hpp"

#include <caf/error.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <utility>
#include <vector>

#include "actors/admin/partition_faults.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {
namespace {

// The versions that brokers serve each other (actors/gateway/routes.cpp).
constexpr api_version fetch_version = 17;
constexpr api_version list_offsets_version = 7;
constexpr int64_t answer_ms = 10'000;
/// A partition that is followed from now on is asked about after that at the latest.
constexpr int32_t wait_ms = 250;
constexpr const char* client_id = "admin";

fetch_request::fetch_partition& add_partition(fetch_request& request,
                                              const topic_id_partition& key) {
  if (request.topics.empty() || request.topics.back().topic_id != key.topic_id) {
    request.topics.emplace_back().topic_id = key.topic_id;
  }
  auto& added = request.topics.back().partitions.emplace_back();
  added.partition = key.partition;
  return added;
}

read_result result_of(fetch_response::partition_data& data) {
  read_result result{.error = data.error_code,
                     .high_watermark = data.high_watermark,
                     .last_stable_offset = data.last_stable_offset,
                     .log_start_offset = data.log_start_offset};
  if (auto* bytes = std::get_if<shared_bytes>(&data.records)) result.records = std::move(*bytes);
  return result;
}

fault no_answer(error_code error) {
  return {error, std::string{error_text(error)}, 0};
}

}  // namespace

template <class Request>
void remote_partitions::ask(broker_id leader, peer_handle leader_link::*which, Request request,
                            api_version version, int64_t timeout_ms,
                            use<typename Request::response> done) {
  auto& peer = leaders_[leader].*which;
  if (!peer && services_.reach) peer = services_.reach(home_, leader);
  if (!peer) return done(not_here(leader));
  auto asked = question(std::move(request), version, client_id);
  asked.timeout_ms = timeout_ms;
  self_.request(peer, caf::infinite, std::move(asked))
      .then(
          [=, this](peer_answer& answer) {
            if (!answer.failure) {
              return done(decode<typename Request::response>(std::move(answer.body), version));
            }
            lose(leader, which);
            done(fault{error_code::not_leader_or_follower,
                       "broker " + std::to_string(leader) + ", which leads the partition, does not "
                       "answer: " + answer.failure->message, 0});
          },
          [=](const caf::error&) { done(not_here(leader)); });
}

/// The next one may be in another life, or somewhere else.
void remote_partitions::lose(broker_id leader, peer_handle leader_link::*which) {
  auto& peer = leaders_[leader].*which;
  if (peer) caf::anon_send_exit(peer, caf::exit_reason::user_shutdown);
  peer = nullptr;
}

void remote_partitions::end() {
  for (auto& [leader, link] : leaders_) {
    for (auto* peer : {&link.asks, &link.waits}) {
      if (*peer) caf::anon_send_exit(*peer, caf::exit_reason::user_shutdown);
    }
  }
  leaders_.clear();
}

// --- what is answered at once ---

void remote_partitions::read(const remote_partition& which, log_offset offset, int32_t max_bytes,
                             bool committed_only, use<read_result> done) {
  fetch_request request;
  request.max_bytes = max_bytes;
  request.isolation_level = committed_only ? 1 : 0;
  auto& asked = add_partition(request, which.key);
  asked.fetch_offset = offset;
  asked.partition_max_bytes = max_bytes;
  ask(which.leader, &leader_link::asks, std::move(request), fetch_version, answer_ms,
      use<fetch_response>{[done](outcome<fetch_response> answer) {
        if (!answer) return done(std::move(answer.error()));
        if (answer->error_code != error_code::none) return done(no_answer(answer->error_code));
        for (auto& topic : answer->responses) {
          for (auto& data : topic.partitions) return done(result_of(data));
        }
        done(no_answer(error_code::unknown_server_error));
      }});
}

void remote_partitions::find_offset(const remote_partition& which, timestamp_ms timestamp,
                                    use<log_offset> done) {
  const auto image = services_.metadata->get();
  const auto topic = image ? image->find_topic(which.key.topic_id) : nullptr;
  if (!topic) return done(no_answer(error_code::unknown_topic_or_partition));
  list_offsets_request request;
  auto& named = request.topics.emplace_back();
  named.name = topic->name();
  auto& asked = named.partitions.emplace_back();
  asked.partition_index = which.key.partition;
  asked.timestamp = timestamp;
  ask(which.leader, &leader_link::asks, std::move(request), list_offsets_version, answer_ms,
      use<list_offsets_response>{[done](outcome<list_offsets_response> answer) {
        if (!answer) return done(std::move(answer.error()));
        for (const auto& each : answer->topics) {
          for (const auto& found : each.partitions) {
            if (found.error_code != error_code::none) return done(no_answer(found.error_code));
            return done(found.offset);
          }
        }
        done(no_answer(error_code::unknown_server_error));
      }});
}

// --- what is waited for ---

void remote_partitions::watch(const remote_partition& which, log_offset offset,
                              std::function<void()> changed) {
  leaders_[which.leader].watches[which.key] = {offset, std::move(changed)};
  wait(which.leader);
}

void remote_partitions::unwatch(const topic_id_partition& key) {
  for (auto& [leader, link] : leaders_) link.watches.erase(key);
}

void remote_partitions::wait(broker_id leader) {
  auto& link = leaders_[leader];
  if (link.is_waiting || link.watches.empty()) return;
  link.is_waiting = true;
  fetch_request request;
  request.max_wait_ms = wait_ms;
  request.min_bytes = 1;
  request.max_bytes = 1;  // it is read again when it is known who wants it
  for (const auto& [key, each] : link.watches) {
    auto& asked = add_partition(request, key);
    asked.fetch_offset = each.offset;
    asked.partition_max_bytes = 1;
  }
  ask(leader, &leader_link::waits, std::move(request), fetch_version, answer_ms + wait_ms,
      use<fetch_response>{[this, leader](outcome<fetch_response> answer) {
        has_waited(leader, std::move(answer));
      }});
}

void remote_partitions::has_waited(broker_id leader, outcome<fetch_response> answer) {
  auto& link = leaders_[leader];
  link.is_waiting = false;
  std::vector<std::function<void()>> changed;
  if (!answer || answer->error_code != error_code::none) {
    for (auto& [key, each] : std::exchange(link.watches, {})) {
      changed.push_back(std::move(each.changed));
    }
  } else {
    for (auto& topic : answer->responses) {
      for (auto& data : topic.partitions) {
        const auto result = result_of(data);
        if (result.error == error_code::none && size_bytes(result.records) == 0) continue;
        auto found = link.watches.extract({topic.topic_id, data.partition_index});
        if (found) changed.push_back(std::move(found.mapped().changed));
      }
    }
  }
  wait(leader);
  for (const auto& each : changed) each();
}

}  // namespace ottla
