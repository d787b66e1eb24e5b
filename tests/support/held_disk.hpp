// A disk actor that keeps flushes and closings until a test lets them go: a disk that hangs.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"

namespace ottla {

/// What is held, in the order it came. Each is called once, by the disk actor: with a fault instead
/// of doing the work, or with none.
struct held_work {
  using job = std::function<void(std::optional<fault> instead)>;
  std::vector<job> flushes;
  std::vector<job> closings;
  std::vector<std::function<void()>> due;  ///< Done when the actor is told to read ahead.
};

class held_disk final : public pinned<disk_handle::base> {
public:
  held_disk(caf::actor_config& config, unit& where, file_system& disk, held_work& held)
      : pinned(config, where), disk_(disk), held_(held) {}

  behavior_type make_behavior() override {
    return {
        [](open_logs&) { return opened_logs{}; },
        [this](const run_flush& wanted) {
          return hold(held_.flushes, [this, job = wanted.job] { return job.run(disk_); });
        },
        [this](const run_close& wanted) {
          return hold(held_.closings, [log = wanted.log] { return log->close_cleanly(); });
        },
        [this](const run_removal& wanted) { return disk_done::of(wanted.job.run(disk_)); },
        [this](const run_read_ahead&) {
          for (auto& each : std::exchange(held_.due, {})) each();
          return disk_done{};
        },
        [](const run_copy_step&) { return copy_progress{}; },
        [](const run_copy_end&) { return disk_done{}; },
    };
  }

private:
  caf::result<disk_done> hold(std::vector<held_work::job>& held,
                              std::function<outcome<void>()> work) {
    auto promise = make_response_promise<disk_done>();
    held.push_back([promise, work = std::move(work)](std::optional<fault> instead) mutable {
      promise.deliver(instead ? disk_done{std::move(instead)} : disk_done::of(work()));
    });
    return promise;
  }

  file_system& disk_;
  held_work& held_;
};

}  // namespace ottla
