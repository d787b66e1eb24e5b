#include "protocol/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace ottla {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "ottla: assertion failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace ottla
