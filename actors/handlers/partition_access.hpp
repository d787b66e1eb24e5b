// How a handler reaches the partitions that a request names.
//
// A topic is named by name or by id; its partition may still be opening, for which the request then
// waits; every refusal becomes the error code that a client expects.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "actors/broker/broker_services.hpp"
#include "actors/handlers/handler.hpp"

namespace ottla {

/// A partition by what a request says of it.
struct named_partition {
  std::string topic;  ///< Used unless `by_id`.
  uuid topic_id;
  partition_index partition = 0;
  bool by_id = false;  ///< The request's version names topics by id.
};

/// What the metadata image says of it.
struct resolved_partition {
  error_code error = error_code::none;  ///< 3, or 100 for an id; the rest is empty then.
  topic_id_partition which;
  topic_ptr topic;
};

resolved_partition resolve(const metadata_image& image, const named_partition& named);

/// Calls `reached(handle, error)` in the session, at once if the partition is open: with a handle,
/// or with the error to answer.
void reach_partition(session_context& session, const topic_id_partition& which,
                     std::function<void(const partition_handle&, error_code)> reached);

/// Asks one partition and calls `answered` with its result, or with `Result{.error = ...}` if the
/// partition cannot be reached.
template <class Result, class Question, class Answered>
void ask_partition(session_context& session, const topic_id_partition& which, Question question,
                   Answered answered) {
  auto ask = [&session, question = std::move(question), answered = std::move(answered)](
                 const partition_handle& handle, error_code error) mutable {
    if (error != error_code::none) return answered(Result{.error = error});
    session.self()
        .request(handle, caf::infinite, std::move(question))
        .then([answered](Result& result) mutable { answered(std::move(result)); },
              [answered](const caf::error&) mutable {
                answered(Result{.error = error_code::not_leader_or_follower});
              });
  };
  if (auto handle = session.services().partitions->find(which)) {
    return ask(handle, error_code::none);
  }
  reach_partition(session, which, std::move(ask));
}

/// Where the client of this connection reaches `leader`, for answers that name it (KIP-951).
const broker_endpoint* endpoint_for(const session_context& session, const metadata_image& image,
                                    broker_id leader);

/// The same for the response itself: adds the endpoint to `endpoints` unless it is there. False if
/// this client cannot reach the leader.
template <class Endpoints>
bool name_endpoint(const session_context& session, const metadata_image& image, broker_id leader,
                   Endpoints& endpoints) {
  const auto* endpoint = endpoint_for(session, image, leader);
  if (endpoint == nullptr) return false;
  if (std::ranges::none_of(endpoints, [&](const auto& node) { return node.node_id == leader; })) {
    endpoints.push_back(
        {leader, endpoint->host, endpoint->port, image.find_broker(leader)->registration.rack});
  }
  return true;
}

}  // namespace ottla
