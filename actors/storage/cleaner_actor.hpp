// Compacts logs one after the other on a thread of its own, the dirtiest first (log.cleaner.*).
#pragma once

#include <array>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <deque>
#include <memory>

#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

class cleaner_actor final : public pinned<cleaner_handle::base> {
public:
  /// `hash_seed`: random, so that nobody can choose keys that collide.
  cleaner_actor(caf::actor_config& config, unit& works_for, std::array<uint64_t, 2> hash_seed);

  const char* name() const override { return "cleaner"; }
  behavior_type make_behavior() override;
  void on_exit() override;

private:
  struct candidate {
    clean_candidate log;
    compaction_plan plan;
  };

  caf::result<logs_cleaned> clean(clean_logs& wanted);
  void planned(const clean_candidate& log, const compaction_planned& answer);
  [[nodiscard]] bool is_due(const topic_id_partition& which) const;
  void planned_one();
  void next();
  void step();
  void swap_in();
  void finish_log();
  [[nodiscard]] int64_t pause_ms(int64_t bytes_before) const;

  const std::array<uint64_t, 2> hash_seed_;
  cleaner_settings settings_;
  size_t plans_waiting_ = 0;
  std::deque<candidate> due_;
  bool is_busy_ = false;  ///< due_.front() is in work: asked for, or there is a job.
  std::shared_ptr<compaction> job_;
  logs_cleaned cleaned_;
  std::vector<caf::typed_response_promise<logs_cleaned>> promises_;
};

}  // namespace ottla
