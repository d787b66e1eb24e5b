#include "actors/cluster/controller_link_actor.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

#include "actors/cluster/controller_error.hpp"
#include "actors/cluster/isr_messages.hpp"
#include "actors/cluster/report_messages.hpp"
#include "protocol/messages/ask_controller.hpp"
#include "protocol/messages/reserve_producer_ids.hpp"

namespace ottla {
namespace {

/// Each once: what is owed is said again with every image.
template <class Item>
void add(std::vector<Item>& to, const std::vector<Item>& more) {
  to.insert(to.end(), more.begin(), more.end());
  std::ranges::sort(to);
  to.erase(std::unique(to.begin(), to.end()), to.end());
}

}  // namespace

controller_link_actor::controller_link_actor(caf::actor_config& config, unit& where,
                                             controller_link_setup setup)
    : pinned(config, where), setup_(std::move(setup)), self_{setup_.self, no_broker_epoch} {}

controller_link_actor::behavior_type controller_link_actor::make_behavior() {
  return {
      [this](const image_applied& message) { applied(message); },
      [this](const broker_ready&) { report({.is_ready = true}); },
      [this](const broker_stopping&) { report({.is_stopping = true}); },
      [this](const local_data_removed& message) { report(to_report(message)); },
      [this](const replicas_failed& message) { report(to_report(message)); },
      [this](const allocate_producer_ids& wanted) { return reserve(wanted); },
      [this](const create_topics_command& command) { return pass_on(command); },
      [this](const delete_topics_command& command) { return pass_on(command); },
      [this](const create_partitions_command& command) { return pass_on(command); },
      [this](const incremental_alter_configs_command& command) { return pass_on(command); },
      [this](const alter_configs_command& command) { return pass_on(command); },
      [this](const alter_partition_reassignments_command& command) { return pass_on(command); },
      [this](const elect_leaders_command& command) { return pass_on(command); },
      [this](alter_partitions& wanted) { return alter(wanted); },
      [this](const image_changed& change) { image_came(change); },
      [this](const timer_expired& late) {
        if (late.token == repeat_token) return say_unsaid();
        auto waiting = waiting_.extract(late.token);
        if (waiting) waiting.mapped().give();
      },
  };
}

void controller_link_actor::on_exit() {
  let_go();
  for (auto& [id, each] : std::exchange(waiting_, {})) cancel_timer(each.deadline);
  cancel_timer(repeat_timer_);
  setup_.here = nullptr;
  setup_.reach = nullptr;
}

// --- who is controller ---

void controller_link_actor::image_came(const image_changed& change) {
  image_ = change.after;
  const auto* own = image_->find_broker(setup_.self);
  const auto* controller = image_->find_broker(image_->controller());
  const replica_seat self{setup_.self, own != nullptr ? own->epoch : no_broker_epoch};
  const replica_seat there = controller != nullptr
                                 ? replica_seat{image_->controller(), controller->epoch}
                                 : replica_seat{};
  const bool is_same_life = std::exchange(self_, self) == self;
  if (!is_same_life) unsaid_.failed_replicas.clear();  // those of another life
  if (is_same_life && there == controller_) return;
  let_go();
  controller_ = there;
}

void controller_link_actor::let_go() {
  if (peer_) caf::anon_send_exit(peer_, caf::exit_reason::user_shutdown);
  peer_ = nullptr;
}

bool controller_link_actor::is_here() const {
  return image_ && image_->controller() == setup_.self;
}

// --- what goes there ---

template <class Request>
void controller_link_actor::ask(Request request,
                                std::function<void(outcome<typename Request::response>)> then) {
  const auto* other = image_ ? image_->find_broker(controller_.id) : nullptr;
  if (other == nullptr || self_.epoch == no_broker_epoch) {
    return then(fault{error_code::not_controller, "there is no controller", 0});
  }
  if (!peer_) peer_ = setup_.reach(self_, *other);
  if (!peer_) return then(fault{error_code::not_controller, "the controller has no address", 0});
  api_version version = 0;
  if constexpr (requires { request.version_needed(); }) version = request.version_needed();
  this->request(peer_, caf::infinite, question(std::move(request), version, "broker"))
      .then(
          [then, version](peer_answer& answer) {
            if (answer.failure) {
              return then(fault{error_code::not_controller, answer.failure->message, 0});
            }
            then(decode<typename Request::response>(std::move(answer.body), version));
          },
          [then](const caf::error&) {
            then(fault{error_code::not_controller, "the connection is gone", 0});
          });
}

void controller_link_actor::report(const report_broker_request& what) {
  if (is_here()) return tell(setup_.here, self_, what);
  ask<report_broker_request>(what, [this, what](const outcome<report_broker_response>& heard) {
    if (heard && heard->error_code == error_code::none) return;
    unsaid_.is_ready = unsaid_.is_ready || what.is_ready;
    unsaid_.is_stopping = unsaid_.is_stopping || what.is_stopping;
    add(unsaid_.removed_topics, what.removed_topics);
    add(unsaid_.removed_replicas, what.removed_replicas);
    add(unsaid_.failed_replicas, what.failed_replicas);
    if (!repeat_timer_) repeat_timer_ = arm_timer(setup_.repeat_report_ms, repeat_token);
  });
}

void controller_link_actor::say_unsaid() {
  repeat_timer_ = {};
  report(std::exchange(unsaid_, {}));
}

template <class Request>
caf::result<typename Request::response> controller_link_actor::pass_on(
    const admin_command<Request>& command) {
  using response = typename Request::response;
  auto promise = make_response_promise<response>();
  uint64_t limit = no_limit;
  if constexpr (requires { command.request.timeout_ms; }) {
    limit = limit_wait(command.request.timeout_ms, [promise]() mutable {
      promise.deliver(controller_error(error_code::request_timed_out));
    });
  }
  auto give = [=, this](auto&& answer) mutable {
    if (is_in_time(limit)) promise.deliver(std::forward<decltype(answer)>(answer));
  };
  auto refuse = [give](error_code why) mutable { give(controller_error(why)); };
  if (is_here()) {
    this->request(setup_.here, caf::infinite, command)
        .then([give](response& answer) mutable { give(std::move(answer)); },
              [give](const caf::error& why) mutable { give(caf::error{why}); });
    return promise;
  }
  const auto version = find_api(Request::api)->last_version;
  wire_writer body;
  encode(body, command.request, version);
  const auto& caller = command.caller;
  ask<ask_controller_request>(
      {.principal = caller.principal,
       .client_id = caller.client_id,
       .client_address = caller.client_address,
       .listener = caller.listener,
       .client_version = caller.version,
       .api_asked = static_cast<int16_t>(Request::api),
       .body_version = version,
       .body = body.finish_flat()},
      [=, this](outcome<ask_controller_response> asked) mutable {
        if (!asked) return refuse(asked.error().code);
        if (asked->error_code != error_code::none) return refuse(asked->error_code);
        auto answer = decode<response>(std::move(asked->body), version);
        if (!answer) return refuse(answer.error().code);
        give_when(asked->sequence,
                  [give, given = std::move(*answer)]() mutable { give(std::move(given)); });
      });
  return promise;
}

caf::result<producer_id_block> controller_link_actor::reserve(const allocate_producer_ids& wanted) {
  auto promise = make_response_promise<producer_id_block>();
  if (is_here()) {
    this->request(setup_.here, caf::infinite, wanted)
        .then([promise](const producer_id_block& block) mutable { promise.deliver(block); },
              [promise](const caf::error& why) mutable { promise.deliver(why); });
    return promise;
  }
  ask<reserve_producer_ids_request>(
      {}, [promise](outcome<reserve_producer_ids_response> block) mutable {
        promise.deliver(block ? producer_id_block{block->error_code, block->first, block->count}
                              : producer_id_block{.error = block.error().code});
      });
  return promise;
}

caf::result<partitions_altered> controller_link_actor::alter(alter_partitions& wanted) {
  auto promise = make_response_promise<partitions_altered>();
  wanted.leader = self_;
  if (is_here()) {
    this->request(setup_.here, caf::infinite, std::move(wanted))
        .then(
            [promise](partitions_altered& altered) mutable { promise.deliver(std::move(altered)); },
            [promise](const caf::error& why) mutable { promise.deliver(why); });
    return promise;
  }
  ask<propose_isrs_request>(
      to_request(wanted), [promise](outcome<propose_isrs_response> response) mutable {
        promise.deliver(response ? to_altered(*response)
                                 : partitions_altered{.error = response.error().code});
      });
  return promise;
}

// --- clients wait as long as they said ---

uint64_t controller_link_actor::limit_wait(int32_t timeout_ms, std::function<void()> give) {
  const auto id = ++last_waiting_;
  const auto wait_ms = std::max<int64_t>(timeout_ms, 0) + setup_.late_ms;
  waiting_.emplace(id, waiting_answer{std::move(give), arm_timer(wait_ms, id)});
  return id;
}

bool controller_link_actor::is_in_time(uint64_t limit) {
  if (limit == no_limit) return true;
  auto waiting = waiting_.extract(limit);
  if (!waiting) return false;
  cancel_timer(waiting.mapped().deadline);
  return true;
}

// --- answers wait for the image ---

void controller_link_actor::give_when(int64_t sequence, std::function<void()> give) {
  if (sequence <= applied_) return give();
  const auto id = ++last_waiting_;
  waiting_.emplace(id, waiting_answer{std::move(give), arm_timer(setup_.patience_ms, id)});
  by_sequence_.emplace(sequence, id);
}

void controller_link_actor::applied(const image_applied& message) {
  caf::anon_send(setup_.here, message);
  applied_ = std::max(applied_, message.sequence);
  while (!by_sequence_.empty() && by_sequence_.begin()->first <= applied_) {
    auto waiting = waiting_.extract(by_sequence_.begin()->second);
    by_sequence_.erase(by_sequence_.begin());
    if (!waiting) continue;
    cancel_timer(waiting.mapped().deadline);
    waiting.mapped().give();
  }
}

}  // namespace ottla
