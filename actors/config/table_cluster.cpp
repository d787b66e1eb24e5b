// Broker keys: how the brokers of a cluster reach ZooKeeper and each other.
#include "actors/config/config_tables.hpp"

namespace ottla {
namespace {

constexpr config_definition cluster_configs[] = {
    {.name = "zookeeper.connect",
     .type = config_type::text,
     .importance = config_importance::high,
     .doc = "The ZooKeeper servers of the cluster, as host:port,host:port/chroot. Without it the "
            "broker is a cluster of its own. Needs inter.broker.listener.name and "
            "ottla.cluster.secret.file."},
    {.name = "inter.broker.listener.name",
     .type = config_type::text,
     .doc = "Which of the listeners is for the other brokers of the cluster. No client is served "
            "there: whoever connects has to prove to know the secret of the cluster."},
    {.name = "ottla.cluster.secret.file",
     .type = config_type::text,
     .doc = "The file with the secret that the brokers of the cluster share. A broker that finds "
            "none makes one; copy it to the others. Only its owner may be able to read it."},
    {.name = "zookeeper.session.timeout.ms",
     .type = config_type::int32,
     .default_value = "18000",
     .min = 100,
     .importance = config_importance::high,
     .doc = "How long ZooKeeper's servers hear nothing from a broker before they take it for "
            "dead. The servers have limits of their own."},
    {.name = "zookeeper.connection.timeout.ms",
     .type = config_type::int32,
     .default_value = "18000",
     .min = 1,
     .importance = config_importance::high,
     .doc = "How long a starting broker waits for a ZooKeeper server to answer."},
    {.name = "zookeeper.set.acl",
     .type = config_type::boolean,
     .default_value = "false",
     .importance = config_importance::high,
     .doc = "Whether only the brokers may read and write what they keep in ZooKeeper. Needs "
            "ottla.zookeeper.digest.user and its password."},
    {.name = "ottla.zookeeper.digest.user",
     .type = config_type::text,
     .doc = "The user that the brokers are for ZooKeeper (its scheme digest)."},
    {.name = "ottla.zookeeper.digest.password",
     .type = config_type::password,
     .doc = "The password of that user. It goes to the servers in clear."},
    {.name = "ottla.broker.draining",
     .type = config_type::boolean,
     .default_value = "false",
     .update = config_update::per_broker,
     .doc =
         "Set for one broker at run time: it gets no new replicas, hands over what it leads, and "
         "leads only what no other in-sync replica can. What it has stays until it is moved "
         "away (ottla cluster drain does both)."},
    {.name = "replica.lag.time.max.ms",
     .type = config_type::int64,
     .default_value = "30000",
     .min = 1,
     .importance = config_importance::high,
     .doc = "A follower that has not had everything for this long leaves the in-sync replicas."},
    {.name = "replica.fetch.wait.max.ms",
     .type = config_type::int32,
     .default_value = "500",
     .min = 0,
     .importance = config_importance::high,
     .doc = "How long a leader keeps a follower's fetch waiting for something new; where nothing "
            "is written for longer, up to 5 s."},
    {.name = "replica.fetch.min.bytes",
     .type = config_type::int32,
     .default_value = "1",
     .min = 0,
     .importance = config_importance::high,
     .doc = "How much a follower waits for, up to replica.fetch.wait.max.ms."},
    {.name = "replica.fetch.max.bytes",
     .type = config_type::int32,
     .default_value = "1048576",
     .min = 0,
     .doc = "The most that a follower asks for of one partition at a time; one batch comes "
            "whatever its size."},
    {.name = "replica.fetch.response.max.bytes",
     .type = config_type::int32,
     .default_value = "10485760",
     .min = 0,
     .doc = "The most that a follower asks for at a time."},
    {.name = "replica.fetch.backoff.ms",
     .type = config_type::int32,
     .default_value = "1000",
     .min = 0,
     .doc = "How long a follower rests after an error."},
    {.name = "replica.selector.class",
     .type = config_type::text,
     .allowed = "org.apache.kafka.common.replica.LeaderSelector,"
                "org.apache.kafka.common.replica.RackAwareReplicaSelector",
     .doc = "Where consumers read: from the leader, or from a replica in their own rack "
            "(their client.rack and the brokers' broker.rack)."},
    {.name = "leader.replication.throttled.rate",
     .type = config_type::int64,
     .default_value = "9223372036854775807",
     .min = 0,
     .update = config_update::per_broker,
     .doc = "How many bytes a second the broker sends, as leader, to the replicas that a topic's "
            "leader.replication.throttled.replicas names. Replicas in sync count but do not wait."},
    {.name = "follower.replication.throttled.rate",
     .type = config_type::int64,
     .default_value = "9223372036854775807",
     .min = 0,
     .update = config_update::per_broker,
     .doc =
         "How many bytes a second the broker takes, as follower, for its replicas that a topic's "
         "follower.replication.throttled.replicas names. Those that have all do not wait."},
};

}  // namespace

std::span<const config_definition> cluster_config_table() {
  return cluster_configs;
}

}  // namespace ottla
