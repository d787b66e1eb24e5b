#include "actors/group/group_actor.hpp"

#include <algorithm>
#include <utility>

#include "actors/group/awaited_members.hpp"
#include "actors/group/offset_requests.hpp"
#include "actors/runtime/log.hpp"

namespace ottla {

namespace {

// 32 hex digits in Java's grouping, as in the member ids of every Kafka broker.
std::string java_uuid(const uuid& id) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < id.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[std::to_integer<int>(id.bytes[i]) >> 4];
    text += digits[std::to_integer<int>(id.bytes[i]) & 15];
  }
  return text;
}

group_state state_of(const group_setup& setup, unit& where) {
  const group_time now{where.time().mono_ms(), where.time().wall_ms()};
  auto new_id = [&where] { return java_uuid(where.random().id()); };
  if (!setup.loaded.stored) return {setup.group_id, setup.options, std::move(new_id), now};
  return {setup.group_id, setup.options, std::move(new_id), *setup.loaded.stored, now};
}

const char* event_name(group_event_kind kind) {
  switch (kind) {
    case group_event_kind::rebalance_started:
      return "rebalance";
    case group_event_kind::generation_formed:
      return "generation formed";
    case group_event_kind::stable:
      return "stable";
    case group_event_kind::emptied:
      return "empty";
    case group_event_kind::member_left:
      return "member left";
    case group_event_kind::member_expired:
      return "member expired";
    case group_event_kind::write_failed:
      break;
  }
  return "write failed";
}

}  // namespace

group_actor::group_actor(caf::actor_config& config, unit& where, group_setup setup)
    : pinned(config, where),
      coordinator_(std::move(setup.coordinator)),
      options_(setup.options),
      state_(state_of(setup, where)),
      offsets_(std::move(setup.loaded.offsets)) {}

group_handle::behavior_type group_actor::make_behavior() {
  settle();
  return {
      [this](const join_group_call& call) { return join(call); },
      [this](const sync_group_request& request) { return sync(request); },
      [this](const heartbeat_request& request) { return heartbeat(request); },
      [this](const leave_group_request& request) { return leave(request); },
      [this](const commit_offsets_call& call) { return commit(call); },
      [this](const fetch_offsets_call& call) { return fetch(call); },
      [this](const offset_delete_request& request) { return delete_offsets(request); },
      [this](const describe_group_call&) { return describe(); },
      [this](const delete_group_call&) { return delete_group(); },
      [this](const expire_offsets&) { expire(); },
      [this](const topics_deleted& deleted) { forget(deleted); },
      [](const start_group&) {},  // an actor begins with its first message
      [this](const timer_expired& expired) {
        if (static_cast<int64_t>(expired.token) != timer_due_ms_) return;
        timer_ = no_timer;
        state_.tick(now());
        settle();
      },
  };
}

void group_actor::on_exit() {
  state_.end(now());
  settle();
  for (auto& [_, stored] : std::exchange(stores_, {})) stored(error_code::not_coordinator);
  for (auto& parked : std::exchange(waiting_, {})) parked.proceed(error_code::not_coordinator);
  cancel_timer(timer_);
  coordinator_ = nullptr;  // Each holds the other's handle: without this neither would go.
}

caf::result<join_group_response> group_actor::join(const join_group_call& call) {
  if (deleting_) {
    join_group_response response;
    response.error_code = error_code::coordinator_load_in_progress;
    response.member_id = call.request.member_id;
    return response;
  }
  auto promise = make_response_promise<join_group_response>();
  const auto ticket = ++last_ticket_;
  joins_.emplace(ticket, promise);
  state_.join(ticket, call.request, call.client, now());
  settle();
  return promise;
}

caf::result<sync_group_response> group_actor::sync(const sync_group_request& request) {
  auto promise = make_response_promise<sync_group_response>();
  const auto ticket = ++last_ticket_;
  syncs_.emplace(ticket, promise);
  state_.sync(ticket, request, now());
  settle();
  return promise;
}

