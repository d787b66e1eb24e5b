#include "actors/runtime/memory_budget.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "protocol/assert.hpp"

namespace ottla {

struct memory_budget::waiter {
  memory_pool pool{};
  int64_t bytes = 0;
  bool granted = false;
  wake_function wake;
  std::list<std::shared_ptr<waiter>>::iterator place{};  // until granted
};

struct memory_budget::holder {
  memory_pool pool{};
  int64_t started_ms = 0;
  int64_t last_progress_ms = 0;
  int64_t received_bytes = 0;
  bool revoked = false;
  wake_function revoke;
  std::list<std::shared_ptr<holder>>::iterator place{};
};

namespace {

size_t at(memory_pool pool) {
  return static_cast<size_t>(pool);
}

}  // namespace

memory_grant& memory_grant::operator=(memory_grant&& other) noexcept {
  if (this == &other) return *this;
  release();
  budget_ = std::exchange(other.budget_, nullptr);
  pool_ = other.pool_;
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

void memory_grant::release() {
  if (auto* budget = std::exchange(budget_, nullptr)) {
    budget->give_back(pool_, std::exchange(bytes_, 0));
  }
}

memory_budget::memory_budget(const memory_budget_options& options) : options_(options) {
  const auto& reserves = options_.reserved_bytes;
  shared_bytes_ = options_.total_bytes - std::accumulate(reserves.begin(), reserves.end(), 0LL);
  OTTLA_ASSERT(shared_bytes_ >= 0);
}

memory_budget::~memory_budget() = default;

int64_t memory_budget::capacity_of(memory_pool pool) const {
  return options_.reserved_bytes[at(pool)] + shared_bytes_;
}

bool memory_budget::is_oversize(memory_pool pool, int64_t bytes) const {
  return bytes > capacity_of(pool) / 100 * options_.oversize_percent;
}

memory_budget::size_class memory_budget::class_of(int64_t bytes) const {
  return bytes <= options_.small_bytes ? small : large;
}

/// What requests of this class must leave of the shared part.
int64_t memory_budget::kept_from(size_class kind) const {
  return kind == large ? shared_bytes_ / 100 * options_.small_percent : 0;
}

bool memory_budget::can_ever_grant(memory_pool pool, int64_t bytes) const {
  return bytes <= capacity_of(pool) - kept_from(class_of(bytes));
}

int64_t memory_budget::free_bytes(memory_pool pool, size_class kind) const {
  // What pools use beyond their reserves comes out of the shared part.
  int64_t shared_free = shared_bytes_;
  for (size_t i = 0; i < memory_pools; ++i) {
    shared_free -= std::max<int64_t>(0, pools_[i].count.used_bytes - options_.reserved_bytes[i]);
  }
  const auto used = pools_[at(pool)].count.used_bytes;
  const auto reserve_free = std::max<int64_t>(0, options_.reserved_bytes[at(pool)] - used);
  return std::max<int64_t>(0, shared_free - kept_from(kind)) + reserve_free;
}

bool memory_budget::fits(memory_pool pool, int64_t bytes) const {
  if (is_oversize(pool, bytes) && pools_[at(pool)].oversize_bytes > 0) return false;
  return bytes <= free_bytes(pool, class_of(bytes));
}

void memory_budget::take(memory_pool pool, int64_t bytes) {
  auto& state = pools_[at(pool)];
  state.count.used_bytes += bytes;
  state.count.peak_bytes = std::max(state.count.peak_bytes, state.count.used_bytes);
  ++state.count.granted_total;
  if (is_oversize(pool, bytes)) state.oversize_bytes += bytes;
}

std::optional<memory_grant> memory_budget::try_acquire(memory_pool pool, int64_t bytes) {
  std::lock_guard guard(mutex_);
  if (!pools_[at(pool)].waiting[class_of(bytes)].empty() || !fits(pool, bytes)) return std::nullopt;
  take(pool, bytes);
  return memory_grant{*this, pool, bytes};
}

memory_grant memory_budget::charge(memory_pool pool, int64_t bytes) {
  std::lock_guard guard(mutex_);
  take(pool, bytes);
  return memory_grant{*this, pool, bytes};
}

void memory_budget::give_back(memory_pool pool, int64_t bytes) {
  std::vector<wake_function> wakes;
  {
    std::lock_guard guard(mutex_);
    auto& state = pools_[at(pool)];
    state.count.used_bytes -= bytes;
    OTTLA_ASSERT(state.count.used_bytes >= 0);
    if (is_oversize(pool, bytes)) state.oversize_bytes -= bytes;
    // Bytes beyond this pool's reserve were taken from what all share: anybody may have them now.
    for (size_t i = 0; i < memory_pools; ++i) grant_waiting(static_cast<memory_pool>(i), wakes);
  }
  for (const auto& wake : wakes) wake();
}

void memory_budget::grant_waiting(memory_pool pool, std::vector<wake_function>& wakes) {
  for (auto& waiting : pools_[at(pool)].waiting) grant_from(pool, waiting, wakes);
}

void memory_budget::grant_from(memory_pool pool, queue& waiting,
                               std::vector<wake_function>& wakes) {
  auto& state = pools_[at(pool)];
  for (auto place = waiting.begin(); place != waiting.end();) {
    auto& next = **place;
    if (is_oversize(pool, next.bytes) && state.oversize_bytes > 0) {
      ++place;  // cannot go before the other oversize one is done: lets others pass
      continue;
    }
    if (!fits(pool, next.bytes)) break;
    take(pool, next.bytes);
    ++state.count.waited_total;
    --state.count.waiting;
    next.granted = true;
    wakes.push_back(std::move(next.wake));
    place = waiting.erase(place);
  }
}

memory_budget::wait_ticket memory_budget::wait(memory_pool pool, int64_t bytes,
                                               wake_function wake) {
  OTTLA_ASSERT(can_ever_grant(pool, bytes));
  auto place = std::make_shared<waiter>(waiter{pool, bytes, false, std::move(wake), {}});
  std::vector<wake_function> wakes;
  {
    std::lock_guard guard(mutex_);
    auto& state = pools_[at(pool)];
    auto& waiting = state.waiting[class_of(bytes)];
    place->place = waiting.insert(waiting.end(), place);
    ++state.count.waiting;
    grant_waiting(pool, wakes);
  }
  for (const auto& due : wakes) due();
  return {*this, std::move(place)};
}

memory_budget::wait_ticket& memory_budget::wait_ticket::operator=(wait_ticket&& other) noexcept {
  if (this == &other) return *this;
  leave();
  budget_ = other.budget_;
  waiter_ = std::move(other.waiter_);
  return *this;
}

std::optional<memory_grant> memory_budget::wait_ticket::take() {
  if (!waiter_) return std::nullopt;
  {
    std::lock_guard guard(budget_->mutex_);
    if (!waiter_->granted) return std::nullopt;
  }
  auto place = std::exchange(waiter_, nullptr);
  return memory_grant{*budget_, place->pool, place->bytes};
}

void memory_budget::wait_ticket::leave() {
  if (!waiter_) return;
  // Granted bytes that were not fetched go back when `granted` is destroyed.
  if (auto granted = take()) return;
  auto place = std::exchange(waiter_, nullptr);
  std::vector<wake_function> wakes;
  std::optional<memory_grant> late;
  {
    std::lock_guard guard(budget_->mutex_);
    if (place->granted) {
      late = memory_grant{*budget_, place->pool, place->bytes};
    } else {
      auto& state = budget_->pools_[at(place->pool)];
      state.waiting[budget_->class_of(place->bytes)].erase(place->place);
      --state.count.waiting;
      budget_->grant_waiting(place->pool, wakes);  // it may have stood before smaller ones
    }
  }
  for (const auto& wake : wakes) wake();
}

memory_budget::watch& memory_budget::watch::operator=(watch&& other) noexcept {
  if (this == &other) return *this;
  end();
  budget_ = other.budget_;
  holder_ = std::move(other.holder_);
  return *this;
}

memory_budget::watch memory_budget::watch_progress(const memory_grant& grant, int64_t now_ms,
                                                   wake_function revoke) {
  auto held = std::make_shared<holder>(
      holder{grant.pool_, now_ms, now_ms, 0, false, std::move(revoke), {}});
  std::lock_guard guard(mutex_);
  held->place = holders_.insert(holders_.end(), held);
  return {*this, std::move(held)};
}

void memory_budget::watch::progressed(int64_t bytes_so_far, int64_t now_ms) {
  if (!holder_) return;
  std::lock_guard guard(budget_->mutex_);
  holder_->received_bytes = bytes_so_far;
  holder_->last_progress_ms = now_ms;
}

void memory_budget::watch::end() {
  if (auto held = std::exchange(holder_, nullptr)) {
    std::lock_guard guard(budget_->mutex_);
    budget_->holders_.erase(held->place);
  }
}

size_t memory_budget::revoke_stalled(int64_t now_ms) {
  std::vector<wake_function> revoked;
  {
    std::lock_guard guard(mutex_);
    for (auto& held : holders_) {
      if (held->revoked || pools_[at(held->pool)].count.waiting == 0) continue;
      const auto age_ms = now_ms - held->started_ms;
      const bool stands_still = now_ms - held->last_progress_ms >= options_.grace_ms;
      const auto owed_bytes =
          (age_ms - 2 * options_.grace_ms) * options_.min_bytes_per_second / 1000;
      if (!stands_still && held->received_bytes >= owed_bytes) continue;
      held->revoked = true;
      ++pools_[at(held->pool)].count.revoked_total;
      revoked.push_back(held->revoke);
    }
  }
  for (const auto& revoke : revoked) revoke();
  return revoked.size();
}

bool memory_budget::is_short(memory_pool pool) const {
  std::lock_guard guard(mutex_);
  return pools_[at(pool)].count.waiting > 0;
}

memory_budget::counters memory_budget::count(memory_pool pool) const {
  std::lock_guard guard(mutex_);
  return pools_[at(pool)].count;
}

}  // namespace ottla
