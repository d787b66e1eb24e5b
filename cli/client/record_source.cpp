#include "cli/client/record_source.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace ottla {
namespace {

struct list_destroyer {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using partition_list = std::unique_ptr<rd_kafka_topic_partition_list_t, list_destroyer>;

struct queue_destroyer {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};

struct topic_destroyer {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};

fault kafka_fault(std::string_view about, rd_kafka_resp_err_t failure) {
  return {error_code::unknown_server_error,
          fmt::format("{}: {}", about, rd_kafka_err2str(failure))};
}

/// librdkafka's simple consumer: no group, no coordinator.
class single_reader : public record_source {
public:
  explicit single_reader(kafka_handle handle)
      : handle_(std::move(handle)), queue_(rd_kafka_queue_new(handle_.get())) {}

  ~single_reader() override {
    for (const auto& which : reading_) {
      rd_kafka_consume_stop(topics_.at(which.topic).get(), which.partition);
    }
  }

  outcome<void> begin(const topic_partition& which, log_offset offset) {
    auto& topic = topics_[which.topic];
    if (!topic) topic.reset(rd_kafka_topic_new(handle_.get(), which.topic.c_str(), nullptr));
    if (!topic) return kafka_fault(to_string(which), rd_kafka_last_error());
    if (rd_kafka_consume_start_queue(topic.get(), which.partition, offset, queue_.get()) != 0) {
      return kafka_fault(to_string(which), rd_kafka_last_error());
    }
    reading_.insert(which);
    return {};
  }

  message_handle next(int wait_ms) override {
    rd_kafka_poll(handle_.get(), 0);
    return message_handle(rd_kafka_consume_queue(queue_.get(), wait_ms));
  }
  [[nodiscard]] std::set<topic_partition> partitions() const override { return reading_; }

private:
  kafka_handle handle_;
  std::unique_ptr<rd_kafka_queue_t, queue_destroyer> queue_;
  std::map<std::string, std::unique_ptr<rd_kafka_topic_t, topic_destroyer>> topics_;
  std::set<topic_partition> reading_;
};

class group_reader : public record_source {
public:
  explicit group_reader(kafka_handle handle) : handle_(std::move(handle)) {}
  ~group_reader() override { rd_kafka_consumer_close(handle_.get()); }

  outcome<void> join(const std::vector<std::string>& topics) {
    rd_kafka_poll_set_consumer(handle_.get());
    partition_list list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
    for (const auto& topic : topics) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    auto failure = rd_kafka_subscribe(handle_.get(), list.get());
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_fault("subscribe", failure);
    return {};
  }

  message_handle next(int wait_ms) override {
    return message_handle(rd_kafka_consumer_poll(handle_.get(), wait_ms));
  }
  [[nodiscard]] std::set<topic_partition> partitions() const override {
    rd_kafka_topic_partition_list_t* raw = nullptr;
    if (rd_kafka_assignment(handle_.get(), &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    partition_list list(raw);
    std::set<topic_partition> assigned;
    for (int i = 0; i < list->cnt; ++i) {
      assigned.insert({list->elems[i].topic, list->elems[i].partition});
    }
    return assigned;
  }
  void was_printed(const rd_kafka_message_t& message) override {
    rd_kafka_offset_store(message.rkt, message.partition, message.offset);
  }

private:
  kafka_handle handle_;
};

}  // namespace

outcome<std::unique_ptr<record_source>> read_partitions(kafka_settings& settings,
                                                        const partition_offsets& begin) {
  auto handle = settings.make(RD_KAFKA_CONSUMER);
  if (!handle) return std::move(handle.error());
  auto reader = std::make_unique<single_reader>(std::move(*handle));
  for (const auto& [which, offset] : begin) OTTLA_TRY(reader->begin(which, offset));
  return std::unique_ptr<record_source>(std::move(reader));
}

outcome<std::unique_ptr<record_source>> read_in_group(kafka_settings& settings,
                                                      const std::vector<std::string>& topics) {
  auto handle = settings.make(RD_KAFKA_CONSUMER);
  if (!handle) return std::move(handle.error());
  auto reader = std::make_unique<group_reader>(std::move(*handle));
  OTTLA_TRY(reader->join(topics));
  return std::unique_ptr<record_source>(std::move(reader));
}

}  // namespace ottla
