#include "cli/replica_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "cli/output.hpp"

namespace ottla {
namespace {

bool contains(const std::vector<broker_id>& ids, broker_id id) {
  return std::ranges::find(ids, id) != ids.end();
}

void add_load(std::map<broker_id, plan_load>& loads, const std::vector<broker_id>& replicas,
              int64_t bytes) {
  for (auto id : replicas) {
    ++loads[id].replicas;
    loads[id].bytes += bytes;
  }
  if (!replicas.empty()) ++loads[replicas.front()].leaders;
}

/// Works on a copy of the assignment; each step keeps the loads of all brokers up to date.
class planner {
public:
  planner(const std::vector<plan_partition>& partitions, const plan_goal& goal)
      : partitions_(partitions), goal_(goal) {
    for (const auto& broker : goal.brokers) {
      loads_[broker.id];
      racks_[broker.id] = broker.rack.value_or("");
      if (!broker.takes_more) full_.insert(broker.id);
    }
    for (const auto& [id, rack] : racks_) rack_names_.insert(rack);
  }

  outcome<std::vector<replica_move>> plan() {
    keep_what_may_stay();
    for (size_t i = 0; i < partitions_.size(); ++i) OTTLA_TRY(fit(i));
    if (goal_.is_balanced) {
      spread_over_racks();
      even_out_replicas();
      even_out_bytes();
      even_out_leaders();
    }
    return moves();
  }

private:
  [[nodiscard]] bool may_have(broker_id id) const { return racks_.contains(id); }
  [[nodiscard]] int64_t bytes_of(size_t i) const { return partitions_[i].bytes; }

  void keep_what_may_stay() {
    for (const auto& partition : partitions_) {
      auto& kept = now_.emplace_back();
      for (auto id : partition.replicas) {
        if (may_have(id)) kept.push_back(id);
      }
      for (auto id : kept) count(id, partition.bytes, 1);
    }
  }

  void count(broker_id id, int64_t bytes, int sign) {
    loads_[id].replicas += sign;
    loads_[id].bytes += sign * bytes;
  }

  outcome<void> fit(size_t i) {
    auto wanted = goal_.replication_factor.value_or(partitions_[i].replicas.size());
    while (now_[i].size() > wanted) drop_one(i);
    while (now_[i].size() < wanted) {
      if (add_one(i)) continue;
      return fault{error_code::invalid_replication_factor,
                   fmt::format("{} needs {} for its replicas, and {} can have them",
                               to_string(partitions_[i].which),
                               counted(static_cast<int64_t>(wanted), "broker"), now_[i].size())};
    }
    return {};
  }

  [[nodiscard]] int64_t in_rack(size_t i, const std::string& rack) const {
    return std::ranges::count_if(now_[i], [&](auto id) { return racks_.at(id) == rack; });
  }

  /// The preferred leader stays; of the others the one goes that adds least.
  void drop_one(size_t i) {
    auto& replicas = now_[i];
    auto worst = std::max_element(replicas.begin() + 1, replicas.end(), [&](auto a, auto b) {
      return std::tuple(in_rack(i, racks_.at(a)), loads_[a].replicas, loads_[a].bytes) <
             std::tuple(in_rack(i, racks_.at(b)), loads_[b].replicas, loads_[b].bytes);
    });
    count(*worst, bytes_of(i), -1);
    replicas.erase(worst);
  }

  /// False if no broker is left for one more.
  bool add_one(size_t i) {
    auto best = no_broker;
    auto key = [&](broker_id id) {
      return std::tuple(in_rack(i, racks_.at(id)), loads_[id].replicas, loads_[id].bytes, id);
    };
    for (const auto& [id, rack] : racks_) {
      if (contains(now_[i], id) || full_.contains(id)) continue;
      if (best == no_broker || key(id) < key(best)) best = id;
    }
    if (best == no_broker) return false;
    now_[i].push_back(best);
    count(best, bytes_of(i), 1);
    return true;
  }

  void replace(size_t i, broker_id from, broker_id to) {
    *std::ranges::find(now_[i], from) = to;
    count(from, bytes_of(i), -1);
    count(to, bytes_of(i), 1);
  }

  /// How many racks partition `i` would be in with `to` instead of `from`.
  [[nodiscard]] size_t racks_with(size_t i, broker_id from, broker_id to) const {
    std::set<std::string_view> used;
    for (auto id : now_[i]) used.insert(racks_.at(id == from ? to : id));
    return used.size();
  }

  [[nodiscard]] bool can_move(size_t i, broker_id from, broker_id to) const {
    return contains(now_[i], from) && !contains(now_[i], to) &&
           racks_with(i, from, to) >= racks_with(i, from, from);
  }

  void spread_over_racks() {
    for (size_t i = 0; i < now_.size(); ++i) {
      const auto possible = std::min(rack_names_.size(), now_[i].size());
      while (!now_[i].empty() && racks_with(i, no_broker, no_broker) < possible) {
        std::optional<std::tuple<int64_t, int64_t, broker_id, broker_id>> best;
        for (auto from : now_[i]) {
          for (const auto& [to, rack] : racks_) {
            if (contains(now_[i], to)) continue;
            if (racks_with(i, from, to) <= racks_with(i, from, from)) continue;
            std::tuple option{loads_[to].replicas, -loads_[from].replicas, from, to};
            if (!best || option < *best) best = option;
          }
        }
        replace(i, std::get<2>(*best), std::get<3>(*best));
      }
    }
  }

  /// Brokers by `load`, least first.
  template <class Load>
  std::vector<broker_id> sorted_by(Load load) {
    std::vector<broker_id> ids;
    for (const auto& [id, rack] : racks_) ids.push_back(id);
    std::ranges::stable_sort(ids, {}, [&](auto id) { return load(loads_[id]); });
    return ids;
  }

