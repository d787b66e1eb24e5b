// Broker keys: how the brokers of a cluster reach ZooKeeper.
#include "actors/config/config_tables.hpp"

namespace ottla {
namespace {

constexpr config_definition zookeeper_configs[] = {
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
};

}  // namespace

std::span<const config_definition> zookeeper_config_table() {
  return zookeeper_configs;
}

}  // namespace ottla
