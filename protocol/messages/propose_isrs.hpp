// The ProposeIsrs API (key 10002), version 0: leaders ask the controller for other in-sync
// replicas. Private, between brokers.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct propose_isrs_response;

struct propose_isrs_request {
  static constexpr api_key api = api_key::propose_isrs;
  using response = propose_isrs_response;

  /// A broker in one of its lives.
  struct member {
    int32_t broker_id = -1;
    int64_t broker_epoch = -1;

    bool operator==(const member&) const = default;
  };

  struct proposal {
    uuid topic_id;
    int32_t partition_index = 0;
    int32_t leader_epoch = -1;
    /// Of the record that the proposal is made for.
    int32_t partition_epoch = -1;
    std::vector<member> isr;

    bool operator==(const proposal&) const = default;
  };

  std::vector<proposal> proposals;

  bool operator==(const propose_isrs_request&) const = default;
};

struct propose_isrs_response {
  static constexpr api_key api = api_key::propose_isrs;

  /// One for each proposal, in their order.
  struct result {
    /// 0: it is the record now. Else why not: 1 not applied, 2 the record is a newer one, 3
    /// unknown.
    int8_t refusal = 0;
    int32_t partition_epoch = -1;
    std::vector<int32_t> replicas;
    std::vector<propose_isrs_request::member> isr;

    bool operator==(const result&) const = default;
  };

  /// With an error none was looked at.
  ottla::error_code error_code = ottla::error_code::none;
  std::vector<result> results;

  bool operator==(const propose_isrs_response&) const = default;
};

}  // namespace ottla
