#include "actors/metrics/metric_page.hpp"

#include "tests/support/catch.hpp"

namespace ottla {
namespace {

TEST_CASE("a page has help, type and lines; families without a line are left out") {
  metric_page page;
  page.gauge("empty", "Nothing");
  page.counter("sent_total", "What was sent");
  page.add(3, {{"topic", "a\"b\\c\nd"}});
  page.add(4);
  CHECK(page.text() ==
        "# HELP sent_total What was sent\n# TYPE sent_total counter\n"
        "sent_total{topic=\"a\\\"b\\\\c\\nd\"} 3\nsent_total 4\n");
}

}  // namespace
}  // namespace ottla
