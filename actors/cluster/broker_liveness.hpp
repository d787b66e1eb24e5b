// Which other brokers are believed to be dead, from the connections kept to them: by the controller
// to everybody, by everybody else to the controller. Plain decisions: no actor, clock or socket.
//
// A closed connection is a hint only: the broker is tried once more soon, and only a refusal (the
// address answers that nobody listens) after it was reached before in the same life counts. And it
// counts only while most of the others are reached: or this broker may be the one that is cut off.
// (Who watches the controller alone has no others. It must have reached it before, so that it
// deposes each controller at most once.)
// Session expiry in the store is the fallback for everything else. Being wrong costs an election.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "storage/metadata/cluster_records.hpp"

namespace ottla {

class broker_liveness {
public:
  /// From the end of a connection to the one try that tells: more than a process that dies needs to
  /// close all of its sockets, and than a peer's first back-off.
  static constexpr int64_t first_retry_ms = 60;
  static constexpr int64_t retry_ms = 1'000;  ///< After every other failure.

  /// Who is to be watched, each in its present life. What is known of those watched already stays.
  void follow(const std::vector<replica_seat>& others);
  /// Whom to try to reach now; counts as begun.
  std::vector<replica_seat> take_due(int64_t now_ms);
  /// When take_due() is to be asked next; nothing: after the next event.
  [[nodiscard]] std::optional<int64_t> next_due_ms() const;

  void reached(const replica_seat& who);
  /// The attempt to reach it has failed, or its connection is gone.
  void lost(const replica_seat& who, bool was_refused, int64_t now_ms);
  /// Who is believed to be dead; each is told once for each time that it was reached.
  std::vector<replica_seat> take_dead();
  /// Somebody else listens now: the dead are told once more.
  void tell_again();

private:
  enum class contact : uint8_t { none, trying, reached };
  struct watched {
    contact state = contact::none;
    bool was_reached = false;  ///< In this life.
    bool is_refused = false;
    bool is_told = false;
    int64_t not_before_ms = 0;
  };

  [[nodiscard]] bool reaches_most_others(const replica_seat& but) const;

  std::map<replica_seat, watched> others_;
};

}  // namespace ottla
