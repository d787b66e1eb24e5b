// Owns one of the broker's log directories: finds, makes and removes partition directories and
// writes the checkpoints. A thread of its own, since all of that waits for the disk.
#pragma once

#include <caf/typed_event_based_actor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/interfaces.hpp"
#include "actors/runtime/pinned.hpp"
#include "storage/log_directory.hpp"

namespace ottla {

class directory_actor final : public pinned<directory_handle::base> {
public:
  /// `found`: what the directory held when it was opened.
  directory_actor(caf::actor_config& config, unit& works_for,
                  std::shared_ptr<log_directory> directory, std::vector<found_partition> found);

  const char* name() const override { return "directory"; }
  behavior_type make_behavior() override;

private:
  prepared_partitions prepare(prepare_partitions& wanted);
  [[nodiscard]] std::vector<topic_partition> names_begun_anew(
      const prepare_partitions& wanted) const;
  open_log prepare_one(partition_to_open& wanted, bool& created);
  disk_done save(const save_checkpoints& wanted);
  disk_done remove(const remove_partition& wanted);
  future_begun begin_future_for(const topic_partition& which);
  outcome<void> clear_place(const topic_partition& which);
  disk_done install(const install_future& wanted);
  outcome<std::optional<std::string>> take_aside(const topic_partition& which,
                                                 const uuid& topic_id);
  disk_done release(const release_partition& wanted);
  void remove_leftovers();

  std::shared_ptr<log_directory> directory_;
  std::unordered_map<topic_partition, found_partition> found_;
  std::vector<std::string> leftovers_;
  random_source random_;
};

}  // namespace ottla
