#include "tests/sim/network.hpp"

#include <cerrno>

namespace ottla::sim {

connector network::connector_of(int32_t broker) {
  return [this, broker](unit&, const std::string& host, uint16_t, int64_t, connect_ended ended) {
    attempts_.push_back({broker, std::stoi(host.substr(host_prefix.size())), std::move(ended)});
  };
}

void network::end_process(int32_t broker) {
  std::erase_if(attempts_, [&](const attempt& each) { return each.from == broker; });
  for (auto& each : links_) {
    if (each.from == broker) each.caller = nullptr;
    if (each.to == broker) each.called = nullptr;
  }
}

void network::reset(size_t which) {
  if (which < attempts_.size()) return;
  auto& each = links_[which - attempts_.size()];
  if (each.caller) each.caller->client_closes();
  if (each.called) each.called->client_closes();
}

bool network::carry(size_t which) {
  if (which < attempts_.size()) return settle(which);
  which -= attempts_.size();
  auto& each = links_[which];
  const bool moved = carry_bytes(each);
  const bool is_over =
      (!each.caller || each.caller->is_closed) && (!each.called || each.called->is_closed);
  if (!moved && is_over) links_.erase(links_.begin() + static_cast<std::ptrdiff_t>(which));
  return moved;
}

/// Nobody is told of an attempt that gets lost: whoever made it waits for its own deadline. The
/// kernel accepts for a process that stands still.
bool network::settle(size_t which) {
  if (asleep_.contains(attempts_[which].from)) return false;
  if (!passes(attempts_[which].from, attempts_[which].to) ||
      !passes(attempts_[which].to, attempts_[which].from)) {
    return false;
  }
  auto made = std::move(attempts_[which]);
  attempts_.erase(attempts_.begin() + static_cast<std::ptrdiff_t>(which));
  auto called = listen_(made.to);
  if (!called) {
    made.ended(nullptr, fault{error_code::network_exception, "Connection refused", ECONNREFUSED});
    return true;
  }
  auto caller = std::make_shared<simulated_transport>();
  links_.push_back({made.from, made.to, caller, std::move(called)});
  made.ended(std::move(caller), {});
  return true;
}

bool network::carry_bytes(link& each) {
  bool moved = false;
  const auto bring = [&](auto& source, auto& target, int32_t from, int32_t to) {
    if (!passes(from, to)) return;
    const bool is_gone = !source || source->is_closed;
    if (source && !source->output.empty()) {
      const auto bytes = source->take_output();
      if (target) target->client_sends(bytes);
      moved = true;
    }
    if (is_gone && target && !target->is_closed) target->client_closes();
  };
  bring(each.caller, each.called, each.from, each.to);
  bring(each.called, each.caller, each.to, each.from);
  if (each.caller && !asleep_.contains(each.from)) moved = each.caller->pump() || moved;
  if (each.called && !asleep_.contains(each.to)) moved = each.called->pump() || moved;
  return moved;
}

}  // namespace ottla::sim
