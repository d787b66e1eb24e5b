#include "cli/client/consume.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "cli/client/kafka_handle.hpp"
#include "cli/command_line.hpp"
#include "cli/list_offsets.hpp"
#include "cli/output.hpp"
#include "cli/record_format.hpp"
#include "cli/reset_plan.hpp"

namespace ottla {
namespace {

struct list_destroyer {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using partition_list = std::unique_ptr<rd_kafka_topic_partition_list_t, list_destroyer>;

struct message_destroyer {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using message_handle = std::unique_ptr<rd_kafka_message_t, message_destroyer>;

fault kafka_fault(std::string_view about, rd_kafka_resp_err_t failure) {
  return {error_code::unknown_server_error,
          fmt::format("{}: {}", about, rd_kafka_err2str(failure))};
}

/// Where each partition begins, and which have nothing to read unless more is written.
struct reading_plan {
  partition_offsets begin;
  std::set<topic_partition> finished;
};

outcome<reading_plan> plan_reading(const consume_options& options) {
  auto client = admin_client::connect(options);
  if (!client) return std::move(client.error());
  auto ranges = ranges_of(**client, options.topics);
  if (!ranges) return std::move(ranges.error());
  if (options.partition) {
    std::erase_if(*ranges,
                  [&](const auto& entry) { return entry.first.partition != *options.partition; });
    if (ranges->empty()) {
      return fault{error_code::unknown_topic_or_partition,
                   fmt::format("there is no partition {}", *options.partition)};
    }
  }
  auto start = start_of(options);
  partition_offsets at_time;
  if (start.kind == position_kind::time) {
    auto partitions = (*client)->partitions(options.topics);
    if (!partitions) return std::move(partitions.error());
    auto found = offsets_at(**client, *partitions, start.value);
    if (!found) return std::move(found.error());
    at_time = std::move(*found);
  }
  reading_plan plan;
  for (const auto& step : plan_reset({.to = start}, *ranges, {}, at_time)) {
    plan.begin[step.which] = step.after;
    if (step.after >= ranges->at(step.which).end) plan.finished.insert(step.which);
  }
  return plan;
}

outcome<kafka_handle> make_consumer(const consume_options& options) {
  kafka_settings settings;
  OTTLA_TRY(apply_connection(options, settings));
  bool is_latest = start_of(options).kind == position_kind::latest;
  settings.set("group.id", options.group.value_or("ottla-consume"));
  settings.set("enable.auto.commit", options.group ? "true" : "false");
  settings.set("enable.auto.offset.store", "false");  // stored once printed
  settings.set("auto.offset.reset", is_latest ? "latest" : "earliest");
  settings.set("enable.partition.eof", "true");
  settings.set("fetch.wait.max.ms", "100");
  settings.set_all(options.properties);
  auto consumer = settings.make(RD_KAFKA_CONSUMER);
  if (consumer) rd_kafka_poll_set_consumer(consumer->get());
  return consumer;
}

outcome<void> assign(rd_kafka_t* consumer, const reading_plan& plan) {
  partition_list list(rd_kafka_topic_partition_list_new(static_cast<int>(plan.begin.size())));
  for (const auto& [which, offset] : plan.begin) {
    rd_kafka_topic_partition_list_add(list.get(), which.topic.c_str(), which.partition)->offset =
        offset;
  }
  auto failure = rd_kafka_assign(consumer, list.get());
  if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_fault("assign", failure);
  return {};
}

outcome<void> subscribe(rd_kafka_t* consumer, const consume_options& options) {
  partition_list list(rd_kafka_topic_partition_list_new(static_cast<int>(options.topics.size())));
  for (const auto& topic : options.topics) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  auto failure = rd_kafka_subscribe(consumer, list.get());
  if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) return kafka_fault("subscribe", failure);
  return {};
}

shown_record shown(const rd_kafka_message_t& message) {
  auto text = [](const void* data, size_t size) -> std::optional<std::string_view> {
    if (!data) return std::nullopt;
    return std::string_view(static_cast<const char*>(data), size);
  };
  rd_kafka_timestamp_type_t type{};
  shown_record record{.topic = rd_kafka_topic_name(message.rkt),
                      .partition = message.partition,
                      .offset = message.offset,
                      .timestamp_ms = rd_kafka_message_timestamp(&message, &type),
                      .key = text(message.key, message.key_len),
                      .value = text(message.payload, message.len)};
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    auto bytes = text(value, size);
    record.headers.emplace_back(name, bytes ? std::optional<std::string>(*bytes) : std::nullopt);
  }
  return record;
}

bool print_record(const rd_kafka_message_t& message, const consume_options& options) {
  auto record = shown(message);
  auto text = options.json     ? format_json(record)
              : options.format ? format_pattern(record, *options.format)
                               : format_fields(record, options.show);
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
}

/// What ends a run without --follow: every assigned partition has been read to its end.
class ends_seen {
public:
  explicit ends_seen(std::set<topic_partition> finished) : seen_(std::move(finished)) {}

