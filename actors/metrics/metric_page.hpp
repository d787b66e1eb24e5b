// A page of metrics in Prometheus' text format: put together at each scrape, kept by nobody.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ottla {

using metric_labels = std::vector<std::pair<std::string, std::string>>;

class metric_page {
public:
  metric_page();
  ~metric_page();
  metric_page(const metric_page&) = delete;
  metric_page& operator=(const metric_page&) = delete;

  /// Begins a family; what is added next belongs to it. A counter's name ends in `_total`.
  void gauge(std::string_view name, std::string_view help);
  void counter(std::string_view name, std::string_view help);
  /// One line. Families without one are left out.
  void add(double value, metric_labels labels = {});

  [[nodiscard]] std::string text() const;

private:
  struct families;
  std::unique_ptr<families> families_;
};

}  // namespace ottla
