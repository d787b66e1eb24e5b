#include "cli/client/produce.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "cli/client/kafka_handle.hpp"
#include "cli/command_line.hpp"
#include "cli/output.hpp"

namespace ottla {
namespace {

using steady = std::chrono::steady_clock;

/// Counts of the run, shared with the delivery callback (same thread: it runs in rd_kafka_poll).
struct tally {
  int64_t sent = 0;
  int64_t bytes = 0;
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
  if (counts.failed++ == 0) counts.first_failure = rd_kafka_err2str(message->err);
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
    ssize_t size = ::getline(&line_, &capacity_, file_);
    if (size < 0) return false;
    line = {line_, static_cast<size_t>(size)};
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return true;
  }

private:
  std::FILE* file_;
  char* line_ = nullptr;
  size_t capacity_ = 0;
};

class progress {
public:
  explicit progress(bool is_shown) : is_shown_(is_shown && ::isatty(STDERR_FILENO)) {}

  void show(const tally& counts) {
    if (!is_shown_ || steady::now() < next_) return;
    next_ = steady::now() + std::chrono::milliseconds(250);
    fmt::print(stderr, "\r{} records, {}, {} acknowledged  ", with_separators(counts.sent),
               readable_bytes(counts.bytes), with_separators(counts.acknowledged));
    was_shown_ = true;
  }
  void clear() const {
    if (was_shown_) fmt::print(stderr, "\r\033[K");
  }

private:
  bool is_shown_;
  bool was_shown_ = false;
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
                         const parted_line& parts) {
  for (;;) {
    auto* headers = headers_of(options);
    record_parts record(options, parts, headers);
    rd_kafka_error_t* error = rd_kafka_produceva(producer, record.data(), record.size());
    if (!error) return RD_KAFKA_RESP_ERR_NO_ERROR;
    auto failure = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    if (headers) rd_kafka_headers_destroy(headers);
    if (failure != RD_KAFKA_RESP_ERR__QUEUE_FULL) return failure;
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

outcome<kafka_handle> make_producer(const produce_options& options, tally& counts) {
  kafka_settings settings;
  OTTLA_TRY(apply_connection(options, settings));
  settings.set("compression.codec", options.codec);
  settings.set("acks", options.acks);
  settings.set("enable.idempotence", options.acks == "all" ? "true" : "false");
  settings.set("linger.ms", "5");
  settings.set("message.timeout.ms",
               std::to_string(static_cast<int64_t>(options.timeout_seconds * 1000)));
  settings.set_all(options.properties);
  rd_kafka_conf_set_opaque(settings.get(), &counts);
  rd_kafka_conf_set_dr_msg_cb(settings.get(), on_delivery);
  return settings.make(RD_KAFKA_PRODUCER);
}

int finish(const produce_options& options, const tally& counts, steady::time_point start) {
  if (counts.failed > 0) {
    return report(fmt::format("{} of {} records were not acknowledged: {}",
                              with_separators(counts.failed), with_separators(counts.sent),
                              counts.first_failure));
  }
  if (options.quiet) return exit_ok;
  auto seconds = std::chrono::duration<double>(steady::now() - start).count();
  fmt::print(stderr, "Produced {} record{} ({}) to {} in {:.2f} s\n", with_separators(counts.sent),
             counts.sent == 1 ? "" : "s", readable_bytes(counts.bytes), options.topic, seconds);
  return exit_ok;
}

}  // namespace

int produce(const produce_options& options) {
  std::unique_ptr<std::FILE, file_closer> input(
      options.file ? std::fopen(options.file->c_str(), "rb") : stdin);
  if (!input) return report(fmt::format("{}: {}", *options.file, std::strerror(errno)));
  take_over_signals();
  tally counts;
  auto producer = make_producer(options, counts);
  if (!producer) return report(producer.error());
  progress shown(!options.quiet);
  auto start = steady::now();
  line_reader lines(input.get());
  int exit_code = exit_ok;
  for (std::string_view line; lines.next(line);) {
    auto failure = send(producer->get(), options, part(line, options));
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
      exit_code = report(fmt::format("record {}: {}", counts.sent + 1, rd_kafka_err2str(failure)));
      break;
    }
    ++counts.sent;
    counts.bytes += static_cast<int64_t>(line.size());
    keep_rate(producer->get(), options, start, counts.sent);
    shown.show(counts);
  }
  while (rd_kafka_outq_len(producer->get()) > 0) {
    rd_kafka_flush(producer->get(), 250);
    shown.show(counts);
  }
  shown.clear();
  int finished = finish(options, counts, start);
  return exit_code == exit_ok ? finished : exit_code;
}

}  // namespace ottla
