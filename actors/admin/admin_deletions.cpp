// Deleting the oldest records of partitions, for the admin interface.
#include <algorithm>
#include <caf/error.hpp>
#include <utility>

#include "actors/admin/admin_access.hpp"
#include "actors/admin/admin_actor.hpp"
#include "actors/admin/in_turns.hpp"
#include "actors/admin/partition_faults.hpp"
#include "actors/cluster/record_deletion.hpp"

namespace ottla {
namespace {

constexpr size_t deletions_at_a_time = 16;

/// What would become of one partition.
deleted_records planned(const partition_deletion& wanted, const partition_description* said,
                        broker_id leader) {
  deleted_records answer{.partition = wanted.partition};
  if (said == nullptr || !said->is_leader) {
    answer.failure = not_here(leader);
    return answer;
  }
  answer.start = said->log_start_offset;
  answer.before = std::max(answer.start, wanted.before.value_or(said->high_watermark));
  if (answer.before > said->high_watermark) {
    answer.failure = fault{error_code::offset_out_of_range,
                           "the log ends at offset " + std::to_string(said->high_watermark), 0};
  }
  return answer;
}

}  // namespace

void admin_actor::delete_records(const record_deletion& wanted,
                                 const admin_reply<std::vector<deleted_records>>& reply) {
  auto topic = topic_for(wanted.topic, reply);
  if (!topic) return;
  const auto problem = record_deletion_problem(*services_.config->get(), *topic);
  if (problem != error_code::none) {
    return reply(fault{problem,
                       topic->is_internal() ? "the topic is internal"
                                            : "cleanup.policy of the topic is not delete",
                       0});
  }
  std::vector<topic_id_partition> which;
  for (const auto& each : wanted.partitions) {
    if (topic->find_partition(each.partition) == nullptr) {
      return reply(fault{error_code::unknown_topic_or_partition,
                         "the topic has no partition " + std::to_string(each.partition), 0});
    }
    which.push_back({topic->id(), each.partition});
  }
  describe(which, [=, this](const partition_descriptions& known) {
    using results = std::vector<deleted_records>;
    results plans;
    for (size_t i = 0; i < which.size(); ++i) {
      auto found = known.find(which[i]);
      plans.push_back(planned(wanted.partitions[i], found == known.end() ? nullptr : &found->second,
                              topic->partition(which[i].partition).leader.id));
    }
    if (wanted.validate_only) return reply(std::move(plans));
    auto answers =
        gather_for<results>(std::move(plans), [reply](results& all) { reply(std::move(all)); });
    in_turns::start(
        which.size(), deletions_at_a_time,
        [=, this](size_t i, const in_turns::ended_function& ended) {
          auto& answer = (*answers)[i];
          if (answer.failure || is_over_) return ended();
          const auto leader = topic->partition(which[i].partition).leader.id;
          auto fail = [answers, i, leader, ended](error_code error) {
            (*answers)[i].failure = refusal(error, leader);
            ended();
          };
          auto handle = services_.partitions->find(which[i]);
          if (!handle) return fail(error_code::not_leader_or_follower);
          this->request(handle, caf::infinite, delete_records_before{answer.before})
              .then(
                  [answers, i, fail, ended](const delete_records_result& said) {
                    if (said.error != error_code::none) return fail(said.error);
                    (*answers)[i].before = said.low_watermark;
                    ended();
                  },
                  [fail](const caf::error&) { fail(error_code::not_leader_or_follower); });
        });
  });
}

}  // namespace ottla
