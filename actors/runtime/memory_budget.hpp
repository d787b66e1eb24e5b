// One bound on all memory that grows with what clients do.
//
// Memory is charged before it is allocated. Each pool has a reserved minimum that no other pool can
// take, and whoever finds its pool empty waits in a queue instead of failing. A holder that keeps a
// grant while it makes no progress loses it as soon as somebody waits. Thread-safe; knows no actor.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace ottla {

enum class memory_pool : uint8_t { clients, replication, controller, admin };
inline constexpr size_t memory_pools = 4;

class memory_budget;

/// Bytes charged to a pool; given back when this is destroyed.
class memory_grant {
public:
  memory_grant() = default;
  memory_grant(memory_grant&& other) noexcept { *this = std::move(other); }
  memory_grant& operator=(memory_grant&& other) noexcept;
  ~memory_grant() { release(); }

  [[nodiscard]] int64_t bytes() const { return bytes_; }
  /// Gives the bytes back now.
  void release();

private:
  friend class memory_budget;
  memory_grant(memory_budget& from, memory_pool pool, int64_t bytes)
      : budget_(&from), pool_(pool), bytes_(bytes) {}

  memory_budget* budget_ = nullptr;
  memory_pool pool_ = memory_pool::clients;
  int64_t bytes_ = 0;
};

struct memory_budget_options {
  int64_t total_bytes = 256 << 20;
  /// What each pool can always have, by memory_pool. The rest of the total is for whoever comes
  /// first. The sum is at most the total.
  std::array<int64_t, memory_pools> reserved_bytes{};
  /// Requests up to this size queue apart from larger ones, so that a queue of large frames does
  /// not delay them...
  int64_t small_bytes = 64 << 10;
  /// ...and this part of what all pools share is theirs alone.
  int small_percent = 12;
  /// A request above this part of a pool's capacity is granted to one holder at a time.
  int oversize_percent = 25;
  /// A watched holder may stand still for this long while others wait...
  int64_t grace_ms = 1'000;
  /// ...and must on average receive this much, so that a byte now and then is not progress.
  int64_t min_bytes_per_second = 16 << 10;
};

class memory_budget {
public:
  using wake_function = std::function<void()>;

  explicit memory_budget(const memory_budget_options& options);
  ~memory_budget();
  memory_budget(const memory_budget&) = delete;
  memory_budget& operator=(const memory_budget&) = delete;

  /// Whether `bytes` could be granted at all, if everything were free.
  [[nodiscard]] bool can_ever_grant(memory_pool pool, int64_t bytes) const;
  /// A grant, unless there are too few bytes or others wait for theirs.
  std::optional<memory_grant> try_acquire(memory_pool pool, int64_t bytes);
  /// Charges memory that is in use already, even beyond the limit: whoever comes next waits longer.
  memory_grant charge(memory_pool pool, int64_t bytes);

  struct waiter;
  /// A place in the queue, lost when destroyed.
  class wait_ticket {
  public:
    wait_ticket() = default;
    wait_ticket(wait_ticket&& other) noexcept { *this = std::move(other); }
    wait_ticket& operator=(wait_ticket&& other) noexcept;
    ~wait_ticket() { leave(); }

    explicit operator bool() const { return waiter_ != nullptr; }
    /// The grant, once there is one; the ticket is used up then.
    std::optional<memory_grant> take();
    void leave();

  private:
    friend class memory_budget;
    wait_ticket(memory_budget& budget, std::shared_ptr<waiter> place)
        : budget_(&budget), waiter_(std::move(place)) {}
    memory_budget* budget_ = nullptr;
    std::shared_ptr<waiter> waiter_;
  };

  /// Queues for `bytes`, which can_ever_grant() has allowed. `wake` is called once, from any thread
  /// and perhaps before this returns, when take() will succeed; it must not call the budget.
  [[nodiscard]] wait_ticket wait(memory_pool pool, int64_t bytes, wake_function wake);

  struct holder;
  /// Puts a grant whose memory is still being filled under watch, until destroyed.
  class watch {
  public:
    watch() = default;
    watch(watch&& other) noexcept { *this = std::move(other); }
    watch& operator=(watch&& other) noexcept;
    ~watch() { end(); }

    /// Bytes received so far and the time of the last of them.
    void progressed(int64_t bytes_so_far, int64_t now_ms);
    void end();

  private:
    friend class memory_budget;
    watch(memory_budget& budget, std::shared_ptr<holder> held)
        : budget_(&budget), holder_(std::move(held)) {}
    memory_budget* budget_ = nullptr;
    std::shared_ptr<holder> holder_;
  };

  /// `revoke` is called at most once, from any thread, when the holder must give its grant up; it
  /// must not call the budget.
  [[nodiscard]] watch watch_progress(const memory_grant& grant, int64_t now_ms,
                                     wake_function revoke);

  /// Revokes the watched grants that stand still, in pools in which somebody waits. Whoever waits
  /// calls this about every grace_ms. Returns how many were revoked.
  size_t revoke_stalled(int64_t now_ms);

  /// Whether somebody waits for memory of this pool: then nobody should take more than it must.
  [[nodiscard]] bool is_short(memory_pool pool) const;
  [[nodiscard]] int64_t grace_ms() const { return options_.grace_ms; }

  struct counters {
    int64_t used_bytes = 0;
    int64_t peak_bytes = 0;
    int64_t waiting = 0;
    int64_t granted_total = 0;  ///< Grants made.
    int64_t waited_total = 0;   ///< Of these, after waiting.
    int64_t revoked_total = 0;
  };
  [[nodiscard]] counters count(memory_pool pool) const;
  [[nodiscard]] const memory_budget_options& options() const { return options_; }

private:
  friend class memory_grant;
  using size_class = uint8_t;
  static constexpr size_class small = 0;
  static constexpr size_class large = 1;
  using queue = std::list<std::shared_ptr<waiter>>;

  struct pool_state {
    counters count;
    int64_t oversize_bytes = 0;  // held by the one oversize grant
    std::array<queue, 2> waiting;
  };

  [[nodiscard]] int64_t capacity_of(memory_pool pool) const;
  [[nodiscard]] bool is_oversize(memory_pool pool, int64_t bytes) const;
  [[nodiscard]] size_class class_of(int64_t bytes) const;
  [[nodiscard]] int64_t kept_from(size_class kind) const;
  [[nodiscard]] int64_t free_bytes(memory_pool pool, size_class kind) const;
  [[nodiscard]] bool fits(memory_pool pool, int64_t bytes) const;
  void take(memory_pool pool, int64_t bytes);
  void give_back(memory_pool pool, int64_t bytes);
  void grant_waiting(memory_pool pool, std::vector<wake_function>& wakes);
  void grant_from(memory_pool pool, queue& waiting, std::vector<wake_function>& wakes);

  const memory_budget_options options_;
  int64_t shared_bytes_ = 0;  // the total less all reserves
  mutable std::mutex mutex_;
  std::array<pool_state, memory_pools> pools_;
  std::list<std::shared_ptr<holder>> holders_;
};

}  // namespace ottla
