#include "tests/support/safety_rules.hpp"

#include <optional>

namespace ottla {
namespace {

std::optional<safety_rule> removed;

}  // namespace

bool is_kept(safety_rule rule) {
  return removed != rule;
}

without_rule::without_rule(safety_rule rule) {
  removed = rule;
}

without_rule::~without_rule() {
  removed.reset();
}

}  // namespace ottla
