"""MirrorMaker 2: records and group offsets from Apache Kafka into the broker under test, and back."""
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import java
from broker import KafkaBroker, wait_until

PARTITIONS, RECORDS = 3, 3000
# The group's offset in each partition: MirrorMaker translates no offset before the last one that it had copied when its
# checkpoint task started, and which of its tasks starts first is chance.
READ = RECORDS // PARTITIONS


def mirror_config(source, target):
    """One direction; the topic keeps its name behind the alias of the source.

    MirrorMaker hands the last pairs of offsets over with the next flush of its worker, which reads only the target's settings."""
    return f"""clusters=source,target
source.bootstrap.servers={source.bootstrap}
target.bootstrap.servers={target.bootstrap}
source->target.enabled=true
target->source.enabled=false
source->target.topics=mirrored.*
source->target.groups=readers.*
source->target.sync.group.offsets.enabled=true
source->target.sync.group.offsets.interval.seconds=2
source->target.emit.checkpoints.interval.seconds=2
source->target.refresh.topics.interval.seconds=5
source->target.refresh.groups.interval.seconds=5
source->target.offset.lag.max=0
emit.heartbeats.enabled=false
replication.factor=1
checkpoints.topic.replication.factor=1
heartbeats.topic.replication.factor=1
offset-syncs.topic.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
config.storage.replication.factor=1
target.offset.flush.interval.ms=1000
"""


def fill(node, topic, group):
    """Creates a topic with records and a group that has read and committed all of them."""
    admin = AdminClient({"bootstrap.servers": node.bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)
    producer = Producer({"bootstrap.servers": node.bootstrap, "compression.type": "zstd", "linger.ms": 10})
    for n in range(RECORDS):
        producer.produce(topic, b"value %d" % n, key=b"%d" % n, partition=n % PARTITIONS, headers=[("n", b"%d" % n)])
    assert producer.flush(30) == 0
    reader = Consumer({"bootstrap.servers": node.bootstrap, "group.id": group, "enable.auto.commit": False})
    reader.commit(offsets=[TopicPartition(topic, p, READ) for p in range(PARTITIONS)], asynchronous=False)
    reader.close()


def contents(node, topic, count):
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": "checker", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(PARTITIONS)])
    found = []
    while len(found) < count:
        batch = [m for m in consumer.consume(1000, 2) if not m.error()]
        if not batch:
            break
        found += [(m.partition(), m.offset(), m.key(), m.value(), m.headers()) for m in batch]
    consumer.close()
    return sorted(found)


def committed(node, topic, group):
    reader = Consumer({"bootstrap.servers": node.bootstrap, "group.id": group})
    found = reader.committed([TopicPartition(topic, p) for p in range(PARTITIONS)], timeout=30)
    reader.close()
    return [part.offset for part in found]


def mirrored(source, target, folder, topic, group):
    fill(source, topic, group)
    config = folder / f"mirror-{source.name}-to-{target.name}.properties"
    config.write_text(mirror_config(source, target))
    copy = f"source.{topic}"
    with java.running("org.apache.kafka.connect.mirror.MirrorMaker", config, heap="400m") as (process, output):
        def arrived():
            assert process.poll() is None, output.read_text(errors="replace")[-3000:]
            listed = AdminClient({"bootstrap.servers": target.bootstrap}).list_topics(timeout=30).topics
            return copy in listed and len(contents(target, copy, RECORDS)) == RECORDS

        wait_until(arrived, 150, every=1, what="all records arrive")
        # The translation is never ahead of what was read, and may lag by the records since the last offset sync.
        wait_until(lambda: all(0 < offset <= READ for offset in committed(target, copy, group)), 90, every=1, what="the offsets arrive")
    assert contents(target, copy, RECORDS) == contents(source, topic, RECORDS)


@pytest.mark.system
@pytest.mark.ci
@pytest.mark.timeout(300)
def test_records_and_group_offsets_travel_between_two_nodes(own_broker, tmp_path):
    mirrored(own_broker(), own_broker(), tmp_path, "mirrored", "readers")


@pytest.mark.system
@pytest.mark.timeout(500)
def test_records_and_group_offsets_travel_from_kafka_and_back(own_broker, tmp_path):
    ours, kafka = own_broker(), KafkaBroker(tmp_path / "apache").start()
    try:
        mirrored(kafka, ours, tmp_path, "mirrored-in", "readers-in")
        mirrored(ours, kafka, tmp_path, "mirrored-out", "readers-out")
    finally:
        kafka.kill()
