// Appending the records of groups: the part of coordinator_actor that writes.
#include <utility>

#include "actors/group/coordinator_actor.hpp"
#include "actors/runtime/log.hpp"
#include "protocol/record_batch_builder.hpp"

namespace ottla {

namespace {

// Well below the default limit on a batch; a single group's records may still exceed it.
constexpr size_t full_batch_bytes = size_t{512} * 1024;

size_t size_of(const std::vector<group_log_record>& records) {
  size_t bytes = 0;
  for (const auto& one : records) bytes += one.key.size() + (one.value ? one.value->size() : 0);
  return bytes;
}

}  // namespace

caf::result<group_records_stored> coordinator_actor::store(store_group_records& wanted) {
  if (phase_ != phase::serving) return group_records_stored{error_code::not_coordinator};
  auto promise = make_response_promise<group_records_stored>();
  waiting_.push_back({std::move(wanted.records), promise});
  // Not at once: what the groups ask for in the same burst shares the batch.
  if (appending_.empty() && waiting_.size() == 1) {
    anon_send(caf::actor_cast<coordinator_handle>(caf::strong_actor_ptr{ctrl()}),
              append_waiting{term_});
  }
  return promise;
}

void coordinator_actor::append() {
  if (phase_ != phase::serving || !appending_.empty() || waiting_.empty()) return;
  record_batch_options options;
  options.compression = setup_.compression;
  record_batch_builder batch{options};
  for (size_t bytes = 0; !waiting_.empty(); waiting_.pop_front()) {
    bytes += size_of(waiting_.front().records);
    if (bytes > full_batch_bytes && !appending_.empty()) break;
    for (const auto& one : waiting_.front().records) {
      record_data record;
      record.timestamp = time().wall_ms();
      record.key = one.key.view();
      if (one.value) record.value = one.value->view();
      batch.append(record);
    }
    appending_.push_back(std::move(waiting_.front()));
  }
  auto built = batch.build();
  if (!built) {
    log::error(setup_.subject, "a batch cannot be made: {}", built.error().message);
    answer_stores(appending_, error_code::unknown_server_error);
    return append();
  }
  append_batch wanted;
  wanted.batch = std::move(*built);
  wanted.acks = acks_all;
  wanted.timeout_ms = setup_.options->offsets_commit_timeout_ms;
  wanted.current_epoch = order_.epoch;
  wanted.origin = append_origin::coordinator;
  request(partition_, caf::infinite, std::move(wanted))
      .then(
          [this, term = term_](const append_result& result) {
            if (term == term_) appended(result);
          },
          [this, term = term_](const caf::error&) {
            if (term == term_) append_failed();
          });
}

void coordinator_actor::appended(const append_result& result) {
  if (result.error != error_code::none) {
    log::warn(setup_.subject, "{} group records are not stored: {} {}", appending_.size(),
              error_name(result.error), result.message);
  }
  answer_stores(appending_, group_error_for_append(result.error));
  if (result.error == error_code::not_leader_or_follower ||
      result.error == error_code::fenced_leader_epoch) {
    return lead_again_later();
  }
  append();
}

// The partition's actor has died and is opened again: what is in its log decides.
void coordinator_actor::append_failed() {
  log::warn(setup_.subject, "the partition has failed; its groups are loaded again");
  auto order = order_;
  unload();
  start(order);
}

void coordinator_actor::answer_stores(std::deque<pending_store>& stores, error_code error) {
  for (auto& one : std::exchange(stores, {})) one.promise.deliver(group_records_stored{error});
}

}  // namespace ottla
