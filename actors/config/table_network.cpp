// Broker keys: identity, listeners, connections, threads and memory.
#include "actors/config/config_tables.hpp"

namespace ottla {
namespace {

constexpr config_definition network_configs[] = {
    {.name = "node.id",
     .type = config_type::int32,
     .default_value = "1",
     .min = 0,
     .importance = config_importance::high,
     .doc = "The id of this broker, unique in its cluster."},
    {.name = "broker.id",
     .type = config_type::int32,
     .default_value = "-1",
     .min = -1,
     .importance = config_importance::high,
     .doc = "Older name of node.id; -1 leaves it to node.id."},
    {.name = "broker.rack",
     .type = config_type::text,
     .doc = "The rack (or zone) of this broker, told to clients that prefer near "
            "replicas."},
    {.name = "listeners",
     .type = config_type::list,
     .default_value = "PLAINTEXT://127.0.0.1:9092",
     .importance = config_importance::high,
     .doc = "Where the broker accepts clients, as NAME://host:port. An empty host means "
            "every address of the machine, which needs "
            "ottla.allow.insecure.listeners=true while there is no authentication."},
    {.name = "advertised.listeners",
     .type = config_type::list,
     .importance = config_importance::high,
     .doc = "The addresses that clients are told to connect to, as NAME://host:port. By "
            "default those of listeners; for an empty host the name of the machine."},
    {.name = "listener.security.protocol.map",
     .type = config_type::text,
     .default_value = "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
     .importance = config_importance::low,
     .doc = "Which security protocol each listener name stands for. This version speaks "
            "PLAINTEXT only."},
    {.name = "socket.request.max.bytes",
     .type = config_type::int32,
     .default_value = "104857600",
     .min = 1,
     .importance = config_importance::high,
     .doc = "The largest request in bytes; a connection that announces more is closed."},
    {.name = "socket.send.buffer.bytes",
     .type = config_type::int32,
     .default_value = "-1",
     .min = -1,
     .importance = config_importance::high,
     .doc = "The send buffer of each connection (SO_SNDBUF). -1 leaves it to the system, which "
            "adapts it to the connection; Kafka's default is 102400."},
    {.name = "socket.receive.buffer.bytes",
     .type = config_type::int32,
     .default_value = "-1",
     .min = -1,
     .importance = config_importance::high,
     .doc = "The receive buffer of each connection (SO_RCVBUF). -1 leaves it to the system, "
            "which adapts it to the connection; Kafka's default is 102400."},
    {.name = "socket.listen.backlog.size",
     .type = config_type::int32,
     .default_value = "4096",
     .min = 1,
     .doc = "How many connections may wait to be accepted; the system's own limit "
            "(somaxconn) holds as well. Kafka's default is 50."},
    {.name = "max.connections",
     .type = config_type::int32,
     .default_value = "2147483647",
     .min = 0,
     .update = config_update::cluster_wide,
     .doc = "The most connections at any time; further ones wait until one ends, with a "
            "warning in the log. listener.name.<name>.max.connections limits one listener."},
    {.name = "max.connections.per.ip",
     .type = config_type::int32,
     .default_value = "2147483647",
     .min = 0,
     .update = config_update::cluster_wide,
     .doc = "The most connections from one address."},
    {.name = "max.connections.per.ip.overrides",
     .type = config_type::text,
     .default_value = "",
     .update = config_update::cluster_wide,
     .doc = "Addresses with a limit of their own instead of max.connections.per.ip, as "
            "address:count,address:count."},
    {.name = "max.connection.creation.rate",
     .type = config_type::int32,
     .default_value = "2147483647",
     .min = 0,
     .update = config_update::cluster_wide,
     .doc = "The most new connections per second; further ones wait to be accepted. "
            "listener.name.<name>.max.connection.creation.rate limits one listener."},
    {.name = "connections.max.idle.ms",
     .type = config_type::int64,
     .default_value = "600000",
     .doc = "A connection without a request for this long is closed, unless a fetch is "
            "waiting on it."},
    {.name = "queued.max.requests",
     .type = config_type::int32,
     .default_value = "500",
     .min = 1,
     .importance = config_importance::high,
     .use = config_use::ignored,
     .doc = "The most requests in progress at once; at the limit sockets are not read.",
     .why = why_queue},
    {.name = "queued.max.request.bytes",
     .type = config_type::int64,
     .default_value = "-1",
     .doc = "The most bytes of requests in progress, where that is less than "
            "ottla.memory.budget.bytes; -1: not set."},
    {.name = "ottla.io.threads",
     .type = config_type::int32,
     .default_value = "0",
     .min = 0,
     .max = 1024,
     .importance = config_importance::high,
     .doc = "Threads that serve connections and partitions; 0 means half of the cores, at "
            "least one."},
    {.name = "ottla.memory.budget.bytes",
     .type = config_type::int64,
     .default_value = "67108864",
     .min = 4194304,
     .importance = config_importance::high,
     .doc = "The most memory for requests being received, processed and answered. One "
            "request larger than its share is admitted at a time."},
    {.name = "ottla.requests.in.flight.max",
     .type = config_type::int32,
     .default_value = "64",
     .min = 1,
     .max = 100000,
     .importance = config_importance::low,
     .doc = "The most unanswered requests of one connection; at the limit its socket is "
            "not read."},
    {.name = "ottla.request.receive.timeout.ms",
     .type = config_type::int32,
     .default_value = "30000",
     .min = 100,
     .importance = config_importance::low,
     .doc = "A connection whose started request makes no progress for this long is "
            "closed."},
    {.name = "ottla.allow.insecure.listeners",
     .type = config_type::boolean,
     .default_value = "false",
     .importance = config_importance::high,
     .doc = "Permits listeners that other machines can reach although nothing "
            "authenticates them."},
};

}  // namespace

std::span<const config_definition> network_config_table() {
  return network_configs;
}

}  // namespace ottla
