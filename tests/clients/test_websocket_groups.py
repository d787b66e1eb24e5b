"""Members of consumer groups over the admin interface's WebSocket: real ones, as Kafka's own clients see them."""
import subprocess

import pytest
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from broker import OTTLA, wait_until
from test_websocket import create, node, numbers, produce  # noqa: F401 (node is a fixture)
from websocket import Feed

pytestmark = [pytest.mark.ci, pytest.mark.ottla_only]


def committed(node, group, topic):
    client = AdminClient({"bootstrap.servers": node.bootstrap})
    found = client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(30)
    return {each.partition: each.offset for each in found.topic_partitions if each.topic == topic}


def state(node, group):
    client = AdminClient({"bootstrap.servers": node.bootstrap})
    return client.describe_consumer_groups([group])[group].result(30)


def assigned(feed, id=1, seconds=30):
    """The next assignment: {partition: offset or None}."""
    return {partition: offset for _, partition, offset in feed.next("assigned", id=id, seconds=seconds)["partitions"]}


def test_a_browser_is_a_member_that_kafkas_tools_see(node, topic, group):
    create(node, topic, partitions=2)
    produce(node, topic, numbers(10))
    with Feed(node.admin_port) as feed:
        feed.send(op="join", id=1, group=group, topics=[topic], commit="manual", reset="earliest")
        assert assigned(feed) == {0: None, 1: None}
        assert [o for _, o, _ in feed.records(10)] == list(range(10))
        seen = state(node, group)
        assert seen.state.name == "STABLE" and seen.partition_assignor == "range"
        [member] = seen.members
        assert member.client_id == "test" and member.host == "/127.0.0.1"
        assert [(each.topic, each.partition) for each in member.assignment.topic_partitions] == [(topic, 0), (topic, 1)]
        shown = subprocess.run([OTTLA, "group", "describe", group, "--bootstrap", node.bootstrap], capture_output=True, text=True, timeout=60)
        assert shown.returncode == 0 and "test" in shown.stdout, shown
        assert committed(node, group, topic) == {}
        feed.send(op="ack", id=1, offsets=[[topic, 0, "7"]])
        assert feed.next("committed")["offsets"] == [[topic, 0, "7"]]
        assert committed(node, group, topic) == {0: 7}
        for n in range(8, 11):
            feed.send(op="ack", id=1, offsets=[[topic, 0, n]])
        while feed.next("committed")["offsets"] != [[topic, 0, "10"]]:
            pass
        feed.send(op="leave", id=1)
        wait_until(lambda: state(node, group).state.name == "EMPTY")
        feed.send(op="join", id=1, group=group, topics=[topic])
        assert assigned(feed) == {0: "10", 1: None}
        produce(node, topic, numbers(2, 10))
        assert [o for _, o, _ in feed.records(2)] == [10, 11]
    wait_until(lambda: state(node, group).state.name == "EMPTY")  # a socket that closes leaves at once


def test_two_tabs_share_the_partitions_and_one_takes_over(node, topic, group):
    create(node, topic, partitions=4)
    first, second = Feed(node.admin_port), Feed(node.admin_port)
    first.send(op="join", id=1, group=group, topics=[topic], reset="earliest")
    assert assigned(first) == dict.fromkeys(range(4))
    second.send(op="join", id=1, group=group, topics=[topic], reset="earliest")
    assert first.next("revoked", id=1)["lost"] is False
    first.send(op="ack", id=1, offsets=[])  # nothing to say: the group goes on at once
    mine, others = assigned(first), assigned(second)
    assert sorted([*mine, *others]) == [0, 1, 2, 3] and len(mine) == len(others) == 2
    for partition in range(4):
        produce(node, topic, numbers(5), partition=partition)
    assert {p for p, _, _ in first.records(10)} == set(mine) and {p for p, _, _ in second.records(10)} == set(others)
    second.send(op="ack", id=1, offsets=[[topic, partition, 5] for partition in others])
    second.next("committed")
    second.close()
    first.next("revoked")
    first.send(op="ack", id=1, offsets=[[topic, partition, 5] for partition in mine])
    first.next("committed")
    assert assigned(first) == dict.fromkeys(range(4), "5")  # nothing is lost, nothing comes twice
    first.close()


