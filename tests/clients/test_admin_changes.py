"""Changes that the admin interface makes: offsets and groups, the oldest records, leaders. What is planned is what then happens."""
import json
import time

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from broker import wait_until
from test_admin_http import admin, commit, create, node, produce  # noqa: F401: fixtures

pytestmark = [pytest.mark.ci, pytest.mark.ottla_only]


def change(admin, path, body, status=200, method="POST", headers=None):
    code, told, answer = admin.ask(path, method, body, headers)
    assert code == status, answer
    return json.loads(answer) if answer else None, told


def committed(node, group, topic, partition=0):
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": group})
    [found] = consumer.committed([TopicPartition(topic, partition)], timeout=20)
    consumer.close()
    return found.offset


def test_a_reset_is_planned_and_then_done(node, admin, topic, group):
    create(node, topic, partitions=2)
    produce(node, topic, 30)
    commit(node, group, topic, 12)
    path = f"/api/v1/groups/{group}/offset-resets"
    plan, told = change(admin, path + "?validateOnly=true", {"topic": topic, "to": "latest"})
    assert not plan["done"]
    assert plan["items"] == [{"partition": 0, "from": "12", "to": "30", "skipped": "18"},
                             {"partition": 1, "from": None, "to": "0", "skipped": None}]
    assert committed(node, group, topic) == 12
    done, _ = change(admin, path, {"topic": topic, "to": "latest"}, headers={"If-Match": told["ETag"]})
    assert done["done"] and done["items"] == plan["items"]
    assert committed(node, group, topic) == 30
    late, _ = change(admin, path, {"topic": topic, "to": "earliest"}, 412, headers={"If-Match": told["ETag"]})
    assert late["type"] == "/problems/plan-outdated"
    assert committed(node, group, topic) == 30
    for target, offset in (({"shift": -5}, 25), ({"offset": "7"}, 7), ({"offset": "99"}, 30), ("earliest", 0)):
        change(admin, path, {"topic": topic, "partitions": [0], "to": target})
        assert committed(node, group, topic) == offset


def test_a_reset_to_a_time_finds_the_first_record_that_is_not_older(node, admin, topic, group):
    create(node, topic)
    producer = Producer({"bootstrap.servers": node.bootstrap})
    now = int(time.time() * 1000)
    for n in range(10):
        producer.produce(topic, b"v", timestamp=now - 10_000 + n * 1000)
    assert producer.flush(30) == 0
    commit(node, group, topic, 0)
    path = f"/api/v1/groups/{group}/offset-resets?validateOnly=true"
    for wanted, offset in ((now - 5_500, "5"), (now - 60_000, "0"), (now + 60_000, "10")):
        plan, _ = change(admin, path, {"topic": topic, "to": {"timestamp": wanted}})
        assert plan["items"] == [{"partition": 0, "from": "0", "to": offset, "skipped": offset}]


def test_a_group_with_members_is_not_moved_and_not_deleted(node, admin, topic, group):
    create(node, topic)
    produce(node, topic, 5)
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": group, "enable.auto.commit": False,
                         "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    wait_until(lambda: consumer.poll(0.2), 30, what="a record")
    consumer.commit(offsets=[TopicPartition(topic, 0, 2)], asynchronous=False)
    body = {"topic": topic, "to": "earliest"}
    plan, _ = change(admin, f"/api/v1/groups/{group}/offset-resets?validateOnly=true", body)
    assert plan["items"][0]["skipped"] == "-2"
    for path, method, wanted, type in (
            (f"/api/v1/groups/{group}/offset-resets", "POST", body, "group-not-empty"),
            (f"/api/v1/groups/{group}?confirm={group}", "DELETE", None, "group-not-empty"),
            (f"/api/v1/groups/{group}/offsets/{topic}?confirm={topic}", "DELETE", None, "group-reads-topic")):
        refused, _ = change(admin, path, wanted, 409, method)
        assert refused["type"] == "/problems/" + type
    consumer.close()
    assert committed(node, group, topic) == 2
    change(admin, f"/api/v1/groups/{group}/offsets/{topic}?confirm={topic}", None, 204, "DELETE")
    assert committed(node, group, topic) < 0


