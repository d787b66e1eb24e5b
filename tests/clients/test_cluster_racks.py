"""Consumers that read from a replica in their own rack (KIP-392)."""
import time

import pytest
from confluent_kafka import Consumer

from cluster import Cluster, zookeeper_is_missing
from kafka_api import Api
from test_cluster import Writer, create, partitions, wait_for_isr
from broker import wait_until

pytestmark = [pytest.mark.ottla_only, pytest.mark.skipif(zookeeper_is_missing() is not None, reason=str(zookeeper_is_missing()))]
RACK_AWARE = "org.apache.kafka.common.replica.RackAwareReplicaSelector"


@pytest.fixture
def cluster(tmp_path):
    three = Cluster(tmp_path, 3, {"replica.selector.class": RACK_AWARE})
    for each in three.brokers:
        each.settings["broker.rack"] = f"rack{each.number}"
    with three:
        create(three, "near")
        wait_for_isr(three, "near", 3)
        Writer(three, "near").send(0, 500).finish()
        yield three


def fetch(broker, rack, offset=0, version=11, wait_ms=0):
    with Api(broker) as api:
        answer = api("Fetch", version, replica_id=-1, max_wait_ms=wait_ms, min_bytes=1, max_bytes=1 << 20, isolation_level=0, session_id=0,
                     session_epoch=-1, forgotten_topics_data=[], rack_id=rack, topics=[{"topic": "near", "partitions": [
                         {"partition": 0, "current_leader_epoch": -1, "fetch_offset": offset, "log_start_offset": -1,
                          "partition_max_bytes": 1 << 20}]}])
    return answer.responses[0].partitions[0]


def test_the_leader_names_the_replica_in_the_rack_which_serves_what_is_visible(cluster):
    leader = partitions(cluster.brokers[0], "near")[0][0]
    follower = next(each for each in cluster.brokers if each.number != leader)
    sent = fetch(cluster.broker(leader), f"rack{follower.number}")
    assert (sent.error_code, sent.preferred_read_replica, sent.records or b"") == (0, follower.number, b"")
    for rack in ("", f"rack{leader}", "elsewhere"):
        here = fetch(cluster.broker(leader), rack)
        assert (here.error_code, here.preferred_read_replica) == (0, -1) and here.records
    wait_until(lambda: fetch(follower, "").high_watermark == 500, what="the follower shows all")
    there = fetch(follower, f"rack{follower.number}")
    assert (there.error_code, there.preferred_read_replica) == (0, -1) and there.records
    assert fetch(follower, "", offset=501).error_code == 1
    # What is out of range is so for the leader, too: a client would be sent to and fro, and never reset.
    with Api(cluster.broker(leader)) as api:
        api("DeleteRecords", 2, timeout_ms=10_000, topics=[{"name": "near", "partitions": [{"partition_index": 0, "offset": 300}]}])
    assert fetch(cluster.broker(leader), f"rack{follower.number}", offset=100).error_code == 1
    assert fetch(cluster.broker(leader), f"rack{follower.number}", offset=300).preferred_read_replica == follower.number
    # A client that does not know of it is told to look for the leader.
    assert fetch(follower, "", version=10).error_code == 6


@pytest.mark.ci
def test_a_consumer_goes_on_when_the_replica_in_its_rack_is_gone(cluster):
    leader = partitions(cluster.brokers[0], "near")[0][0]
    follower = next(each for each in cluster.brokers if each.number != leader)
    consumer = Consumer({"bootstrap.servers": cluster.bootstrap, "group.id": "near", "client.rack": f"rack{follower.number}",
                         "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe(["near"])
    seen, deadline = [], time.monotonic() + 60

    def read_to(count):
        while len(seen) < count and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is not None and not message.error():
                seen.append(int(message.value()))

    read_to(500)
    Writer(cluster, "near").send(500, 100).finish()
    read_to(600)
    follower.kill()
    Writer(cluster, "near").send(600, 100).finish()
    read_to(700)
    consumer.close()
    assert seen == list(range(700))
