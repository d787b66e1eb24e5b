// Clients that administer a simulated cluster: make its topics, move its replicas.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/sim/client.hpp"

namespace ottla::sim {

struct topic_plan {
  std::string name;
  int32_t partitions = 1;
  int16_t replication_factor = 1;
  int32_t segment_bytes = 10'000;
  std::vector<std::pair<std::string, std::string>> configs = {};
};

class topic_maker final : public client {
public:
  topic_maker(client_world& world, topic_plan plan)
      : client(world, "maker of " + plan.name), plan_(std::move(plan)) {}
  [[nodiscard]] bool is_done() const override { return world_.topics_made.contains(plan_.name); }

private:
  bool send_next() override;
  void answered(api_key key, uint64_t tag, wire_reader& body, api_version version) override;

  const topic_plan plan_;
};

/// Gives a partition other replicas, again and again, and takes some of it back.
class mover final : public client {
public:
  struct goal {
    std::string topic;
    int32_t partitions = 1;
    uint64_t fewest = 1;  ///< Replicas.
  };
  mover(client_world& world, std::vector<goal> goals, int32_t brokers)
      : client(world, "mover"), goals_(std::move(goals)), brokers_(brokers) {}
  [[nodiscard]] bool is_done() const override { return has_stopped_; }
  /// Begins nothing more.
  void stop() { has_stopped_ = true; }
  [[nodiscard]] int64_t moves() const { return moves_; }
  [[nodiscard]] int64_t cancelled() const { return cancelled_; }

private:
  bool send_next() override;
  void answered(api_key key, uint64_t tag, wire_reader& body, api_version version) override;
  std::vector<int32_t> any_brokers(uint64_t fewest);

  const std::vector<goal> goals_;
  const int32_t brokers_;
  bool has_stopped_ = false;
  int64_t moves_ = 0;      ///< That were granted.
  int64_t cancelled_ = 0;  ///< Of them.
};

}  // namespace ottla::sim
