#include "actors/cluster/broker_liveness.hpp"

#include <algorithm>
#include <utility>

namespace ottla {

void broker_liveness::follow(const std::vector<replica_seat>& others) {
  std::map<replica_seat, watched> now;
  for (const auto& seat : others) {
    auto known = others_.find(seat);
    now.emplace(seat, known == others_.end() ? watched{} : known->second);
  }
  others_ = std::move(now);
}

std::vector<replica_seat> broker_liveness::take_due(int64_t now_ms) {
  std::vector<replica_seat> due;
  for (auto& [seat, each] : others_) {
    if (each.state != contact::none || now_ms < each.not_before_ms) continue;
    each.state = contact::trying;
    each.is_refused = false;  // this attempt says what is true now
    due.push_back(seat);
  }
  return due;
}

std::optional<int64_t> broker_liveness::next_due_ms() const {
  std::optional<int64_t> next;
  for (const auto& [seat, each] : others_) {
    if (each.state != contact::none) continue;
    next = next ? std::min(*next, each.not_before_ms) : each.not_before_ms;
  }
  return next;
}

void broker_liveness::reached(const replica_seat& who) {
  auto found = others_.find(who);
  if (found == others_.end()) return;
  found->second = {.state = contact::reached, .was_reached = true};
}

void broker_liveness::lost(const replica_seat& who, bool was_refused, int64_t now_ms) {
  auto found = others_.find(who);
  if (found == others_.end() || found->second.state == contact::none) return;
  auto& each = found->second;
  const bool had_contact = std::exchange(each.state, contact::none) == contact::reached;
  each.is_refused = was_refused;
  each.not_before_ms = now_ms + (had_contact ? first_retry_ms : retry_ms);
}

bool broker_liveness::reaches_most_others(const replica_seat& but) const {
  size_t reached = 0;
  for (const auto& [seat, each] : others_) {
    reached += seat != but && each.state == contact::reached ? 1 : 0;
  }
  const auto rest = others_.size() - 1;
  return rest == 0 || 2 * reached > rest;
}

std::vector<replica_seat> broker_liveness::take_dead() {
  std::vector<replica_seat> dead;
  for (auto& [seat, each] : others_) {
    if (!each.is_refused || !each.was_reached || each.is_told || !reaches_most_others(seat))
      continue;
    each.is_told = true;
    dead.push_back(seat);
  }
  return dead;
}

void broker_liveness::tell_again() {
  for (auto& [seat, each] : others_) each.is_told = false;
}

}  // namespace ottla
