#include "actors/broker/blocking_store.hpp"

namespace ottla {
namespace {

fault silence() {
  return {error_code::broker_not_available, "the metadata store does not answer"};
}

}  // namespace

outcome<std::unique_ptr<blocking_store>> blocking_store::open(const open_store& open,
                                                              int64_t timeout_ms) {
  std::unique_ptr<blocking_store> made(new blocking_store(timeout_ms));
  auto store = open(made->answers_.executor());
  if (!store) return std::move(store.error());
  made->store_ = std::move(*store);
  made->store_->start({.session =
                           [self = made.get()](session_event event) {
                             self->is_connected_ = event == session_event::connected;
                           },
                       .changed = [](const std::string&) {}});
  auto* self = made.get();
  if (!made->answers_.run_until([self] { return self->is_connected_; }, timeout_ms)) {
    return silence();
  }
  return made;
}

blocking_store::~blocking_store() {
  if (store_) store_->close();
}

template <class Result, class Ask>
outcome<Result> blocking_store::answer_to(Ask ask) {
  // The answer may come after the wait has ended, so its place is shared.
  auto place = std::make_shared<std::optional<Result>>();
  ask([place](Result result) { *place = std::move(result); });
  if (!answers_.run_until([&] { return place->has_value(); }, timeout_ms_)) return silence();
  return std::move(**place);
}

outcome<std::vector<stored_node>> blocking_store::read(const std::vector<std::string>& paths) {
  using result = outcome<std::vector<stored_node>>;
  auto answer = answer_to<result>([&](auto done) { store_->read(paths, std::move(done)); });
  return answer ? std::move(*answer) : result(std::move(answer.error()));
}

outcome<std::vector<std::string>> blocking_store::list(const std::string& path) {
  using result = outcome<std::vector<std::string>>;
  auto answer = answer_to<result>([&](auto done) { store_->list(path, std::move(done)); });
  return answer ? std::move(*answer) : result(std::move(answer.error()));
}

outcome<void> blocking_store::commit(const std::vector<store_write>& steps) {
  auto answer =
      answer_to<commit_result>([&](auto done) { store_->commit(steps, std::move(done)); });
  if (!answer) return std::move(answer.error());
  if (answer->committed()) return {};
  return fault{answer->what == commit_result::status::conflict ? error_code::invalid_request
                                                               : error_code::broker_not_available,
               "the metadata store did not take a change: " + answer->message};
}

}  // namespace ottla
