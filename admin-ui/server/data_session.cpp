#include "admin-ui/server/data_session.hpp"

#include <utility>

namespace ottla {
namespace {

int64_t bytes_of(const produce_question& what) {
  size_t bytes = 0;
  for (const auto& each : what.records) {
    bytes += sizeof(each) + each.key.value_or("").size() + each.value.value_or("").size();
    for (const auto& [name, value] : each.headers) bytes += name.size() + value.value_or("").size();
  }
  return static_cast<int64_t>(bytes);
}

}  // namespace

void data_session::take(const data_request& request) {
  std::visit(overloaded{[](const hello_request&) {}, [](const ping_request&) {},
                        [this](const subscribe_request& each) { subscribe(each); },
                        [this](const credit_request& each) { add_credit(each); },
                        [this](const pause_request& each) { set_paused(each); },
                        [this](const seek_request& each) { seek(each); },
                        [this](const unsubscribe_request& each) { unsubscribe(each); },
                        [this](const publish_request& each) { publish(each); },
                        [this](const join_request& each) { join(each); },
                        [this](const ack_request& each) { ack(each); },
                        [this](const leave_request& each) { leave(each); }},
             request);
}

void data_session::end() {
  if (publishing_) link_.hold(-*std::exchange(publishing_, std::nullopt));
  subscriptions_.clear();
  members_.clear();
  backend_.reset();
}

data_subscription* data_session::find(int64_t id) {
  auto found = subscriptions_.find(id);
  return found == subscriptions_.end() ? nullptr : &found->second;
}

size_t data_session::partitions() const {
  size_t count = 0;
  for (const auto& [id, each] : subscriptions_) count += each.cursors().size();
  return count;
}

// --- what the client says ---

void data_session::subscribe(const subscribe_request& request) {
  if (subscriptions_.contains(request.id)) return refuse(request.id, "the id is in use");
  if (subscriptions_.size() == subscriptions_max) {
    return refuse(request.id, "there are 16 subscriptions already");
  }
  auto added = subscriptions_.try_emplace(request.id, request, ++last_serial_).first;
  locate(request.id, added->second);
}

void data_session::add_credit(const credit_request& request) {
  auto* known = find(request.id);
  if (known == nullptr) return;  // it may have ended while this was on its way
  known->add_credit(request.more);
  go_on(request.id);
}

void data_session::set_paused(const pause_request& request) {
  auto* known = find(request.id);
  if (known == nullptr) return;
  known->set_paused(request.is_paused);
  go_on(request.id);
}

void data_session::seek(const seek_request& request) {
  auto* known = find(request.id);
  if (known == nullptr) return;
  if (members_.contains(request.id)) return refuse(request.id, "a group's member does not seek");
  known->seek(request, ++last_serial_);
  locate(request.id, *known);
}

void data_session::unsubscribe(const unsubscribe_request& request) {
  if (find(request.id) != nullptr) remove(request.id);
}

void data_session::remove(int64_t id) {
  members_.erase(id);
  subscriptions_.erase(id);
  if (!is_needed()) link_.became_idle();
}

// --- what is asked for it ---

void data_session::locate(int64_t id, data_subscription& subscription) {
  const auto serial = subscription.serial();
  backend_->locate(subscription.where(),
                   reply_to<located_topic>([=](data_session& self, outcome<located_topic> found) {
                     self.located(id, serial, std::move(found));
                   }));
}

void data_session::located(int64_t id, uint64_t serial, outcome<located_topic> found) {
  auto* known = find(id);
  if (known == nullptr || known->serial() != serial) return;
  if (!found) {
    link_.refuse(id, problem_of(found.error()));
    return remove(id);
  }
  if (partitions() + found->partitions.size() > partitions_max) {
    refuse(id, "more than 1000 partitions of one WebSocket");
    return remove(id);
  }
  known->located(*found, sender());
  go_on(id);
}

void data_session::go_on(int64_t id) {
  auto* known = find(id);
  if (known == nullptr) return;
  if (known->say_if_ended(sender())) {
    return remove(id);
  }
  const auto serial = known->serial();
  // An answer may come while it is asked for, and end the subscription.
  for (; known != nullptr && known->serial() == serial && link_.has_room(); known = find(id)) {
    const auto index = known->next_to_ask();
    if (!index) return;
    ask(id, *known, *index);
  }
  if (!link_.has_room()) link_.want_tick();
}

void data_session::ask(int64_t id, data_subscription& subscription, size_t index) {
  const auto serial = subscription.serial();
  auto reply =
      reply_to<record_stretch_ptr>([=](data_session& self, outcome<record_stretch_ptr> answer) {
        self.answered(id, serial, index, std::move(answer));
      });
  auto& cursor = subscription.cursor(index);
  cursor.interest = backend_->follow(subscription.question(cursor), std::move(reply));
}

void data_session::answered(int64_t id, uint64_t serial, size_t index,
                            outcome<record_stretch_ptr> answer) {
  auto* known = find(id);
  if (known == nullptr || known->serial() != serial) return;
  auto& cursor = known->cursor(index);
  cursor.is_asked = false;
  cursor.interest.reset();
  if (!answer) return failed(id, cursor, answer.error());
  if (link_.has_room()) {
    known->take(cursor, **answer, sender());
    if (known->is_searching()) link_.want_tick();
  }
  go_on(id);
}

void data_session::failed(int64_t id, partition_cursor& cursor, const fault& why) {
  const bool is_gone = why.code == error_code::unknown_topic_or_partition;
  if (!std::exchange(cursor.is_troubled, true) || is_gone) link_.refuse(id, problem_of(why));
  if (is_gone) return remove(id);
  cursor.is_resting = true;
  link_.want_tick();
}

void data_session::room_again() {
  std::vector<int64_t> ids;
  for (const auto& [id, each] : subscriptions_) ids.push_back(id);
  for (auto id : ids) go_on(id);
}

void data_session::tick() {
  for (auto& [id, each] : subscriptions_) {
    if (each.tick(sender())) link_.want_tick();
  }
  tick_groups();
  room_again();
}

// --- publishing ---

void data_session::publish(const publish_request& request) {
  if (link_.is_read_only()) {
    return link_.refuse(request.id, read_only_problem());
  }
  if (publishing_) return refuse(request.id, "the pub before it is not answered yet");
  const auto bytes = bytes_of(request.what);
  if (!link_.hold(bytes)) {
    return link_.refuse(request.id,
                        {503, "overloaded", "The broker has too much in hand for browsers",
                         "try again in a moment"});
  }
  publishing_ = bytes;
  using results = std::vector<produced_record>;
  backend_->produce(request.what,
                    reply_to<results>([id = request.id](data_session& self, outcome<results> all) {
                      self.published(id, std::move(all));
                    }));
}

void data_session::published(int64_t id, outcome<std::vector<produced_record>> results) {
  link_.hold(-*std::exchange(publishing_, std::nullopt));
  if (!results) {
    link_.refuse(id, problem_of(results.error()));
  } else {
    std::string text;
    for (const auto& each : *results) {
      text += (text.empty() ? R"({"p":)" : R"(,{"p":)") + std::to_string(each.partition);
      text += each.failure ? R"(,"problem":)" + to_json(problem_of(*each.failure), link_.instance())
                           : R"(,"o":")" + std::to_string(each.offset) + '"';
      text += '}';
    }
    link_.send(R"({"op":"puback","id":)" + std::to_string(id) + R"(,"results":[)" + text + "]}");
  }
  if (!is_needed()) link_.became_idle();
}

}  // namespace ottla
