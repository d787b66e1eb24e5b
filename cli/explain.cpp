#include "cli/explain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/cluster_health.hpp"
#include "cli/output.hpp"

namespace ottla {
namespace {

std::string broker_condition(const cluster_state& cluster, broker_id id) {
  const auto* broker = cluster.find_broker(id);
  if (broker == nullptr)
    return fmt::format("broker {} is not registered: it is down or cut off", id);
  if (broker->is_fenced) {
    return fmt::format("broker {} is fenced: it is starting, or the controller finds nobody there",
                       id);
  }
  return fmt::format("broker {} is up", id);
}

std::vector<broker_id> up_replicas(const cluster_state& cluster, const partition_state& partition) {
  std::vector<broker_id> ids;
  for (auto id : partition.replicas) {
    if (cluster.is_up(id)) ids.push_back(id);
  }
  return ids;
}

std::optional<int64_t> bytes_on(const std::vector<replica_fact>& replicas, broker_id id) {
  auto at = std::ranges::find(replicas, id, &replica_fact::id);
  return at == replicas.end() ? std::nullopt : at->bytes;
}

class partition_story {
public:
  partition_story(const cluster_state& cluster, const topic_state& topic,
                  const partition_state& partition, const std::vector<replica_fact>& replicas)
      : cluster_(cluster), topic_(topic), partition_(partition), replicas_(replicas) {
    told_.subject = to_string(partition.which);
  }

  explanation tell() && {
    tell_leader();
    tell_in_sync();
    for (auto id : partition_.replicas) tell_absent_replica(id);
    tell_election();
    tell_move();
    told_.is_well = partition_trouble(topic_, partition_).empty();
    told_.verdict = verdict();
    return std::move(told_);
  }

private:
  void fact(std::string text) { told_.facts.push_back(std::move(text)); }

  [[nodiscard]] bool is_below_minimum() const {
    return std::ssize(partition_.isr) < topic_.needed_in_sync(partition_);
  }

  [[nodiscard]] std::string verdict() const {
    if (partition_.leader < 0) return "it has no leader: nobody can read or write it";
    if (is_below_minimum()) return "it can be read; writes with acks=all are refused";
    if (!told_.is_well) return "it can be read and written, but lacks replicas";
    return "it is well";
  }

  void tell_leader() {
    const auto preferred = partition_.replicas.empty() ? no_broker : partition_.replicas.front();
    if (partition_.leader < 0) {
      fact(fmt::format("nobody leads it since leader epoch {}", partition_.epoch));
      return;
    }
    fact(fmt::format("broker {} leads it since leader epoch {}{}", partition_.leader,
                     partition_.epoch,
                     partition_.leader == preferred ? ", as the preferred replica" : ""));
    if (partition_.leader == preferred) return;
    if (partition_.is_in_sync(preferred) && cluster_.is_up(preferred)) {
      fact(fmt::format("the preferred leader, broker {}, is in sync and could lead", preferred));
      told_.advice.push_back(fmt::format("`ottla cluster elect {}/{}` gives the leadership back",
                                         partition_.which.topic, partition_.which.partition));
    } else {
      fact(fmt::format("the preferred leader, broker {}, is not in sync", preferred));
    }
  }

  void tell_in_sync() {
    const auto needed = topic_.needed_in_sync(partition_);
    const auto count = static_cast<int32_t>(partition_.isr.size());
    auto text = fmt::format("in sync: {} of {} ({}); acks=all needs {}", count,
                            partition_.replicas.size(), id_list(partition_.isr), needed);
    if (partition_.leader >= 0 && count == needed && count < std::ssize(partition_.replicas)) {
      text += ", so one more loss refuses it";
    }
    fact(std::move(text));
  }

