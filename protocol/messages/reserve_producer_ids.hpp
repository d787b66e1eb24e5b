// The ReserveProducerIds API (key 10005), version 0: a broker asks the controller for a block of
// producer ids. Private, between brokers.
#pragma once

#include <cstdint>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"

namespace ottla {

struct reserve_producer_ids_response;

struct reserve_producer_ids_request {
  static constexpr api_key api = api_key::reserve_producer_ids;
  using response = reserve_producer_ids_response;

  bool operator==(const reserve_producer_ids_request&) const = default;
};

struct reserve_producer_ids_response {
  static constexpr api_key api = api_key::reserve_producer_ids;

  ottla::error_code error_code = ottla::error_code::none;
  int64_t first = -1;
  int32_t count = 0;

  bool operator==(const reserve_producer_ids_response&) const = default;
};

}  // namespace ottla
