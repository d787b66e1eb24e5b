#include "actors/handlers/offset_for_leader_epoch.hpp"

#include "actors/handlers/gather.hpp"
#include "actors/handlers/partition_access.hpp"
#include "protocol/messages/offset_for_leader_epoch.hpp"

namespace ottla {

void handle_offset_for_leader_epoch(session_context& session, request incoming, reply_slot reply) {
  auto decoded =
      decode<offset_for_leader_epoch_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto image = session.services().metadata->get();
  auto answers = make_gather<offset_for_leader_epoch_response>(std::move(reply));
  for (const auto& topic : decoded->topics) {
    auto& made = answers->response.topics.emplace_back();
    made.topic = topic.topic;
    for (const auto& each : topic.partitions)
      made.partitions.emplace_back().partition = each.partition;
  }
  for (size_t t = 0; t < decoded->topics.size(); ++t) {
    for (size_t p = 0; p < decoded->topics[t].partitions.size(); ++p) {
      const auto& asked = decoded->topics[t].partitions[p];
      auto fill = [answers, t, p](const epoch_end_result& result) {
        auto& answer = answers->response.topics[t].partitions[p];
        answer.error_code = result.error;
        answer.leader_epoch = result.end.epoch;
        answer.end_offset = result.end.end_offset;
      };
      auto found = resolve(*image, {decoded->topics[t].topic, {}, asked.partition});
      if (found.error != error_code::none) {
        fill({.error = found.error});
        continue;
      }
      ask_partition<epoch_end_result>(
          session, found.which,
          query_epoch_end{.epoch = asked.leader_epoch, .current_epoch = asked.current_leader_epoch},
          fill);
    }
  }
}

}  // namespace ottla
