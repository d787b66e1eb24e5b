// Writes the rdkafka-*.bin batches: librdkafka's producer sends them to librdkafka's mock broker,
// and a Fetch request by hand reads them back as they were sent. Not part of the build; see
// README.md.
#include <arpa/inet.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

std::string int_bytes(int64_t value, int size) {
  std::string bytes;
  for (int i = size - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

int64_t take(const std::string& from, size_t& at, int size) {
  uint64_t value = 0;
  for (int i = 0; i < size; ++i) value = value << 8 | static_cast<uint8_t>(from.at(at++));
  return static_cast<int64_t>(value << (64 - 8 * size)) >> (64 - 8 * size);
}

std::string read_exactly(int fd, size_t size) {
  std::string bytes(size, '\0');
  for (size_t done = 0; done < size;) {
    auto n = read(fd, bytes.data() + done, size - done);
    if (n <= 0) die("the mock broker closed the connection");
    done += static_cast<size_t>(n);
  }
  return bytes;
}

// Fetch v4 of one partition from offset 0; the records field of the answer.
std::string fetch(const std::string& bootstrap, const std::string& topic) {
  auto colon = bootstrap.find(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::stoi(bootstrap.substr(colon + 1))));
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("no connection");
  auto name = int_bytes(static_cast<int64_t>(topic.size()), 2) + topic;
  auto request = int_bytes(1, 2) + int_bytes(4, 2) + int_bytes(7, 4) + int_bytes(-1, 2) +
                 int_bytes(-1, 4) + int_bytes(500, 4) + int_bytes(1, 4) + int_bytes(1 << 24, 4) +
                 int_bytes(0, 1) + int_bytes(1, 4) + name + int_bytes(1, 4) + int_bytes(0, 4) +
                 int_bytes(0, 8) + int_bytes(1 << 24, 4);
  request = int_bytes(static_cast<int64_t>(request.size()), 4) + request;
  if (write(fd, request.data(), request.size()) != static_cast<ssize_t>(request.size()))
    die("write");
  size_t at = 0;
  auto size = take(read_exactly(fd, 4), at, 4);
  auto answer = read_exactly(fd, static_cast<size_t>(size));
  close(fd);
  at = 4 + 4 + 4;                                      // correlation id, throttle time, topics
  at += static_cast<size_t>(take(answer, at, 2)) + 4;  // the topic's name, count of partitions
  take(answer, at, 4);
  if (take(answer, at, 2) != 0) die("fetch failed");
  at += 8 + 8;  // high watermark, last stable offset
  auto aborted = take(answer, at, 4);
  if (aborted > 0) at += static_cast<size_t>(aborted) * 16;
  auto bytes = take(answer, at, 4);
  return answer.substr(at, static_cast<size_t>(bytes));
}

// The same records as golden_record() in record_batch_test.cpp.
void produce(rd_kafka_t* client, const std::string& topic, int i) {
  auto key = "key-" + std::to_string(i);
  auto value = "value-" + std::to_string(i) + "-";
  for (int n = 0; n < i % 10; ++n) value += "abc";
  auto* headers = rd_kafka_headers_new(3);
  if (i % 3 == 0) {
    auto trace = "t" + std::to_string(i);
    rd_kafka_header_add(headers, "trace", -1, trace.data(), static_cast<ssize_t>(trace.size()));
    rd_kafka_header_add(headers, "empty", -1, "", 0);
    rd_kafka_header_add(headers, "null", -1, nullptr, 0);
  }
  bool no_key = i % 5 == 4;
  bool no_value = i % 7 == 6;
  auto error = rd_kafka_producev(
      client, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(1'700'000'000'000 + i * 7),
      RD_KAFKA_V_KEY(no_key ? nullptr : key.data(), no_key ? 0 : key.size()),
      RD_KAFKA_V_VALUE(no_value ? nullptr : value.data(), no_value ? 0 : value.size()),
      RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) die(rd_kafka_err2str(error));
}

void write_batch(const std::string& directory, const std::string& codec, bool idempotent,
                 int records) {
  char why[512];
  auto* conf = rd_kafka_conf_new();
  const std::string settings[][2] = {{"test.mock.num.brokers", "1"},
                                     {"compression.type", codec},
                                     {"linger.ms", "1000"},
                                     {"batch.num.messages", "100000"},
                                     {"enable.idempotence", idempotent ? "true" : "false"}};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) {
      die(why);
    }
  }
  auto* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (client == nullptr) die(why);
  for (int i = 0; i < records; ++i) produce(client, "golden", i);
  if (rd_kafka_flush(client, 20'000) != RD_KAFKA_RESP_ERR_NO_ERROR) die("flush timed out");
  auto batch =
      fetch(rd_kafka_mock_cluster_bootstraps(rd_kafka_handle_mock_cluster(client)), "golden");
  rd_kafka_destroy(client);
  auto name =
      "rdkafka-" + codec + "-" + std::to_string(records) + (idempotent ? "-idempotent" : "");
  std::ofstream(directory + "/" + name + ".bin", std::ios::binary) << batch;
  std::printf("%s: %zu bytes\n", name.c_str(), batch.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) die("usage: rdkafka_batches DIRECTORY");
  for (const char* codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    write_batch(argv[1], codec, false, 40);
  }
  for (const char* codec : {"gzip", "snappy", "lz4", "zstd"})
    write_batch(argv[1], codec, false, 2000);
  write_batch(argv[1], "none", true, 40);
}
