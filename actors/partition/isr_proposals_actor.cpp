#include "actors/partition/isr_proposals_actor.hpp"

#include <utility>

namespace ottla {

isr_proposals_actor::behavior_type isr_proposals_actor::make_behavior() {
  return {
      [this](const propose_isr& wish) -> caf::result<isr_proposed> {
        waiting_.push_back({wish, make_response_promise<isr_proposed>()});
        auto answer = waiting_.back().answer;
        send();
        return answer;
      },
  };
}

void isr_proposals_actor::on_exit() {
  for (auto* all : {&waiting_, &asked_}) {
    for (auto& each : std::exchange(*all, {})) each.answer.deliver(isr_proposed{});
  }
  authority_ = nullptr;
}

void isr_proposals_actor::send() {
  if (is_asking_ || waiting_.empty()) return;
  is_asking_ = true;
  asked_ = std::exchange(waiting_, {});
  alter_partitions request{.leader = self_};
  for (const auto& each : asked_) request.proposals.push_back(each.wish);
  this->request(authority_, caf::infinite, std::move(request))
      .then([this](const partitions_altered& altered) { answered(altered); },
            [this](const caf::error&) { answered({.error = error_code::network_exception}); });
}

void isr_proposals_actor::answered(const partitions_altered& altered) {
  is_asking_ = false;
  auto asked = std::exchange(asked_, {});
  for (size_t i = 0; i < asked.size(); ++i) {
    const bool is_known = altered.error == error_code::none && i < altered.answers.size();
    asked[i].answer.deliver(is_known ? altered.answers[i] : isr_proposed{});
  }
  send();
}

}  // namespace ottla
