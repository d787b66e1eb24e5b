"""Replicas that are copied no faster than somebody has allowed (KIP-73), by Kafka's own tool and by the API."""
import os
import time

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

import java
from broker import wait_until
from cluster import Cluster, zookeeper_is_missing
from test_cluster import Writer
from test_cluster_moves import TOOL, create_on, is_settled, move, moving, plan

pytestmark = [pytest.mark.ottla_only, pytest.mark.skipif(zookeeper_is_missing() is not None, reason=str(zookeeper_is_missing()))]
SIZE, COUNT = 100_000, 60


@pytest.fixture
def cluster(tmp_path):
    with Cluster(tmp_path, 3, {"min.insync.replicas": "1"}) as three:
        yield three


def fill(cluster, topic):
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "linger.ms": 0})
    for _ in range(COUNT):
        producer.produce(topic, os.urandom(SIZE))
    assert producer.flush(60) == 0


def change(cluster, kind, name, **values):
    """leader_replication_throttled_rate="5"; None removes."""
    entries = [ConfigEntry(key.replace("_", "."), value or "", incremental_operation=AlterConfigOpType.SET if value else AlterConfigOpType.DELETE)
               for key, value in values.items()]
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    for future in admin.incremental_alter_configs([ConfigResource(kind, name, incremental_configs=entries)]).values():
        future.result(30)


def throttles(cluster, kind, name):
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    [future] = admin.describe_configs([ConfigResource(kind, name)]).values()
    return {key: entry.value for key, entry in future.result(30).items() if "replication.throttled" in key and not entry.is_default}


@pytest.mark.ci
def test_a_throttled_move_takes_its_time_and_leaves_no_throttle_behind(cluster, tmp_path):
    create_on(cluster, "slow", [1, 2])
    fill(cluster, "slow")
    tool = [TOOL, "--bootstrap-server", cluster.bootstrap, "--reassignment-json-file", plan(tmp_path, "slow", [3, 2])]
    java.run(*tool, "--execute", "--throttle", "10000")  # a megabyte at once, then ten seconds of nothing
    assert moving(cluster.broker(1))
    assert throttles(cluster, "broker", "3") == {"leader.replication.throttled.rate": "10000", "follower.replication.throttled.rate": "10000"}
    assert throttles(cluster, "topic", "slow") == {"leader.replication.throttled.replicas": "0:1,0:2", "follower.replication.throttled.replicas": "0:3"}
    java.run(*tool, "--execute", "--additional", "--throttle", "100000000")
    wait_until(lambda: is_settled(cluster, "slow", [3, 2]), 60, what="the partition has moved")
    said = java.run(*tool, "--verify")
    assert "is completed" in said, said
    assert not any(throttles(cluster, "broker", str(n)) for n in (1, 2, 3)) and not throttles(cluster, "topic", "slow")


@pytest.mark.parametrize("side, brokers", [("leader", (1, 2)), ("follower", (3,))])
def test_a_rate_of_nothing_stops_the_copy_and_nobody_else(cluster, side, brokers):
    create_on(cluster, "stopped", [1, 2])
    fill(cluster, "stopped")
    for number in brokers:
        change(cluster, "broker", str(number), **{f"{side}_replication_throttled_rate": "0"})
    change(cluster, "topic", "stopped", **{f"{side}_replication_throttled_replicas": "*"})
    assert move(cluster.broker(1), "stopped", p0=[1, 2, 3]) == [0]
    Writer(cluster, "stopped", acks="all").send(0, 500).finish()
    time.sleep(3)
    assert moving(cluster.broker(2))
    for number in brokers:
        change(cluster, "broker", str(number), **{f"{side}_replication_throttled_rate": None})
    wait_until(lambda: is_settled(cluster, "stopped", [1, 2, 3]), 30, what="the copy is complete")
    wait_until(lambda: not moving(cluster.broker(2)), what="the move is over")


def test_replicas_are_named_as_kafka_names_them(cluster):
    create_on(cluster, "named", [1, 2])
    change(cluster, "topic", "named", leader_replication_throttled_replicas="0:1,0:2")
    for wrong in ("0", "0:a", "all"):
        with pytest.raises(Exception, match="list of replicas"):
            change(cluster, "topic", "named", leader_replication_throttled_replicas=wrong)
    assert throttles(cluster, "topic", "named") == {"leader.replication.throttled.replicas": "0:1,0:2"}
