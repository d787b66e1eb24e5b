#include "actors/cluster/controller_actor.hpp"

#include <algorithm>
#include <caf/send.hpp>

#include "actors/cluster/config_requests.hpp"
#include "actors/cluster/isr_changes.hpp"
#include "actors/cluster/reassignment.hpp"
#include "actors/cluster/topic_changes.hpp"
#include "actors/runtime/log.hpp"

namespace ottla {
namespace {

template <class Record>
std::optional<Record> decoded(const stored_node& node) {
  if (!node.exists()) return std::nullopt;
  auto record = decode_record<Record>(node.value.view());
  return record ? std::optional{std::move(*record)} : std::nullopt;
}

store_write check(const char* path, node_version version) {
  return {.what = store_write::kind::check, .path = path, .version = version};
}

store_write set(std::string path, node_version version, shared_bytes value) {
  return {.what = store_write::kind::set,
          .path = std::move(path),
          .version = version,
          .value = std::move(value)};
}

constexpr int64_t rest_ms = 1000;

const std::string producer_ids_path = metadata_path::of({metadata_node::kind::producer_ids});

}  // namespace

controller_actor::controller_actor(caf::actor_config& config, unit& where, controller_setup setup)
    : pinned(config, where), setup_(std::move(setup)) {}

controller_handle::behavior_type controller_actor::make_behavior() {
  return {
      [this](const image_changed& message) { image_came(message); },
      [this](const store_session_changed& message) { session_changed(message.event); },
      [](const broker_registered&) {},  // The image shows it as well.
      [this](const image_applied& message) {
        applied_ = std::max(applied_, message.sequence);
        give_answers();
      },
      [this](const broker_ready& message) { unfence(message); },
      [this](const broker_stopping& message) { let_go(message); },
      [this](const local_data_removed& message) { confirm_removed(message); },
      [this](const replicas_failed& message) { take_out(message); },
      [this](const allocate_producer_ids& message) { return allocate(message); },
      [this](const create_topics_command& command) {
        return submit<create_topics_command, create_topics_response>(
            command,
            [](const auto& context, const auto& c) { return create_topics(context, c.request); });
      },
      [this](const delete_topics_command& command) {
        return submit<delete_topics_command, delete_topics_response>(
            command, [](const auto& context, const auto& c) {
              return delete_topics(context, c.request, c.caller.version);
            });
      },
      [this](const create_partitions_command& command) {
        return submit<create_partitions_command, create_partitions_response>(
            command, [](const auto& context, const auto& c) {
              return create_partitions(context, c.request);
            });
      },
      [this](const incremental_alter_configs_command& command) {
        return submit<incremental_alter_configs_command, incremental_alter_configs_response>(
            command, [](const auto& context, const auto& c) {
              return incremental_alter_configs(context, c.request);
            });
      },
      [this](const alter_configs_command& command) {
        return submit<alter_configs_command, alter_configs_response>(
            command,
            [](const auto& context, const auto& c) { return alter_configs(context, c.request); });
      },
      [this](const alter_partition_reassignments_command& command) {
        return submit<alter_partition_reassignments_command,
                      alter_partition_reassignments_response>(
            command, [](const auto& context, const auto& c) {
              return alter_partition_reassignments(context, c.request);
            });
      },
      [this](const elect_leaders_command& command) {
        return submit<elect_leaders_command, elect_leaders_response>(
            command,
            [](const auto& context, const auto& c) { return elect_leaders(context, c.request); });
      },
      [this](const alter_partitions& wanted) {
        return submit<alter_partitions, partitions_altered>(wanted, alter_isrs);
      },
      [this](const broker_unreachable& message) { broker_lost(message.who); },
      [this](const timer_expired& timer) {
        if (timer.token == balance_token) return balance_leaders();
        if (timer.token != rest_token) return waited_too_long(timer.token);
        is_resting_ = false;
        campaign();
        start_round();
      },
  };
}

void controller_actor::on_exit() {
  fail_all();
  setup_.metadata = nullptr;
}

template <class Command, class Response, class Judge>
caf::result<Response> controller_actor::submit(const Command& command, Judge judge) {
  auto promise = make_response_promise<Response>();
  std::optional<int32_t> patience_ms;
  if constexpr (requires { command.request.timeout_ms; }) patience_ms = command.request.timeout_ms;
  auto fail = [promise](error_code code) mutable { promise.deliver(controller_error(code)); };
  propose(
      {.edit = [promise, command, judge](const change_context& context) -> std::function<void()> {
         auto response = judge(context, command);
         return [promise, response = std::move(response)]() mutable {
           promise.deliver(std::move(response));
         };
       },
       .fail = fail,
       .patience_ms = patience_ms});
  return promise;
}

caf::result<producer_id_block> controller_actor::allocate(const allocate_producer_ids&) {
  auto promise = make_response_promise<producer_id_block>();
  propose({.edit = [this, promise](const change_context& context) -> std::function<void()> {
             // Counted on even if the commit fails: a block is never given twice.
             producer_id_block block{.first = producer_ids_.next, .count = producer_ids_per_block};
             producer_ids_.next += producer_ids_per_block;
             context.draft.set_producer_ids(producer_ids_);
             return [promise, block]() mutable { promise.deliver(block); };
           },
           .fail =
               [promise](error_code code) mutable {
                 promise.deliver(producer_id_block{.error = code});
               }});
  return promise;
}

// -- Election ------------------------------------------------------------------------------------

void controller_actor::session_changed(session_event event) {
  connected_ = event == session_event::connected;
  if (event == session_event::expired) resign();
  campaign();
}

void controller_actor::image_came(const image_changed& message) {
  image_ = message.after;
  connected_ = true;  // Images come only from a session that works.
  if (!setup_.broker_reports_applied) applied_ = image_->sequence();
  if (office_ == office::held && image_->controller() != setup_.id) return resign();
  if (office_ == office::taking && is_elsewhere()) return resign();
  if (office_ == office::taking) take_office();
  // What waits here for a controller is for the one that there is now to be asked.
  if (office_ == office::none && is_elsewhere()) fail_all();
  give_answers();
  campaign();
  judge_brokers();
  watch_draining();
  watch_balance();
  start_round();
}

// A broker stands for election once it is in its own image: it judges itself like any other.
void controller_actor::campaign() {
  if (office_ != office::none || !connected_ || !image_ || is_elsewhere() ||
      image_->find_broker(setup_.id) == nullptr) {
    return;
  }
  office_ = office::campaigning;
  ask_to_read({metadata_path::controller_epoch, metadata_path::controller},
              [this](const read_nodes_result& result) { candidate_read(result); });
}

void controller_actor::candidate_read(const read_nodes_result& result) {
  const bool is_read = result.nodes.size() == 2;
  auto epoch = is_read ? decoded<controller_epoch_record>(result.nodes.front()) : std::nullopt;
  auto holder = is_read ? decoded<controller_record>(result.nodes.back()) : std::nullopt;
  // The image may be older than the election of somebody else.
  if (!epoch || (holder && holder->id != setup_.id)) {
    office_ = office::none;
    return;
  }
  epoch_ = epoch->epoch + 1;
  fence_ = result.nodes.front().version + 1;
  term_ = home_unit().random().id();
  std::vector<store_write> steps;
  if (holder) {  // The node of a term that we gave up.
    steps.push_back({.what = store_write::kind::remove,
                     .path = metadata_path::controller,
                     .version = result.nodes.back().version});
  }
  steps.push_back({.what = store_write::kind::create_ephemeral,
                   .path = metadata_path::controller,
                   .value = encode_record(controller_record{setup_.id, term_})});
  steps.push_back(set(metadata_path::controller_epoch, fence_ - 1,
                      encode_record(controller_epoch_record{epoch_})));
  ask_to_commit(std::move(steps),
                [this](const commit_result& decided) { campaign_decided(decided); });
}

void controller_actor::campaign_decided(const commit_result& result) {
  switch (result.what) {
    case commit_result::status::committed:
      return take_office();
    case commit_result::status::unknown:
      return look_for_own_term();
    case commit_result::status::conflict:
    case commit_result::status::refused:
      office_ = office::none;  // The image will show who won, or that nobody did.
  }
}

void controller_actor::look_for_own_term() {
  ask_to_read({metadata_path::controller}, [this](const read_nodes_result& result) {
    auto found =
        result.nodes.empty() ? std::nullopt : decoded<controller_record>(result.nodes.front());
    if (found && found->term == term_) return take_office();
    office_ = office::none;
    if (!found) campaign();
  });
}

// From here on nobody else can write: what is read now is what there is.
void controller_actor::take_office() {
  if (office_ == office::campaigning) {
    office_ = office::taking;
    log_version_ = absent_version;
    ask_to_read({metadata_path::changes, producer_ids_path}, [this](const auto& result) {
      if (result.error != error_code::none || result.nodes.size() != 2) return give_up();
      auto log = decoded<change_log>(result.nodes[0]);
      auto ids = decoded<producer_ids_record>(result.nodes[1]);
      if (!log || !ids) {
        office_ = office::none;
        fault why{error_code::corrupt_message, "the change node or the producer ids are damaged"};
        return setup_.on_fatal ? setup_.on_fatal(why) : void();
      }
      log_ = std::move(*log);
      log_version_ = result.nodes[0].version;
      producer_ids_ = *ids;
      producer_ids_version_ = result.nodes[1].version;
      take_office();
    });
    return;
  }
  if (log_version_ == absent_version || image_->sequence() < log_.sequence ||
      image_->controller() != setup_.id) {
    return;  // The image that shows all of it is on its way.
  }
  office_ = office::held;
  judge_brokers();
  watch_draining();
  watch_balance();
  start_round();
}

void controller_actor::resign() {
  leave_office();
  campaign();
}

void controller_actor::leave_office() {
  ++attempt_;
  office_ = office::none;
  round_runs_ = false;
  judging_.clear();
  draining_.clear();
  cancel_timer(balance_timer_);
  fail_all();
}

/// The store does not answer: tried again after a pause.
void controller_actor::give_up() {
  office_ = office::none;
  is_resting_ = true;
  arm_timer(rest_ms, rest_token);
}

/// If it is the controller, there has to be another one first.
void controller_actor::broker_lost(const replica_seat& seat) {
  const auto* broker = image_ ? image_->find_broker(seat.id) : nullptr;
  if (broker == nullptr || broker->epoch != seat.epoch || seat.id == setup_.id) return;
  if (image_->controller() == seat.id) return depose(seat.id);
  fence(seat);
}

// Takes its name away, so that everybody stands for election now and not when its session expires.
// Only in the term that it holds: whoever was elected meanwhile stays. A controller that is alive
// after all hears of it and stands again; until somebody has won, what it writes is valid.
void controller_actor::depose(broker_id id) {
  ask_to_read({metadata_path::controller_epoch, metadata_path::controller},
              [this, id](const read_nodes_result& result) {
                if (result.nodes.size() != 2) return;  // The end of its session will do it.
                auto holder = decoded<controller_record>(result.nodes.back());
                if (!holder || holder->id != id) return;
                log::warn("controller", "broker {} does not listen any more: another is elected",
                          id);
                ask_to_commit({check(metadata_path::controller_epoch, result.nodes.front().version),
                               {.what = store_write::kind::remove,
                                .path = metadata_path::controller,
                                .version = result.nodes.back().version}},
                              [](const commit_result&) {});  // The image shows what came of it.
              });
}

bool controller_actor::is_elsewhere() const {
  return image_ && image_->controller() != no_broker && image_->controller() != setup_.id;
}

// -- Rounds --------------------------------------------------------------------------------------

void controller_actor::propose(change what) {
  if (is_elsewhere() && what.fail) return what.fail(error_code::not_controller);
  waiting_.push_back(std::move(what));
  start_round();
  // Only what could not begin at once needs a timer.
  if (waiting_.empty() || !waiting_.back().patience_ms || waiting_.back().number != 0) return;
  auto& late = waiting_.back();
  late.number = ++last_number_;
  late.deadline = arm_timer(std::max(0, *late.patience_ms), late.number);
}

/// Nobody has judged it: it did not happen.
void controller_actor::waited_too_long(uint64_t number) {
  auto late = std::ranges::find(waiting_, number, &change::number);
  if (late == waiting_.end()) return;
  auto what = std::move(*late);
  waiting_.erase(late);
  what.fail(error_code::request_timed_out);
}

void controller_actor::propose_own(change::edit_function edit) {
  if (!is_elsewhere()) propose({.edit = std::move(edit)});
}

void controller_actor::start_round() {
  constexpr size_t changes_per_round = 4096;
  if (office_ != office::held || round_runs_ || is_resting_ || waiting_.empty()) return;
  if (image_->sequence() < log_.sequence) return;  // The next image starts it.
  auto config = setup_.config->get();
  metadata_draft draft(image_);
  change_context context{draft, *config, home_unit().random()};
  round_.clear();
  while (!waiting_.empty() && round_.size() < changes_per_round) {
    auto what = std::move(waiting_.front());
    waiting_.pop_front();
    cancel_timer(what.deadline);
    auto give = what.edit(context);
    round_.push_back({.give = std::move(give), .what = std::move(what)});
  }
  commits_ = draft.plan();
  commits_done_ = 0;
  versions_.clear();
  if (commits_.empty()) return finish_round(image_->sequence());
  round_runs_ = true;
  write_next();
}

node_version controller_actor::version_of(const metadata_node& node) const {
  if (auto written = versions_.find(node); written != versions_.end()) return written->second;
  if (node.what == metadata_node::kind::producer_ids) return producer_ids_version_;
  return image_->version(node);
}

std::vector<store_write> controller_actor::steps_of(const planned_commit& commit,
                                                    change_log& log) const {
  std::vector<store_write> steps{check(metadata_path::controller_epoch, fence_)};
  std::vector<std::pair<metadata_node, node_version>> touched;
  for (const auto& write : commit) {
    auto version = version_of(write.node);
    auto path = metadata_path::of(write.node);
    if (version == absent_version) {
      steps.push_back(
          {.what = store_write::kind::create, .path = std::move(path), .value = write.value});
    } else {
      steps.push_back(set(std::move(path), version, write.value));
    }
    touched.emplace_back(write.node, version + 1);
  }
  log.advance(touched);
  steps.push_back(set(metadata_path::changes, log_version_, encode_record(log)));
  return steps;
}

void controller_actor::write_next() {
  next_log_ = log_;
  ask_to_commit(steps_of(commits_[commits_done_], next_log_),
                [this](const commit_result& result) { written(result); });
}

void controller_actor::written(const commit_result& result) {
  switch (result.what) {
    case commit_result::status::committed:
      return commit_done();
    case commit_result::status::unknown:
      return settle();
    case commit_result::status::refused:
      return round_failed();
    case commit_result::status::conflict:
      return resign();  // Somebody else is controller: nothing of ours counts any more.
  }
}

// Only we write the change node, and only with the version that we know: its version tells.
void controller_actor::settle() {
  ask_to_read({metadata_path::controller_epoch, metadata_path::changes},
              [this](const read_nodes_result& result) { settled(result); });
}

void controller_actor::settled(const read_nodes_result& result) {
  if (result.nodes.size() != 2 || result.nodes[0].version != fence_) return resign();
  auto version = result.nodes[1].version;
  if (version == log_version_ + 1) return commit_done();
  if (version == log_version_) return write_next();
  resign();
}

void controller_actor::commit_done() {
  for (const auto& write : commits_[commits_done_]) {
    auto version = version_of(write.node) + 1;
    versions_[write.node] = version;
    if (write.node.what == metadata_node::kind::producer_ids) producer_ids_version_ = version;
  }
  log_ = std::move(next_log_);
  ++log_version_;
  if (++commits_done_ < commits_.size()) return write_next();
  round_runs_ = false;
  finish_round(log_.sequence);
}

void controller_actor::round_failed() {
  round_runs_ = false;
  // Before whatever has come meanwhile: a broker is gone before it is back.
  std::deque<change> again;
  for (auto& one : std::exchange(round_, {})) {
    if (one.what.fail) {
      one.what.fail(error_code::kafka_storage_error);
    } else {
      again.push_back(std::move(one.what));
    }
  }
  std::ranges::move(waiting_, std::back_inserter(again));
  waiting_ = std::move(again);
  is_resting_ = true;
  arm_timer(rest_ms, rest_token);
}

void controller_actor::finish_round(int64_t sequence) {
  for (auto& one : std::exchange(round_, {})) {
    one.sequence = sequence;
    unanswered_.push_back(std::move(one));
  }
  give_answers();
  start_round();
}

void controller_actor::give_answers() {
  auto in_effect = image_ ? std::min(applied_, image_->sequence()) : -1;
  while (!unanswered_.empty() && unanswered_.front().sequence <= in_effect) {
    auto one = std::move(unanswered_.front());
    unanswered_.pop_front();
    one.give();
  }
}

void controller_actor::fail_all() {
  auto fail = [](const change& what) {
    if (what.fail) what.fail(error_code::not_controller);
  };
  for (auto& what : std::exchange(waiting_, {})) {
    cancel_timer(what.deadline);
    fail(what);
  }
  for (auto& one : std::exchange(round_, {})) fail(one.what);
  for (auto& one : std::exchange(unanswered_, {})) fail(one.what);
}

void controller_actor::ask_to_read(std::vector<std::string> paths,
                                   std::function<void(const read_nodes_result&)> then) {
  request(setup_.metadata, caf::infinite, read_nodes{std::move(paths)})
      .then(
          [this, then, attempt = attempt_](const read_nodes_result& result) {
            if (attempt == attempt_) then(result);
          },
          [this, attempt = attempt_](const caf::error&) {
            if (attempt == attempt_) leave_office();  // the store's actor is gone
          });
}

void controller_actor::ask_to_commit(std::vector<store_write> steps,
                                     std::function<void(const commit_result&)> then) {
  request(setup_.metadata, caf::infinite, commit_steps{std::move(steps)})
      .then(
          [this, then, attempt = attempt_](const commit_result& result) {
            if (attempt == attempt_) then(result);
          },
          [this, attempt = attempt_](const caf::error&) {
            if (attempt == attempt_) leave_office();  // the store's actor is gone
          });
}

}  // namespace ottla
