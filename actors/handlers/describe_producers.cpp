#include "actors/handlers/describe_producers.hpp"

#include "actors/handlers/gather.hpp"
#include "actors/handlers/partition_access.hpp"
#include "protocol/messages/describe_producers.hpp"

namespace ottla {
namespace {

void fill(describe_producers_response::partition_response& answer, const producers_result& result) {
  answer.error_code = result.error;
  if (result.error != error_code::none)
    answer.error_message = std::string(error_text(result.error));
  for (const auto& each : result.producers) {
    answer.active_producers.push_back({.producer_id = each.id,
                                       .producer_epoch = each.epoch,
                                       .last_sequence = each.last_sequence,
                                       .last_timestamp = each.last_timestamp,
                                       .coordinator_epoch = each.coordinator_epoch,
                                       .current_txn_start_offset = each.transaction_start_offset});
  }
}

}  // namespace

void handle_describe_producers(session_context& session, request incoming, reply_slot reply) {
  auto decoded =
      decode<describe_producers_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto image = session.services().metadata->get();
  auto answers = make_gather<describe_producers_response>(std::move(reply));
  for (const auto& topic : decoded->topics) {
    auto& made = answers->response.topics.emplace_back();
    made.name = topic.name;
    for (auto index : topic.partition_indexes)
      made.partitions.emplace_back().partition_index = index;
  }
  for (size_t t = 0; t < decoded->topics.size(); ++t) {
    for (size_t p = 0; p < decoded->topics[t].partition_indexes.size(); ++p) {
      auto found =
          resolve(*image, {decoded->topics[t].name, {}, decoded->topics[t].partition_indexes[p]});
      auto answered = [answers, t, p](const producers_result& result) {
        fill(answers->response.topics[t].partitions[p], result);
      };
      if (found.error != error_code::none)
        answered({.error = found.error});
      else
        ask_partition<producers_result>(session, found.which, query_producers{}, answered);
    }
  }
}

}  // namespace ottla
