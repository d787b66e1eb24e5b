#include "cli/cluster_health.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/output.hpp"

namespace ottla {
namespace {

constexpr size_t names_shown_max = 5;

bool is_below_minimum(const topic_state& topic, const partition_state& partition) {
  return std::ssize(partition.isr) < topic.needed_in_sync(partition);
}

/// A replica that is only being added does not count against the partition.
bool is_under_replicated(const partition_state& partition) {
  return std::ranges::any_of(partition.target(), [&](broker_id id) {
    return !partition.is_in_sync(id) &&
           std::ranges::find(partition.adding, id) == partition.adding.end();
  });
}

template <class Predicate>
std::vector<std::string> partitions_where(const cluster_state& cluster, Predicate is_meant) {
  std::vector<std::string> names;
  for (const auto& topic : cluster.topics) {
    for (const auto& partition : topic.partitions) {
      if (is_meant(topic, partition)) names.push_back(to_string(partition.which));
    }
  }
  return names;
}

class judge {
public:
  explicit judge(const cluster_state& cluster) : cluster_(cluster) {}

  health verdict() && {
    look_at_controller();
    look_at_partitions();
    look_at_brokers();
    look_at_drained_brokers();
    look_at_replication_factors();
    look_at_leaders();
    std::ranges::stable_sort(found_.findings, {}, &finding::how_bad);
    return std::move(found_);
  }

private:
  void add(severity how_bad, std::string kind, std::string text, std::vector<std::string> names,
           std::string advice = {}) {
    found_.findings.push_back(
        {how_bad, std::move(kind), std::move(text), std::move(advice), std::move(names)});
  }

  /// Adds a finding about `names` unless there are none.
  void add_partitions(severity how_bad, std::string kind, std::string_view what,
                      std::vector<std::string> names, std::string advice = {}) {
    if (names.empty()) return;
    auto text = fmt::format("{} {} {}: {}", counted(std::ssize(names), "partition"),
                            names.size() == 1 ? "is" : "are", what, shortened(names));
    add(how_bad, std::move(kind), std::move(text), std::move(names), std::move(advice));
  }

  void look_at_controller() {
    if (cluster_.is_up(cluster_.controller)) return;
    add(severity::broken, "no_controller",
        "there is no controller: topics, configs and leaders cannot change", {},
        "brokers elect one among themselves while they reach ZooKeeper");
  }

  void look_at_partitions() {
    auto is_offline = [](const auto&, const auto& p) { return p.leader < 0; };
    auto offline = partitions_where(cluster_, is_offline);
    auto first = offline.empty() ? "" : offline.front();
    auto dash = first.rfind('-');
    add_partitions(severity::broken, "offline_partitions", "without a leader", std::move(offline),
                   first.empty() ? ""
                                 : fmt::format("`ottla why {}/{}` says what an election waits for",
                                               first.substr(0, dash), first.substr(dash + 1)));
    add_partitions(severity::broken, "under_min_isr_partitions",
                   "below min.insync.replicas, so that acks=all is refused",
                   partitions_where(cluster_, [&](const auto& t, const auto& p) {
                     return p.leader >= 0 && is_below_minimum(t, p);
                   }));
    add_partitions(severity::degraded, "under_replicated_partitions", "under-replicated",
                   partitions_where(cluster_, [&](const auto& t, const auto& p) {
                     return p.leader >= 0 && !is_below_minimum(t, p) && is_under_replicated(p);
                   }));
    add_partitions(
        severity::note, "moving_partitions", "being moved",
        partitions_where(cluster_, [](const auto&, const auto& p) { return p.is_moving(); }),
        "`ottla cluster reassign --watch` shows the progress");
  }

  void look_at_brokers() {
    for (auto id : cluster_.missing_brokers()) {
      add(severity::degraded, "missing_broker",
          fmt::format("broker {} has replicas but is not there", id), {std::to_string(id)},
          fmt::format("start it; if it does not return, `ottla cluster drain {}` gives its "
                      "replicas to others",
                      id));
    }
    for (const auto& broker : cluster_.brokers) {
      if (!broker.is_fenced) continue;
      add(severity::degraded, "fenced_broker",
          fmt::format("broker {} is fenced: it is starting, or the controller finds nobody there",
                      broker.id),
          {std::to_string(broker.id)});
    }
  }

