// Many questions, a few at a time.
//
// An actor looks for the handler of an answer among all that it waits for, one by one: ten thousand
// questions at once would cost a hundred million looks, and hold up whoever is asked.
#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace ottla {

/// Calls `begin(i, ended)` for each i below `count`, in order, at most `width` of them at a time:
/// the next begins when `ended` was called, at once or later. `begin` is let go of after the last.
class in_turns : public std::enable_shared_from_this<in_turns> {
public:
  using ended_function = std::function<void()>;
  using begin_function = std::function<void(size_t i, ended_function ended)>;

  static void start(size_t count, size_t width, begin_function begin) {
    auto turns = std::make_shared<in_turns>(count, std::move(begin));
    for (size_t i = 0; i < width; ++i) turns->go_on();
  }

  in_turns(size_t count, begin_function begin) : count_(count), begin_(std::move(begin)) {}

private:
  /// What has ended at once is followed in this loop: calls within calls would have no bound.
  void go_on() {
    has_ended_ = true;
    if (is_looping_) return;
    is_looping_ = true;
    while (has_ended_ && next_ < count_) {
      has_ended_ = false;
      begin_(next_++, [self = shared_from_this()] { self->go_on(); });
    }
    is_looping_ = false;
  }

  const size_t count_;
  const begin_function begin_;
  size_t next_ = 0;
  bool is_looping_ = false;
  bool has_ended_ = false;
};

}  // namespace ottla
