#include "cli/client/produce.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>

#include "cli/client/kafka_handle.hpp"
#include "cli/command_line.hpp"
#include "cli/output.hpp"
#include "cli/remote_configs.hpp"

namespace ottla {
namespace {

using steady = std::chrono::steady_clock;

/// Counts of the run, shared with the delivery callback (same thread: it runs in rd_kafka_poll).
struct tally {
  int64_t sent = 0;
  int64_t bytes = 0;
  int64_t read = 0;  ///< Bytes of the input, with the ends of its lines.
  int64_t acknowledged = 0;
  int64_t failed = 0;
  std::string first_failure;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& counts = *static_cast<tally*>(opaque);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++counts.acknowledged;
    return;
  }
  if (counts.failed++ > 0) return;
  counts.first_failure = rd_kafka_err2str(message->err);
  if (message->partition >= 0) {
    counts.first_failure = fmt::format("{}-{}: {}", rd_kafka_topic_name(message->rkt),
                                       message->partition, counts.first_failure);
  }
  if (message->err == RD_KAFKA_RESP_ERR_INVALID_RECORD && !message->key) {
    counts.first_failure += "; a compacted topic needs keys: --key or --key-separator";
  }
}

struct file_closer {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

/// Lines of the input, without their ends.
class line_reader {
public:
  explicit line_reader(std::FILE* file) : file_(file) {}
  ~line_reader() { std::free(line_); }
  line_reader(const line_reader&) = delete;
  line_reader& operator=(const line_reader&) = delete;

  bool next(std::string_view& line) {
    if (is_interrupted()) return false;
    errno = 0;
    ssize_t size = ::getline(&line_, &capacity_, file_);
    if (size < 0) {
      failure_ = std::ferror(file_) != 0 && !is_interrupted() ? errno : 0;
      return false;
    }
    read_ += size;
    line = {line_, static_cast<size_t>(size)};
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return true;
  }

  [[nodiscard]] int64_t bytes_read() const { return read_; }
  /// Why the input ended before its end; 0 if it did not.
  [[nodiscard]] int failure() const { return failure_; }

private:
  std::FILE* file_;
  int64_t read_ = 0;
  int failure_ = 0;
  char* line_ = nullptr;
  size_t capacity_ = 0;
};

class progress {
public:
  /// `input_bytes` is the size of the input, or 0 where that is not known.
  progress(bool is_shown, int64_t input_bytes)
      : is_shown_(is_shown && ::isatty(STDERR_FILENO)), input_bytes_(input_bytes) {}