  void look_at_drained_brokers() {
    for (const auto& broker : cluster_.brokers) {
      if (!broker.is_draining) continue;
      const auto kept = partitions_where(
          cluster_, [&](const auto&, const auto& p) { return p.has_replica(broker.id); });
      auto text = kept.empty() ? fmt::format("broker {} is drained: it has nothing", broker.id)
                               : fmt::format("broker {} is being drained, and has replicas of {}",
                                             broker.id, shortened(kept));
      add(severity::note, "draining_broker", std::move(text), {std::to_string(broker.id)},
          kept.empty()
              ? fmt::format("take it away, or `ottla cluster drain {} --cancel`", broker.id)
              : fmt::format("`ottla cluster drain {}` moves them away, --cancel keeps them",
                            broker.id));
    }
  }

  void look_at_replication_factors() {
    const auto wanted = static_cast<size_t>(std::max(cluster_.default_replication_factor, 1));
    std::vector<std::string> names, shown;
    for (const auto& topic : cluster_.topics) {  // internal ones come first
      if (topic.replication_factor() >= wanted) continue;
      names.push_back(topic.name);
      shown.push_back(fmt::format("{} ({})", topic.name, topic.replication_factor()));
    }
    if (names.empty()) return;
    auto text =
        fmt::format("{} fewer replicas than default.replication.factor={}: {}",
                    names.size() == 1 ? "1 topic has" : fmt::format("{} topics have", names.size()),
                    wanted, shortened(shown));
    add(severity::degraded, "low_replication_factor", std::move(text), std::move(names),
        fmt::format("`ottla cluster rebalance --replication-factor {}`", wanted));
  }

  void look_at_leaders() {
    auto names = partitions_where(cluster_, [&](const auto&, const auto& p) {
      return p.leader >= 0 && !p.replicas.empty() && p.leader != p.replicas.front() &&
             p.is_in_sync(p.replicas.front()) && may_lead(p.replicas.front());
    });
    if (names.empty()) return;
    auto text = fmt::format(
        "{} not led by the preferred replica, which is in sync: {}",
        names.size() == 1 ? "1 partition is" : fmt::format("{} partitions are", names.size()),
        shortened(names));
    add(severity::note, "not_preferred_leaders", std::move(text), std::move(names),
        "`ottla cluster elect`");
  }

  [[nodiscard]] bool may_lead(broker_id id) const {
    return cluster_.is_up(id) && !cluster_.find_broker(id)->is_draining;
  }

  const cluster_state& cluster_;
  health found_;
};

}  // namespace

severity health::worst() const {
  return findings.empty() ? severity::note : findings.front().how_bad;
}

health judge_cluster(const cluster_state& cluster) {
  return judge(cluster).verdict();
}

std::string_view verdict_word(severity worst) {
  switch (worst) {
    case severity::broken:
      return "broken";
    case severity::degraded:
      return "degraded";
    case severity::note:
      break;
  }
  return "healthy";
}

std::string shortened(const std::vector<std::string>& names) {
  if (names.size() <= names_shown_max) return fmt::format("{}", fmt::join(names, ", "));
  auto first = std::vector(names.begin(), names.begin() + names_shown_max);
  return fmt::format("{} and {} more", fmt::join(first, ", "), names.size() - names_shown_max);
}

std::string id_list(const std::vector<broker_id>& ids) {
  return ids.empty() ? "-" : fmt::format("{}", fmt::join(ids, ","));
}

std::string partition_trouble(const topic_state& topic, const partition_state& partition) {
  if (partition.leader < 0) return "no leader";
  if (is_below_minimum(topic, partition)) {
    return fmt::format("below min.insync.replicas={}", topic.min_insync_replicas);
  }
  if (is_under_replicated(partition)) return "under-replicated";
  return {};
}

}  // namespace ottla
