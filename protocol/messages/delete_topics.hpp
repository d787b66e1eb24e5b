// The DeleteTopics API (key 20), versions 1 to 6.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api_key.hpp"
#include "protocol/error_code.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/types.hpp"

namespace ottla {

struct delete_topics_response;

struct delete_topics_request {
  static constexpr api_key api = api_key::delete_topics;
  using response = delete_topics_response;

  struct delete_topic_state {
    std::optional<std::string> name;
    uuid topic_id;

    bool operator==(const delete_topic_state&) const = default;
  };

  std::vector<delete_topic_state> topics;
  std::vector<std::string> topic_names;
  /// Length of time in milliseconds to wait for the deletions to complete.
  int32_t timeout_ms = 0;

  bool operator==(const delete_topics_request&) const = default;
};

struct delete_topics_response {
  static constexpr api_key api = api_key::delete_topics;

  struct deletable_topic_result {
    std::optional<std::string> name;
    uuid topic_id;
    /// Deletion error, or 0 if the deletion succeeded.
    ottla::error_code error_code = ottla::error_code::none;
    std::optional<std::string> error_message;

    bool operator==(const deletable_topic_result&) const = default;
  };

  /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero
  /// if the request did not violate any quota.
  int32_t throttle_time_ms = 0;
  /// Results for each topic we tried to delete.
  std::vector<deletable_topic_result> responses;

  bool operator==(const delete_topics_response&) const = default;
};

}  // namespace ottla