def test_a_browser_and_a_consumer_of_kafka_share_a_group(node, topic, group):
    create(node, topic, partitions=4)
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": group, "auto.offset.reset": "earliest",
                         "partition.assignment.strategy": "range,roundrobin"})
    consumer.subscribe([topic])
    wait_until(lambda: consumer.poll(0.2) or len(consumer.assignment()) == 4, what="the first assignment")
    with Feed(node.admin_port) as feed:
        feed.send(op="join", id=1, group=group, topics=[topic])
        wait_until(lambda: consumer.poll(0.2) or len(consumer.assignment()) == 2, what="half of it")
        mine = assigned(feed)
        assert sorted([*mine, *(each.partition for each in consumer.assignment())]) == [0, 1, 2, 3]
    wait_until(lambda: consumer.poll(0.2) or len(consumer.assignment()) == 4, what="all of it")
    consumer.close()


def test_a_member_may_commit_by_itself(node, topic, group):
    create(node, topic)
    produce(node, topic, numbers(10))
    with Feed(node.admin_port) as feed:
        feed.send(op="join", id=1, group=group, topics=[topic], commit="auto", reset="earliest")
        feed.records(10)
        wait_until(lambda: committed(node, group, topic) == {0: 10}, what="the commit")
        produce(node, topic, numbers(5, 10))
        feed.records(5)
        feed.send(op="leave", id=1)
        wait_until(lambda: committed(node, group, topic) == {0: 15}, 4, what="the last commit, at once")


def test_a_static_member_keeps_its_place_over_a_reconnect(node, topic, group):
    create(node, topic)
    wanted = {"op": "join", "id": 1, "group": group, "topics": [topic], "instance": "tab", "sessionTimeoutMs": 10_000}
    with Feed(node.admin_port) as feed:
        feed.send(**wanted)
        first = feed.next("assigned")
    assert state(node, group).state.name == "STABLE"
    with Feed(node.admin_port) as feed:
        feed.send(**wanted)
        again = feed.next("assigned")
        assert again["generation"] == first["generation"] and again["partitions"] == first["partitions"]
        feed.send(op="leave", id=1)
        wait_until(lambda: state(node, group).state.name == "EMPTY", 5)
        feed.send(**wanted)
        feed.next("assigned")
        with Feed(node.admin_port) as other:  # who comes with the same name takes the place
            other.send(**wanted)
            other.next("assigned")
            assert feed.next("err", id=1)["problem"]["kafkaError"]["name"] == "FENCED_INSTANCE_ID"


def test_partitions_and_topics_that_come_later_are_read_as_well(node, topic, group):
    create(node, topic)
    with Feed(node.admin_port) as feed:
        feed.send(op="join", id=1, group=group, topics=[topic, topic + "-later"], reset="earliest")
        assert assigned(feed) == {0: None}
        create(node, topic + "-later")
        feed.next("revoked")
        feed.send(op="ack", id=1, offsets=[])
        assert [each[0] for each in feed.next("assigned")["partitions"]] == [topic, topic + "-later"]
        produce(node, topic + "-later", numbers(3))
        assert feed.next("recs")["t"] == topic + "-later"


def test_what_cannot_be_joined_is_said(node, topic, group):
    create(node, topic)
    with Feed(node.admin_port) as feed:
        feed.send(op="join", id=1, group="", topics=[topic])
        assert feed.next("err", id=1)["problem"]["kafkaError"]["name"] == "INVALID_GROUP_ID"
        feed.send(op="join", id=1, group=group, topics=[topic], sessionTimeoutMs=1_000_000_000)
        assert feed.next("err", id=1)["problem"]["status"] == 400
        for wrong in ([], ["a", "a"], "a", [5]):
            feed.send(op="join", id=1, group=group, topics=wrong)
            assert feed.next("err", id=1)["problem"]["status"] == 400
        consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": group, "partition.assignment.strategy": "cooperative-sticky"})
        consumer.subscribe([topic])
        wait_until(lambda: consumer.poll(0.2) or consumer.assignment(), what="the assignment")
        feed.send(op="join", id=1, group=group, topics=[topic])
        assert feed.next("err", id=1)["problem"]["kafkaError"]["name"] == "INCONSISTENT_GROUP_PROTOCOL"
        consumer.close()
        feed.send(op="sub", id=1, topic=topic)
        feed.next("ok")
