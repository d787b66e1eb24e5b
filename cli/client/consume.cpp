#include "cli/client/consume.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "cli/client/record_source.hpp"
#include "cli/command_line.hpp"
#include "cli/output.hpp"
#include "cli/record_format.hpp"
#include "cli/reset_plan.hpp"

namespace ottla {
namespace {

using steady = std::chrono::steady_clock;

/// Where each partition begins, and which have nothing to read unless more is written.
struct reading_plan {
  partition_offsets begin;
  std::set<topic_partition> finished;
};

outcome<reading_plan> plan_reading(admin_client& client, const consume_options& options) {
  auto is_meant = [&](const led_partition& each) {
    return !options.partition || each.which.partition == *options.partition;
  };
  auto ranges = ranges_of(client, options.topics, is_meant);
  if (!ranges) return std::move(ranges.error());
  if (options.partition && ranges->empty()) {
    return fault{error_code::unknown_topic_or_partition,
                 fmt::format("there is no partition {} in {}", *options.partition,
                             fmt::join(options.topics, ", "))};
  }
  auto start = start_of(options);
  partition_offsets at_time;
  if (start.kind == position_kind::time) {
    auto found = offsets_at(client, options.topics, start.value, is_meant);
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

/// What librdkafka says of its connections; it goes on trying by itself.
struct contact {
  bool is_lost = false;
};

void note_contact(rd_kafka_t*, int failure, const char*, void* opaque) {
  if (failure == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) static_cast<contact*>(opaque)->is_lost = true;
}

void configure(const consume_options& options, contact& brokers, kafka_settings& settings) {
  apply_connection(options, settings);
  rd_kafka_conf_set_opaque(settings.get(), &brokers);
  rd_kafka_conf_set_error_cb(settings.get(), note_contact);
  bool is_latest = start_of(options).kind == position_kind::latest;
  if (options.group) settings.set("group.id", *options.group);
  settings.set("enable.auto.commit", options.group ? "true" : "false");
  settings.set("enable.auto.offset.store", "false");  // stored once printed
  settings.set("auto.offset.reset", is_latest ? "latest" : "earliest");
  settings.set("enable.partition.eof", "true");
  settings.set("fetch.wait.max.ms", "100");
  settings.set_all(options.properties);
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
  return put(options.json            ? format_json(record)
             : options.format        ? format_pattern(record, *options.format)
             : options.key_separator ? format_keyed(record, *options.key_separator)
                                     : format_fields(record, options.show));
}

bool is_fatal(rd_kafka_resp_err_t failure) {
  // librdkafka goes on by itself after everything else.
  return failure == RD_KAFKA_RESP_ERR__FATAL ||
         failure == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         failure == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         failure == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         failure == RD_KAFKA_RESP_ERR_INVALID_GROUP_ID ||
         failure == RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED;
}

/// One run: prints what the source gives until the end that was asked for.
class reading {
public:
  reading(record_source& source, contact& brokers, const consume_options& options,
          std::set<topic_partition> finished)
      : source_(source),
        brokers_(brokers),
        options_(options),
        left_(options.count.value_or(INT64_MAX)),
        finished_(std::move(finished)) {}

  outcome<void> run() {
    while (left_ > 0 && !is_interrupted() && !is_at_end()) {
      auto message = next();
      if (!is_read_) return {};
      if (message) {
        OTTLA_TRY(take(*message));
      } else {
        OTTLA_TRY(judge_silence());
      }
    }
    return {};
  }

private:
  /// What was printed becomes visible before this waits.
  message_handle next() {
    auto message = source_.next(0);
    if (message) return message;
    is_read_ = print("");
    return source_.next(200);
  }

  outcome<void> take(const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      note_news();
      is_read_ = print_record(message, options_);
      if (is_read_) source_.was_printed(message);
      --left_;
    } else if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      note_news();
      finished_.insert({rd_kafka_topic_name(message.rkt), message.partition});
    } else if (is_fatal(message.err)) {
      return fault{error_code::unknown_server_error,
                   fmt::format("consume: {}", rd_kafka_err2str(message.err))};
    }
    return {};
  }

  void note_news() {
    last_news_ = steady::now();
    brokers_.is_lost = was_told_ = false;
  }

  /// Without --follow every partition has an end, so long silence means that nobody answers, or
  /// that other members of the group have all partitions.
  outcome<void> judge_silence() {
    if (options_.follow && brokers_.is_lost && !std::exchange(was_told_, true)) {
      report(fmt::format("no broker answers at {}; trying on", options_.bootstrap));
    }
    bool is_patient = options_.follow || steady::now() - last_news_ < std::chrono::duration<double>(
                                                                          options_.timeout_seconds);
    if (is_patient) return {};
    if (!brokers_.is_lost && options_.group && source_.partitions().empty()) {
      return fault{error_code::request_timed_out,
                   fmt::format("group {} has given this member no partition so far; has it more "
                               "members than the topics have partitions?",
                               *options_.group)};
    }
    return fault{
        error_code::request_timed_out,
        fmt::format("no answer from the brokers for {} seconds", options_.timeout_seconds)};
  }

  /// Without --follow the end is there once every partition has been read to its end.
  [[nodiscard]] bool is_at_end() const {
    if (options_.follow) return false;
    auto assigned = source_.partitions();
    return !assigned.empty() && std::ranges::all_of(assigned, [&](const auto& which) {
      return finished_.contains(which);
    });
  }

  record_source& source_;
  contact& brokers_;
  const consume_options& options_;
  int64_t left_;
  std::set<topic_partition> finished_;
  steady::time_point last_news_ = steady::now();
  bool was_told_ = false;  ///< That the brokers are gone.
  bool is_read_ = true;    ///< Whether somebody still reads what is printed.
};

outcome<void> run(const consume_options& options) {
  auto client = admin_client::connect(options);
  if (!client) return std::move(client.error());
  // In a group it is only asked whether the topics exist.
  auto plan = plan_reading(**client, options);
  if (!plan) return std::move(plan.error());
  client->reset();
  bool is_group = options.group.has_value();
  if (!is_group && !options.follow && plan->finished.size() == plan->begin.size()) return {};
  contact brokers;
  kafka_settings settings;
  configure(options, brokers, settings);
  auto source =
      is_group ? read_in_group(settings, options.topics) : read_partitions(settings, plan->begin);
  if (!source) return std::move(source.error());
  if (is_group) plan->finished.clear();
  auto done = reading(**source, brokers, options, std::move(plan->finished)).run();
  print("");
  return done;
}

}  // namespace

int consume(const consume_options& options) {
  take_over_signals();
  auto done = run(options);
  return done ? exit_ok : report_client_fault(done.error());
}

}  // namespace ottla
