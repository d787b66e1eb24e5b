#include "actors/handlers/delete_records.hpp"

#include "actors/cluster/record_deletion.hpp"
#include "actors/handlers/gather.hpp"
#include "actors/handlers/partition_access.hpp"
#include "protocol/messages/delete_records.hpp"

namespace ottla {
namespace {

error_code check(const broker_config& config, const resolved_partition& found) {
  if (found.error != error_code::none) return found.error;
  return record_deletion_problem(config, *found.topic);
}

}  // namespace

void handle_delete_records(session_context& session, request incoming, reply_slot reply) {
  auto decoded = decode<delete_records_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto image = session.services().metadata->get();
  const auto config = session.services().config->get();
  auto answers = make_gather<delete_records_response>(std::move(reply));
  for (const auto& topic : decoded->topics) {
    auto& made = answers->response.topics.emplace_back();
    made.name = topic.name;
    for (const auto& each : topic.partitions) {
      made.partitions.push_back({.partition_index = each.partition_index, .low_watermark = -1});
    }
  }
  for (size_t t = 0; t < decoded->topics.size(); ++t) {
    for (size_t p = 0; p < decoded->topics[t].partitions.size(); ++p) {
      const auto& asked = decoded->topics[t].partitions[p];
      auto fill = [answers, t, p](const delete_records_result& result) {
        auto& answer = answers->response.topics[t].partitions[p];
        answer.error_code = result.error;
        answer.low_watermark = result.low_watermark;
      };
      auto found = resolve(*image, {decoded->topics[t].name, {}, asked.partition_index});
      if (auto error = check(*config, found); error != error_code::none) {
        fill({.error = error});
        continue;
      }
      ask_partition<delete_records_result>(session, found.which,
                                           delete_records_before{asked.offset}, fill);
    }
  }
}

}  // namespace ottla
