"""The WebSocket for records in a cluster: any broker serves any partition and any group, wherever they are led."""
import pytest
from confluent_kafka import Producer

from broker import free_port, wait_until
from cluster import Cluster, zookeeper_is_missing
from test_cluster import create, partitions, wait_for_isr
from websocket import Feed

pytestmark = [pytest.mark.ottla_only, pytest.mark.skipif(zookeeper_is_missing() is not None, reason=str(zookeeper_is_missing()))]


@pytest.fixture
def cluster(tmp_path):
    three = Cluster(tmp_path, 3)
    for each in three.brokers:
        each.admin_port = free_port()
        each.settings["admin.listeners"] = f"http://127.0.0.1:{each.admin_port}"
    with three:
        yield three


def produce(cluster, topic, values, partition=0):
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "linger.ms": 5})
    for n, value in enumerate(values):
        producer.produce(topic, value, partition=partition, timestamp=1_000_000 + n)
    assert producer.flush(30) == 0


@pytest.mark.ci
def test_any_broker_serves_partitions_and_groups_that_are_led_elsewhere(cluster):
    create(cluster, "far", replicas=1, min_insync_replicas=1)
    leader = partitions(cluster.brokers[0], "far")[0][0]
    other = next(each for each in cluster.brokers if each.number != leader)
    produce(cluster, "far", [b"%d" % n for n in range(100)])
    with Feed(other.admin_port) as feed:
        feed.send(op="sub", id=1, topic="far", from_="earliest")
        answer = feed.next("ok", "err")
        assert answer["op"] == "ok" and answer["end"] == {"0": "100"}, answer
        assert [o for _, o, _ in feed.records(100)] == list(range(100))
        for n, (start, first) in enumerate([({"tail": 5}, 95), ({"timestamp": 1_000_050}, 50), ("latest", 100)], 2):
            feed.send(op="sub", id=n, topic="far", from_=start, filter={"value": {"contains": "9"}})
            assert feed.next("ok", id=n)["start"] == {"0": str(first)}
        for n in range(5):  # as it comes, not only once
            produce(cluster, "far", [b"more %d" % n])
            assert [o for _, o, _ in feed.records(1)] == [100 + n]
    create(cluster, "near")
    wait_for_isr(cluster, "near", 3)
    for number, each in enumerate(cluster.brokers):
        with Feed(each.admin_port) as feed:
            feed.send(op="join", id=1, group="somewhere", topics=["near"], reset="earliest")
            expected = [["near", 0, None if number == 0 else str(number)]]
            assert feed.next("assigned", seconds=60)["partitions"] == expected
            feed.send(op="ack", id=1, offsets=[["near", 0, number + 1]])
            feed.next("committed")
            feed.send(op="leave", id=1)
            feed.send(op="ping", t=1)
            feed.next("pong")


def test_a_tail_loses_and_repeats_nothing_when_the_leader_is_killed(cluster):
    create(cluster, "near")
    wait_for_isr(cluster, "near", 3)
    leader = partitions(cluster.brokers[0], "near")[0][0]
    other = next(each for each in cluster.brokers if each.number != leader)
    with Feed(other.admin_port) as feed:
        feed.send(op="sub", id=1, topic="near")
        feed.next("ok")
        produce(cluster, "near", [b"%d" % n for n in range(50)])
        assert [o for _, o, _ in feed.records(50)] == list(range(50))
        cluster.broker(leader).kill()
        wait_until(lambda: partitions(other, "near")[0][0] not in (leader, -1), 60, what="another leader")
        produce(cluster, "near", [b"%d" % n for n in range(50)])
        assert [o for _, o, _ in feed.records(50, seconds=60)] == list(range(50, 100))
