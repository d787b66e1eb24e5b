// The ReportBroker API (key 10003), version 0: what a broker tells the controller of itself.
// Private, between brokers; who it is comes from its proof.
#pragma once

#include <compare>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct report_broker_response;

struct report_broker_request {
  static constexpr api_key api = api_key::report_broker;
  using response = report_broker_response;

  /// It has applied an image in which the controller has judged it, and can serve.
  bool is_ready = false;
  /// It is about to end: others are to lead what it leads.
  bool is_stopping = false;
  /// Deleted topics of which it has no data any more.
  std::vector<uuid> removed_topics;

  struct removed_replica {
    uuid topic_id;
    int32_t partition_index = 0;

    friend auto operator<=>(const removed_replica&, const removed_replica&) = default;
  };
  /// Partitions that were moved away from it and of which it has no data any more.
  std::vector<removed_replica> removed_replicas;

  bool operator==(const report_broker_request&) const = default;
};

struct report_broker_response {
  static constexpr api_key api = api_key::report_broker;

  ottla::error_code error_code = ottla::error_code::none;

  bool operator==(const report_broker_response&) const = default;
};

}  // namespace ottla
