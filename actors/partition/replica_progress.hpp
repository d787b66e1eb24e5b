// How far each replica of a partition is, and what follows from it: the high watermark and who is
// in sync. Read docs/replication.md first.
//
//   leader:    fetches of followers -> progress -> high watermark, proposals for the ISR
//   follower:  high watermark = min(leader's, own log end)
//
// Plain decisions: no actor, clock or file. One partition actor owns it and asks after each event.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "actors/config/topic_config.hpp"
#include "protocol/types.hpp"
#include "storage/metadata/cluster_records.hpp"

namespace ottla {

/// What the controller has decided about a partition's replicas.
struct replica_seats {
  std::vector<broker_id> replicas;
  std::vector<replica_seat> isr;
  int32_t partition_epoch = 0;
};

/// By which rules a partition is replicated.
struct replication_rules {
  durability level = durability::fsync;
  int32_t min_insync_replicas = 1;
  int64_t lag_time_max_ms = 10'000;  ///< Behind for longer: out of the ISR.
};

/// A leader's wish for another ISR.
struct isr_proposal {
  uint64_t number = 0;  ///< Unique within the replica; the same when it is sent again.
  leader_epoch epoch = no_leader_epoch;
  int32_t partition_epoch = 0;  ///< Of the record that it is to replace.
  std::vector<replica_seat> isr;
};

/// Why a proposal has not become the record.
enum class isr_refusal : uint8_t {
  not_applied,  ///< Certainly: a member may not join now.
  superseded,   ///< The record is a newer one, which will come.
  unknown       ///< It may or may not have been applied: to be asked again.
};

class replica_progress {
public:
  /// `may_join`: whether this incarnation of a broker is alive and takes part, as far as is known.
  replica_progress(broker_id self, const replication_rules& rules,
                   std::function<bool(const replica_seat&)> may_join)
      : self_(self), rules_(rules), may_join_(std::move(may_join)) {}

  // --- the replica's own log ---

  void opened_at(log_offset log_end, log_offset flushed, log_offset high_watermark);
  /// The log has grown, or been flushed. Returns true if the high watermark rose.
  bool log_moved(log_offset log_end, log_offset flushed, int64_t now_ms);
  /// The log was cut, by leave of the record also below the high watermark.
  void log_cut(log_offset log_end);
  /// Everything is gone and the log goes on at `offset`, where the leader's begins: all below that
  /// was visible once.
  void log_restarted(log_offset offset);

  // --- roles ---

  /// Leads under a new epoch, which begins at or after the log end known here: epoch_began() says.
  /// True if the high watermark rose.
  bool lead(leader_epoch epoch, const replica_seats& seats, int64_t now_ms);
  void epoch_began(leader_epoch epoch, log_offset start);
  void follow();
  /// Another decision under the same leader epoch. True if the high watermark rose.
  bool apply(const replica_seats& seats, int64_t now_ms);
  /// True if the high watermark rose.
  bool set_rules(const replication_rules& rules, int64_t now_ms);

  // --- leader ---

  /// A follower asks from `offset` on, and its log has been found to agree with this one below it.
  /// False: it is no replica of this partition, or an incarnation of the past; nothing changed.
  bool fetched(const replica_seat& follower, log_offset offset, int64_t now_ms);
  /// Raises the high watermark to what all that count have. True if it rose.
  bool raise(int64_t now_ms);
  /// The ISR to ask the controller for now, if any: at most one is on its way.
  std::optional<isr_proposal> next_proposal(int64_t now_ms);
  void refused(uint64_t number, isr_refusal why, int64_t now_ms);
  /// When to look for laggards or repeat a proposal; nothing if time alone changes nothing.
  [[nodiscard]] std::optional<int64_t> next_look_ms(int64_t now_ms) const;

  /// Of these brokers the in-sync replica that has most, if one has all below `offset`: a consumer
  /// may read there (KIP-392).
  [[nodiscard]] std::optional<broker_id> best_of(std::span<const broker_id> brokers,
                                                 log_offset offset) const;

  // --- follower ---

  /// The leader's high watermark came with an answer. True if the own one rose.
  bool heard(log_offset leader_high_watermark);

  [[nodiscard]] bool leads() const { return leads_; }
  [[nodiscard]] log_offset high_watermark() const { return high_watermark_; }
  [[nodiscard]] log_offset log_end() const { return log_end_; }
  [[nodiscard]] log_offset flushed() const { return flushed_; }
  /// Where the epoch of this leadership began: below it the high watermark may lag (KIP-207).
  [[nodiscard]] log_offset epoch_start() const { return epoch_start_; }
  [[nodiscard]] const replica_seats& seats() const { return seats_; }
  /// Members of the ISR, and of any that may be in force without this leader knowing.
  [[nodiscard]] size_t maximal_isr_size() const;
  [[nodiscard]] bool has_followers() const { return !followers_.empty(); }

  static constexpr int64_t proposal_backoff_ms = 500;

private:
  struct follower {
    broker_id id = no_broker;
    broker_epoch epoch = no_broker_epoch;  ///< Of the incarnation that fetched last.
    log_offset log_end = -1;               ///< -1: has not fetched in this leader epoch.
    int64_t caught_up_ms = 0;              ///< When it last had all there was.
    int64_t fetched_ms = 0;
    log_offset leader_end_then = 0;  ///< The leader's log end at its last fetch.
    bool in_sync = false;            ///< In the committed ISR.
    bool proposed = false;           ///< In the proposal that is on its way.
    bool doubtful = false;           ///< In one that may still be applied.
  };
  struct pending {
    isr_proposal proposal;
    bool send = false;          ///< To be given out again.
    bool was_in_doubt = false;  ///< One answer to it never came.
  };

  void seat(const replica_seats& seats);
  void forget_proposal();
  [[nodiscard]] follower* find(broker_id id);
  [[nodiscard]] log_offset safe_here() const;
  [[nodiscard]] bool counts(const follower& each, int64_t now_ms) const;
  [[nodiscard]] bool is_caught_up(const follower& each, int64_t now_ms) const;
  [[nodiscard]] bool lags(const follower& each, int64_t now_ms) const;
  [[nodiscard]] bool joins(const follower& each, int64_t now_ms) const;
  [[nodiscard]] std::vector<replica_seat> wanted_isr(int64_t now_ms) const;

  const broker_id self_;
  replication_rules rules_;
  std::function<bool(const replica_seat&)> may_join_;
  bool leads_ = false;
  leader_epoch epoch_ = no_leader_epoch;
  replica_seats seats_;
  std::vector<follower> followers_;  ///< Every other replica; empty unless this one leads.
  std::optional<pending> pending_;
  uint64_t last_number_ = 0;
  int64_t not_before_ms_ = 0;  ///< The next proposal.
  bool epoch_start_known_ = false;
  log_offset epoch_start_ = 0;
  log_offset log_end_ = 0;
  log_offset flushed_ = 0;
  log_offset high_watermark_ = 0;
};

}  // namespace ottla
