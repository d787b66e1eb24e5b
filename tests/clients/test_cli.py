"""The command line against a real process: what people do first. The other clients see what it did."""
import json
import os
import subprocess

import pytest
from confluent_kafka import Consumer, TopicPartition

from broker import OTTLA

pytestmark = pytest.mark.ci


@pytest.fixture
def ottla(broker):
    def run(*arguments, text=None, status=0):
        done = subprocess.run([OTTLA, *map(str, arguments)], input=text, text=True, capture_output=True, timeout=60,
                              env={**os.environ, "OTTLA_BOOTSTRAP": broker.bootstrap})
        assert done.returncode == status, f"exit {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout if status == 0 else done.stderr

    return run


def test_the_two_commands_of_the_readme(ottla, topic):
    ottla("produce", topic, text="hello\n")
    assert ottla("consume", topic) == "hello\n"


def test_topics_from_creation_to_deletion(ottla, topic):
    ottla("topic", "create", topic, "--partitions", 3, "--config", "retention.ms=1234567")
    assert "exists" in ottla("topic", "create", topic, status=1)
    assert topic in ottla("topic", "list")
    described = json.loads(ottla("topic", "describe", topic, "--json"))
    assert topic in json.dumps(described) and json.dumps(described).count('"leader"') >= 3
    ottla("topic", "alter", topic, "--partitions", 5)
    assert json.dumps(json.loads(ottla("topic", "describe", topic, "--json"))).count('"leader"') >= 5
    assert "1234567" in ottla("config", "describe", "topic", topic)
    ottla("topic", "delete", topic)
    assert topic not in ottla("topic", "list")


def test_keys_headers_codecs_and_positions(ottla, topic):
    ottla("topic", "create", topic, "--partitions", 1)
    ottla("produce", topic, "--key-separator", ":", "--codec", "zstd", "--header", "from=test", text="".join(f"k{n}:v{n}\n" for n in range(100)))
    assert ottla("consume", topic, "--from", -2) == "v98\nv99\n"
    assert ottla("consume", topic, "--from", 50, "--count", 1, "--format", "%k=%v@%o\\n") == "k50=v50@50\n"
    record = json.loads(ottla("consume", topic, "--count", 1, "--json"))
    assert (record["key"], record["value"], record["offset"]) == ("k0", "v0", 0)


def test_groups_read_lag_and_reset(ottla, broker, topic, group):
    ottla("topic", "create", topic, "--partitions", 1)
    ottla("produce", topic, text="".join(f"{n}\n" for n in range(100)))
    assert len(ottla("consume", topic, "--group", group, "--count", 60).split()) == 60
    reader = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group})
    assert reader.committed([TopicPartition(topic, 0)], timeout=30)[0].offset == 60
    assert "40" in ottla("group", "describe", group)
    ottla("group", "reset", group, "--topic", topic, "--to", "earliest", "--yes")
    assert reader.committed([TopicPartition(topic, 0)], timeout=30)[0].offset == 0
    reader.close()
    ottla("group", "delete", group)
    assert group not in ottla("group", "list")


def test_the_cluster_and_mistakes(ottla, topic):
    assert "1" in ottla("cluster", "describe")
    assert "--partitions" in ottla("topic", "create", topic, "--partitions", "many", status=2)
    assert ottla("topic", "describe", "no-such-topic-here", status=1)


def test_nobody_there_is_a_clear_error():
    done = subprocess.run([OTTLA, "topic", "list", "--bootstrap", "127.0.0.1:1", "--timeout", "1"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "127.0.0.1:1" in done.stderr
