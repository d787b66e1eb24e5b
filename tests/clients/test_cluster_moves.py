"""Partitions that move to other brokers of a cluster (AlterPartitionReassignments), by Kafka's own tool and by the API."""
import json

import pytest

import java
from broker import wait_until
from cluster import Cluster, zookeeper_is_missing
from kafka_api import Api
from test_cluster import Writer, create, partitions, read_all, wait_for_isr

pytestmark = [pytest.mark.ottla_only, pytest.mark.skipif(zookeeper_is_missing() is not None, reason=str(zookeeper_is_missing()))]
TOOL = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand"


@pytest.fixture
def cluster(tmp_path):
    with Cluster(tmp_path, 3, {"min.insync.replicas": "1"}) as three:
        yield three


def create_on(cluster, topic, *assignment):
    """One list of brokers for each partition."""
    with Api(cluster.brokers[0]) as api:
        made = api("CreateTopics", 5, topics=[{"name": topic, "num_partitions": -1, "replication_factor": -1, "configs": [],
                                               "assignments": [{"partition_index": n, "broker_ids": ids} for n, ids in enumerate(assignment)]}],
                   timeout_ms=10000, validate_only=False)
    assert made.topics[0].error_code == 0, made.topics[0].error_message
    for each in cluster.live():
        wait_until(lambda each=each: len(partitions(each, topic)) == len(assignment), what="the topic is known")


def move(broker, topic, **targets):
    """Asks for p0=[3, 1] and so on; None cancels. Returns the error codes."""
    with Api(broker) as api:
        answer = api("AlterPartitionReassignments", 0, timeout_ms=10000, topics=[
            {"name": topic, "partitions": [{"partition_index": int(p[1:]), "replicas": target} for p, target in targets.items()]}])
    assert answer.error_code == 0
    return [each.error_code for each in answer.responses[0].partitions]


def moving(broker):
    with Api(broker) as api:
        answer = api("ListPartitionReassignments", 0, timeout_ms=10000, topics=None)
    return {(t.name, p.partition_index): (p.replicas, p.adding_replicas, p.removing_replicas) for t in answer.topics for p in t.partitions}


def plan(tmp_path, topic, *assignment):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"version": 1, "partitions": [{"topic": topic, "partition": n, "replicas": ids}
                                                             for n, ids in enumerate(assignment)]}))
    return path


def is_settled(cluster, topic, *assignment):
    return all([partitions(each, topic)[n][1] for n in range(len(assignment))] == list(assignment) for each in cluster.live())


@pytest.mark.ci
def test_partitions_move_with_their_data_and_leave_nothing_behind(cluster, tmp_path):
    create_on(cluster, "moved", [1, 2], [2, 1])
    writer = Writer(cluster, "moved").send(0, 2000)
    writer.producer.flush(60)
    target = [[3, 1], [3]]
    java.run(TOOL, "--bootstrap-server", cluster.bootstrap, "--execute", "--reassignment-json-file", plan(tmp_path, "moved", *target))
    writer.send(2000, 2000).finish()
    wait_until(lambda: is_settled(cluster, "moved", *target), 60, what="the partitions have moved")
    assert not moving(cluster.brokers[1])
    said = java.run(TOOL, "--bootstrap-server", cluster.bootstrap, "--verify", "--reassignment-json-file", plan(tmp_path, "moved", *target))
    assert said.count("is completed") == 2, said
    assert partitions(cluster.brokers[0], "moved")[1] == (3, [3], [3])
    assert sorted(writer.acknowledged) == list(range(4000)) and not writer.failed
    gone = [cluster.broker(2).partition_folder("moved", 0), cluster.broker(2).partition_folder("moved", 1), cluster.broker(1).partition_folder("moved", 1)]
    wait_until(lambda: not any(folder.exists() for folder in gone), 30, what="the data that was moved away is removed")
    logs = [cluster.broker(n).partition_folder("moved") / f"{0:020}.log" for n in (1, 3)]
    wait_until(lambda: len({log.read_bytes() for log in logs}) == 1, what="both logs are the same bytes")


def test_a_move_waits_for_a_broker_that_is_away_and_can_be_cancelled(cluster):
    create_on(cluster, "waits", [1, 2])
    writer = Writer(cluster, "waits").send(0, 500)
    writer.producer.flush(60)
    cluster.broker(3).kill()
    assert move(cluster.broker(1), "waits", p0=[3, 2]) == [0]
    assert moving(cluster.broker(2)) == {("waits", 0): ([3, 2, 1], [3], [1])}
    assert move(cluster.broker(2), "waits", p0=None) == [0]
    assert move(cluster.broker(2), "waits", p0=None) == [85]
    assert move(cluster.broker(2), "waits", p0=[9]) == [39]
    assert move(cluster.broker(2), "nobody", p0=[1]) == [3]
    assert not moving(cluster.broker(1)) and partitions(cluster.broker(1), "waits")[0][1] == [2, 1]
    assert move(cluster.broker(1), "waits", p0=[3]) == [0]
    cluster.broker(3).start()
    wait_until(lambda: is_settled(cluster, "waits", [3]), 60, what="the partition has moved")
    writer.send(500, 500).finish()
    assert sorted(writer.acknowledged) == list(range(1000))
    assert read_all(cluster, "waits", 1000) == list(range(1000))


def test_a_broker_that_was_away_removes_what_was_moved_from_it_and_can_get_it_back(cluster):
    create_on(cluster, "away", [2, 1])
    Writer(cluster, "away").send(0, 300).finish()
    folder = cluster.broker(2).partition_folder("away")
    cluster.broker(2).kill()
    wait_until(lambda: partitions(cluster.broker(1), "away")[0][0] == 1, what="the other one leads")
    assert move(cluster.broker(1), "away", p0=[1, 3]) == [0]
    wait_until(lambda: is_settled(cluster, "away", [1, 3]), 60, what="the partition has moved")
    assert folder.exists()
    cluster.broker(2).start()
    wait_until(lambda: not folder.exists(), 30, what="the broker removes what it has not any more")
    for _ in range(3):
        assert move(cluster.broker(1), "away", p0=[2, 3]) == [0]
        wait_until(lambda: is_settled(cluster, "away", [2, 3]), 60, what="it is back")
        assert move(cluster.broker(1), "away", p0=[1, 3]) == [0]
        wait_until(lambda: is_settled(cluster, "away", [1, 3]), 60, what="and gone again")
    wait_until(lambda: not folder.exists(), 30, what="it is removed again")
    create(cluster, "other")
    wait_for_isr(cluster, "other", 3)
    assert read_all(cluster, "away", 300) == list(range(300))
