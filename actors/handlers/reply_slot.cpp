#include "actors/handlers/reply_slot.hpp"

#include "protocol/assert.hpp"

namespace ottla {

reply_slot& reply_slot::operator=(reply_slot&& other) noexcept {
  if (this == &other) return *this;
  drop();
  sink_ = std::move(other.sink_);
  sequence_ = other.sequence_;
  correlation_id_ = other.correlation_id_;
  key_ = other.key_;
  version_ = other.version_;
  return *this;
}

reply_slot::~reply_slot() {
  drop();
}

void reply_slot::send_frame(gather_list frame) {
  OTTLA_ASSERT(sink_ != nullptr);
  auto sink = std::exchange(sink_, nullptr);
  if (*sink != nullptr) (*sink)->answer(sequence_, std::move(frame));
}

void reply_slot::no_reply() {
  send_frame({});
}

void reply_slot::close_connection(std::string_view why) {
  OTTLA_ASSERT(sink_ != nullptr);
  auto sink = std::exchange(sink_, nullptr);
  if (*sink != nullptr) (*sink)->abandon(sequence_, why);
}

void reply_slot::drop() {
  if (is_open()) close_connection("a request was dropped unanswered");
  sink_ = nullptr;
}

}  // namespace ottla
