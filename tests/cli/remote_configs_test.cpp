#include "cli/remote_configs.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

using kind = edit_kind;

std::string refusal(const std::vector<config_edit>& edits) {
  auto all = joined(edits);
  if (all) return {};
  CHECK(all.error().code == error_code::invalid_request);
  return all.error().message;
}

TEST_CASE("what is added to one list, or taken from it, goes together") {
  auto all = joined({{kind::subtract, "cleanup.policy=compact"},
                     {kind::set, "retention.ms=1"},
                     {kind::subtract, "cleanup.policy=delete"},
                     {kind::append, "x=1"},
                     {kind::append, "x=2"}});
  REQUIRE(all);
  REQUIRE(all->size() == 3);
  CHECK((*all)[0].text == "cleanup.policy=compact,delete");
  CHECK((*all)[0].kind == kind::subtract);
  CHECK((*all)[1].text == "retention.ms=1");
  CHECK((*all)[2].text == "x=1,2");
}

TEST_CASE("a key that is changed twice in another way is refused by its name") {
  const std::string said = "retention.ms is changed twice; which one counts?";
  CHECK(refusal({{kind::set, "retention.ms=1"}, {kind::set, "retention.ms=2"}}) == said);
  CHECK(refusal({{kind::set, "retention.ms=1"}, {kind::remove, "retention.ms"}}) == said);
  CHECK(refusal({{kind::append, "retention.ms=1"}, {kind::subtract, "retention.ms=2"}}) == said);
  CHECK(refusal({{kind::remove, "retention.ms"}, {kind::remove, "retention.ms"}}) == said);
  CHECK(refusal({{kind::set, "retention.ms=1"}, {kind::set, "retention.bytes=1"}}).empty());
}

}  // namespace
}  // namespace ottla
