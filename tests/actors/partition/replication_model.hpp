// A small world of replication: three replicas, a controller and a network, all in plain memory,
// around the real replica_progress and the real election rules. Whatever happens, what was shown
// once must stay. Random walks look for a way to break that.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "actors/cluster/leader_election.hpp"
#include "actors/partition/replica_progress.hpp"

namespace ottla {

class replication_model {
public:
  explicit replication_model(uint64_t seed);

  /// One thing happens. False once something that was shown is lost or has changed.
  bool step();
  [[nodiscard]] const std::string& broken() const { return broken_; }
  [[nodiscard]] log_offset shown() const { return static_cast<log_offset>(shown_.size()); }
  [[nodiscard]] int32_t elections() const { return record_.leader_epoch; }

private:
  struct entry {
    leader_epoch epoch = 0;
    int value = 0;
    friend bool operator==(const entry&, const entry&) = default;
  };
  struct replica {
    replica_seat seat;
    std::vector<entry> log;
    size_t flushed = 0;
    partition_record known;  ///< The record as it has heard of it.
    bool is_known = false;
    std::optional<replica_progress> progress;
    [[nodiscard]] bool leads() const { return is_known && known.leader == seat; }
    [[nodiscard]] bool follows() const {
      return is_known && known.leader.id != no_broker && known.leader.id != seat.id;
    }
  };
  struct fetch {
    replica_seat from;
    broker_id to = no_broker;
    leader_epoch epoch = 0;
    log_offset offset = 0;
    leader_epoch last_epoch = no_leader_epoch;
  };
  struct answer {
    fetch asked;
    std::vector<entry> entries;
    std::optional<std::pair<leader_epoch, log_offset>> parts_at;
    log_offset high_watermark = 0;
  };
  struct wish {
    replica_seat from;
    isr_proposal proposal;
  };

  replica& at(broker_id id) { return replicas_[static_cast<size_t>(id - 1)]; }
  [[nodiscard]] size_t below(size_t limit) { return random_() % limit; }
  [[nodiscard]] election_view view() const;
  void start(replica& which);
  void hear(replica& which, const partition_record& record);
  void append(replica& which);
  void flush(replica& which);
  void ask(replica& which);
  void serve(const fetch& asked);
  void take(answer& given);
  void propose(replica& which);
  void judge(const wish& made, bool answer_is_lost);
  void lose_session(replica& which);
  void come_back(replica& which, bool lost_power);
  void check();
  void check_member(const replica_seat& seat);
  static leader_epoch last_epoch_of(const replica& which);
  static std::pair<leader_epoch, log_offset> end_of(const std::vector<entry>& log,
                                                    leader_epoch epoch);

  std::mt19937_64 random_;
  std::vector<size_t> weights_;
  int64_t now_ms_ = 1'000'000;
  broker_epoch next_broker_epoch_ = 10;
  int next_value_ = 1;
  durability level_ = durability::replicated;
  std::vector<replica> replicas_;
  std::map<broker_id, broker_epoch> live_;
  partition_record record_;
  std::vector<partition_record> past_;
  std::vector<fetch> fetches_;
  std::vector<answer> answers_;
  std::vector<wish> wishes_;
  std::vector<entry> shown_;
  std::string broken_;
};

}  // namespace ottla
