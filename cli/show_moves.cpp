#include "cli/show_moves.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <chrono>
#include <set>
#include <utility>

#include "cli/command_line.hpp"
#include "cli/json.hpp"
#include "cli/move_pace.hpp"
#include "cli/move_throttle.hpp"
#include "cli/output.hpp"

namespace ottla {
namespace {

namespace json = boost::json;

struct plan_cost {
  int64_t bytes = 0;
  int64_t copies = 0;  ///< Replicas that a broker gets.
};

plan_cost cost_of(const std::vector<replica_move>& moves) {
  plan_cost cost;
  for (const auto& move : moves) {
    cost.bytes += move.bytes;
    std::set<broker_id> before(move.before.begin(), move.before.end());
    for (auto id : move.after) {
      if (!before.contains(id)) ++cost.copies;
    }
  }
  return cost;
}

std::string change_text(int64_t before, int64_t after) {
  return before == after ? std::to_string(after) : fmt::format("{} > {}", before, after);
}

std::string bytes_change_text(int64_t before, int64_t after) {
  return before == after ? readable_bytes(after)
                         : fmt::format("{} > {}", readable_bytes(before), readable_bytes(after));
}

/// Every broker that has something before or after.
std::map<broker_id, std::pair<plan_load, plan_load>> loads_of(
    const std::vector<plan_partition>& partitions, const std::vector<replica_move>& moves) {
  std::map<broker_id, std::pair<plan_load, plan_load>> loads;
  for (const auto& [id, load] : loads_before(partitions)) loads[id].first = load;
  for (const auto& [id, load] : loads_after(partitions, moves)) loads[id].second = load;
  return loads;
}

json::object load_json(const plan_load& load) {
  return {{"replicas", load.replicas}, {"leaders", load.leaders}, {"bytes", load.bytes}};
}

json::object progress_json(const move_progress& progress, const move_pace& pace) {
  return {{"partitions", progress.partitions},
          {"bytes_to_copy", progress.bytes_to_copy},
          {"bytes_copied", progress.bytes_copied},
          {"bytes_per_second", json_or_null(pace.bytes_per_second())},
          {"seconds_left", json_or_null(pace.seconds_left())}};
}

std::string pace_text(const move_pace& pace) {
  const auto bytes = pace.bytes_per_second();
  if (!bytes) return "";
  auto text = fmt::format(", {}/s", readable_bytes(*bytes));
  if (const auto left = pace.seconds_left()) {
    text += fmt::format(", about {} left", readable_duration(*left * 1'000));
  }
  return text;
}

int64_t mono_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

json::object wanted_json(const wanted_replicas& wanted) {
  json::value replicas = nullptr;
  if (wanted.replicas) replicas = json::value_from(*wanted.replicas);
  return {{"topic", wanted.which.topic},
          {"partition", wanted.which.partition},
          {"replicas", std::move(replicas)}};
}

json::object moving_json(const partition_state& partition) {
  return {{"topic", partition.which.topic},
          {"partition", partition.which.partition},
          {"replicas", json::value_from(partition.replicas)},
          {"in_sync", json::value_from(partition.isr)},
          {"adding", json::value_from(partition.adding)},
          {"removing", json::value_from(partition.removing)}};
}

json::object plan_json(const std::vector<plan_partition>& partitions,
                       const std::vector<replica_move>& moves,
                       const std::optional<int64_t>& throttle, bool is_applied) {
  std::optional<int64_t> seconds;
  if (throttle) seconds = seconds_at(moves, *throttle);
  json::array changes, brokers;
  for (const auto& move : moves) {
    changes.push_back(json::object{{"topic", move.which.topic},
                                   {"partition", move.which.partition},
                                   {"before", json::value_from(move.before)},
                                   {"after", json::value_from(move.after)},
                                   {"bytes", move.bytes}});
  }
  for (const auto& [id, loads] : loads_of(partitions, moves)) {
    brokers.push_back(json::object{
        {"id", id}, {"before", load_json(loads.first)}, {"after", load_json(loads.second)}});
  }
  return {{"applied", is_applied},
          {"bytes_to_copy", cost_of(moves).bytes},
          {"throttle", json_or_null(throttle)},
          {"estimated_seconds", json_or_null(seconds)},
          {"brokers", std::move(brokers)},
          {"partitions", std::move(changes)}};
}

void print_plan(const std::vector<plan_partition>& partitions,
                const std::vector<replica_move>& moves, const std::optional<int64_t>& throttle) {
  text_table table({{"BROKER", alignment::right},
                    {"REPLICAS", alignment::right},
                    {"PREFERRED LEADER OF", alignment::right},
                    {"BYTES", alignment::right}});
  for (const auto& [id, loads] : loads_of(partitions, moves)) {
    const auto& [before, after] = loads;
    table.add({std::to_string(id), change_text(before.replicas, after.replicas),
               change_text(before.leaders, after.leaders),
               bytes_change_text(before.bytes, after.bytes)});
  }
  auto cost = cost_of(moves);
  print(fmt::format("{}\n{} {}: {} to copy, {}\n", table.to_text(),
                    counted(std::ssize(moves), "partition"),
                    moves.size() == 1 ? "changes" : "change", counted(cost.copies, "replica"),
                    readable_bytes(cost.bytes)));
  if (!throttle || cost.bytes == 0) return;
  print(fmt::format("At {}/s for each broker that takes about {}\n", readable_bytes(*throttle),
                    readable_duration(seconds_at(moves, *throttle) * 1'000)));
}

int watch_moves(const connection_options& options, const std::vector<partition_name>& names,
                bool as_json) {
  move_pace pace;
  std::optional<move_progress> last;
  auto done = wait_for_moves(options, names, [&](const move_progress& progress) {
    pace.see(mono_ms(), progress.bytes_to_copy - progress.bytes_copied);
    if (std::exchange(last, progress) == progress) return;
    print(as_json ? json::serialize(progress_json(progress, pace)) + "\n"
                  : to_text(progress) + (progress.partitions > 0 ? pace_text(pace) : "") + "\n");
  });
  if (!done) return report(done.error());
  auto client = admin_client::connect(options);
  if (!client) return report(client.error());
  const auto ended = end_throttle(**client);
  if (!ended) return report(ended.error());
  if (*ended && !as_json) print("The throttle is taken away\n");
  return exit_ok;
}

}  // namespace ottla
