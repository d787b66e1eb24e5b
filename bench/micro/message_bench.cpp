// Reading and writing the messages of the hot path: one partition, and many.
#include <benchmark/benchmark.h>

#include "protocol/messages/fetch.hpp"
#include "protocol/messages/metadata.hpp"
#include "protocol/messages/produce.hpp"

using namespace ottla;

namespace {

produce_request produce_of(int64_t partitions) {
  produce_request request{.acks = -1, .timeout_ms = 30'000};
  auto& topic = request.topic_data.emplace_back();
  topic.name = "orders";
  for (int32_t i = 0; i < partitions; ++i) {
    topic.partition_data.push_back({.index = i, .records = shared_bytes::allocate(1024)});
  }
  return request;
}

fetch_request fetch_of(int64_t partitions) {
  fetch_request request{.max_wait_ms = 500, .min_bytes = 1};
  auto& topic = request.topics.emplace_back();
  topic.topic = "orders";
  topic.partitions.resize(static_cast<size_t>(partitions));
  return request;
}

fetch_response reply_of(int64_t partitions) {
  fetch_response reply;
  auto& topic = reply.responses.emplace_back();
  topic.topic = "orders";
  auto records = shared_bytes::allocate(1024);
  for (int32_t i = 0; i < partitions; ++i) {
    topic.partitions.push_back({.partition_index = i, .records = records});
  }
  return reply;
}

template <class M>
void decode_again(benchmark::State& state, const M& message, api_version version) {
  wire_writer out;
  encode(out, message, version);
  auto body = *flatten(out.finish());
  for (auto _ : state) benchmark::DoNotOptimize(decode<M>(body, version));
}

void decode_produce(benchmark::State& state) {
  decode_again(state, produce_of(state.range(0)), 12);
}
BENCHMARK(decode_produce)->Arg(1)->Arg(100);

void encode_produce_response(benchmark::State& state) {
  produce_response reply;
  auto& topic = reply.responses.emplace_back();
  topic.name = "orders";
  topic.partition_responses.resize(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(encode_response(reply, 12, 1));
}
BENCHMARK(encode_produce_response)->Arg(1)->Arg(100);

void decode_fetch(benchmark::State& state) {
  decode_again(state, fetch_of(state.range(0)), 17);
}
BENCHMARK(decode_fetch)->Arg(1)->Arg(100);

void encode_fetch_response(benchmark::State& state) {
  auto reply = reply_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(encode_response(reply, 17, 1));
}
BENCHMARK(encode_fetch_response)->Arg(1)->Arg(100);

void encode_metadata_response(benchmark::State& state) {
  metadata_response reply;
  for (int64_t i = 0; i < state.range(0); ++i) {
    auto& topic = reply.topics.emplace_back();
    topic.name = "topic-" + std::to_string(i);
    topic.partitions.resize(1, {.replica_nodes = {1}, .isr_nodes = {1}});
  }
  for (auto _ : state) benchmark::DoNotOptimize(encode_response(reply, 12, 1));
}
BENCHMARK(encode_metadata_response)->Arg(1000);

}  // namespace
