// Whether a log directory's disk has room for what clients send, above a reserve for everything
// else.
//
// One for each log directory, asked by all of its logs: thread-safe. Measures by itself, ten times
// a second and once for each quarter of the reserve that was granted, and never without being
// asked.
#pragma once

#include <mutex>
#include <string>

#include "storage/file_system.hpp"

namespace ottla {

class free_space {
public:
  /// `reserve_bytes` count at most as a tenth of the disk. 0: clients may fill it to the last byte.
  free_space(file_system& disk, std::string path, int64_t reserve_bytes)
      : disk_(disk), path_(std::move(path)), wanted_reserve_(reserve_bytes) {}

  /// What changed, for one line in the log.
  enum class change : uint8_t { none, filled, freed };
  struct verdict {
    bool has_room = true;
    change what = change::none;
  };

  /// May a client write `bytes` without touching the reserve? Once refused for the reserve, only
  /// after half as much again is free. A disk that was found full is tried again each time.
  verdict ask(int64_t bytes, int64_t mono_ms);
  /// A write has failed because the disk, or a quota, is full.
  change found_full(int64_t mono_ms);
  /// A write that was asked for has succeeded.
  change wrote(int64_t mono_ms);

private:
  enum class state : uint8_t { roomy, reserved, full };

  void measure(int64_t mono_ms);

  file_system& disk_;
  const std::string path_;
  const int64_t wanted_reserve_;

  std::mutex mutex_;
  state state_ = state::roomy;
  int64_t reserve_ = 0;     // as counted
  int64_t free_ = 0;        // when it was last measured
  int64_t unmeasured_ = 0;  // granted since then
  int64_t measured_ms_ = -1'000'000;
  int64_t full_ms_ = 0;  // when a write failed last
};

}  // namespace ottla
