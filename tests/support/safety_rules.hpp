// Takes a safety rule away from code that was compiled with OTTLA_MUTANTS.
#pragma once

#include "protocol/safety_rules.hpp"

namespace ottla {

/// While it lives, the code under test does without `rule`.
class without_rule {
public:
  explicit without_rule(safety_rule rule);
  ~without_rule();
  without_rule(const without_rule&) = delete;
  without_rule& operator=(const without_rule&) = delete;
};

}  // namespace ottla
