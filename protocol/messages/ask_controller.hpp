// The AskController API (key 10004), version 0: an admin request that came to another broker, with
// its caller. Private, between brokers.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/shared_bytes.hpp"

namespace ottla {

struct ask_controller_response;

struct ask_controller_request {
  static constexpr api_key api = api_key::ask_controller;
  using response = ask_controller_response;

  std::string principal;
  std::string client_id;
  std::string client_address;
  std::string listener;
  /// In which version the client has asked; some rules depend on it.
  int16_t client_version = 0;
  /// What is asked, and the version of both bodies.
  int16_t api_asked = -1;
  int16_t body_version = 0;
  shared_bytes body;

  bool operator==(const ask_controller_request&) const = default;
};

struct ask_controller_response {
  static constexpr api_key api = api_key::ask_controller;

  /// With an error the body is empty.
  ottla::error_code error_code = ottla::error_code::none;
  /// An image with this sequence has all that the answer says.
  int64_t sequence = -1;
  shared_bytes body;

  bool operator==(const ask_controller_response&) const = default;
};

}  // namespace ottla
