#include "actors/handlers/describe_log_dirs.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "storage/log_files.hpp"

namespace ottla {
namespace {

using topic_answer = describe_log_dirs_response::describe_log_dirs_topic;

/// Collects the partitions' descriptions; answers when the last question has been answered.
class collector {
public:
  collector(session_context& session, reply_slot reply)
      : services_(session.services()), reply_(std::move(reply)) {}
  collector(const collector&) = delete;
  collector& operator=(const collector&) = delete;
  ~collector() {
    if (!reply_.is_open()) return;
    auto* disk = services_.disk;
    // Asks the filesystem's tables in memory, not the disk.
    auto space = [disk](const std::string& path) -> outcome<disk_space> {
      if (disk == nullptr) return disk_space{-1, -1};
      return disk->space(path);
    };
    reply_.send(
        answer_describe_log_dirs(services_.config->get()->log_dirs, partitions_, moves_, space));
  }
  void add(const partition_description& partition) { partitions_.push_back(partition); }
  void set_moves(const running_moves& running) { moves_ = running.moves; }

private:
  const broker_services& services_;
  reply_slot reply_;
  std::vector<partition_description> partitions_;
  std::vector<running_move> moves_;
};

std::set<topic_id_partition> wanted_of(const metadata_image& image,
                                       const describe_log_dirs_request& wanted) {
  std::set<topic_id_partition> result;
  for (const auto& named : *wanted.topics) {
    auto topic = image.find_topic(named.topic);
    if (!topic) continue;
    for (auto index : named.partitions) result.insert({topic->id(), index});
  }
  return result;
}

}  // namespace

describe_log_dirs_response answer_describe_log_dirs(
    const std::vector<std::string>& directories,
    const std::vector<partition_description>& partitions, const std::vector<running_move>& moves,
    const std::function<outcome<disk_space>(const std::string&)>& space) {
  describe_log_dirs_response response;
  std::map<std::string, std::string> normal;  // few, while the partitions are many
  for (const auto& partition : partitions) {
    auto [place, is_new] = normal.try_emplace(partition.log_directory);
    if (is_new) place->second = absolute_path(partition.log_directory);
  }
  for (const auto& directory : directories) {
    auto& result = response.results.emplace_back();
    result.log_dir = absolute_path(directory);
    auto room = space(directory);
    if (!room) {
      result.error_code = error_code::kafka_storage_error;
      continue;
    }
    result.total_bytes = room->total_bytes;
    result.usable_bytes = room->free_bytes;
    std::map<std::string, topic_answer> topics;
    for (const auto& partition : partitions) {
      auto& topic = topics[partition.which.topic];
      topic.name = partition.which.topic;
      auto move = std::ranges::find(moves, partition.which, &running_move::which);
      if (move != moves.end() && absolute_path(move->directory) == result.log_dir) {
        topic.partitions.push_back(
            {.partition_index = partition.which.partition,
             .partition_size = move->size_bytes,
             .offset_lag = std::max<int64_t>(0, partition.log_end_offset - move->end_offset),
             .is_future_key = true});
      }
      if (normal.at(partition.log_directory) != result.log_dir) continue;
      topic.partitions.push_back({.partition_index = partition.which.partition,
                                  .partition_size = partition.size_bytes,
                                  .offset_lag = std::max<int64_t>(
                                      0, partition.high_watermark - partition.log_end_offset)});
    }
    for (auto& [name, topic] : topics) {
      if (topic.partitions.empty()) continue;
      std::ranges::sort(topic.partitions, {},
                        &describe_log_dirs_response::describe_log_dirs_partition::partition_index);
      result.topics.push_back(std::move(topic));
    }
  }
  return response;
}

void handle_describe_log_dirs(session_context& session, request incoming, reply_slot reply) {
  auto decoded =
      decode<describe_log_dirs_request>(std::move(incoming.body), incoming.header.version);
  if (!decoded) return reply.close_connection(decoded.error().message);
  const auto image = session.services().metadata->get();
  auto wanted = decoded->topics ? wanted_of(*image, *decoded) : std::set<topic_id_partition>{};
  auto answers = std::make_shared<collector>(session, std::move(reply));
  session.self()
      .request(session.services().supervisor, caf::infinite, query_moves{})
      .then([answers](const running_moves& running) { answers->set_moves(running); },
            [answers](const caf::error&) {});
  for (const auto& [which, handle] : session.services().partitions->all()) {
    if (decoded->topics && !wanted.contains(which)) continue;
    session.self()
        .request(handle, caf::infinite, query_partition{})
        .then([answers](const partition_description& partition) { answers->add(partition); },
              [answers](const caf::error&) {});
  }
}

}  // namespace ottla
