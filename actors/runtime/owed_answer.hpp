// An answer that arrives whatever becomes of the actor that owes it.
//
// An actor that asks another one before it answers keeps its promise in the continuations of that
// request. CAF 0.17 drops those without a word when the actor ends first, and has no broken
// promise: who asked would wait for ever. Here the last copy that is let go of answers, if nobody
// has.
#pragma once

#include <caf/error.hpp>
#include <caf/sec.hpp>
#include <caf/typed_response_promise.hpp>
#include <memory>
#include <utility>

namespace ottla {

template <class Answer>
class owed_answer {
public:
  /// What is answered if nothing else was; null: the error that CAF gives for an actor that has
  /// ended.
  using default_answer = Answer (*)();

  explicit owed_answer(caf::typed_response_promise<Answer> promise,
                       default_answer otherwise = nullptr)
      : debt_(std::make_shared<debt>(std::move(promise), otherwise)) {}

  /// The first answer counts.
  void deliver(Answer answer) const {
    if (debt_->promise.pending()) debt_->promise.deliver(std::move(answer));
  }
  void fail(caf::error why) const {
    if (debt_->promise.pending()) debt_->promise.deliver(std::move(why));
  }
  /// For a handler to return.
  [[nodiscard]] caf::typed_response_promise<Answer> promise() const { return debt_->promise; }

private:
  struct debt {
    debt(caf::typed_response_promise<Answer> owed, default_answer fallback)
        : promise(std::move(owed)), otherwise(fallback) {}
    debt(const debt&) = delete;
    debt& operator=(const debt&) = delete;
    ~debt() {
      if (!promise.pending()) return;
      if (otherwise == nullptr) {
        promise.deliver(caf::make_error(caf::sec::request_receiver_down));
      } else {
        promise.deliver(otherwise());
      }
    }
    caf::typed_response_promise<Answer> promise;
    default_answer otherwise;
  };

  std::shared_ptr<debt> debt_;
};

}  // namespace ottla
