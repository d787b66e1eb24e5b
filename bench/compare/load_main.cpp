// bench_load WORKLOAD [options]: runs one workload and prints one line of JSON.
#include "bench/compare/load.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <functional>

namespace {

using namespace ottla::bench;

double percentile_ms(const std::vector<std::int64_t>& sorted, double fraction) {
  if (sorted.empty()) return 0;
  return static_cast<double>(
             sorted[static_cast<std::size_t>(fraction * static_cast<double>(sorted.size() - 1))]) /
         1e6;
}

void print(load_result result) {
  std::ranges::sort(result.latencies_ns);
  fmt::print(R"({{"acknowledged": {}, "failed": {}, "received": {}, "seconds": {:.4f}, )"
             R"("p50_ms": {:.3f}, "p99_ms": {:.3f}, "p999_ms": {:.3f}}})"
             "\n",
             result.acknowledged, result.failed, result.received, result.seconds,
             percentile_ms(result.latencies_ns, 0.5), percentile_ms(result.latencies_ns, 0.99),
             percentile_ms(result.latencies_ns, 0.999));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Load on a Kafka-compatible broker, by librdkafka"};
  load_options options;
  app.add_option("--bootstrap", options.bootstrap);
  app.add_option("--topic", options.topic);
  app.add_option("--acks", options.acks);
  app.add_option("--linger-ms", options.linger_ms);
  app.add_option("--records", options.records);
  app.add_option("--record-bytes", options.record_bytes);
  app.add_option("--partitions", options.partitions);
  app.add_option("--rate", options.records_per_second);
  app.add_option("--seconds", options.seconds);
  app.add_option("--clients", options.clients);
  app.require_subcommand(1);
  std::function<load_result()> workload;
  const auto add = [&](const char* name, load_result (*run)(const load_options&)) {
    app.add_subcommand(name)->fallthrough()->callback(
        [&, run] { workload = [&, run] { return run(options); }; });
  };
  add("produce", produce);
  add("consume", consume);
  add("mixed", mixed);
  add("steady", steady);
  CLI11_PARSE(app, argc, argv);
  try {
    print(workload());
  } catch (const std::exception& failure) {
    fmt::print(stderr, "bench_load: {}\n", failure.what());
    return 1;
  }
  return 0;
}
