#include "actors/handlers/fetch_answer.hpp"

#include <utility>

namespace ottla {
namespace {

using topic_answer = fetch_response::fetchable_topic_response;
using partition_answer = fetch_response::partition_data;

/// Before v6 clients do not know that a disk can fail: they look for another leader.
error_code error_for(api_version version, error_code error) {
  if (error == error_code::kafka_storage_error && version < 6) {
    return error_code::not_leader_or_follower;
  }
  return error;
}

/// Gives each partition what is left of the budget: all of its records or none.
class byte_budget {
public:
  explicit byte_budget(int64_t bytes) : left_(bytes) {}

  bool take(int64_t bytes) {
    if (bytes > left_ && !is_first_) return false;
    is_first_ = false;
    left_ -= bytes;
    return true;
  }

private:
  int64_t left_;
  bool is_first_ = true;
};

partition_answer answer_partition(fetched_partition& fetched, byte_budget& budget,
                                  const fetch_answer_terms& terms) {
  auto& result = fetched.result;
  partition_answer answer;
  answer.partition_index = fetched.position.target.partition;
  answer.error_code = error_for(terms.version, result.error);
  answer.high_watermark = result.high_watermark;
  answer.last_stable_offset = result.last_stable_offset;
  answer.log_start_offset = result.log_start_offset;
  if (terms.isolation == isolation_level::read_committed) answer.aborted_transactions.emplace();
  if (result.hint.leader != no_broker) {
    answer.current_leader = {result.hint.leader, result.hint.epoch};
  }
  if (result.diverging) {
    answer.diverging_epoch = {result.diverging->epoch, result.diverging->end_offset};
  }
  answer.preferred_read_replica = result.preferred_replica;
  const auto bytes = size_bytes(result.records);
  if (bytes > 0 && budget.take(bytes)) answer.records = std::move(result.records);
  return answer;
}

bool client_must_hear(const fetched_partition& fetched, const partition_answer& answer,
                      const fetch_context& context) {
  if (!context.session) return true;
  bool is_news = context.session->answered(fetched.position.target,
                                           {.error = answer.error_code,
                                            .has_records = size_bytes(answer.records) > 0,
                                            .diverges = fetched.result.diverging.has_value(),
                                            .is_sent_elsewhere = answer.preferred_read_replica >= 0,
                                            .high_watermark = answer.high_watermark,
                                            .log_start_offset = answer.log_start_offset});
  return is_news || !context.incremental;
}

}  // namespace

std::vector<topic_answer> answer_topics(std::vector<fetched_partition>& fetched,
                                        const fetch_context& context,
                                        const fetch_answer_terms& terms) {
  std::vector<topic_answer> topics;
  byte_budget budget{terms.max_bytes};
  for (auto& each : fetched) {
    auto answer = answer_partition(each, budget, terms);
    if (!client_must_hear(each, answer, context)) continue;
    const auto& target = each.position.target;
    bool is_same_topic = !topics.empty() && topics.back().topic == target.topic &&
                         topics.back().topic_id == target.topic_id;
    if (!is_same_topic) topics.push_back({target.topic, target.topic_id, {}});
    topics.back().partitions.push_back(std::move(answer));
  }
  return topics;
}

}  // namespace ottla