  void tell_absent_replica(broker_id id) {
    if (partition_.is_in_sync(id)) return;
    auto text = fmt::format("replica {} is out of sync: {}", id, broker_condition(cluster_, id));
    auto own = bytes_on(replicas_, id);
    auto led = bytes_on(replicas_, partition_.leader);
    if (cluster_.is_up(id) && partition_.leader >= 0) {
      text += fmt::format(" and has to catch up with broker {}", partition_.leader);
      if (own && led) {
        text += fmt::format("; it has {} of {}", readable_bytes(*own), readable_bytes(*led));
      } else if (!own) {
        text += "; it does not say how far it is";
      }
    }
    fact(std::move(text));
  }

  /// Who may lead next: the last ISR, else an eligible replica, else only an unclean election.
  void tell_election() {
    if (partition_.leader >= 0) return;
    auto candidates = partition_.isr;
    candidates.insert(candidates.end(), partition_.eligible.begin(), partition_.eligible.end());
    if (candidates.empty()) {
      fact("no replica is known to have all acknowledged records");
    } else {
      fact(fmt::format("only {} surely {} all acknowledged records, and {}", id_list(candidates),
                       candidates.size() == 1 ? "has" : "have",
                       candidates.size() == 1 ? broker_condition(cluster_, candidates.front())
                                              : "none of them leads"));
      told_.advice.push_back(
          fmt::format("start broker {}: the election follows by itself", id_list(candidates)));
    }
    if (auto alive = up_replicas(cluster_, partition_); !alive.empty()) {
      told_.advice.push_back(fmt::format(
          "if that is lost for good, `ottla cluster elect {}/{} --unclean` lets {} lead, and "
          "records that it lacks are lost",
          partition_.which.topic, partition_.which.partition, id_list(alive)));
    } else {
      fact("no broker with a replica is up");
    }
  }

  void tell_move() {
    if (!partition_.is_moving()) return;
    fact(fmt::format("it is being moved to {}: adding {}, removing {}",
                     id_list(partition_.target()), id_list(partition_.adding),
                     id_list(partition_.removing)));
    std::vector<broker_id> awaited;
    for (auto id : partition_.adding) {
      if (!partition_.is_in_sync(id)) awaited.push_back(id);
    }
    if (!awaited.empty()) {
      fact(fmt::format("the move waits for {} to be in sync", id_list(awaited)));
    }
  }

