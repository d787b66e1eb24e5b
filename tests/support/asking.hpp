// Questions to actors from a test: the answer is there once everything that can run has run.
#pragma once

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace ottla {

/// Asks one question when it is told to begin, and ends with the answer.
class asking_actor final : public caf::event_based_actor {
public:
  using question = std::function<void(caf::event_based_actor&)>;
  asking_actor(caf::actor_config& config, question ask)
      : caf::event_based_actor(config), ask_(std::move(ask)) {}
  caf::behavior make_behavior() override {
    return {[this](caf::unit_t) { ask_(*this); }};
  }

private:
  question ask_;
};

/// An answer that may not be there yet.
template <class Answer>
struct expected_answer {
  std::optional<Answer> value;
  bool failed = false;  ///< The actor that was asked is gone.
};

template <class Answer, class Handle, class Question>
std::shared_ptr<expected_answer<Answer>> ask_later(caf::actor_system& system, const Handle& whom,
                                                   Question question) {
  auto answer = std::make_shared<expected_answer<Answer>>();
  auto asker = system.spawn<asking_actor>([=](caf::event_based_actor& self) {
    self.request(whom, caf::infinite, question)
        .then(
            [answer, &self](const Answer& given) {
              answer->value = given;
              self.quit();
            },
            [answer, &self](const caf::error&) {
              answer->failed = true;
              self.quit();
            });
  });
  caf::anon_send(asker, caf::unit);
  return answer;
}

}  // namespace ottla
