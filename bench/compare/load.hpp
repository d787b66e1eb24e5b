// Load on any Kafka-compatible broker, by librdkafka: a client that neither side of the comparison
// wrote.
//
// Each workload runs to its end in the calling thread (and threads of its own) and returns what it
// saw. Latencies are taken in an open loop: they count from the moment a record was due, so that no
// stall hides itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ottla::bench {

struct load_options {
  std::string bootstrap = "127.0.0.1:9092";
  std::string topic = "load";
  std::string acks = "all";
  std::string linger_ms = "5";
  std::int64_t records = 1'000'000;  // of each producer; `consume` ends after so many
  std::size_t record_bytes = 1024;
  std::int32_t partitions = 1;  // records go round them in turn
  std::int64_t records_per_second = 1000;
  std::int64_t seconds = 10;
  int clients = 1;  // `mixed`: so many producers and so many consumers
};

struct load_result {
  std::int64_t acknowledged = 0;
  std::int64_t failed = 0;
  std::int64_t received = 0;
  double seconds = 0;
  std::vector<std::int64_t> latencies_ns;
};

/// Sends `records` as fast as the broker takes them and waits for the last acknowledgement.
load_result produce(const load_options& options);

/// Reads `records` from the beginning of all partitions, without a group.
load_result consume(const load_options& options);

/// `clients` producers, and as many consumers that each read everything the producers send.
load_result mixed(const load_options& options);

/// `records_per_second` for `seconds`, one consumer; latencies from due time to receipt, the first
/// 2 s left out.
load_result steady(const load_options& options);

}  // namespace ottla::bench
