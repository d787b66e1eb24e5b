// What is said about copying logs between brokers: to fetchers, to peers, and on the way to the
// controller.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/partition/partition_messages.hpp"
#include "protocol/api_key.hpp"
#include "protocol/gather_list.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/outcome.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

/// To a peer: a request for the broker at its other end.
struct ask_peer {
  api_key key{};
  api_version version = 0;
  std::function<gather_list(int32_t correlation_id)> encode;  ///< The whole frame.
  int64_t timeout_ms = 30'000;
};

/// `client_id` says there what asks.
template <class Request>
ask_peer question(Request request, api_version version, std::string client_id) {
  auto asked = std::make_shared<const Request>(std::move(request));
  return {.key = Request::api, .version = version, .encode = [=](int32_t correlation_id) {
            return encode_request(*asked, {Request::api, version, correlation_id, client_id});
          }};
}

/// The body of the response, or why there is none. After a failure nobody knows whether the request
/// was carried out, unless `was_sent` is false.
struct peer_answer {
  std::optional<fault> failure;
  bool was_sent = true;
  shared_bytes body;
};

/// From a watched peer: its connection has ended or could not be made.
struct peer_lost {
  replica_seat who;
  bool was_refused = false;  ///< Nobody listens there.
};

/// To the authority over partition records, from one leader at a time in order.
struct alter_partitions {
  replica_seat leader;  ///< Who asks, in its present life.
  std::vector<propose_isr> proposals;
};

/// One answer for each proposal, in their order; with an error none was looked at.
struct partitions_altered {
  error_code error = error_code::none;
  std::vector<isr_proposed> answers;
};

}  // namespace ottla

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::ask_peer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::peer_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::peer_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::alter_partitions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(ottla::partitions_altered)