heartbeat_response group_actor::heartbeat(const heartbeat_request& request) {
  heartbeat_response response;
  response.error_code = state_.heartbeat(request, now());
  settle();
  return response;
}

leave_group_response group_actor::leave(const leave_group_request& request) {
  auto response = state_.leave(request, now());
  settle();
  return response;
}

caf::result<offset_commit_response> group_actor::commit(const commit_offsets_call& call) {
  if (deleting_) return refuse_commit(call.request, error_code::coordinator_load_in_progress);
  const auto& request = call.request;
  auto error = state_.check_commit(request.member_id, request.group_instance_id,
                                   request.generation_id_or_member_epoch, now());
  settle();
  if (error != error_code::none) return refuse_commit(request, error);
  auto plan = plan_commit(request, *options_, time().wall_ms());
  if (plan.offsets.empty()) return std::move(plan.response);

  std::vector<group_log_record> records;
  records.reserve(plan.offsets.size());
  for (const auto& [key, offset] : plan.offsets) records.push_back(offset_record(key, offset));
  auto promise = make_response_promise<offset_commit_response>();
  store(std::move(records), [this, promise, plan = std::move(plan)](error_code stored) mutable {
    if (stored == error_code::none) {
      for (auto& [key, offset] : plan.offsets) {
        offsets_.put(key.topic, key.partition, std::move(offset));
      }
    } else {
      for (auto& topic : plan.response.topics) {
        for (auto& partition : topic.partitions) partition.error_code = stored;
      }
    }
    promise.deliver(std::move(plan.response));
  });
  return promise;
}

caf::result<fetched_offsets> group_actor::fetch(const fetch_offsets_call& call) {
  // Whoever asks for stable offsets is not shown one that a commit on its way is about to replace.
  if (!call.require_stable || stores_.empty()) {
    return fetch_committed(offsets_, call.request, call.require_stable);
  }
  auto promise = make_response_promise<fetched_offsets>();
  after_stores([this, promise, call](error_code error) mutable {
    fetched_offsets fetched;
    if (error == error_code::none) {
      fetched = fetch_committed(offsets_, call.request, true);
    } else {
      fetched.group_id = call.request.group_id;
      fetched.error_code = error;
    }
    promise.deliver(std::move(fetched));
  });
  return promise;
}

caf::result<offset_delete_response> group_actor::delete_offsets(
    const offset_delete_request& request) {
  auto promise = make_response_promise<offset_delete_response>();
  after_stores([this, promise, request](error_code error) mutable {
    if (error == error_code::none && deleting_) error = error_code::coordinator_load_in_progress;
    offset_delete_plan plan;
    if (error == error_code::none) {
      plan = plan_offset_delete(state_, offsets_, request);
    } else {
      plan.response.error_code = error;
    }
    if (plan.offsets.empty()) {
      promise.deliver(std::move(plan.response));
      return;
    }
    store_tombstones(plan.offsets, [this, promise, plan](error_code stored) mutable {
      if (stored == error_code::none) {
        erase(plan.offsets);
      } else {
        plan.response = {};
        plan.response.error_code = stored;
      }
      promise.deliver(std::move(plan.response));
    });
  });
  return promise;
}

caf::result<delete_group_result> group_actor::delete_group() {
  auto error = deleting_ ? error_code::group_id_not_found : check_delete(state_);
  if (error != error_code::none) return delete_group_result{error};
  auto promise = make_response_promise<delete_group_result>();
  delete_everything(
      [promise](error_code stored) mutable { promise.deliver(delete_group_result{stored}); });
  return promise;
}

