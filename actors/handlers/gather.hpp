// Waits for the answers of many partitions and sends one response.
//
// A handler fills in places of `response` from continuations, each of which holds the gather; when
// the last one lets go, the response leaves. Belongs to one session.
#pragma once

#include <memory>
#include <utility>

#include "actors/handlers/reply_slot.hpp"

namespace ottla {

template <class Response>
class gather {
public:
  explicit gather(reply_slot reply) : reply_(std::move(reply)) {}
  gather(const gather&) = delete;
  gather& operator=(const gather&) = delete;
  ~gather() {
    if (reply_.is_open()) reply_.send(response);
  }

  /// References into it stay valid if every place is made before the first question is asked.
  Response response;

  [[nodiscard]] api_version version() const { return reply_.version(); }

private:
  reply_slot reply_;
};

template <class Response>
std::shared_ptr<gather<Response>> make_gather(reply_slot reply) {
  return std::make_shared<gather<Response>>(std::move(reply));
}

}  // namespace ottla