  void reached(const rd_kafka_message_t& message) {
    seen_.insert({rd_kafka_topic_name(message.rkt), message.partition});
  }
  [[nodiscard]] bool all(rd_kafka_t* consumer) const {
    rd_kafka_topic_partition_list_t* raw = nullptr;
    if (rd_kafka_assignment(consumer, &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    partition_list list(raw);
    for (int i = 0; i < list->cnt; ++i) {
      if (!seen_.contains({list->elems[i].topic, list->elems[i].partition})) return false;
    }
    return list->cnt > 0;
  }

private:
  std::set<topic_partition> seen_;
};

bool is_fatal(rd_kafka_resp_err_t failure) {
  // librdkafka goes on by itself after everything else.
  return failure == RD_KAFKA_RESP_ERR__FATAL ||
         failure == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         failure == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         failure == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         failure == RD_KAFKA_RESP_ERR_INVALID_GROUP_ID;
}

/// The next message. What was printed becomes visible before this waits; false in `is_read` once
/// nobody reads it any more.
message_handle next_message(rd_kafka_t* consumer, bool& is_read) {
  message_handle message(rd_kafka_consumer_poll(consumer, 0));
  if (message) return message;
  is_read = std::fflush(stdout) == 0;
  return message_handle(rd_kafka_consumer_poll(consumer, 200));
}

outcome<void> read(rd_kafka_t* consumer, const consume_options& options, ends_seen ends) {
  int64_t left = options.count.value_or(INT64_MAX);
  while (left > 0 && !is_interrupted()) {
    if (!options.follow && ends.all(consumer)) return {};
    bool is_read = true;
    auto message = next_message(consumer, is_read);
    if (!is_read) return {};
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ends.reached(*message);
    } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (!print_record(*message, options)) return {};  // nobody reads any more
      if (options.group) {
        rd_kafka_offset_store(message->rkt, message->partition, message->offset);
      }
      --left;
    } else if (is_fatal(message->err)) {
      return kafka_fault("consume", message->err);
    }
  }
  return {};
}

outcome<void> run(const consume_options& options) {
  reading_plan plan;
  if (!options.group) {
    auto made = plan_reading(options);
    if (!made) return std::move(made.error());
    plan = std::move(*made);
    if (!options.follow && plan.finished.size() == plan.begin.size()) return {};
  }
  auto consumer = make_consumer(options);
  if (!consumer) return std::move(consumer.error());
  auto started =
      options.group ? subscribe(consumer->get(), options) : assign(consumer->get(), plan);
  if (!started) return started;
  auto done = read(consumer->get(), options, ends_seen(std::move(plan.finished)));
  std::fflush(stdout);
  rd_kafka_consumer_close(consumer->get());  // commits what was stored, leaves the group
  return done;
}

}  // namespace

int consume(const consume_options& options) {
  take_over_signals();
  auto done = run(options);
  return done ? exit_ok : report(done.error());
}

}  // namespace ottla
