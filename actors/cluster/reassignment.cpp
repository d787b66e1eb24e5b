#include "actors/cluster/reassignment.hpp"

#include <fmt/format.h>

#include "actors/cluster/manual_assignment.hpp"
#include "actors/cluster/replica_moves.hpp"

namespace ottla {
namespace {

using wanted_partition = alter_partition_reassignments_request::reassignable_partition;

outcome<void> of(error_code code) {
  if (code == error_code::none) return {};
  if (code == error_code::invalid_replica_assignment) {
    return fault{code,
                 "Unable to revert partition assignment because it would require an unclean "
                 "leader election: nobody else is in sync."};
  }
  return fault{code, std::string{error_text(code)}};
}

outcome<void> check_target(const partition_record& record, const std::vector<broker_id>& target,
                           bool may_change_factor, const metadata_image& image) {
  OTTLA_TRY(check_manual_replicas(target, 0, image));
  const auto factor = record.replicas.size() - record.adding.size();
  if (may_change_factor || target.size() == factor) return {};
  return fault{
      error_code::invalid_replication_factor,
      fmt::format("The replication factor is changed from {} to {}", factor, target.size())};
}

outcome<void> alter_one(const change_context& context, const std::string& name,
                        const wanted_partition& wanted, bool may_change_factor) {
  const auto* topic = context.draft.find_topic(name);
  if (topic == nullptr) {
    return fault{error_code::unknown_topic_or_partition,
                 fmt::format("Unable to find a topic named {}.", name)};
  }
  const auto index = wanted.partition_index;
  if (index < 0 || index >= topic->partition_count) {
    return fault{error_code::unknown_topic_or_partition,
                 fmt::format("Unable to find partition {}:{}.", name, index)};
  }
  const auto& before = context.draft.partition(topic->id, index);
  auto record = before;
  const auto view = view_of(context, topic->configs);
  if (!wanted.replicas) {
    OTTLA_TRY(of(cancel_move(record, view)));
  } else {
    OTTLA_TRY(check_target(record, *wanted.replicas, may_change_factor, context.draft.base()));
    OTTLA_TRY(of(move_replicas(record, *wanted.replicas, view)));
  }
  if (record != before) context.draft.set_partition(topic->id, index, std::move(record));
  return {};
}

}  // namespace

alter_partition_reassignments_response alter_partition_reassignments(
    const change_context& context, const alter_partition_reassignments_request& request) {
  const bool may_change_factor = request.allow_replication_factor_change;
  alter_partition_reassignments_response response{.allow_replication_factor_change =
                                                      may_change_factor};
  for (const auto& topic : request.topics) {
    auto& answer = response.responses.emplace_back();
    answer.name = topic.name;
    for (const auto& wanted : topic.partitions) {
      auto altered = alter_one(context, topic.name, wanted, may_change_factor);
      auto& said = answer.partitions.emplace_back();
      said.partition_index = wanted.partition_index;
      if (altered) continue;
      said.error_code = altered.error().code;
      said.error_message = altered.error().message;
    }
  }
  return response;
}

}  // namespace ottla
