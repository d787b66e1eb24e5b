#include "actors/group/coordinator_actor.hpp"

#include <algorithm>
#include <utility>

#include "actors/group/group_actor.hpp"
#include "actors/group/group_loader.hpp"
#include "actors/runtime/log.hpp"

namespace ottla {

namespace {

constexpr uint64_t expiry_token = 0;  // Any other token is the term of a retry.
constexpr int64_t first_retry_ms = 100;
constexpr int64_t longest_retry_ms = 10'000;

}  // namespace

coordinator_actor::coordinator_actor(caf::actor_config& config, unit& where,
                                     coordinator_setup setup)
    : pinned(config, where), setup_(std::move(setup)) {}

coordinator_handle::behavior_type coordinator_actor::make_behavior() {
  return {
      [this](const join_group_call& call) { return join(call); },
      [this](const sync_group_request& request) { return sync(request); },
      [this](const heartbeat_request& request) { return heartbeat(request); },
      [this](const leave_group_request& request) { return leave(request); },
      [this](const commit_offsets_call& call) { return commit(call); },
      [this](const fetch_offsets_call& call) { return fetch(call); },
      [this](const offset_delete_request& request) { return delete_offsets(request); },
      [this](const describe_group_call& call) { return describe(call); },
      [this](const delete_group_call& call) { return delete_group(call); },
      [this](const list_groups_call& call) { return list(call.request); },
      [this](store_group_records& wanted) { return store(wanted); },
      [this](const append_waiting& due) {
        if (due.term == term_) append();
      },
      [this](const group_summary& summary) { update_summary(summary); },
      [this](const group_gone& gone) { group_is_gone(gone.group_id); },
      [this](const start_coordinating& order) { start(order); },
      [this](const stop_coordinating&) { stop(); },
      [this](const topics_deleted& deleted) {
        tell_groups(deleted);
        if (phase_ != phase::loading) return;
        auto& later = deleted_meanwhile_.topics;
        later.insert(later.end(), deleted.topics.begin(), deleted.topics.end());
      },
      [this](const timer_expired& expired) { timer_is_due(expired.token); },
  };
}

void coordinator_actor::on_exit() {
  unload();
  setup_.finder = nullptr;
}

void coordinator_actor::start(const start_coordinating& order) {
  if (phase_ != phase::idle && order.epoch <= order_.epoch && order.partition == order_.partition) {
    return;
  }
  unload();
  order_ = order;
  phase_ = phase::loading;
  load_began_ms_ = time().mono_ms();
  retry_delay_ms_ = first_retry_ms;
  look_for_partition();
}

void coordinator_actor::stop() {
  if (phase_ != phase::idle) {
    log::info(setup_.subject, "no longer coordinates {} groups", groups_.size());
  }
  unload();
}

// Whoever waits for a group or for a record is told to look for the new coordinator.
void coordinator_actor::unload() {
  ++term_;
  phase_ = phase::idle;
  lead_again_ = false;
  deleted_meanwhile_.topics.clear();
  partition_ = nullptr;
  cancel_timer(expiry_timer_);
  answer_stores(appending_, error_code::not_coordinator);
  answer_stores(waiting_, error_code::not_coordinator);
  for (auto& [_, known] : std::exchange(groups_, {})) {
    anon_send_exit(known.group, caf::exit_reason::user_shutdown);
  }
}

// The image decides who leads. Until it has come this is nobody's coordinator; and should it say
// that nothing has changed after all, the groups are loaded again.
void coordinator_actor::lead_again_later() {
  log::info(setup_.subject, "another broker may lead; {} groups are let go", groups_.size());
  unload();
  lead_again_ = true;
  arm_timer(first_retry_ms, term_);
}

void coordinator_actor::look_for_partition() {
  request(setup_.finder, caf::infinite, find_partition{order_.partition})
      .then(
          [this, term = term_](const partition_found& found) {
            if (term != term_) return;
            if (!found.handle) return retry_later();
            partition_ = found.handle;
            measure_partition();
          },
          [this, term = term_](const caf::error&) {
            if (term == term_) retry_later();
          });
}

void coordinator_actor::measure_partition() {
  request(partition_, caf::infinite, query_partition{})
      .then(
          [this, term = term_](const partition_description& log) {
            if (term == term_) load(log);
          },
          [this, term = term_](const caf::error&) {
            if (term == term_) retry_later();
          });
}

void coordinator_actor::load(const partition_description& log) {
  if (!log.is_leader) return retry_later();
  if (log.log_start_offset >= log.log_end_offset) return loaded({});
  group_loader_setup setup;
  setup.subject = setup_.subject;
  setup.partition = partition_;
  setup.epoch = order_.epoch;
  setup.buffer_bytes = setup_.options->offsets_load_buffer_bytes;
  setup.begin = log.log_start_offset;
  setup.end = log.log_end_offset;
  auto loader = caf::actor_cast<group_loader_handle>(
      spawn_blocking<group_loader>(system(), home_unit(), std::move(setup)));
  request(loader, caf::infinite, load_groups{})
      .then(
          [this, term = term_](const groups_loaded& result) {
            if (term == term_) loaded(result);
          },
          [this, term = term_](const caf::error&) {
            if (term == term_) retry_later();
          });
}

void coordinator_actor::loaded(const groups_loaded& result) {
  if (result.error != error_code::none) {
    log::error(setup_.subject, "groups cannot be loaded: {}", error_name(result.error));
    return retry_later();
  }
  phase_ = phase::serving;
  if (result.unreadable != 0) {
    log::warn(setup_.subject, "{} records cannot be read and are passed over", result.unreadable);
  }
  if (!result.groups) return deleted_meanwhile_.topics.clear();
  for (auto& [id, known] : *result.groups) {
    const bool has_members = known.stored && !known.stored->members.empty();
    anon_send(spawn_group(id, std::move(known)), start_group{});
    if (has_members) groups_.at(id).state = group_phase::stable;
  }
  if (!deleted_meanwhile_.topics.empty()) tell_groups(std::exchange(deleted_meanwhile_, {}));
  log::info(setup_.subject, "{} groups from {} records in {} ms ({} of other kinds)",
            groups_.size(), result.records, time().mono_ms() - load_began_ms_, result.foreign);
  arm_expiry();
}

void coordinator_actor::retry_later() {
  partition_ = nullptr;
  phase_ = phase::loading;
  arm_timer(retry_delay_ms_, term_);
  retry_delay_ms_ = std::min(retry_delay_ms_ * 2, longest_retry_ms);
}

void coordinator_actor::timer_is_due(uint64_t token) {
  if (token == expiry_token) {
    expiry_timer_ = no_timer;
    tell_groups(expire_offsets{});
    return arm_expiry();
  }
  if (token != term_) return;
  if (phase_ == phase::idle && lead_again_) return start(start_coordinating{order_});
  if (phase_ == phase::loading && !partition_) look_for_partition();
}

void coordinator_actor::arm_expiry() {
  cancel_timer(expiry_timer_);
  if (groups_.empty()) return;
  expiry_timer_ = arm_timer(setup_.options->offsets_retention_check_interval_ms, expiry_token);
}

const group_handle& coordinator_actor::spawn_group(const std::string& group_id,
                                                   loaded_group known) {
  entry made;
  if (known.stored) made.protocol_type = known.stored->protocol_type;
  auto self = caf::actor_cast<coordinator_handle>(caf::strong_actor_ptr{ctrl()});
  made.group = caf::actor_cast<group_handle>(spawn_on<group_actor>(
      system(), home_unit(),
      group_setup{group_id, std::move(self), setup_.options, std::move(known)}));
  const bool first = groups_.empty();
  auto& group = groups_.insert_or_assign(group_id, std::move(made)).first->second.group;
  if (first) arm_expiry();
  return group;
}

void coordinator_actor::update_summary(const group_summary& summary) {
  auto found = groups_.find(summary.group_id);
  if (found == groups_.end()) return;
  found->second.state = summary.phase;
  found->second.protocol_type = summary.protocol_type;
}

void coordinator_actor::group_is_gone(const std::string& group_id) {
  auto gone = groups_.extract(group_id);
  if (gone.empty()) return;
  anon_send_exit(gone.mapped().group, caf::exit_reason::user_shutdown);
  if (groups_.empty()) cancel_timer(expiry_timer_);
}

template <class Message>
void coordinator_actor::tell_groups(const Message& message) {
  for (const auto& [_, known] : groups_) anon_send(known.group, message);
}

}  // namespace ottla
