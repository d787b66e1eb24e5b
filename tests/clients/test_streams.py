"""Kafka Streams' word count, stopped hard in the middle and started again (classic groups, at least once)."""
import collections
import random

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import java
from broker import wait_until

WORD_COUNT = "org.apache.kafka.streams.examples.wordcount.WordCountDemo"
INPUT, OUTPUT = "streams-plaintext-input", "streams-wordcount-output"  # fixed in the example
VOCABULARY = ["log", "segment", "offset", "batch", "leader", "epoch", "group", "topic"]


class Latest:
    """Reads the output topic and keeps the last count of each word."""

    def __init__(self, broker):
        self.consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "checker", "auto.offset.reset": "earliest"})
        self.consumer.subscribe([OUTPUT])
        self.counts = collections.Counter()

    def now(self):
        for message in self.consumer.consume(5000, 0.5):
            if not message.error():
                self.counts[message.key().decode()] = int.from_bytes(message.value(), "big")
        return self.counts


def settled(broker, admin):
    """True if the application has committed all of its input and all of its repartition topic."""
    checker = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "streams-wordcount"})
    topics = admin.list_topics(timeout=30).topics
    read = [TopicPartition(name, p) for name in topics if name == INPUT or name.endswith("-repartition") for p in topics[name].partitions]
    done = all(part.offset >= checker.get_watermark_offsets(part, timeout=30)[1]
               for part in checker.committed(read, timeout=30) if checker.get_watermark_offsets(part, timeout=30)[1] > 0)
    checker.close()
    return done and len(read) == 4


@pytest.mark.system
@pytest.mark.ci
@pytest.mark.timeout(240)
def test_a_word_count_killed_in_the_middle_ends_with_the_right_counts(own_broker, tmp_path):
    broker = own_broker()
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    for future in admin.create_topics([NewTopic(INPUT, 2, 1), NewTopic(OUTPUT, 1, 1)]).values():
        future.result(30)
    config = tmp_path / "streams.properties"
    config.write_text(f"bootstrap.servers={broker.bootstrap}\nstate.dir={tmp_path / 'state'}\ncommit.interval.ms=500\n"
                      "statestore.cache.max.bytes=0\nsession.timeout.ms=6000\ngroup.protocol=classic\n")
    rng, expected = random.Random(1), collections.Counter()
    producer, output = Producer({"bootstrap.servers": broker.bootstrap}), Latest(broker)

    def write(lines):
        for _ in range(lines):
            words = rng.choices(VOCABULARY, k=5)
            expected.update(words)
            producer.produce(INPUT, " ".join(words))
        assert producer.flush(30) == 0

    with java.running(WORD_COUNT, config, heap="256m"):
        write(500)
        wait_until(lambda: output.now() == expected, 90, what="the first half is counted")
        # Let it commit what it has counted, in both halves of the topology: at least once would otherwise rightly count it again.
        wait_until(lambda: settled(broker, admin), 30, what="the first half is committed")
    write(500)  # while nobody counts
    with java.running(WORD_COUNT, config, heap="256m"):
        wait_until(lambda: sum(output.now().values()) >= sum(expected.values()), 120, what="everything is counted")
        assert output.now() == expected
    changelogs = [name for name in admin.list_topics(timeout=30).topics if name.startswith("streams-wordcount-") and "changelog" in name]
    assert len(changelogs) == 1  # the state is in a compacted topic of the broker
    reset_and_gone(broker, admin)


def reset_and_gone(broker, admin):
    """Kafka's reset tool drives the members out, rewinds the input and deletes what the application made for itself."""
    said = java.run("org.apache.kafka.tools.StreamsResetter", "--bootstrap-server", broker.bootstrap, "--application-id", "streams-wordcount",
                    "--input-topics", INPUT, "--force")
    made = [name for name in admin.list_topics(timeout=30).topics if name.startswith("streams-wordcount-KSTREAM")]
    assert made == [], said
    checker = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "streams-wordcount"})
    assert [part.offset for part in checker.committed([TopicPartition(INPUT, p) for p in range(2)], timeout=30)] == [0, 0], said
    checker.close()
