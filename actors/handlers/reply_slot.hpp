// The place in line of one answer.
//
// Answers leave a connection in the order of its requests, so each request has a slot from the
// moment it was read. A slot is answered exactly once; one that is dropped unanswered closes the
// connection, so that a forgotten answer is seen. Belongs to the session's thread; harmless after
// the connection is gone.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "protocol/gather_list.hpp"
#include "protocol/messages/message.hpp"
#include "protocol/request_header.hpp"

namespace ottla {

/// Where answers go: the session.
class reply_sink {
public:
  /// `frame` is the whole answer with its length; empty means that nothing is to be sent.
  virtual void answer(uint64_t sequence, gather_list frame) = 0;
  /// Closes the connection; `why` goes to the log.
  virtual void abandon(uint64_t sequence, std::string_view why) = 0;

protected:
  ~reply_sink() = default;
};

class reply_slot {
public:
  reply_slot() = default;
  /// `*sink` is null once the connection is gone.
  reply_slot(std::shared_ptr<reply_sink*> sink, uint64_t sequence, api_key key, api_version version,
             int32_t correlation_id)
      : sink_(std::move(sink)),
        sequence_(sequence),
        correlation_id_(correlation_id),
        key_(key),
        version_(version) {}
  reply_slot(reply_slot&& other) noexcept = default;
  reply_slot& operator=(reply_slot&& other) noexcept;
  ~reply_slot();

  /// Answers with a message of the request's version, or of `version` where that differs.
  template <class Response>
  void send(const Response& response) {
    send(response, version_);
  }
  template <class Response>
  void send(const Response& response, api_version version) {
    send_frame(encode_response(response, version, correlation_id_));
  }
  /// Answers with a frame that is encoded already: length, header, body.
  void send_frame(gather_list frame);
  /// The protocol has no answer to this request (Produce with acks=0).
  void no_reply();
  /// There can be no answer; `why` goes to the log.
  void close_connection(std::string_view why);

  [[nodiscard]] api_key key() const { return key_; }
  [[nodiscard]] api_version version() const { return version_; }
  [[nodiscard]] int32_t correlation_id() const { return correlation_id_; }
  /// Whether an answer is still owed to a live connection.
  [[nodiscard]] bool is_open() const { return sink_ != nullptr && *sink_ != nullptr; }

private:
  void drop();

  std::shared_ptr<reply_sink*> sink_;
  uint64_t sequence_ = 0;
  int32_t correlation_id_ = 0;
  api_key key_{};
  api_version version_ = 0;
};

}  // namespace ottla
