// The little of librdkafka that the load needs, with its errors turned into exceptions.
#pragma once

#include "bench/compare/load.hpp"

#include <librdkafka/rdkafka.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

namespace ottla::bench {

struct handle_deleter {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
using client_handle = std::unique_ptr<rd_kafka_t, handle_deleter>;

struct topic_deleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using topic_handle = std::unique_ptr<rd_kafka_topic_t, topic_deleter>;

using settings = std::initializer_list<std::pair<const char*, std::string>>;

/// A producer that counts its delivery reports into `result`, which must outlive it.
client_handle make_producer(const load_options& options, load_result& result);

/// A consumer of all partitions of the topic, from `offset` (RD_KAFKA_OFFSET_BEGINNING or _END).
client_handle make_consumer(const load_options& options, std::int64_t offset, settings more);

/// Hands one record to the producer, waiting while its queue is full.
void send(rd_kafka_t* producer, rd_kafka_topic_t* topic, std::int32_t partition, const void* data,
          std::size_t size);

}  // namespace ottla::bench
