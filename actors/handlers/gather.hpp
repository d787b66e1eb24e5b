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
  /// `finish(response, version)` completes the response before it leaves.
  using finish_function = void (*)(Response&, api_version);

  explicit gather(reply_slot reply, finish_function finish = nullptr)
      : reply_(std::move(reply)), finish_(finish) {}
  gather(const gather&) = delete;
  gather& operator=(const gather&) = delete;
  ~gather() {
    if (!reply_.is_open()) return;
    if (finish_ != nullptr) finish_(response, reply_.version());
    reply_.send(response);
  }

  /// References into it stay valid if every place is made before the first question is asked.
  Response response;

  [[nodiscard]] api_version version() const { return reply_.version(); }

private:
  reply_slot reply_;
  finish_function finish_;
};

template <class Response>
std::shared_ptr<gather<Response>> make_gather(
    reply_slot reply, typename gather<Response>::finish_function finish = nullptr) {
  return std::make_shared<gather<Response>>(std::move(reply), finish);
}

}  // namespace ottla