  const cluster_state& cluster_;
  const topic_state& topic_;
  const partition_state& partition_;
  const std::vector<replica_fact>& replicas_;
  explanation told_;
};

struct broker_share {
  int leading = 0, replicas = 0;
  std::vector<std::string> out_of_sync;  ///< Its replicas that have to catch up.
  std::vector<std::string> alone;        ///< Partitions that nobody else has in sync.
  std::vector<std::string> waiting;      ///< Partitions without a leader that it has a replica of.
};

broker_share share_of(const cluster_state& cluster, broker_id id) {
  broker_share share;
  for (const auto& topic : cluster.topics) {
    for (const auto& partition : topic.partitions) {
      if (!partition.has_replica(id)) continue;
      ++share.replicas;
      auto name = to_string(partition.which);
      if (partition.leader == id) ++share.leading;
      if (partition.leader < 0) share.waiting.push_back(name);
      if (!partition.is_in_sync(id)) {
        share.out_of_sync.push_back(name);
      } else if (partition.isr.size() == 1) {
        share.alone.push_back(name);
      }
    }
  }
  return share;
}

void tell_disks(explanation& told, const std::optional<broker_disks>& disks) {
  if (!disks) {
    told.is_well = false;
    told.facts.emplace_back("it does not answer on its advertised address");
    return;
  }
  told.facts.push_back(
      fmt::format("it answers; its logs take {}", readable_bytes(disks->used_bytes)));
  if (disks->failed_directories.empty()) return;
  told.is_well = false;
  told.facts.push_back("log directories that have failed: " + shortened(disks->failed_directories));
  told.advice.emplace_back("replace the disk and restart the broker: its replicas are copied anew");
}

void tell_share(explanation& told, const cluster_state& cluster, const broker_share& share,
                broker_id id) {
  told.facts.push_back(fmt::format("it leads {} and has {}", counted(share.leading, "partition"),
                                   counted(share.replicas, "replica")));
  if (!share.out_of_sync.empty()) {
    told.is_well = false;
    told.facts.push_back(fmt::format("{} not in sync: {}",
                                     counted(std::ssize(share.out_of_sync), "replica"),
                                     shortened(share.out_of_sync)));
  }
  if (!share.alone.empty() && cluster.is_up(id)) {
    told.facts.push_back("nobody else has these in sync, so they stop with it: " +
                         shortened(share.alone));
  }
  if (!share.waiting.empty()) {
    told.facts.push_back("partitions without a leader that it has replicas of: " +
                         shortened(share.waiting));
  }
}

}  // namespace

explanation explain_partition(const cluster_state& cluster, const topic_state& topic,
                              const partition_state& partition,
                              const std::vector<replica_fact>& replicas) {
  return partition_story(cluster, topic, partition, replicas).tell();
}

explanation explain_broker(const cluster_state& cluster, broker_id id,
                           const std::optional<broker_disks>& disks) {
  explanation told{.subject = fmt::format("broker {}", id)};
  auto share = share_of(cluster, id);
  const auto* broker = cluster.find_broker(id);
  if (broker == nullptr) {
    told.is_well = false;
    told.verdict = share.replicas > 0 ? "it is not there" : "the cluster knows no such broker";
    told.facts.push_back(broker_condition(cluster, id));
    if (share.replicas == 0) return told;
    told.advice.push_back(fmt::format(
        "start it; if it does not return, `ottla cluster drain {}` gives its replicas to others",
        id));
  } else {
    told.facts.push_back(fmt::format("it is registered as {}{}", broker->address,
                                     broker->rack ? ", rack " + *broker->rack : ""));
    if (broker->is_fenced) {
      told.is_well = false;
      told.facts.push_back(broker_condition(cluster, id));
    }
    if (broker->is_draining) told.facts.emplace_back("it is being drained");
    if (cluster.controller == id) told.facts.emplace_back("it is the controller");
    tell_disks(told, disks);
  }
  tell_share(told, cluster, share, id);
  if (told.verdict.empty()) told.verdict = told.is_well ? "it is well" : "it is not well";
  return told;
}

explanation explain_group(const group_facts& group) {
  const auto& view = group.view;
  explanation told{.subject = "group " + view.id};
  const bool is_rebalancing =
      view.state == "PreparingRebalance" || view.state == "CompletingRebalance";
  told.facts.push_back(fmt::format("broker {} coordinates it", view.coordinator));
  if (group.offsets_partition) {
    told.facts.push_back(fmt::format("because it leads {} since leader epoch {}",
                                     to_string(group.offsets_partition->which),
                                     group.offsets_partition->epoch));
  }
  told.facts.push_back(fmt::format("its state is {}, with {}", view.state,
                                   counted(std::ssize(view.members), "member")));
  if (!view.waits_for.empty()) told.facts.push_back(view.waits_for);
  if (view.members.empty()) {
    told.verdict = "nobody reads: it has no members";
  } else if (is_rebalancing) {
    told.is_well = false;
    told.verdict = "its members are being given partitions; nobody reads meanwhile";
  } else {
    told.verdict = group.lag == 0 ? "it is well and has read everything" : "it is well and reads";
  }
  told.facts.push_back(
      group.lag == 1 ? "1 record is not read yet"
                     : fmt::format("{} records are not read yet", with_separators(group.lag)));
  if (!view.members.empty() && !is_rebalancing && !group.unassigned.empty()) {
    std::vector<std::string> names;
    for (const auto& each : group.unassigned) names.push_back(to_string(each));
    told.is_well = false;
    told.verdict = "some partitions are read by nobody";
    told.facts.push_back("no member has " + shortened(names));
  }
  return told;
}

}  // namespace ottla
