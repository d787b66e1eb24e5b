// Moves of replicas and elections of leaders, for the admin interface: what the image says of them,
// and the controller's own requests.
#include <caf/error.hpp>
#include <map>
#include <utility>

#include "actors/admin/admin_access.hpp"
#include "actors/admin/admin_actor.hpp"
#include "actors/admin/admin_change.hpp"
#include "actors/cluster/replica_moves.hpp"

namespace ottla {
namespace {

using outcomes = std::vector<partition_outcome>;

constexpr int32_t change_timeout_ms = 30'000;
constexpr int8_t preferred_election = 0;
constexpr int8_t unclean_election = 1;

/// Puts the controller's verdicts, in whatever order, to the partitions that were asked for.
class verdicts {
public:
  void add(const std::string& topic, partition_index partition, error_code error,
           const std::optional<std::string>& message) {
    if (error != error_code::none) {
      failures_.insert_or_assign({topic, partition}, fault_of(error, message.value_or("")));
    }
  }
  [[nodiscard]] outcomes of(const std::vector<topic_partition>& wanted) const {
    outcomes all;
    for (const auto& each : wanted) {
      auto found = failures_.find(each);
      all.push_back({each, found == failures_.end() ? std::nullopt : std::optional{found->second}});
    }
    return all;
  }

private:
  std::map<topic_partition, fault> failures_;
};

/// The item of that topic, made if there is none.
template <class Topics, class Make>
auto& item_of(Topics& topics, const std::string& name, Make make) {
  for (auto& each : topics) {
    if (make(each) == name) return each;
  }
  auto& added = topics.emplace_back();
  make(added) = name;
  return added;
}

}  // namespace

void admin_actor::reassignments(const admin_reply<std::vector<reassignment_view>>& reply) {
  auto image = image_for(reply);
  if (!image) return;
  std::vector<reassignment_view> all;
  for (const auto& topic : image->topics_by_name()) {
    for (partition_index i = 0; i < topic->partition_count(); ++i) {
      const auto& record = topic->partition(i);
      if (!is_moving(record)) continue;
      all.push_back({{topic->name(), i}, record.replicas, record.adding, leaving_replicas(record)});
    }
  }
  reply(std::move(all));
}

void admin_actor::reassign(const std::vector<replica_choice>& wanted,
                           const admin_reply<outcomes>& reply) {
  if (!image_for(reply)) return;
  alter_partition_reassignments_request request{.timeout_ms = change_timeout_ms};
  std::vector<topic_partition> which;
  for (const auto& each : wanted) {
    item_of(request.topics, each.which.topic, [](auto& topic) -> auto& {
      return topic.name;
    }).partitions.push_back({each.which.partition, each.replicas});
    which.push_back(each.which);
  }
  change(
      std::move(request), 1,
      [reply, which](const alter_partition_reassignments_response& said) {
        if (said.error_code != error_code::none) {
          return reply(fault_of(said.error_code, said.error_message.value_or("")));
        }
        verdicts found;
        for (const auto& topic : said.responses) {
          for (const auto& each : topic.partitions) {
            found.add(topic.name, each.partition_index, each.error_code, each.error_message);
          }
        }
        reply(found.of(which));
      },
      reply);
}

void admin_actor::elect_leaders(const leader_election& wanted, const admin_reply<outcomes>& reply) {
  if (!image_for(reply)) return;
  elect_leaders_request request{
      .election_type = wanted.is_unclean ? unclean_election : preferred_election,
      .timeout_ms = change_timeout_ms};
  auto& topics = request.topic_partitions.emplace();
  for (const auto& each : wanted.partitions) {
    item_of(topics, each.topic, [](auto& topic) -> auto& {
      return topic.topic;
    }).partitions.push_back(each.partition);
  }
  change(
      std::move(request), 2,
      [reply, which = wanted.partitions](const elect_leaders_response& said) {
        if (said.error_code != error_code::none) return reply(fault_of(said.error_code));
        verdicts found;
        for (const auto& topic : said.replica_election_results) {
          for (const auto& each : topic.partition_result) {
            found.add(topic.topic, each.partition_id, each.error_code, each.error_message);
          }
        }
        reply(found.of(which));
      },
      reply);
}

}  // namespace ottla
