// The ReportBroker API (key 10003), versions 0 and 1: what a broker tells the controller of itself.
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

  struct replica {
    uuid topic_id;
    int32_t partition_index = 0;

    friend auto operator<=>(const replica&, const replica&) = default;
  };
  /// Partitions that were moved away from it and of which it has no data any more.
  std::vector<replica> removed_replicas;
  /// Its replicas that it cannot use until it starts again; from version 1 on.
  std::vector<replica> failed_replicas;

  /// The first that can say all of it: a controller of an earlier release knows no later one.
  [[nodiscard]] api_version version_needed() const { return failed_replicas.empty() ? 0 : 1; }

  bool operator==(const report_broker_request&) const = default;
};

struct report_broker_response {
  static constexpr api_key api = api_key::report_broker;

  ottla::error_code error_code = ottla::error_code::none;

  bool operator==(const report_broker_response&) const = default;
};

}  // namespace ottla
