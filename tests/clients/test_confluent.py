"""confluent-kafka (the current librdkafka): idempotent producer, codecs, admin requests, groups."""
import threading
import time

import confluent_kafka
import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, OffsetSpec,
                                   ResourceType)

import batches
from broker import wait_until

pytestmark = pytest.mark.ci
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


@pytest.fixture
def admin(broker):
    return AdminClient({"bootstrap.servers": broker.bootstrap})


@pytest.fixture
def created(admin, topic):
    def create(partitions=1, config=None):
        admin.create_topics([NewTopic(topic, partitions, 1, config=config or {})])[topic].result(30)
        return topic

    return create


def produce(broker, topic, values, partition=0, **config):
    """Produces and waits; returns the offsets in the order of the answers."""
    offsets, errors = [], []
    producer = Producer({"bootstrap.servers": broker.bootstrap, "linger.ms": 20, **config})
    for value in values:
        producer.produce(topic, value, partition=partition,
                         on_delivery=lambda error, message: errors.append(error) if error else offsets.append(message.offset()))
    assert producer.flush(60) == 0
    assert not errors, errors[0]
    return offsets


def read(broker, topic, count, partition=0, seconds=30):
    """The first `count` messages of a partition."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "unused", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
    messages, deadline = [], time.monotonic() + seconds
    while len(messages) < count:
        assert time.monotonic() < deadline, f"{len(messages)} of {count}"
        messages += [m for m in consumer.consume(count - len(messages), 0.2) if not m.error()]
    consumer.close()
    return messages


def test_an_idempotent_producer_numbers_its_batches(broker, created):
    topic = created()
    assert produce(broker, topic, [b"%d" % n for n in range(5000)], **{"enable.idempotence": True}) == list(range(5000))
    assert [int(m.value()) for m in read(broker, topic, 5000)] == list(range(5000))
    stored = batches.stored(broker.partition_folder(topic))
    assert len({batch.producer_id for batch in stored}) == 1 and stored[0].producer_id >= 0
    assert [batch.base_sequence for batch in stored] == [batch.base_offset for batch in stored]


@pytest.mark.parametrize("codec", CODECS)
def test_each_codec_is_stored_and_read_back(broker, created, codec):
    topic = created()
    values = [b"%s-%d " % (codec.encode(), n) * 20 for n in range(2000)]
    produce(broker, topic, values, **{"compression.type": codec})
    assert [m.value() for m in read(broker, topic, 2000)] == values
    assert {batch.codec for batch in batches.stored(broker.partition_folder(topic))} == {CODECS[codec]}


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd", "uncompressed"])
def test_a_topic_may_ask_the_broker_to_recompress(broker, created, codec):
    topic = created(config={"compression.type": codec})
    values = [b"same again " * 20] * 500
    produce(broker, topic, values, **{"compression.type": "lz4" if codec == "gzip" else "gzip"})
    assert [m.value() for m in read(broker, topic, 500)] == values
    assert {batch.codec for batch in batches.stored(broker.partition_folder(topic))} == {CODECS.get(codec, 0)}


def test_log_append_time_replaces_the_time_of_the_client(broker, created):
    topic = created(config={"message.timestamp.type": "LogAppendTime"})
    before = int(time.time() * 1000)
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    producer.produce(topic, b"x", partition=0, timestamp=1000)
    assert producer.flush(30) == 0
    kind, at = read(broker, topic, 1)[0].timestamp()
    assert kind == confluent_kafka.TIMESTAMP_LOG_APPEND_TIME and before - 1000 <= at <= before + 30_000


def test_topics_are_created_listed_grown_and_deleted(admin, broker, topic):
    admin.create_topics([NewTopic(topic, 3, 1, config={"retention.ms": "1234567"})])[topic].result(30)
    with pytest.raises(KafkaException) as twice:
        admin.create_topics([NewTopic(topic, 3, 1)])[topic].result(30)
    assert twice.value.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS
    assert len(admin.list_topics(topic, timeout=30).topics[topic].partitions) == 3
    admin.create_partitions([NewPartitions(topic, 5)])[topic].result(30)
    wait_until(lambda: len(admin.list_topics(topic, timeout=30).topics[topic].partitions) == 5)
    with pytest.raises(KafkaException) as fewer:
        admin.create_partitions([NewPartitions(topic, 2)])[topic].result(30)
    assert fewer.value.args[0].code() == KafkaError.INVALID_PARTITIONS
    admin.delete_topics([topic])[topic].result(30)
    wait_until(lambda: topic not in admin.list_topics(timeout=30).topics)


@pytest.mark.parametrize("partitions, replicas, config, code", [
    (0, 1, {}, KafkaError.INVALID_PARTITIONS),
    (1, 99, {}, KafkaError.INVALID_REPLICATION_FACTOR),
    (1, 1, {"retention.ms": "many"}, KafkaError.INVALID_CONFIG),
    (1, 1, {"no.such.key": "1"}, KafkaError.INVALID_CONFIG),
])
def test_a_topic_that_cannot_be_is_refused_with_kafkas_error(admin, topic, partitions, replicas, config, code):
    with pytest.raises(KafkaException) as refused:
        admin.create_topics([NewTopic(topic, partitions, replicas, config=config)])[topic].result(30)
    assert refused.value.args[0].code() == code


def test_topic_configs_are_altered_and_described(admin, created):
    topic = created()
    resource = ConfigResource(ResourceType.TOPIC, topic)
    resource.add_incremental_config(ConfigEntry("max.message.bytes", "20000", incremental_operation=AlterConfigOpType.SET))
    admin.incremental_alter_configs([resource])[resource].result(30)

    def described(key):
        asked = ConfigResource(ResourceType.TOPIC, topic)
        return admin.describe_configs([asked])[asked].result(30)[key]

    wait_until(lambda: described("max.message.bytes").value == "20000")
    assert not described("max.message.bytes").is_default and described("segment.bytes").is_default
    resource = ConfigResource(ResourceType.TOPIC, topic)
    resource.add_incremental_config(ConfigEntry("max.message.bytes", None, incremental_operation=AlterConfigOpType.DELETE))
    admin.incremental_alter_configs([resource])[resource].result(30)
    wait_until(lambda: described("max.message.bytes").is_default)


def test_a_broker_describes_its_configs(admin):
    asked = ConfigResource(ResourceType.BROKER, "1")
    configs = admin.describe_configs([asked])[asked].result(30)
    assert configs["num.partitions"].value == "4"
    assert configs["group.initial.rebalance.delay.ms"].value == "0"
    assert int(configs["log.segment.bytes"].value) > 0


def test_records_are_deleted_up_to_an_offset(admin, broker, created):
    topic = created()
    produce(broker, topic, [b"%d" % n for n in range(100)])
    deleted = admin.delete_records([TopicPartition(topic, 0, 60)])
    assert [f.result(30).low_watermark for f in deleted.values()] == [60]
    first = admin.list_offsets({TopicPartition(topic, 0): OffsetSpec.earliest()})
    assert [f.result(30).offset for f in first.values()] == [60]
    assert [int(m.value()) for m in read(broker, topic, 40)] == list(range(60, 100))


def test_the_cluster_describes_itself(admin):
    cluster = admin.describe_cluster().result(30)
    assert cluster.cluster_id and [node.id for node in cluster.nodes] == [1] and cluster.controller.id == 1


class Member(threading.Thread):
    """A consumer in a group that commits what it has read."""

    def __init__(self, broker, topic, group, **config):
        super().__init__(daemon=True)
        self.consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group, "auto.offset.reset": "earliest",
                                  "session.timeout.ms": 6000, "heartbeat.interval.ms": 500, **config})
        self.messages, self.assigned, self.lost, self.stopping = [], set(), 0, False
        self.consumer.subscribe([topic], on_assign=self.on_assign, on_revoke=self.on_revoke)
        self.start()

    def on_assign(self, consumer, partitions):
        self.assigned |= {p.partition for p in partitions}

    def on_revoke(self, consumer, partitions):
        self.assigned -= {p.partition for p in partitions}
        self.lost += len(partitions)

    def run(self):
        while not self.stopping:
            message = self.consumer.poll(0.1)
            if message is not None and not message.error():
                self.messages.append((message.partition(), message.offset()))
        self.consumer.close()

    def stop(self):
        self.stopping = True
        self.join(30)
        assert not self.is_alive()


@pytest.mark.parametrize("strategy", ["range", "roundrobin", "cooperative-sticky"])
def test_members_share_the_partitions_and_take_over(broker, created, group, strategy):
    topic = created(partitions=6)
    for partition in range(6):
        produce(broker, topic, [b"x"] * 50, partition=partition)
    config = {"partition.assignment.strategy": strategy}
    one = Member(broker, topic, group, **config)
    wait_until(lambda: len(one.messages) == 300, what="the first member reads everything")
    two = Member(broker, topic, group, **config)
    wait_until(lambda: len(one.assigned) == 3 and len(two.assigned) == 3, what="they share")
    assert one.assigned | two.assigned == set(range(6))
    if strategy == "cooperative-sticky":
        assert one.lost == 3  # it gave away three and kept the others
    one.stop()
    wait_until(lambda: two.assigned == set(range(6)), what="the second takes over")
    for partition in range(6):
        produce(broker, topic, [b"y"] * 10, partition=partition)
    wait_until(lambda: len(two.messages) >= 60, what="the second reads on")
    two.stop()
    assert sorted(one.messages + two.messages) == [(p, o) for p in range(6) for o in range(60)]


def test_a_static_member_keeps_its_partitions_over_a_restart(broker, created, group):
    topic = created(partitions=4)
    config = {"session.timeout.ms": 20000}
    one = Member(broker, topic, group, **config, **{"group.instance.id": "one"})
    two = Member(broker, topic, group, **config, **{"group.instance.id": "two"})
    wait_until(lambda: len(one.assigned) == 2 and len(two.assigned) == 2, what="they share")
    before, lost = set(one.assigned), two.lost
    one.stop()  # a static member does not leave
    again = Member(broker, topic, group, **config, **{"group.instance.id": "one"})
    wait_until(lambda: again.assigned == before, what="the same partitions again")
    assert two.lost == lost  # and the other was not disturbed
    again.stop()
    two.stop()


def test_a_member_that_vanishes_is_replaced_after_its_session(broker, created, group):
    topic = created(partitions=2)
    gone = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group, "session.timeout.ms": 2000,
                     "heartbeat.interval.ms": 600000, "group.instance.id": "gone"})
    held = []
    gone.subscribe([topic], on_assign=lambda _, partitions: held.extend(partitions))
    wait_until(lambda: gone.poll(0.1) is not None or held, what="the first member is assigned")
    other = Member(broker, topic, group, **{"group.instance.id": "other"})
    gone.close()  # static, so it leaves without a word
    wait_until(lambda: other.assigned == {0, 1}, seconds=30, what="the other takes over")
    other.stop()


def test_groups_are_listed_described_and_deleted(admin, broker, created, group):
    topic = created(partitions=2)
    produce(broker, topic, [b"x"] * 10)
    member = Member(broker, topic, group)
    wait_until(lambda: len(member.messages) == 10)
    described = admin.describe_consumer_groups([group])[group].result(30)
    assert described.state == confluent_kafka.ConsumerGroupState.STABLE and len(described.members) == 1
    assert group in {g.group_id for g in admin.list_consumer_groups().result(30).valid}
    with pytest.raises(KafkaException) as busy:
        admin.delete_consumer_groups([group])[group].result(30)
    assert busy.value.args[0].code() == KafkaError.NON_EMPTY_GROUP
    member.stop()
    asked = confluent_kafka.ConsumerGroupTopicPartitions(group)
    committed = admin.list_consumer_group_offsets([asked])[group].result(30).topic_partitions
    assert {(p.partition, p.offset) for p in committed if p.offset >= 0} >= {(0, 10)}
    admin.delete_consumer_groups([group])[group].result(30)
    assert group not in {g.group_id for g in admin.list_consumer_groups().result(30).valid}


def test_offsets_of_an_idle_group_can_be_altered(admin, broker, created, group):
    topic = created()
    produce(broker, topic, [b"%d" % n for n in range(20)])
    wanted = confluent_kafka.ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 15)])
    admin.alter_consumer_group_offsets([wanted])[group].result(30)
    member = Member(broker, topic, group)
    wait_until(lambda: len(member.messages) == 5)
    member.stop()
    assert member.messages == [(0, offset) for offset in range(15, 20)]


def test_offsets_commit_with_metadata_and_come_back(broker, created, group):
    topic = created(partitions=2)
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group, "enable.auto.commit": False})
    consumer.commit(offsets=[TopicPartition(topic, 1, 42, metadata="a note")], asynchronous=False)
    found = consumer.committed([TopicPartition(topic, 0), TopicPartition(topic, 1)], timeout=30)
    assert (found[0].offset, found[1].offset, found[1].metadata) == (confluent_kafka.OFFSET_INVALID, 42, "a note")
    consumer.close()
