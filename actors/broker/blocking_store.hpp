// A metadata store for a thread that has nothing else to do: each call waits for its answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/broker/waiting_room.hpp"

namespace ottla {

class blocking_store {
public:
  /// Opens a session. A call that gets no answer for `timeout_ms` fails.
  static outcome<std::unique_ptr<blocking_store>> open(const open_store& open, int64_t timeout_ms);
  ~blocking_store();
  blocking_store(const blocking_store&) = delete;
  blocking_store& operator=(const blocking_store&) = delete;

  outcome<std::vector<stored_node>> read(const std::vector<std::string>& paths);
  outcome<std::vector<std::string>> list(const std::string& path);
  /// A conflict, a refusal, or an outcome that nobody knows, is a fault.
  outcome<void> commit(const std::vector<store_write>& steps);

private:
  explicit blocking_store(int64_t timeout_ms) : timeout_ms_(timeout_ms) {}
  /// Hands `ask` a place for the answer, and waits until it is filled.
  template <class Result, class Ask>
  outcome<Result> answer_to(Ask ask);

  waiting_room answers_;
  int64_t timeout_ms_;
  bool is_connected_ = false;
  std::unique_ptr<metadata_store> store_;
};

}  // namespace ottla
