// The part of the supervisor that opens, reopens, fails and removes partitions.
#include <algorithm>
#include <caf/send.hpp>
#include <chrono>
#include <utility>

#include "actors/broker/broker_actor.hpp"
#include "actors/cluster/replica_moves.hpp"
#include "actors/partition/partition_actor.hpp"
#include "actors/runtime/log.hpp"
#include "actors/storage/log_actor.hpp"
#include "actors/storage/log_settings.hpp"

namespace ottla {
namespace {

constexpr int32_t failures_max = 5;
constexpr int64_t first_reopen_delay_ms = 100;
constexpr auto note_patience = std::chrono::seconds{5};  ///< A dying disk may not answer at all.
constexpr int64_t stable_after_ms = 60'000;  ///< After so long without a failure they count anew.

size_t hash_of(const topic_id_partition& which) {
  return std::hash<topic_id_partition>{}(which);
}

log_defaults log_defaults_of(const broker_config& config) {
  return {.producer_id_expiration_ms = config.producer_id_expiration_ms};
}

/// Whether that life of a broker is going on and takes part.
std::function<bool(const replica_seat&)> may_join(const metadata_cache* metadata) {
  return [metadata](const replica_seat& seat) {
    auto image = metadata->get();
    if (!image || !image->is_live(seat)) return false;
    return image->find_broker(seat.id)->status != broker_status::stopping;
  };
}

}  // namespace

unit& broker_actor::unit_for(const topic_id_partition& which) const {
  const auto& units = setup_.services->units;
  return *units[hash_of(which) % units.size()];
}

// --- open ---

namespace {

/// What decides when a log is compacted.
auto compaction_terms(const local_replica& replica) {
  const auto& config = replica.assignment.config;
  return std::tuple{config.cleanup_compact, config.min_cleanable_dirty_ratio,
                    config.min_compaction_lag_ms, config.max_compaction_lag_ms};
}

}  // namespace

/// Assigns a replica that is open, or puts one that is not into a batch. Returns how many steps the
/// image has to wait for.
size_t broker_actor::adopt(const local_replica& replica, int64_t sequence, open_batches& batches) {
  if (auto known = partitions_.find(replica.key); known != partitions_.end()) {
    auto& partition = known->second;
    if (partition.is_doomed()) {
      // It was moved away, and is back before its data is gone.
      removing_.at(replica.name).waiting.emplace_back(replica, sequence);
      return 1;
    }
    const bool cleans_otherwise = compaction_terms(partition.replica) != compaction_terms(replica);
    partition.replica = replica;
    if (cleans_otherwise) want_cleaning(replica.key);
    if (partition.actor) {
      caf::anon_send(partition.actor, replica.assignment);
      if (sources_ && !lost_.contains(replica.key)) {
        sources_->follow(replica.key, partition.actor, replica.assignment);
      }
    }
    if (partition.state != phase::opening) return 0;
    partition.steps.push_back(sequence);
    return 1;
  }
  if (auto busy = removing_.find(replica.name); busy != removing_.end()) {
    // A deleted topic of that name is still going.
    busy->second.waiting.emplace_back(replica, sequence);
    return 1;
  }
  auto& partition = partitions_[replica.key];
  partition.replica = replica;
  partition.directory = choose_directory(replica.name, replica.key.topic_id);
  ++setup_.directories[partition.directory].partitions;
  if (is_out_of_reach(replica)) {
    log::error("log", "{} is offline with its log directory", to_string(replica.name));
    partition.state = phase::failed;
    lost_.insert(replica.key);
    return 0;
  }
  partition.steps.push_back(sequence);
  batches[partition.directory].wanted.push_back(wish_for(partition));
  return 1;
}

partition_to_open broker_actor::wish_for(const local_partition& partition) const {
  const auto& replica = partition.replica;
  return {.which = replica.name,
          .topic_id = replica.key.topic_id,
          .options =
              make_log_options(replica.assignment.config, log_defaults_of(*setup_.config->get())),
          .level = replica.assignment.level,
          .is_again = partition.was_open,
          .log_start_offset = partition.log_start_offset};
}

/// Whether the data of a replica is in a directory that does not work: it must not begin anew,
/// empty, in another one.
bool broker_actor::is_out_of_reach(const local_replica& replica) const {
  auto found = setup_.found.find(replica.name, replica.key.topic_id);
  if (found) return setup_.directories[*found].is_offline;
  return setup_.is_directory_missing && is_image_new_;
}

/// Where it was found, else where a client wants it, else the working directory with the fewest
/// partitions.
size_t broker_actor::choose_directory(const topic_partition& name, const uuid& topic_id) {
  auto wish = preferred_.extract(name);
  if (auto found = setup_.found.find(name, topic_id)) return *found;
  auto& crews = setup_.directories;
  if (!wish.empty() && !crews[wish.mapped()].is_offline) return wish.mapped();
  auto best = std::min_element(crews.begin(), crews.end(), [](const auto& a, const auto& b) {
    return std::pair{a.is_offline, a.partitions} < std::pair{b.is_offline, b.partitions};
  });
  return static_cast<size_t>(best - crews.begin());
}

void broker_actor::open_batch(size_t directory, prepare_partitions batch) {
  auto wanted = batch.wanted;
  for (const auto& each : wanted) {
    partitions_.at({each.topic_id, each.which.partition}).is_being_opened = true;
  }
  auto failed = [=, this](const caf::error&) {
    for (const auto& each : wanted) {
      opened_log lost{each, nullptr,
                      fault{error_code::kafka_storage_error, "the disk actor is gone", 0}};
      opened(directory, lost);
    }
  };
  this->request(setup_.directories[directory].owner, caf::infinite, std::move(batch))
      .then([=, this](prepared_partitions& prepared) { distribute(directory, prepared); }, failed);
}

/// Spreads recovery over the directory's workers, in pieces small enough to keep all of them busy.
void broker_actor::distribute(size_t directory, prepared_partitions& prepared) {
  constexpr size_t piece = 32;
  auto& workers = setup_.directories[directory].workers;
  for (size_t begin = 0; begin < prepared.jobs.size(); begin += piece) {
    open_logs part;
    auto end = std::min(begin + piece, prepared.jobs.size());
    for (size_t i = begin; i < end; ++i) {
      prepared.jobs[i].context.stop = disk_work_.get_token();
      part.jobs.push_back(std::move(prepared.jobs[i]));
    }
    std::vector<partition_to_open> wanted;
    for (const auto& job : part.jobs) wanted.push_back(job.wanted);
    this->request(workers[(begin / piece) % workers.size()], caf::infinite, std::move(part))
        .then(
            [=, this](opened_logs& done_logs) {
              for (auto& log : done_logs.logs) opened(directory, log);
            },
            [=, this](const caf::error&) {
              for (const auto& each : wanted) {
                opened_log lost{
                    each, nullptr,
                    fault{error_code::kafka_storage_error, "the disk actor is gone", 0}};
                opened(directory, lost);
              }
            });
  }
}

void broker_actor::opened(size_t directory, opened_log& log) {
  auto found = partitions_.find({log.wanted.topic_id, log.wanted.which.partition});
  if (found == partitions_.end()) return;
  auto& partition = found->second;
  if (is_stopping_ && partition.state != phase::moving) return;  // its directory is not clean
  partition.is_being_opened = false;
  if (partition.state == phase::closing) {
    log.log.reset();
    const auto sequence = std::exchange(partition.removal, std::nullopt);
    if (sequence) remove_data(partition.doomed(), directory, *sequence);
    return;
  }
  if (setup_.directories[directory].is_offline && !log.failure) {
    log.log.reset();
    log.failure = fault{error_code::kafka_storage_error, "the directory is offline", 0};
  }
  if (log.failure) {
    log::error("log", "{} in {} cannot be opened: {}", to_string(log.wanted.which),
               setup_.directories[directory].path, log.failure->message);
  }
  if (partition.state == phase::moving) return reopened_after_move(partition, log);
  if (log.failure) {
    partition.state = phase::failed;
    could_not_open(partition, *log.failure);
    return opening_ended(partition, error_code::kafka_storage_error);
  }
  for (const auto& note : log.log->recovered().notes) {
    log::warn("log", "{}: {}", to_string(log.wanted.which), note);
  }
  bring_up(partition, log);
  opening_ended(partition, error_code::none);
}

void broker_actor::bring_up(local_partition& partition, opened_log& opened) {
  const auto& replica = partition.replica;
  auto& crew = setup_.directories[partition.directory];
  const auto seat = hash_of(replica.key);
  auto& log = opened.log;
  log_facts facts{.log_start_offset = log->log_start(),
                  .log_end_offset = log->log_end(),
                  .flushed_offset = log->recovery_point(),
                  .latest_epoch = log->latest_epoch()};
  auto& home = unit_for(replica.key);
  auto storage =
      spawn_on<log_actor>(system(), home,
                          log_setup{.which = replica.key,
                                    .log = std::move(log),
                                    .config = replica.assignment.config,
                                    .level = replica.assignment.level,
                                    .defaults = log_defaults_of(*setup_.config->get()),
                                    .disks = {.flusher = crew.flushers[seat % crew.flushers.size()],
                                              .reader = crew.workers[seat % crew.workers.size()],
                                              .space = crew.space},
                                    .supervisor = caf::actor_cast<log_supervisor>(this)});
  partition.state = phase::open;
  partition.was_open = true;
  partition.log_start_offset = facts.log_start_offset;
  partition.opened_ms = time().mono_ms();
  if (partition.actor) {  // it has waited for a log that moved
    caf::anon_send(partition.actor, resume_partition{caf::actor_cast<log_handle>(storage)});
    return;
  }
  partition.actor =
      spawn_on<partition_actor>(system(), home,
                                partition_setup{.which = replica.name,
                                                .topic_id = replica.key.topic_id,
                                                .log = caf::actor_cast<log_handle>(storage),
                                                .facts = facts,
                                                .assignment = replica.assignment,
                                                .high_watermark = opened.high_watermark,
                                                .self = self_,
                                                .proposals = setup_.proposals,
                                                .may_join = may_join(setup_.services->metadata),
                                                .throttle = throttle_of(throttled_side::leader)});
  monitor(partition.actor);
  by_address_.emplace(partition.actor.address(), replica.key);
  setup_.open->add(replica.key, partition.actor);
  if (sources_) sources_->follow(replica.key, partition.actor, replica.assignment);
}

void broker_actor::opening_ended(local_partition& partition, error_code error) {
  for (auto& promise : std::exchange(partition.waiting, {})) {
    promise.deliver(partition_found{partition.actor, error});
  }
  for (auto sequence : std::exchange(partition.steps, {})) progress_.step_done(sequence);
  report_applied();
}

caf::result<partition_found> broker_actor::find(const topic_id_partition& which) {
  auto known = partitions_.find(which);
  if (known == partitions_.end() || is_stopping_) {
    return partition_found{{}, error_code::not_leader_or_follower};
  }
  auto& partition = known->second;
  switch (partition.state) {
    case phase::open:
      return partition_found{partition.actor, error_code::none};
    case phase::failed:
      return partition_found{{}, error_code::kafka_storage_error};
    case phase::closing:
      return partition_found{{}, error_code::not_leader_or_follower};
    case phase::moving:
      if (partition.actor) return partition_found{partition.actor, error_code::none};
      break;
    case phase::opening:
      break;
  }
  auto promise = make_response_promise<partition_found>();
  partition.waiting.push_back(promise);
  return promise;
}

// --- failure ---

/// A partition or its log has ended by an exception: both begin anew, through recovery.
void broker_actor::partition_down(const caf::down_msg& down) {
  auto address = by_address_.find(down.source);
  if (address == by_address_.end()) return;
  const auto key = address->second;
  by_address_.erase(address);
  auto known = partitions_.find(key);
  if (known == partitions_.end()) return;
  auto& partition = known->second;
  if (partition.state != phase::open && partition.state != phase::moving) return;
  setup_.open->remove(key);
  if (sources_) sources_->forget(key);
  partition.actor = nullptr;
  if (partition.state == phase::moving) return;  // it begins anew when its log is opened
  abandon(key, "its log was opened again");
  if (time().mono_ms() - partition.opened_ms > stable_after_ms) partition.failures = 0;
  const auto delay_ms = first_reopen_delay_ms << std::min(partition.failures, failures_max);
  if (++partition.failures > failures_max) {
    partition.state = phase::failed;
    log::error("partition", "{} has failed {} times in a row and stays offline ({})",
               to_string(partition.replica.name), partition.failures, system().render(down.reason));
    lose({key});
    return;
  }
  partition.state = phase::opening;
  log::error("partition", "{} has failed ({}); it is opened again in {} ms",
             to_string(partition.replica.name), system().render(down.reason), delay_ms);
  reopen_after(key, delay_ms);
}

void broker_actor::reopen_after(const topic_id_partition& which, int64_t delay_ms) {
  reopening_.emplace(next_reopen_token_, which);
  arm_timer(delay_ms, next_reopen_token_++);
}

void broker_actor::reopen(uint64_t token) {
  auto node = reopening_.extract(token);
  if (node.empty() || is_stopping_) return;
  auto known = partitions_.find(node.mapped());
  if (known == partitions_.end()) return;
  auto& partition = known->second;
  if (partition.state != phase::opening && partition.state != phase::failed) return;
  partition.state = phase::opening;
  open_batch(partition.directory, {{wish_for(partition)}});
}

/// Nothing in the directory can be trusted any more; the partitions of the others go on.
void broker_actor::fail_directory(const directory_failed& failed) {
  auto& crews = setup_.directories;
  auto crew = std::find_if(crews.begin(), crews.end(), [&](const directory_crew& each) {
    return failed.path.starts_with(each.path + "/");
  });
  if (crew == crews.end() || std::exchange(crew->is_offline, true)) return;
  log::error("disk", "{} is offline: {}. Its partitions are not served until a restart", crew->path,
             failed.why.message);
  const auto index = static_cast<size_t>(crew - crews.begin());
  abandon_moves(index);
  std::vector<topic_id_partition> lost;
  for (auto& [key, partition] : partitions_) {
    if (partition.directory != index || partition.state != phase::open) continue;
    caf::anon_send(partition.actor, log_failed{failed.why});
    lost.push_back(key);
  }
  lose(lost);
  // The next start must not believe what the page cache holds of it. Its own disk may still take
  // the note, and with a single directory nothing else could.
  auto left = std::make_shared<size_t>(1);
  auto noted = [=, this, text = crew->path + ": " + failed.why.message] {
    if (--*left > 0) return;
    const bool is_any_left = std::any_of(setup_.directories.begin(), setup_.directories.end(),
                                         [](const auto& each) { return !each.is_offline; });
    if (is_any_left || !setup_.give_up) return;
    std::exchange(setup_.give_up, nullptr)("every log directory has failed; the last was " + text);
  };
  for (auto& each : crews) {
    if (each.is_offline && &each != &*crew) continue;
    ++*left;
    this->request(each.owner, note_patience, note_storage_error{crew->id})
        .then([noted](const disk_done&) { noted(); }, [noted](const caf::error&) { noted(); });
  }
  noted();
}

/// A full disk has room again at some time; what else keeps a log from being opened stays.
void broker_actor::could_not_open(const local_partition& partition, const fault& why) {
  if (is_passing(why)) return reopen_after(partition.replica.key, retry_open_ms);
  lose({partition.replica.key});
}

/// Others are to lead what this broker led there, and nobody waits for it.
void broker_actor::lose(const std::vector<topic_id_partition>& which) {
  for (const auto& key : which) {
    lost_.insert(key);
    if (sources_) sources_->forget(key);
  }
  report_lost(which);
}

void broker_actor::report_lost(const std::vector<topic_id_partition>& which) {
  if (!image_ || is_stopping_) return;
  replicas_failed news{.who = self_};
  for (const auto& key : which) {
    const auto* record = image_->find_partition(key);
    if (record == nullptr || std::ranges::find(record->failed, self_) != record->failed.end()) {
      continue;
    }
    news.replicas.push_back(key);
  }
  if (!news.replicas.empty()) caf::anon_send(setup_.services->controller, std::move(news));
}

/// The errors of earlier runs no longer count for directories whose every log was looked through.
void broker_actor::forget_storage_errors_recovered() {
  std::set<size_t> unsure;
  for (const auto& [key, partition] : partitions_) {
    if (partition.state != phase::open) unsure.insert(partition.directory);
  }
  forget_storage_errors recovered;
  const auto& crews = setup_.directories;
  for (size_t i = 0; i < crews.size(); ++i) {
    if (!crews[i].is_offline && !unsure.contains(i)) recovered.recovered.push_back(crews[i].id);
  }
  for (const auto& crew : crews) {
    if (!crew.is_offline) caf::anon_send(crew.owner, recovered);
  }
}

// --- removal ---

/// New replicas that wait for their name to be free have not even begun.
void broker_actor::forget_waiting(const std::function<bool(const topic_id_partition&)>& is_doomed) {
  for (auto& [name, busy] : removing_) {
    std::erase_if(busy.waiting, [&](const auto& each) {
      if (!is_doomed(each.first.key)) return false;
      progress_.step_done(each.second);
      return true;
    });
  }
}

/// Closes the partitions of a deleted topic and removes their data. Returns the steps to wait for.
size_t broker_actor::retire(const uuid& topic_id, int64_t sequence) {
  forget_waiting([&](const topic_id_partition& which) { return which.topic_id == topic_id; });
  size_t steps = 0;
  for (auto& [key, partition] : partitions_) {
    if (key.topic_id != topic_id) continue;
    deleted_.insert(topic_id);
    if (partition.is_doomed()) continue;  // moved away before
    abandon(key, "the topic is deleted");
    ++steps;
    retire(key, false, sequence);
  }
  return steps;
}

/// One step of that image: closes a partition and removes its data.
void broker_actor::retire(const topic_id_partition& key, bool is_moved_away, int64_t sequence) {
  auto& partition = partitions_.at(key);
  setup_.open->remove(key);
  if (sources_) sources_->forget(key);
  ++removing_[partition.replica.name].left;
  doomed_.insert(key);
  partition.is_moved_away = is_moved_away;
  if (partition.state == phase::moving) {
    partition.removal = sequence;
    return;
  }
  const auto was_open = partition.state == phase::open;
  partition.state = phase::closing;
  auto doomed = partition.doomed();
  auto directory = partition.directory;
  if (partition.is_being_opened) {
    partition.removal = sequence;  // first the disk actor lets go of it
  } else if (!was_open) {
    remove_data(doomed, directory, sequence);
  } else {
    this->request(partition.actor, caf::infinite, close_partition{})
        .then([=, this](const partition_closed&) { remove_data(doomed, directory, sequence); },
              [=, this](const caf::error&) { remove_data(doomed, directory, sequence); });
  }
}

/// Partitions that others have now, as the record says: nothing is removed for another reason.
/// Returns the steps.
size_t broker_actor::remove_moved_away(const topic_image& topic, int64_t sequence) {
  size_t steps = 0;
  for (const auto& doomed : replicas_moved_away(topic, self_.id)) {
    forget_waiting([&](const topic_id_partition& which) { return which == doomed.key; });
    auto known = partitions_.find(doomed.key);
    const bool is_known = known != partitions_.end();
    const bool is_under_way =
        is_known ? known->second.is_doomed()
                 : removing_.contains(doomed.name) || moved_away_.contains(doomed.key);
    if (is_under_way) continue;
    ++steps;
    if (is_known) {
      abandon(doomed.key, "the partition was moved to other brokers");
      retire(doomed.key, true, sequence);
    } else {
      remove_unopened(doomed, sequence);
    }
  }
  return steps;
}

void broker_actor::repeat_moved_away() {
  local_data_removed still_owed{.id = self_.id};
  std::erase_if(moved_away_, [&](const topic_id_partition& which) {
    auto topic = image_->find_topic(which.topic_id);
    const auto* record = topic ? topic->find_partition(which.partition) : nullptr;
    const bool is_heard = record == nullptr || !owes_removal(*record, self_.id);
    if (!is_heard) still_owed.replicas.push_back(which);
    return is_heard;
  });
  if (still_owed.replicas.empty()) return;
  caf::anon_send(setup_.services->controller, std::move(still_owed));
}

/// Data of deleted topics that this broker still owes an answer for and that no partition holds
/// open: topics deleted while it was away, and those whose answer was lost. Returns the steps.
size_t broker_actor::remove_doomed(int64_t sequence) {
  std::map<uuid, std::vector<doomed_replica>> owed;
  for (auto& doomed : doomed_replicas(*image_, self_.id)) {
    if (!deleted_.contains(doomed.key.topic_id)) {
      owed[doomed.key.topic_id].push_back(std::move(doomed));
    }
  }
  size_t steps = 0;
  for (const auto& [topic_id, replicas] : owed) {
    deleted_.insert(topic_id);
    for (const auto& doomed : replicas) {
      if (doomed_.contains(doomed.key)) continue;  // moved away before
      ++steps;
      remove_unopened(doomed, sequence);
    }
  }
  return steps;
}

void broker_actor::remove_unopened(const doomed_replica& doomed, int64_t sequence) {
  ++removing_[doomed.name].left;
  doomed_.insert(doomed.key);
  // Without a place there is nothing to remove, wherever it is asked.
  const auto place = setup_.found.find(doomed.name, doomed.key.topic_id);
  remove_data(doomed, place.value_or(0), sequence);
}

void broker_actor::remove_data(const doomed_replica& doomed, size_t directory, int64_t sequence) {
  this->request(setup_.directories[directory].owner, caf::infinite,
                remove_partition{doomed.name, doomed.key.topic_id, disk_work_.get_token()})
      .then(
          [=, this](const disk_done& ended) {
            if (is_stopping_) return;  // the next start is told again what was deleted
            if (ended.failure) {
              log::error("log", "the data of {} cannot be removed: {}", to_string(doomed.name),
                         ended.failure->message);
            }
            removed(doomed, sequence);
          },
          [=, this](const caf::error&) { removed(doomed, sequence); });
}

void broker_actor::removed(const doomed_replica& doomed, int64_t sequence) {
  setup_.found.erase(doomed.name, doomed.key.topic_id);
  dirty_.erase(doomed.key);
  to_clean_.erase(doomed.key);
  lost_.erase(doomed.key);
  setup_.clean_points.erase(doomed.name);
  if (auto known = partitions_.find(doomed.key); known != partitions_.end()) {
    auto& partition = known->second;
    opening_ended(partition, error_code::unknown_topic_or_partition);
    --setup_.directories[partition.directory].partitions;
    partitions_.erase(known);
  }
  if (doomed.is_moved_away) {
    moved_away_.insert(doomed.key);
    caf::anon_send(setup_.services->controller, local_data_removed{self_.id, {}, {doomed.key}});
  }
  const auto& topic_id = doomed.key.topic_id;
  doomed_.erase(doomed.key);
  const auto left = doomed_.lower_bound({topic_id, 0});
  const bool is_any_left = left != doomed_.end() && left->topic_id == topic_id;
  if (!is_any_left && deleted_.erase(topic_id) > 0) {
    caf::anon_send(setup_.services->controller, local_data_removed{self_.id, {topic_id}, {}});
  }
  open_batches batches;
  if (auto busy = removing_.find(doomed.name); --busy->second.left == 0) {
    auto waiting = removing_.extract(busy);
    for (auto& [replica, wanted_by] : waiting.mapped().waiting) {
      if (adopt(replica, wanted_by, batches) == 0) progress_.step_done(wanted_by);
    }
  }
  for (auto& [directory, batch] : batches) open_batch(directory, std::move(batch));
  progress_.step_done(sequence);
  report_applied();
}

}  // namespace ottla
