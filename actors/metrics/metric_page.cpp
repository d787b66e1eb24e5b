#include "actors/metrics/metric_page.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "protocol/assert.hpp"

namespace ottla {

struct metric_page::families {
  std::vector<prometheus::MetricFamily> all;
};

metric_page::metric_page() : families_(std::make_unique<families>()) {}
metric_page::~metric_page() = default;

void metric_page::gauge(std::string_view name, std::string_view help) {
  families_->all.push_back(
      {std::string{name}, std::string{help}, prometheus::MetricType::Gauge, {}});
}

void metric_page::counter(std::string_view name, std::string_view help) {
  OTTLA_ASSERT(name.ends_with("_total"));
  families_->all.push_back(
      {std::string{name}, std::string{help}, prometheus::MetricType::Counter, {}});
}

void metric_page::add(double value, metric_labels labels) {
  OTTLA_ASSERT(!families_->all.empty());
  auto& family = families_->all.back();
  auto& metric = family.metric.emplace_back();
  for (auto& [name, text] : labels) metric.label.push_back({std::move(name), std::move(text)});
  if (family.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

std::string metric_page::text() const {
  std::vector<prometheus::MetricFamily> filled;
  for (const auto& each : families_->all) {
    if (!each.metric.empty()) filled.push_back(each);
  }
  return prometheus::TextSerializer{}.Serialize(filled);
}

}  // namespace ottla