def test_a_group_is_deleted(node, admin, topic, group):
    create(node, topic)
    produce(node, topic, 5)
    commit(node, group, topic, 3)
    change(admin, f"/api/v1/groups/{group}", None, 400, "DELETE")
    change(admin, f"/api/v1/groups/{group}?confirm={group}", None, 204, "DELETE")
    admin.get(f"/api/v1/groups/{group}", status=404)
    change(admin, f"/api/v1/groups/{group}?confirm={group}", None, 404, "DELETE")
    change(admin, f"/api/v1/groups/{group}/offset-resets", {"topic": topic, "to": "latest"}, 404)


def test_the_oldest_records_are_counted_and_then_deleted(node, admin, topic):
    create(node, topic, partitions=2)
    produce(node, topic, 20)
    path = f"/api/v1/topics/{topic}/record-deletions"
    body = {"partitions": [{"partition": 0, "before": "8"}, {"partition": 1, "before": "end"}]}
    change(admin, path, body, 400)
    expected = [{"partition": 0, "start": "0", "before": "8", "records": "8"},
                {"partition": 1, "start": "0", "before": "0", "records": "0"}]
    counted, _ = change(admin, path + "?validateOnly=true", body)
    assert counted == {"items": expected, "done": False}
    assert admin.get(f"/api/v1/topics/{topic}")["partitions"][0]["startOffset"] == "0"
    deleted, _ = change(admin, path + f"?confirm={topic}", body)
    assert deleted == {"items": expected, "done": True}
    assert admin.get(f"/api/v1/topics/{topic}")["partitions"][0]["startOffset"] == "8"
    assert admin.get(f"/api/v1/topics/{topic}/partitions/0/records")["items"][0]["offset"] == "8"
    beyond, _ = change(admin, path + f"?confirm={topic}", {"partitions": [{"partition": 0, "before": "21"}]})
    assert beyond["items"][0]["problem"]["type"] == "/problems/offset-out-of-range"
    create(node, topic + "-compact", cleanup_policy="compact")
    refused, _ = change(admin, f"/api/v1/topics/{topic}-compact/record-deletions?validateOnly=true",
                        {"partitions": [{"partition": 0, "before": "end"}]}, 403)
    assert refused["type"] == "/problems/policy-violation"


def test_elections_and_moves_are_judged_by_the_controller(node, admin, topic):
    create(node, topic)
    assert admin.get("/api/v1/reassignments") == {"items": []}
    which = {"topic": topic, "partition": 0}
    elected, _ = change(admin, "/api/v1/leader-elections", {"type": "preferred", "partitions": [which]})
    assert elected["results"][0]["problem"]["type"] == "/problems/election-not-needed"
    moved, _ = change(admin, "/api/v1/reassignments",
                      {"partitions": [which | {"replicas": [77]}, {"topic": "none", "partition": 3, "replicas": None}]})
    assert [each["problem"]["type"] for each in moved["results"]] == ["/problems/invalid-replicas", "/problems/unknown-topic"]
    ended, _ = change(admin, "/api/v1/reassignments", {"partitions": [which | {"replicas": None}]})
    assert ended["results"][0]["problem"]["type"] == "/problems/no-reassignment"


def test_a_durability_level_that_a_topic_got_by_itself_is_a_default(node, admin, topic):
    create(node, topic)
    create(node, topic + "-own", **{"ottla_durability": "relaxed"})

    def source(name):
        return {each["name"]: each["source"] for each in admin.get(f"/api/v1/topics/{name}/configs")["items"]}["ottla.durability"]
    assert source(topic) == "default"
    assert source(topic + "-own") == "topic"