// From here on nothing else is stored, so the tombstones are the last records of the group.
void group_actor::delete_everything(stored_callback deleted) {
  deleting_ = true;
  after_stores([this, deleted = std::move(deleted)](error_code error) {
    if (error != error_code::none) return deleted(error);
    const auto ended = [this, deleted](error_code stored) {
      deleting_ = false;
      if (stored == error_code::none) {
        offsets_ = {};
        state_.end(now());
        settle();
        anon_send(coordinator_, group_gone{state_.id()});
      }
      deleted(stored);
    };
    store_tombstones(offsets_.all(), [this, ended](error_code stored) {
      if (stored != error_code::none) return ended(stored);
      store({group_tombstone(state_.id())}, ended);
    });
  });
}

/// In pieces: what is stored at once is one batch, and a batch has a largest size.
void group_actor::store_tombstones(const std::vector<topic_partition>& gone,
                                   stored_callback stored) {
  if (gone.empty()) return stored(error_code::none);
  constexpr size_t piece_bytes = size_t{256} * 1024, name_bytes_max = 249, overhead_bytes = 64;
  const auto piece = std::clamp<size_t>(
      piece_bytes / (state_.id().size() + name_bytes_max + overhead_bytes), 1, 1'000);
  struct progress {
    size_t left;
    error_code error = error_code::none;
  };
  auto all = std::make_shared<progress>(progress{(gone.size() + piece - 1) / piece});
  for (size_t begin = 0; begin < gone.size(); begin += piece) {
    const auto end = std::min(begin + piece, gone.size());
    const std::vector<topic_partition> some(gone.begin() + static_cast<std::ptrdiff_t>(begin),
                                            gone.begin() + static_cast<std::ptrdiff_t>(end));
    store(tombstones(some), [all, stored](error_code error) {
      if (error != error_code::none) all->error = error;
      if (--all->left == 0) stored(all->error);
    });
  }
}

void group_actor::expire() {
  after_stores([this](error_code error) {
    if (error == error_code::none) expire_now();
  });
}

void group_actor::expire_now() {
  // With a commit on its way a tombstone would take that one with it: the next round will do.
  if (deleting_ || !stores_.empty() || state_.phase() == group_phase::dead) return;
  auto expired = expired_offsets(state_, offsets_, *options_, time().wall_ms());
  const bool nothing_left = expired.size() == offsets_.size() && !offsets_.has_open_transactions();
  const bool nobody_left = state_.phase() == group_phase::empty && !state_.roster().has_pending();
  if (nothing_left && nobody_left) {
    log::info("group " + state_.id(), "expires with {} offsets", expired.size());
    return delete_everything([](error_code) {});
  }
  if (expired.empty()) return;
  log::info("group " + state_.id(), "{} offsets expire", expired.size());
  store_tombstones(expired, [this, expired](error_code stored) {
    if (stored == error_code::none) erase(expired);
  });
}

// Behind what is being stored: a tombstone must not take a commit for a topic that was made anew.
void group_actor::forget(const topics_deleted& deleted) {
  after_stores([this, deleted](error_code error) {
    if (error == error_code::none) forget_now(deleted);
  });
}

void group_actor::forget_now(const topics_deleted& deleted) {
  std::vector<topic_partition> gone;
  for (const auto& which : offsets_.all()) {
    const auto* offset = offsets_.find(which.topic, which.partition);
    for (const auto& topic : deleted.topics) {
      // An offset without an id is of a time before ids; then the name decides.
      const bool same_id =
          offset == nullptr || offset->topic_id.is_zero() || offset->topic_id == topic.id;
      if (topic.name == which.topic && same_id) gone.push_back(which);
    }
  }
  if (gone.empty() || deleting_) return;
  store_tombstones(gone, [this, gone](error_code stored) {
    if (stored == error_code::none) erase(gone);
  });
}

group_description group_actor::describe() const {
  group_description described;
  described.group_id = state_.id();
  described.group_state = group_phase_name(state_.phase());
  described.protocol_type = state_.protocol_type().value_or("");
  const bool stable = state_.phase() == group_phase::stable;
  // Not an error: clients look at the message only where the code says that there is one.
  if (auto awaited = awaited_members(state_); !awaited.empty()) described.error_message = awaited;
  if (stable) described.protocol_data = state_.protocol().value_or("");
  for (const auto& [id, member] : state_.roster().members()) {
    described.members.push_back(
        {id, member.instance_id, member.client_id, member.client_host,
         stable ? member.metadata_for(described.protocol_data) : shared_bytes{},
         member.assignment});
  }
  return described;
}

std::vector<group_log_record> group_actor::tombstones(
    const std::vector<topic_partition>& offsets) const {
  std::vector<group_log_record> records;
  records.reserve(offsets.size());
  for (const auto& which : offsets) {
    records.push_back(offset_tombstone({state_.id(), which.topic, which.partition}));
  }
  return records;
}

void group_actor::erase(const std::vector<topic_partition>& offsets) {
  for (const auto& which : offsets) offsets_.erase(which.topic, which.partition);
}

void group_actor::settle() {
  auto actions = state_.take_actions();
  for (const auto& event : actions.events) write_log(event);
  for (const auto& write : actions.writes) {
    store({group_record(state_.id(), write.value)}, [this, token = write.token](error_code stored) {
      state_.written(token, stored, now());
      settle();
    });
  }
  // Before the answers: whoever has one and lists the groups sees the state that it speaks of.
  summarize();
  for (auto& [ticket, response] : actions.joins) {
    auto parked = joins_.extract(ticket);
    if (!parked.empty()) parked.mapped().deliver(std::move(response));
  }
  for (auto& [ticket, response] : actions.syncs) {
    auto parked = syncs_.extract(ticket);
    if (!parked.empty()) parked.mapped().deliver(std::move(response));
  }
  set_timer();
}

void group_actor::summarize() {
  const auto& type = state_.protocol_type().value_or("");
  if (told_phase_ == state_.phase() && told_protocol_type_ == type) return;
  told_phase_ = state_.phase();
  told_protocol_type_ = type;
  if (coordinator_) anon_send(coordinator_, group_summary{state_.id(), state_.phase(), type});
}

void group_actor::set_timer() {
  auto due = state_.next_deadline_ms();
  if (!due) {
    if (timer_) cancel_timer(timer_);
    return;
  }
  if (timer_ && timer_due_ms_ <= *due) return;  // It wakes early and looks again.
  if (timer_) cancel_timer(timer_);
  timer_due_ms_ = *due;
  timer_ = arm_timer(std::max<int64_t>(*due - time().mono_ms(), 0),
                     static_cast<uint64_t>(timer_due_ms_));
}

void group_actor::store(std::vector<group_log_record> records, stored_callback stored) {
  const auto number = ++stores_begun_;
  stores_.emplace(number, std::move(stored));
  request(coordinator_, caf::infinite, store_group_records{std::move(records)})
      .then(
          [this, number](const group_records_stored& answer) { store_done(number, answer.error); },
          [this, number](const caf::error&) { store_done(number, error_code::not_coordinator); });
}

void group_actor::store_done(uint64_t number, error_code error) {
  auto finished = stores_.extract(number);
  if (finished.empty()) return;
  stores_done_ = number;
  finished.mapped()(error);
  while (!waiting_.empty() && waiting_.front().count <= stores_done_) {
    auto parked = std::move(waiting_.front());
    waiting_.pop_front();
    parked.proceed(error_code::none);
  }
}

void group_actor::after_stores(stored_callback proceed) {
  if (stores_.empty()) return proceed(error_code::none);
  waiting_.push_back({stores_begun_, std::move(proceed)});
}

void group_actor::write_log(const group_event& event) const {
  const auto importance =
      event.kind == group_event_kind::write_failed ? log::level::warn : log::level::info;
  log::write(importance, "group " + state_.id(), "{} (generation {}, members {}): {}",
             event_name(event.kind), event.generation, event.members, event.reason);
}

}  // namespace ottla
