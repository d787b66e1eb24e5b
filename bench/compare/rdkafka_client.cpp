#include "bench/compare/rdkafka_client.hpp"

#include <stdexcept>

namespace ottla::bench {
namespace {

using conf_handle = std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)>;

void set(rd_kafka_conf_t* conf, const char* key, const std::string& value) {
  char error[512];
  if (rd_kafka_conf_set(conf, key, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK)
    throw std::runtime_error(error);
}

conf_handle make_conf(const load_options& options) {
  conf_handle conf{rd_kafka_conf_new(), rd_kafka_conf_destroy};
  set(conf.get(), "bootstrap.servers", options.bootstrap);
  set(conf.get(), "broker.address.family", "v4");
  set(conf.get(), "log_level", "2");
  return conf;
}

client_handle make_client(rd_kafka_type_t type, conf_handle conf) {
  char error[512];
  client_handle client{rd_kafka_new(type, conf.get(), error, sizeof error)};
  if (!client) throw std::runtime_error(error);
  conf.release();  // the client owns it now
  return client;
}

void count_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& result = *static_cast<load_result*>(opaque);
  ++(message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? result.acknowledged : result.failed);
}

}  // namespace

client_handle make_producer(const load_options& options, load_result& result) {
  auto conf = make_conf(options);
  set(conf.get(), "acks", options.acks);
  set(conf.get(), "linger.ms", options.linger_ms);
  set(conf.get(), "batch.size", "1000000");
  set(conf.get(), "batch.num.messages", "100000");
  set(conf.get(), "queue.buffering.max.messages", "500000");
  rd_kafka_conf_set_dr_msg_cb(conf.get(), count_delivery);
  rd_kafka_conf_set_opaque(conf.get(), &result);
  return make_client(RD_KAFKA_PRODUCER, std::move(conf));
}

client_handle make_consumer(const load_options& options, std::int64_t offset, settings more) {
  auto conf = make_conf(options);
  set(conf.get(), "group.id", "load");
  set(conf.get(), "enable.auto.commit", "false");
  for (const auto& [key, value] : more) set(conf.get(), key, value);
  auto client = make_client(RD_KAFKA_CONSUMER, std::move(conf));
  rd_kafka_poll_set_consumer(client.get());
  auto* parts = rd_kafka_topic_partition_list_new(options.partitions);
  for (std::int32_t p = 0; p < options.partitions; ++p)
    rd_kafka_topic_partition_list_add(parts, options.topic.c_str(), p)->offset = offset;
  const auto failed = rd_kafka_assign(client.get(), parts);
  rd_kafka_topic_partition_list_destroy(parts);
  if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(failed));
  return client;
}

void send(rd_kafka_t* producer, rd_kafka_topic_t* topic, std::int32_t partition, const void* data,
          std::size_t size) {
  // The C interface takes the payload without const, and copies it under this flag.
  auto* payload = const_cast<void*>(data);
  while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, payload, size, nullptr, 0,
                          nullptr) == -1) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
      throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_poll(producer, 5);
  }
}

}  // namespace ottla::bench
