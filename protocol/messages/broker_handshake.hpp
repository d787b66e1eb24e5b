// How brokers prove to each other who they are: BrokerHello (key 10000) and BrokerProof (key
// 10001), version 0. Private: served on the inter-broker listener only, and first of all there.
//
//   caller -> BrokerHello: I am broker 2 in its life 17, my number is a   answer: mine is b, proof
//   caller -> BrokerProof: proof                                          answer: yes
//
// A proof is an HMAC over both numbers and both names with the secret of the cluster.
#pragma once

#include <cstdint>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

struct broker_hello_response;

struct broker_hello_request {
  static constexpr api_key api = api_key::broker_hello;
  using response = broker_hello_response;

  int32_t broker_id = -1;
  int64_t broker_epoch = -1;
  /// Whom the caller means to reach.
  int32_t called_id = -1;
  /// Drawn for this connection.
  shared_bytes nonce;

  bool operator==(const broker_hello_request&) const = default;
};

struct broker_hello_response {
  static constexpr api_key api = api_key::broker_hello;

  ottla::error_code error_code = ottla::error_code::none;
  /// Drawn for this connection.
  shared_bytes nonce;
  /// That the called broker knows the secret.
  shared_bytes proof;

  bool operator==(const broker_hello_response&) const = default;
};

struct broker_proof_response;

struct broker_proof_request {
  static constexpr api_key api = api_key::broker_proof;
  using response = broker_proof_response;

  /// That the caller knows the secret.
  shared_bytes proof;

  bool operator==(const broker_proof_request&) const = default;
};

struct broker_proof_response {
  static constexpr api_key api = api_key::broker_proof;

  ottla::error_code error_code = ottla::error_code::none;

  bool operator==(const broker_proof_response&) const = default;
};

}  // namespace ottla