  void show(const tally& counts) {
    if (!is_shown_ || steady::now() < next_) return;
    next_ = steady::now() + std::chrono::milliseconds(250);
    auto seconds = std::chrono::duration<double>(steady::now() - start_).count();
    auto share = input_bytes_ > 0 ? fmt::format("{:3}%  ", 100 * counts.read / input_bytes_) : "";
    fmt::print(stderr, "\r\033[K{}{}, {}, {}/s, {} acknowledged", share,
               counted(counts.sent, "record"), readable_bytes(counts.bytes),
               with_separators(static_cast<int64_t>(static_cast<double>(counts.sent) / seconds)),
               with_separators(counts.acknowledged));
    was_shown_ = true;
  }
  void clear() const {
    if (was_shown_) fmt::print(stderr, "\r\033[K");
    if (is_interrupted() && ::isatty(STDERR_FILENO)) fmt::print(stderr, "\n");  // behind "^C"
  }

private:
  bool is_shown_;
  int64_t input_bytes_;
  bool was_shown_ = false;
  steady::time_point start_ = steady::now();
  steady::time_point next_ = steady::now() + std::chrono::milliseconds(500);
};

struct parted_line {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
};

parted_line part(std::string_view line, const produce_options& options) {
  parted_line parts{.value = line};
  if (options.key) parts.key = *options.key;
  if (options.key_separator) {
    size_t at = line.find(*options.key_separator);
    if (at != std::string_view::npos) {
      parts.key = line.substr(0, at);
      parts.value = line.substr(at + options.key_separator->size());
    }
  }
  if (options.null_value && parts.value == *options.null_value) parts.value.reset();
  return parts;
}

rd_kafka_headers_t* headers_of(const produce_options& options) {
  if (options.headers.empty()) return nullptr;
  auto* headers = rd_kafka_headers_new(options.headers.size());
  for (const auto& header : options.headers) {
    size_t equals = header.find('=');
    rd_kafka_header_add(headers, header.data(), static_cast<ssize_t>(equals),
                        header.data() + equals + 1,
                        static_cast<ssize_t>(header.size() - equals - 1));
  }
  return headers;
}

/// What rd_kafka_produceva takes: the parts of one record. librdkafka copies key and value.
class record_parts {
public:
  record_parts(const produce_options& options, const parted_line& parts,
               rd_kafka_headers_t* headers) {
    next(RD_KAFKA_VTYPE_TOPIC).cstr = options.topic.c_str();
    next(RD_KAFKA_VTYPE_PARTITION).i32 = static_cast<int32_t>(options.partition);
    next(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
    set_bytes(next(RD_KAFKA_VTYPE_KEY), parts.key);
    set_bytes(next(RD_KAFKA_VTYPE_VALUE), parts.value);
    if (headers) next(RD_KAFKA_VTYPE_HEADERS).headers = headers;
  }

  [[nodiscard]] const rd_kafka_vu_t* data() const { return parts_.data(); }
  [[nodiscard]] size_t size() const { return count_; }

private:
  decltype(rd_kafka_vu_t::u)& next(rd_kafka_vtype_t type) {
    parts_.at(count_).vtype = type;
    return parts_.at(count_++).u;
  }
  static void set_bytes(decltype(rd_kafka_vu_t::u)& part,
                        const std::optional<std::string_view>& text) {
    static char empty = 0;  // an empty text is not null
    part.mem.ptr = !text ? nullptr : text->empty() ? &empty : const_cast<char*>(text->data());
    part.mem.size = text ? text->size() : 0;
  }

  std::array<rd_kafka_vu_t, 6> parts_{};
  size_t count_ = 0;
};

/// Queues one record, waiting for room; an error code of librdkafka.
rd_kafka_resp_err_t send(rd_kafka_t* producer, const produce_options& options,
                         const parted_line& parts, const tally& counts) {
  for (;;) {
    auto* headers = headers_of(options);
    record_parts record(options, parts, headers);
    rd_kafka_error_t* error = rd_kafka_produceva(producer, record.data(), record.size());
    if (!error) return RD_KAFKA_RESP_ERR_NO_ERROR;
    auto failure = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    if (headers) rd_kafka_headers_destroy(headers);
    if (failure != RD_KAFKA_RESP_ERR__QUEUE_FULL || counts.failed > 0 || interruptions() > 1) {
      return failure;
    }
    rd_kafka_poll(producer, 100);
  }
}

/// Sleeps so that `sent` records take no less than their time, and lets acknowledgements in.
void keep_rate(rd_kafka_t* producer, const produce_options& options, steady::time_point start,
               int64_t sent) {
  rd_kafka_poll(producer, 0);
  if (options.rate <= 0) return;
  auto due = start + std::chrono::duration_cast<steady::duration>(
                         std::chrono::duration<double>(static_cast<double>(sent) / options.rate));
  while (steady::now() < due && !is_interrupted()) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - steady::now());
    rd_kafka_poll(producer, static_cast<int>(std::min<int64_t>(left.count() + 1, 100)));
  }
}

/// Whether the brokers create a topic when it is first asked for; no where they do not say.
bool creates_topics(admin_client& client) {
  auto ids = client.brokers();
  if (!ids || ids->empty()) return false;
  auto configs = describe_configs(client, broker_resource, std::to_string(ids->front()));
  return configs && std::ranges::any_of(*configs, [](const remote_config& config) {
           return config.name == "auto.create.topics.enable" && config.value == "true";
         });
}

/// The number of the topic's partitions; UNKNOWN_TOPIC_OR_PARTITION with advice without the topic,
/// LEADER_NOT_AVAILABLE while the brokers create it. Whether they do is asked once.
outcome<size_t> count_partitions(admin_client& client, const std::string& topic,
                                 std::optional<bool>& is_created) {
  auto cluster = client.metadata(std::vector{topic}, true);
  if (!cluster) return std::move(cluster.error());
  const auto& found = cluster->topics.at(0);
  if (found.error_code == error_code::none) return found.partitions.size();
  if (found.error_code != error_code::unknown_topic_or_partition) {
    return broker_fault(found.error_code, "topic " + topic);
  }
  if (!is_created) is_created = creates_topics(client);
  if (*is_created) {
    return fault{error_code::leader_not_available,
                 fmt::format("topic {}: the brokers have not created it in time; "
                             "`ottla topic create {}` says why",
                             topic, topic)};
  }
  auto why = broker_fault(found.error_code, "topic " + topic);
  why.message += fmt::format("\n`ottla topic create {}` makes one", topic);
  return why;
}

/// The topic and partition exist; a missing topic is created where the brokers do that.
outcome<void> ensure_topic(const produce_options& options) {
  auto client = admin_client::connect(options);
  if (!client) return std::move(client.error());
  std::optional<bool> is_created;
  auto partitions =
      (*client)->retry([&] { return count_partitions(**client, options.topic, is_created); });
  if (!partitions) return std::move(partitions.error());
  if (options.partition >= static_cast<int64_t>(*partitions)) {
    return fault{
        error_code::unknown_topic_or_partition,
        fmt::format("topic {} has no partition {}; it has {}", options.topic, options.partition,
                    counted(static_cast<int64_t>(*partitions), "partition"))};
  }
  return {};
}

outcome<kafka_handle> make_producer(const produce_options& options, tally& counts) {
  kafka_settings settings;
  apply_connection(options, settings);
  settings.set("message.max.bytes", "1000000000");  // how large is too large is the broker's to say
  settings.set("compression.codec", options.codec);
  settings.set("acks", options.acks);
  settings.set("enable.idempotence", options.acks == "all" ? "true" : "false");
  settings.set("linger.ms", "5");
  settings.set("message.timeout.ms", std::to_string(options.timeout_ms()));
  settings.set_all(options.properties);
  rd_kafka_conf_set_opaque(settings.get(), &counts);
  rd_kafka_conf_set_dr_msg_cb(settings.get(), on_delivery);
  auto made = settings.make(RD_KAFKA_PRODUCER);
  if (!made && made.error().message.find("message.timeout.ms") != std::string::npos) {
    made.error().message += "; message.timeout.ms is --timeout where no -X sets it";
  }
  return made;
}

/// Asks for the partitions' leaders before there are records: librdkafka asks a second later where
/// its first connection comes up after the first record. Without an answer it tries by itself.
void learn_leaders(rd_kafka_t* producer, const produce_options& options) {
  auto* topic = rd_kafka_topic_new(producer, options.topic.c_str(), nullptr);
  if (!topic) return;
  const rd_kafka_metadata_t* found = nullptr;
  auto failure = rd_kafka_metadata(producer, 0, topic, &found, options.timeout_ms());
  if (failure == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(found);
  rd_kafka_topic_destroy(topic);
}

int finish(const produce_options& options, const tally& counts, steady::time_point start) {
  if (counts.failed > 0) {
    return report(fmt::format("{} of {} not acknowledged: {}", with_separators(counts.failed),
                              counted(counts.sent, "record"), counts.first_failure));
  }
  if (int64_t open = counts.sent - counts.acknowledged; open > 0) {
    return report(fmt::format("interrupted before {} of {} acknowledged", with_separators(open),
                              counted(counts.sent, "record")));
  }
  if (options.quiet) return exit_ok;
  auto seconds = std::chrono::duration<double>(steady::now() - start).count();
  fmt::print(stderr, "Produced {} ({}) to {} in {:.2f} s\n", counted(counts.sent, "record"),
             readable_bytes(counts.bytes), options.topic, seconds);
  return exit_ok;
}

/// Reads the input to its end, sends every line, and stops at the first failure.
int send_all(rd_kafka_t* producer, std::FILE* input, const produce_options& options, tally& counts,
             progress& shown) {
  auto start = steady::now();
  line_reader lines(input);
  for (std::string_view line; counts.failed == 0 && lines.next(line);) {
    auto failure = send(producer, options, part(line, options), counts);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return report(fmt::format("record {}: {}", counts.sent + 1, rd_kafka_err2str(failure)));
    }
    ++counts.sent;
    counts.bytes += static_cast<int64_t>(line.size());
    counts.read = lines.bytes_read();
    keep_rate(producer, options, start, counts.sent);
    shown.show(counts);
  }
  if (lines.failure() == 0) return exit_ok;
  return report(fmt::format("cannot read {}: {}", options.file.value_or("standard input"),
                            std::strerror(lines.failure())));
}

/// The size of a regular file, else 0.
int64_t size_of(std::FILE* input) {
  struct stat found{};
  bool is_file = ::fstat(::fileno(input), &found) == 0 && S_ISREG(found.st_mode);
  return is_file ? found.st_size : 0;
}

}  // namespace

int produce(const produce_options& options) {
  std::unique_ptr<std::FILE, file_closer> input(
      options.file ? std::fopen(options.file->c_str(), "rb") : stdin);
  if (!input) return report(fmt::format("{}: {}", *options.file, std::strerror(errno)));
  take_over_signals();
  if (auto there = ensure_topic(options); !there) return report_client_fault(there.error());
  tally counts;
  auto producer = make_producer(options, counts);
  if (!producer) return report_client_fault(producer.error());
  learn_leaders(producer->get(), options);
  progress shown(!options.quiet, size_of(input.get()));
  auto start = steady::now();
  int exit_code = send_all(producer->get(), input.get(), options, counts, shown);
  // The first Ctrl-C ends the input, a second one the waiting.
  while (rd_kafka_outq_len(producer->get()) > 0 && interruptions() < 2) {
    rd_kafka_flush(producer->get(), 250);
    shown.show(counts);
  }
  shown.clear();
  if (interruptions() >= 2) rd_kafka_purge(producer->get(), RD_KAFKA_PURGE_F_QUEUE);
  return exit_code == exit_ok ? finish(options, counts, start) : exit_code;
}

}  // namespace ottla
