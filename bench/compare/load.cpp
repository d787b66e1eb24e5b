#include "bench/compare/load.hpp"

#include "bench/compare/rdkafka_client.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

namespace ottla::bench {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t pool_bytes = 4u << 20;

std::int64_t now_ns() {
  return clock::now().time_since_epoch().count();
}

double seconds_since(std::int64_t begin_ns) {
  return static_cast<double>(now_ns() - begin_ns) / 1e9;
}

// Letters that no codec or file system can shrink to nothing; records are slices of it.
std::string make_payloads(std::size_t record_bytes) {
  std::string pool(pool_bytes + record_bytes, ' ');
  std::uint64_t x = 88172645463325252ULL;  // xorshift
  for (char& c : pool) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    c = static_cast<char>('A' + x % 26);
  }
  return pool;
}

const char* payload_of(const std::string& pool, std::int64_t index) {
  return pool.data() + static_cast<std::size_t>(index) * 7919 % pool_bytes;
}

// Counts messages until `wanted` came or nothing has come for 10 s.
std::int64_t receive(rd_kafka_t* consumer, std::int64_t wanted) {
  std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)> queue{
      rd_kafka_queue_get_consumer(consumer), rd_kafka_queue_destroy};
  std::vector<rd_kafka_message_t*> messages(10'000);
  std::int64_t got = 0;
  for (int idle = 0; got < wanted && idle < 100;) {
    const auto count =
        rd_kafka_consume_batch_queue(queue.get(), 100, messages.data(), messages.size());
    idle = count > 0 ? 0 : idle + 1;
    for (ssize_t i = 0; i < count; ++i) {
      got += messages[static_cast<std::size_t>(i)]->err == RD_KAFKA_RESP_ERR_NO_ERROR ? 1 : 0;
      rd_kafka_message_destroy(messages[static_cast<std::size_t>(i)]);
    }
  }
  return got;
}

client_handle make_bulk_consumer(const load_options& options) {
  return make_consumer(
      options, RD_KAFKA_OFFSET_BEGINNING,
      {{"fetch.wait.max.ms", "100"}, {"queued.min.messages", "500000"}, {"check.crcs", "false"}});
}

// Sends each record when it is due, its due time in its first eight bytes.
void send_on_time(const load_options& options, load_result& result,
                  std::atomic<std::int64_t>& sent) {
  const auto pool = make_payloads(options.record_bytes);
  prctl(PR_SET_TIMERSLACK,
        1);  // by default a sleep may end 50 us late, which would count as latency
  auto producer = make_producer(options, result);
  topic_handle topic{rd_kafka_topic_new(producer.get(), options.topic.c_str(), nullptr)};
  std::string record(options.record_bytes, ' ');
  const auto begin = now_ns();
  const auto total = options.records_per_second * options.seconds;
  for (std::int64_t i = 0; i < total; ++i) {
    const auto due = begin + i * 1'000'000'000 / options.records_per_second;
    while (now_ns() < due) {
      rd_kafka_poll(producer.get(), 0);
      std::this_thread::sleep_for(
          std::chrono::nanoseconds(std::clamp<std::int64_t>(due - now_ns(), 0, 200'000)));
    }
    std::memcpy(record.data(), payload_of(pool, i), record.size());
    std::memcpy(record.data(), &due, sizeof due);
    send(producer.get(), topic.get(), static_cast<std::int32_t>(i % options.partitions),
         record.data(), record.size());
  }
  rd_kafka_flush(producer.get(), 30'000);
  sent = total;
}

// An assignment has no callback for "positioned at the end": wait until every partition has asked.
void settle(rd_kafka_t* consumer) {
  for (const auto begin = now_ns(); seconds_since(begin) < 1.5;)
    if (auto* message = rd_kafka_consumer_poll(consumer, 100)) rd_kafka_message_destroy(message);
}

}  // namespace

load_result produce(const load_options& options) {
  load_result result;
  const auto pool = make_payloads(options.record_bytes);
  auto producer = make_producer(options, result);
  topic_handle topic{rd_kafka_topic_new(producer.get(), options.topic.c_str(), nullptr)};
  const auto begin = now_ns();
  for (std::int64_t i = 0; i < options.records; ++i) {
    send(producer.get(), topic.get(), static_cast<std::int32_t>(i % options.partitions),
         payload_of(pool, i), options.record_bytes);
    if (i % 256 == 0) rd_kafka_poll(producer.get(), 0);
  }
  rd_kafka_flush(producer.get(), 180'000);
  result.seconds = seconds_since(begin);
  return result;
}

load_result consume(const load_options& options) {
  load_result result;
  auto consumer = make_bulk_consumer(options);
  const auto begin = now_ns();
  result.received = receive(consumer.get(), options.records);
  result.seconds = seconds_since(begin);
  return result;
}

load_result mixed(const load_options& options) {
  const auto clients = static_cast<std::size_t>(options.clients);
  std::vector<load_result> sent(clients), seen(clients);
  std::vector<std::thread> threads;
  const auto begin = now_ns();
  for (std::size_t i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] { sent[i] = produce(options); });
    threads.emplace_back([&, i] {
      auto consumer = make_bulk_consumer(options);
      seen[i].received = receive(consumer.get(), options.records * options.clients);
    });
  }
  for (auto& thread : threads) thread.join();
  load_result sum;
  for (std::size_t i = 0; i < clients; ++i) {
    sum.acknowledged += sent[i].acknowledged;
    sum.failed += sent[i].failed;
    sum.received += seen[i].received;
  }
  sum.seconds = seconds_since(begin);
  return sum;
}

load_result steady(const load_options& options) {
  load_result result;
  auto consumer = make_consumer(options, RD_KAFKA_OFFSET_END, {{"fetch.wait.max.ms", "500"}});
  settle(consumer.get());
  std::atomic<std::int64_t> sent{-1};
  const auto begin = now_ns();
  std::thread sender([&] { send_on_time(options, result, sent); });
  for (int idle = 0; (sent < 0 || result.received < sent) && idle < 100;) {
    auto* message = rd_kafka_consumer_poll(consumer.get(), 100);
    idle = message == nullptr ? idle + 1 : 0;
    if (message == nullptr) continue;
    std::int64_t due = 0;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->len >= sizeof due) {
      std::memcpy(&due, message->payload, sizeof due);
      ++result.received;
      if (due > begin + 2'000'000'000) result.latencies_ns.push_back(now_ns() - due);
    }
    rd_kafka_message_destroy(message);
  }
  sender.join();
  result.seconds = seconds_since(begin);
  return result;
}

}  // namespace ottla::bench
