// Assertions about our own mistakes. They stay on in release builds: a broker that has lost its
// invariants must stop before it writes.
#pragma once

namespace ottla {

/// Prints the condition and its place to standard error and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace ottla

#define OTTLA_ASSERT(condition)          \
  (static_cast<bool>(condition) ? void() \
                                : ::ottla::assertion_failed(#condition, __FILE__, __LINE__))
