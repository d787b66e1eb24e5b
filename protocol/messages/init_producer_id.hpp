// The InitProducerId API (key 22), versions 0 to 5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct init_producer_id_response;

struct init_producer_id_request {
  static constexpr api_key api = api_key::init_producer_id;
  using response = init_producer_id_response;

  std::optional<std::string> transactional_id;
  /// Time in ms to wait before aborting idle transactions sent by this producer. This is only
  /// relevant if a TransactionalId has been defined.
  int32_t transaction_timeout_ms = 0;
  /// Producer id. This is used to disambiguate requests if a transactional id is reused following
  /// its expiration.
  int64_t producer_id = -1;
  /// Producer's current epoch. This will be checked against the producer epoch on the broker, and
  /// the request will return an error if they do not match.
  int16_t producer_epoch = -1;

  bool operator==(const init_producer_id_request&) const = default;
};

struct init_producer_id_response {
  static constexpr api_key api = api_key::init_producer_id;

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  ottla::error_code error_code = ottla::error_code::none;
  int64_t producer_id = -1;
  /// Current epoch associated with the producer id.
  int16_t producer_epoch = 0;

  bool operator==(const init_producer_id_response&) const = default;
};

}  // namespace ottla
