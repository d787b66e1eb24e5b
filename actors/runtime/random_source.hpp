// Chance as actors see it: seeded from the system in production, from the test's seed in
// simulation. Each unit has its own; not thread-safe.
#pragma once

#include <cstdint>
#include <random>

#include "protocol/shared_bytes.hpp"
#include "protocol/types.hpp"

namespace ottla {

class random_source {
public:
  /// The same seed gives the same numbers on every machine.
  explicit random_source(uint64_t seed) : engine_(seed) {}
  /// Seeded by the operating system.
  static random_source from_system();

  /// 64 random bits.
  uint64_t next() { return engine_(); }
  /// Uniform in [0, limit); `limit` is above 0.
  uint64_t below(uint64_t limit);
  /// A random id (version 4), as Kafka makes topic and cluster ids: it never begins with '-' in
  /// text.
  uuid id();

private:
  std::mt19937_64 engine_;
};

/// Bytes that nobody can guess, from the operating system. For secrets; any thread.
shared_bytes unguessable_bytes(size_t count);

}  // namespace ottla
