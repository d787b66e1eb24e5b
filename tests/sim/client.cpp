#include "tests/sim/client.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/messages/fetch.hpp"
#include "protocol/messages/find_coordinator.hpp"
#include "protocol/messages/init_producer_id.hpp"
#include "protocol/messages/offset_commit.hpp"
#include "protocol/messages/offset_fetch.hpp"
#include "protocol/messages/produce.hpp"
#include "protocol/record_batch_builder.hpp"

namespace ottla::sim {
namespace {

constexpr size_t max_in_flight = 5;

uint64_t hash_of(std::span<const std::byte> bytes) {
  uint64_t hash = 1469598103934665603u;
  for (auto each : bytes) hash = (hash ^ static_cast<uint64_t>(each)) * 1099511628211u;
  return hash;
}

std::span<const std::byte> as_bytes_of(const std::string& text) {
  return std::as_bytes(std::span{text});
}

}  // namespace

// --- any client ---

bool client::open_connection() {
  if (world_.time.now_us < next_us_) return false;
  wire_ = world_.connect();
  if (!wire_) {
    pause_ms(50);
    return false;
  }
  dying_ = false;
  if (world_.dribbles && world_.random.below(3) == 0) {
    wire_->most_per_read = 1 + world_.random.below(97);
  }
  return true;
}

bool client::act() {
  if (!wire_) return !is_done() && open_connection();
  if (take_answer()) return true;
  if (wire_->is_closed) {
    lose_connection();
    return true;
  }
  if (world_.time.now_us >= gives_up_at_us()) {
    look_elsewhere();
    return true;
  }
  if (dying_ || world_.time.now_us < next_us_) return false;
  return send_next();
}

int64_t client::gives_up_at_us() const {
  return in_flight_.empty() || world_.patience_ms == 0 ? INT64_MAX
                                                       : heard_at_us_ + world_.patience_ms * 1000;
}

int64_t client::next_us() const {
  const auto gives_up_us = gives_up_at_us();
  return next_us_ > world_.time.now_us ? std::min(next_us_, gives_up_us) : gives_up_us;
}

bool client::take_answer() {
  auto& output = wire_->output;
  if (dying_ || output.size() < 4) return false;
  const auto size = static_cast<size_t>(wire_reader{std::span{output}}.int32());
  if (output.size() < 4 + size) return false;
  const auto frame = shared_bytes::copy_of(std::span{output}.subspan(4, size));
  output.erase(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(4 + size));
  world_.trace(hash_of(frame.view()));
  if (in_flight_.empty()) {
    world_.facts.violated(name_ + ": an answer to nothing");
    return true;
  }
  heard_at_us_ = world_.time.now_us;
  const auto asked = in_flight_.front();
  in_flight_.pop_front();
  wire_reader in{frame};
  if (decode_response_header(in, asked.key, asked.version) != asked.correlation) {
    world_.facts.violated(name_ + ": an answer out of order");
    return true;
  }
  answered(asked.key, asked.tag, in, asked.version);
  if (in.failed()) world_.facts.violated(name_ + ": an answer that cannot be read");
  return true;
}

void client::transmit(const gather_list& frame) {
  const auto bytes = flatten(frame);
  if (world_.cut_one_in == 0 || world_.random.below(world_.cut_one_in) != 0) {
    return wire_->client_sends(bytes->view());
  }
  dying_ = true;  // some part arrives; of the answers, none
  wire_->client_sends(bytes->view().first(world_.random.below(bytes->size() + 1)));
  wire_->client_closes();
}

void client::lose_connection() {
  if (!wire_) return;
  wire_ = nullptr;
  in_flight_.clear();
  pause_ms(50);
  lost();
}

void client::look_elsewhere() {
  if (wire_) wire_->client_closes();
  lose_connection();
}

bool client::may_be_outdated(error_code error) {
  const bool can_say_so =
      error == error_code::out_of_order_sequence_number || error == error_code::offset_out_of_range;
  if (!can_say_so || !world_.has_replicas) return false;
  last_refusal_ = error;
  return true;
}

std::string client::state() const {
  return fmt::format("{}, refused last with {}", name_, error_name(last_refusal_));
}

void client::pause_ms(int64_t at_most_ms) {
  next_us_ = world_.time.now_us + 1000 +
             static_cast<int64_t>(world_.random.below(static_cast<uint64_t>(at_most_ms) * 1000));
}

void client::unexpected(std::string_view what, error_code error) {
  world_.facts.violated(fmt::format("{}: {} was answered {}", name_, what, error_name(error)));
}

// --- producers ---

producer::producer(client_world& world, const producer_options& options)
    : client(world, fmt::format("producer-{}", options.number)), options_(options) {
  for (int32_t i = 0; i < options.batches; ++i) {
    auto& made = batches_.emplace_back();
    made.first = records_;
    made.count = 1 + static_cast<int32_t>(world.random.below(3));
    made.padding = world.random.below(world.random.below(4) == 0 ? 1500 : 60);
    records_ += made.count;
  }
}

void producer::build(batch& which) {
  record_batch_options options;
  if (options_.is_idempotent) {
    options.producer_id = id_;
    options.producer_epoch = epoch_;
    options.base_sequence = which.first;
  }
  record_batch_builder builder{options};
  for (int32_t i = 0; i < which.count; ++i) {
    const auto value = to_value({options_.number, which.first + i}, which.padding);
    builder.append({.timestamp = world_.time.wall_ms(), .value = as_bytes_of(value)});
  }
  which.bytes = std::move(*builder.build());
}

bool producer::send_next() {
  if (!world_.exists(options_.log) || is_done()) return false;
  if (options_.is_idempotent && id_ < 0) {
    if (in_flight() > 0) return false;
    send(init_producer_id_request{}, 4);
    return true;
  }
  if (rewinds_) {
    if (in_flight() > 0) return false;
    rewinds_ = false;
    next_ = first_open_;
  }
  while (next_ < batches_.size() && batches_[next_].is_settled) ++next_;
  if (next_ == batches_.size() || in_flight() >= (options_.is_idempotent ? max_in_flight : 1)) {
    return false;
  }
  auto& which = batches_[next_];
  if (which.bytes.empty()) build(which);
  produce_request request;
  request.acks = options_.acks;
  request.timeout_ms = 10'000;
  auto& topic = request.topic_data.emplace_back();
  const auto& log = world_.log(options_.log);
  topic.name = log.topic;
  topic.partition_data.push_back({log.partition, which.bytes});
  send(request, 9, next_++);
  if (world_.random.below(4) == 0) pause_ms(20);
  return true;
}

void producer::answered(api_key key, uint64_t tag, wire_reader& body, api_version version) {
  if (key == api_key::init_producer_id) {
    auto response = decode<init_producer_id_response>(body, version);
    if (!response) return;
    if (response->error_code == error_code::none) {
      id_ = response->producer_id;
      epoch_ = response->producer_epoch;
      return;
    }
    if (!is_retriable(response->error_code)) unexpected("InitProducerId", response->error_code);
    return pause_ms(50);
  }
  auto response = decode<produce_response>(body, version);
  if (!response) return;
  const auto& answer = response->responses.at(0).partition_responses.at(0);
  produced(tag, answer.error_code, answer.base_offset);
}

void producer::produced(size_t index, error_code error, log_offset base_offset) {
  auto& which = batches_[index];
  const bool is_duplicate = error == error_code::duplicate_sequence_number;
  if (error == error_code::none || is_duplicate) {
    for (int32_t i = 0; i < which.count && options_.acks != 1; ++i) {
      const auto offset = base_offset < 0 || is_duplicate ? -1 : base_offset + i;
      world_.facts.acknowledged(options_.log, offset, {options_.number, which.first + i});
    }
    return settle(index);
  }
  if (!options_.is_idempotent && !options_.retries_blindly) {
    if (!is_retriable(error)) unexpected("Produce", error);
    return settle(index);  // it may be there or not
  }
  const bool is_behind_another = index > first_open_;
  if (may_be_outdated(error)) return look_elsewhere();
  if (!is_retriable(error) &&
      !(error == error_code::out_of_order_sequence_number && is_behind_another)) {
    unexpected(
        fmt::format("I14: Produce of batch {} ({} open, producer id {})", index, first_open_, id_),
        error);
  }
  if (error == error_code::not_leader_or_follower) return look_elsewhere();
  rewinds_ = true;
  pause_ms(50);
}

void producer::settle(size_t index) {
  batches_[index].is_settled = true;
  while (first_open_ < batches_.size() && batches_[first_open_].is_settled) ++first_open_;
}

void producer::lost() {
  if (options_.is_idempotent || options_.retries_blindly) {
    next_ = first_open_;
    rewinds_ = false;
    return;
  }
  for (size_t i = first_open_; i < next_; ++i) batches_[i].is_settled = true;
  if (next_ > first_open_) settle(next_ - 1);
}

// --- consumers ---

consumer::consumer(client_world& world, int32_t log, bool is_auditor)
    : client(world, fmt::format("{}-{}", is_auditor ? "auditor" : "consumer", log)),
      log_(log),
      is_auditor_(is_auditor) {}

bool consumer::send_next() {
  if (!world_.exists(log_) || is_done_ || in_flight() > 0) return false;
  fetch_request request;
  request.max_wait_ms = is_auditor_ ? 0 : static_cast<int32_t>(world_.random.below(200));
  request.min_bytes = 1;
  request.max_bytes = 1 << 20;
  auto& topic = request.topics.emplace_back();
  topic.topic = world_.log(log_).topic;
  auto& wanted = topic.partitions.emplace_back();
  wanted.partition = world_.log(log_).partition;
  wanted.fetch_offset = position_;
  wanted.partition_max_bytes = static_cast<int32_t>(1 + world_.random.below(20'000));
  send(request, world_.has_replicas ? 10 : 12);  // up to 10 only from leaders
  return true;
}

void consumer::answered(api_key, uint64_t, wire_reader& body, api_version version) {
  auto response = decode<fetch_response>(body, version);
  if (!response) return;
  if (response->error_code != error_code::none) return unexpected("Fetch", response->error_code);
  const auto& answer = response->responses.at(0).partitions.at(0);
  if (answer.error_code != error_code::none) {
    if (may_be_outdated(answer.error_code)) return look_elsewhere();
    if (!is_retriable(answer.error_code)) {
      unexpected(fmt::format("I4: Fetch from {}", position_), answer.error_code);
    }
    if (answer.error_code == error_code::not_leader_or_follower) return look_elsewhere();
    return pause_ms(50);
  }
  // A new leader may know less of it for a while.
  if (!world_.has_replicas) world_.facts.saw_high_watermark(log_, answer.high_watermark);
  const auto records = flatten({answer.records});
  position_ = world_.facts.fetched(log_, position_, records->view());
  const bool has_read = !records->view().empty() || !world_.has_replicas;
  if (has_read && position_ > answer.high_watermark) {
    world_.facts.violated(fmt::format("I4: records up to {} above the high watermark {}", position_,
                                      answer.high_watermark));
  }
  is_done_ = is_auditor_ && position_ >= answer.high_watermark;
  if (!is_auditor_ && world_.random.below(50) == 0) position_ = 0;
  if (world_.random.below(4) == 0) pause_ms(10);
}

void consumer::lost() {
  if (world_.random.below(2) == 0) position_ = 0;
}

// --- the group ---

bool committer::send_next() {
  if (!world_.exists(0) || is_done() || in_flight() > 0) return false;
  if (!knows_coordinator_) {
    find_coordinator_request request;
    request.key = group_;
    send(request, 3);
    return true;
  }
  if (!checked_) {
    offset_fetch_request request;
    request.group_id = group_;
    request.topics.emplace().push_back({world_.log(0).topic, {0}});
    send(request, 7);
    return true;
  }
  offset_commit_request request;
  request.group_id = group_;
  sent_ = std::max(sent_, acknowledged_ + 1);
  request.topics.push_back({world_.log(0).topic, {}, {{0, acknowledged_ + 1, -1, std::nullopt}}});
  send(request, 8);
  pause_ms(30);
  return true;
}

void committer::told(error_code error) {
  if (!is_retriable(error)) unexpected("a group request", error);
  knows_coordinator_ = false;
  if (error == error_code::not_coordinator) return look_elsewhere();
  pause_ms(50);
}

void committer::answered(api_key key, uint64_t, wire_reader& body, api_version version) {
  if (key == api_key::find_coordinator) {
    auto response = decode<find_coordinator_response>(body, version);
    if (!response) return;
    if (response->error_code != error_code::none) return told(response->error_code);
    knows_coordinator_ = true;
    return;
  }
  if (key == api_key::offset_commit) {
    auto response = decode<offset_commit_response>(body, version);
    if (!response) return;
    const auto error = response->topics.at(0).partitions.at(0).error_code;
    if (error != error_code::none) return told(error);
    ++acknowledged_;
    checked_ = acknowledged_ < wanted_ && world_.random.below(4) != 0;
    return;
  }
  auto response = decode<offset_fetch_response>(body, version);
  if (!response) return;
  if (response->error_code != error_code::none) return told(response->error_code);
  const auto& answer = response->topics.at(0).partitions.at(0);
  if (answer.error_code != error_code::none) return told(answer.error_code);
  const auto committed = std::max<int64_t>(answer.committed_offset, 0);
  if (committed < acknowledged_ || committed > sent_) {
    world_.facts.violated(fmt::format("I18: committed offset {} where {} to {} is possible",
                                      committed, acknowledged_, sent_));
  }
  checked_ = true;
}

}  // namespace ottla::sim