  /// From whoever has most to whoever has least, while they differ by two or more.
  void even_out_replicas() {
    while (move_one_replica()) {
    }
  }

  bool move_one_replica() {
    auto ids = sorted_by([](const plan_load& load) { return load.replicas; });
    for (auto from = ids.rbegin(); from != ids.rend(); ++from) {
      for (auto to : ids) {
        if (loads_[*from].replicas - loads_[to].replicas < 2) break;
        if (auto best = best_to_move(*from, to)) {
          replace(*best, *from, to);
          return true;
        }
      }
    }
    return false;
  }

  /// The partition that brings the two brokers' bytes closest together; the smallest of equals.
  std::optional<size_t> best_to_move(broker_id from, broker_id to) {
    const auto gap = loads_[from].bytes - loads_[to].bytes;
    std::optional<std::pair<int64_t, int64_t>> best_key;
    std::optional<size_t> best;
    for (size_t i = 0; i < now_.size(); ++i) {
      if (!can_move(i, from, to)) continue;
      std::pair key{std::abs(gap - 2 * bytes_of(i)), bytes_of(i)};
      if (best_key && *best_key <= key) continue;
      best_key = key;
      best = i;
    }
    return best;
  }

  /// Exchanges a large partition for a small one, so that the numbers of replicas stay even. Not
  /// worth it for the last fifth.
  void even_out_bytes() {
    constexpr int rounds_max = 1000;
    for (int round = 0; round < rounds_max; ++round) {
      auto ids = sorted_by([](const plan_load& load) { return load.bytes; });
      if (ids.size() < 2) return;
      int64_t total = 0;
      for (auto id : ids) total += loads_[id].bytes;
      const auto gap = loads_[ids.back()].bytes - loads_[ids.front()].bytes;
      if (gap <= total / std::ssize(ids) / 5 || !exchange(ids.back(), ids.front(), gap)) return;
    }
  }

  bool exchange(broker_id from, broker_id to, int64_t gap) {
    std::vector<size_t> large, small;
    for (size_t i = 0; i < now_.size(); ++i) {
      if (can_move(i, from, to)) large.push_back(i);
      if (can_move(i, to, from)) small.push_back(i);
    }
    std::ranges::stable_sort(small, {}, [&](size_t i) { return bytes_of(i); });
    std::optional<std::tuple<int64_t, int64_t, size_t, size_t>> best;
    for (auto i : large) {
      // What is closest to half the gap lies on either side of where the search ends.
      auto at = std::ranges::lower_bound(small, bytes_of(i) - gap / 2, {},
                                         [&](size_t j) { return bytes_of(j); });
      for (auto near : {at, at == small.begin() ? at : at - 1}) {
        if (near == small.end()) continue;
        auto difference = bytes_of(i) - bytes_of(*near);
        if (difference <= gap / 10 || difference >= gap) continue;
        std::tuple option{std::abs(gap - 2 * difference), bytes_of(*near), i, *near};
        if (!best || option < *best) best = option;
      }
    }
    if (!best) return false;
    replace(std::get<2>(*best), from, to);
    replace(std::get<3>(*best), to, from);
    return true;
  }

  /// Changes the order of replicas only: no data moves.
  void even_out_leaders() {
    for (auto& [id, load] : loads_) load.leaders = 0;
    for (const auto& replicas : now_) {
      if (!replicas.empty()) ++loads_[replicas.front()].leaders;
    }
    for (bool is_changed = true; is_changed;) {
      is_changed = false;
      for (auto& replicas : now_) is_changed = hand_over(replicas) || is_changed;
    }
  }

  bool hand_over(std::vector<broker_id>& replicas) {
    if (replicas.empty()) return false;
    auto least =
        std::ranges::min_element(replicas, {}, [&](auto id) { return loads_[id].leaders; });
    if (loads_[replicas.front()].leaders - loads_[*least].leaders < 2) return false;
    --loads_[replicas.front()].leaders;
    ++loads_[*least].leaders;
    std::iter_swap(replicas.begin(), least);
    return true;
  }

  [[nodiscard]] std::vector<replica_move> moves() const {
    std::vector<replica_move> changed;
    for (size_t i = 0; i < now_.size(); ++i) {
      const auto& before = partitions_[i].replicas;
      if (now_[i] == before) continue;
      auto added = std::ranges::count_if(now_[i], [&](auto id) { return !contains(before, id); });
      changed.push_back({partitions_[i].which, before, now_[i], bytes_of(i) * added});
    }
    return changed;
  }

  const std::vector<plan_partition>& partitions_;
  const plan_goal& goal_;
  std::map<broker_id, std::string> racks_;
  std::set<std::string> rack_names_;
  std::set<broker_id> full_;
  std::map<broker_id, plan_load> loads_;
  std::vector<std::vector<broker_id>> now_;
};

}  // namespace

outcome<std::vector<replica_move>> plan_replicas(const std::vector<plan_partition>& partitions,
                                                 const plan_goal& goal) {
  return planner(partitions, goal).plan();
}

std::map<broker_id, plan_load> loads_before(const std::vector<plan_partition>& partitions) {
  return loads_after(partitions, {});
}

std::map<broker_id, plan_load> loads_after(const std::vector<plan_partition>& partitions,
                                           const std::vector<replica_move>& moves) {
  std::map<topic_partition, const replica_move*> moved;
  for (const auto& move : moves) moved[move.which] = &move;
  std::map<broker_id, plan_load> loads;
  for (const auto& partition : partitions) {
    auto move = moved.find(partition.which);
    add_load(loads, move == moved.end() ? partition.replicas : move->second->after,
             partition.bytes);
  }
  return loads;
}

}  // namespace ottla
