// The part of the supervisor that moves replicas between its log directories.
//
//   copying -> the log is brought to rest -> the remaining bytes are copied -> the copy becomes
//   live, the old log is set aside -> the log is opened in its new place
//
// The partition's actor stays, and from rest to opening lets its clients wait. A fault before the
// copy is live drops it, and the partition goes on where it was.
#include <algorithm>
#include <caf/send.hpp>
#include <utility>

#include "actors/broker/broker_actor.hpp"
#include "actors/runtime/log.hpp"
#include "storage/log_files.hpp"

namespace ottla {
namespace {

constexpr size_t preferences_max = 10'000;

fault gone(const char* who) {
  return {error_code::kafka_storage_error, std::string("the ") + who + " actor is gone", 0};
}

}  // namespace

// --- what clients ask ---

replica_move_begun broker_actor::move(const move_replica& wanted) {
  const auto path = absolute_path(wanted.directory);
  const auto& named = config_->log_dirs;
  const bool is_ours =
      wanted.directory.starts_with('/') && std::ranges::any_of(named, [&](const std::string& each) {
        return absolute_path(each) == path;
      });
  if (!is_ours) return {error_code::log_dir_not_found};
  auto& crews = setup_.directories;
  auto crew = std::ranges::find_if(
      crews, [&](const directory_crew& each) { return absolute_path(each.path) == path; });
  if (crew == crews.end() || crew->is_offline) return {error_code::kafka_storage_error};
  return {move_to(wanted.which, static_cast<size_t>(crew - crews.begin()))};
}

error_code broker_actor::move_to(const topic_partition& which, size_t target) {
  auto topic = image_ ? image_->find_topic(which.topic) : nullptr;
  const bool exists = topic && topic->find_partition(which.partition) != nullptr;
  auto known = exists ? partitions_.find({topic->id(), which.partition}) : partitions_.end();
  if (known == partitions_.end() || is_stopping_) {
    // Perhaps it is about to be created: then there.
    if (preferred_.size() < preferences_max) preferred_.insert_or_assign(which, target);
    return exists ? error_code::replica_not_available : error_code::unknown_topic_or_partition;
  }
  auto& partition = known->second;
  if (partition.state == phase::failed) return error_code::kafka_storage_error;
  auto running = moves_.find(known->first);
  if (running != moves_.end() && running->second->to == target) return error_code::none;
  if (partition.state != phase::open) return error_code::replica_not_available;
  if (running != moves_.end()) abandon(known->first, "another place was asked for");
  if (partition.directory != target) begin_move(known->first, target);
  return error_code::none;
}

running_moves broker_actor::describe_moves() const {
  running_moves all;
  for (const auto& [key, move] : moves_) {
    if (!move->copy) continue;
    all.moves.push_back({move->name, setup_.directories[move->to].path, move->done.size_bytes,
                         move->done.end_offset});
  }
  return all;
}

// --- copying ---

void broker_actor::begin_move(const topic_id_partition& key, size_t target) {
  auto move = std::make_shared<replica_move>();
  move->key = key;
  move->name = partitions_.at(key).replica.name;
  move->from = partitions_.at(key).directory;
  move->to = target;
  moves_[key] = move;
  // Compaction would change what is copied already.
  if (!cleaning_.contains(key)) make_future(move);
}

/// The cleaner has come home: moves that waited for it begin.
void broker_actor::begin_waiting_moves() {
  for (const auto& [key, move] : moves_) {
    if (!move->is_begun && !cleaning_.contains(key)) make_future(move);
  }
}

void broker_actor::make_future(const move_ptr& move) {
  move->is_begun = true;
  auto begun = [=, this](const future_begun& made) {
    if (made.failure) return move_failed(move, *made.failure);
    move->future_path = made.path;
    if (!is_running(move)) return drop_copy(move);
    const auto& from = setup_.directories[move->from].path;
    move->copy = std::make_shared<replica_copy>(
        *setup_.services->disk,
        join_path(from, partition_directory({move->name, partition_directory_kind::live})),
        made.path);
    copy_step(move);
  };
  this->request(setup_.directories[move->to].owner, caf::infinite, begin_future{move->name})
      .then(begun, [=, this](const caf::error&) { move_failed(move, gone("directory")); });
}

bool broker_actor::is_running(const move_ptr& move) const {
  auto known = moves_.find(move->key);
  return known != moves_.end() && known->second == move;
}

disk_handle broker_actor::copier_of(const replica_move& move) const {
  // The last worker: the others stay free for readers, where there are others.
  return setup_.directories[move.to].workers.back();
}

void broker_actor::copy_step(const move_ptr& move) {
  auto stepped = [=, this](const copy_progress& copied) {
    if (!is_running(move)) return drop_copy(move);
    if (is_stopping_) return;  // the next start removes the copy
    if (copied.failure) return move_failed(move, *copied.failure);
    move->done = copied.done;
    if (copied.done.is_close) return rest_for_move(move);
    copy_step(move);
  };
  this->request(copier_of(*move), caf::infinite, run_copy_step{move->copy})
      .then(stepped, [=, this](const caf::error&) { move_failed(move, gone("disk")); });
}

/// The move is over before the log was brought to rest.
void broker_actor::abandon(const topic_id_partition& key, std::string_view why) {
  auto known = moves_.find(key);
  if (known == moves_.end() || partitions_.at(key).state == phase::moving) return;
  auto move = known->second;
  moves_.erase(known);
  log::warn("log", "{} does not move to {}: {}", to_string(move->name),
            setup_.directories[move->to].path, why);
  // A step that is still at work drops the copy when it returns.
}

void broker_actor::drop_copy(const move_ptr& move) {
  if (move->future_path.empty() || is_stopping_) return;
  caf::anon_send(setup_.directories[move->to].owner, drop_future{std::move(move->future_path)});
  move->future_path.clear();
}

void broker_actor::move_failed(const move_ptr& move, const fault& why) {
  if (is_running(move)) abandon(move->key, why.message);
  drop_copy(move);
}

/// Moves from and to a directory that has failed.
void broker_actor::abandon_moves(size_t directory) {
  std::vector<topic_id_partition> over;
  for (const auto& [key, move] : moves_) {
    if (move->from == directory || move->to == directory) over.push_back(key);
  }
  for (const auto& key : over) abandon(key, "a log directory has failed");
}

// --- the change of place ---

void broker_actor::rest_for_move(const move_ptr& move) {
  auto& partition = partitions_.at(move->key);
  partition.state = phase::moving;
  auto closed = [=, this](const partition_closed& end) {
    move->closed = end;
    if (!end.is_clean) {
      return reopen_after_move(
          move, fault{error_code::kafka_storage_error, "the log could not be closed", 0});
    }
    copy_rest(move);
  };
  this->request(partition.actor, caf::infinite, rest_partition{})
      .then(closed, [=](const caf::error&) { closed({}); });
}

void broker_actor::copy_rest(const move_ptr& move) {
  this->request(copier_of(*move), caf::infinite, run_copy_end{move->copy})
      .then(
          [=, this](const disk_done& copied) {
            if (copied.failure) return reopen_after_move(move, copied.failure);
            if (setup_.directories[move->to].is_offline) {
              return reopen_after_move(
                  move, fault{error_code::kafka_storage_error, "the directory has failed", 0});
            }
            install(move);
          },
          [=, this](const caf::error&) { reopen_after_move(move, gone("disk")); });
}

void broker_actor::install(const move_ptr& move) {
  install_future wanted{move->name, move->key.topic_id, move->future_path, {}};
  const auto& facts = move->closed.facts;
  wanted.checkpoints.recovery_points[move->name] = facts.log_end_offset;
  wanted.checkpoints.log_starts[move->name] = facts.log_start_offset;
  wanted.checkpoints.high_watermarks[move->name] = facts.high_watermark;
  if (auto point = setup_.clean_points.find(move->name); point != setup_.clean_points.end()) {
    wanted.checkpoints.clean_points[move->name] = point->second;
  }
  this->request(setup_.directories[move->to].owner, caf::infinite, std::move(wanted))
      .then(
          [=, this](const disk_done& installed) {
            if (!installed.failure) return release_source(move);
            // Perhaps the new name is there: that directory must not change any more.
            if (!is_passing(*installed.failure)) {
              fail_directory({setup_.directories[move->to].path + "/", *installed.failure});
            }
            reopen_after_move(move, installed.failure);
          },
          [=, this](const caf::error&) { reopen_after_move(move, gone("directory")); });
}

/// The copy is the log now: nothing is written to it before the old one is out of the way.
void broker_actor::release_source(const move_ptr& move) {
  move->future_path.clear();
  auto& partition = partitions_.at(move->key);
  partition.directory = move->to;
  --setup_.directories[move->from].partitions;
  ++setup_.directories[move->to].partitions;
  setup_.found.put(move->name, move->key.topic_id, move->to);
  auto released = [=, this](const std::optional<fault>& failure) {
    const auto& from = setup_.directories[move->from];
    if (failure) {
      log::error("log", "the old log of {} stays in {}: {}", to_string(move->name), from.path,
                 failure->message);
      if (!is_passing(*failure)) fail_directory({from.path + "/", *failure});
    }
    caf::anon_send(from.owner, sweep_leftovers{});
    log::info("log", "{} has moved from {} to {}", to_string(move->name), from.path,
              setup_.directories[move->to].path);
    reopen_after_move(move, std::nullopt);
  };
  this->request(setup_.directories[move->from].owner, caf::infinite,
                release_partition{move->name, move->key.topic_id})
      .then([=](const disk_done& ended) { released(ended.failure); },
            [=](const caf::error&) { released(gone("directory")); });
}

/// Opens the partition where its log is, moved or not, unless it has been deleted or the broker
/// stops.
void broker_actor::reopen_after_move(const move_ptr& move, const std::optional<fault>& failure) {
  if (failure) {
    log::error("log", "{} does not move to {}: {}", to_string(move->name),
               setup_.directories[move->to].path, failure->message);
    drop_copy(move);
  }
  moves_.erase(move->key);
  auto& partition = partitions_.at(move->key);
  if (is_stopping_) {
    end_actor(partition, phase::closing);
    return stopped_one(move->closed, partition.directory);
  }
  if (partition.removal) return remove_moved(partition);
  if (setup_.directories[partition.directory].is_offline) {
    end_actor(partition, phase::failed);
    lose({partition.replica.key});
    return opening_ended(partition, error_code::kafka_storage_error);
  }
  open_batch(partition.directory, {{wish_for(partition)}});
}

/// It was deleted while its log was at rest.
void broker_actor::remove_moved(local_partition& partition) {
  end_actor(partition, phase::closing);
  remove_data(partition.doomed(), partition.directory, *partition.removal);
}

void broker_actor::end_actor(local_partition& partition, phase state) {
  partition.state = state;
  setup_.open->remove(partition.replica.key);
  if (sources_) sources_->forget(partition.replica.key);
  if (!partition.actor) return;
  by_address_.erase(partition.actor.address());
  caf::anon_send_exit(partition.actor, caf::exit_reason::user_shutdown);
  partition.actor = nullptr;
}

/// The log that was at rest is open: in its new place, or in the old one if the move has failed.
void broker_actor::reopened_after_move(local_partition& partition, opened_log& log) {
  if (partition.removal) {
    log.log.reset();
    return remove_moved(partition);
  }
  if (is_stopping_) {
    log.log.reset();
    unsure_directories_.insert(partition.directory);
    end_actor(partition, phase::closing);
    if (--stops_left_ == 0) finish_stop();
    return;
  }
  const bool is_good = !log.failure;
  if (is_good) {
    bring_up(partition, log);
  } else {
    end_actor(partition, phase::failed);
    could_not_open(partition, *log.failure);
  }
  opening_ended(partition, is_good ? error_code::none : error_code::kafka_storage_error);
}

}  // namespace ottla
