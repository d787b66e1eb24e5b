"""kafka-python: an independent implementation of the client side in Python."""
import threading

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

import batches
from broker import wait_until

pytestmark = pytest.mark.ci
CODECS = {None: 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


@pytest.fixture
def producer(broker):
    made = []

    def make(**config):
        made.append(KafkaProducer(bootstrap_servers=broker.bootstrap, **config))
        return made[-1]

    yield make
    for one in made:
        one.close(10)


@pytest.fixture
def consumer(broker):
    made = []

    def make(*topics, **config):
        made.append(KafkaConsumer(*topics, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest",
                                  consumer_timeout_ms=15000, **config))
        return made[-1]

    yield make
    for one in made:
        one.close()


def take(consumer, count):
    messages = []
    for message in consumer:
        messages.append(message)
        if len(messages) == count:
            return messages
    raise AssertionError(f"{len(messages)} of {count}")


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("idempotent", [False, True])
def test_what_is_sent_comes_back(broker, producer, consumer, topic, codec, idempotent):
    sender = producer(compression_type=codec, enable_idempotence=idempotent, acks="all", linger_ms=20)
    sent = [sender.send(topic, key=b"k%d" % n, value=b"v%d" % n * 10, headers=[("h", b"1")], partition=0) for n in range(300)]
    assert [future.get(30).offset for future in sent] == list(range(300))
    messages = take(consumer(topic), 300)
    assert [(m.key, m.value, list(m.headers)) for m in messages] == \
        [(b"k%d" % n, b"v%d" % n * 10, [("h", b"1")]) for n in range(300)]
    assert {batch.codec for batch in batches.stored(broker.partition_folder(topic))} == {CODECS[codec]}


def test_a_group_commits_and_resumes(producer, consumer, topic, group):
    sender = producer()
    for n in range(100):
        sender.send(topic, b"%d" % n, partition=n % 4)
    sender.flush(30)
    first = consumer(topic, group_id=group, enable_auto_commit=False)
    assert len(take(first, 60)) == 60
    first.commit()
    first.close()
    second = consumer(topic, group_id=group, enable_auto_commit=False)
    rest = take(second, 40)
    assert len(rest) == 40
    # Nothing comes twice: each partition goes on where its commit was.
    assert {m.offset for m in rest if m.partition == 3} <= set(range(25))
    second.commit()
    assert sum(second.committed(TopicPartition(topic, p)) for p in range(4)) == 100


def test_two_members_share_a_topic(producer, consumer, topic, group):
    sender = producer()
    for partition in range(4):
        sender.send(topic, b"x", partition=partition).get(30)
    one = consumer(topic, group_id=group, heartbeat_interval_ms=300, session_timeout_ms=6000)
    wait_until(lambda: one.poll(200) is not None and len(one.assignment()) == 4)
    two = consumer(topic, group_id=group, heartbeat_interval_ms=300, session_timeout_ms=6000)
    held, stopping = {}, threading.Event()

    def follow(name, member):  # in a thread of its own: a member that does not poll holds up the other's rebalance
        while not stopping.is_set():
            member.poll(200)
            held[name] = set(member.assignment())

    threads = [threading.Thread(target=follow, args=each) for each in (("one", one), ("two", two))]
    for each in threads:
        each.start()
    try:
        wait_until(lambda: [len(held.get(name, ())) for name in ("one", "two")] == [2, 2])
        assert held["one"] | held["two"] == {TopicPartition(topic, p) for p in range(4)}
    finally:
        stopping.set()
        for each in threads:
            each.join(30)


def test_offsets_are_found_by_time(producer, consumer, topic):
    sender = producer()
    for n in range(10):
        sender.send(topic, b"x", partition=0, timestamp_ms=1_000_000 + n * 1000).get(30)
    reader = consumer()
    part = TopicPartition(topic, 0)
    found = reader.offsets_for_times({part: 1_004_500})[part]
    assert (found.offset, found.timestamp) == (5, 1_005_000)
    assert reader.beginning_offsets([part]) == {part: 0} and reader.end_offsets([part]) == {part: 10}
    assert reader.offsets_for_times({part: 9_000_000}) == {part: None}


def test_administration(broker, topic):
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics([NewTopic(name=topic, num_partitions=2, replication_factor=1)])
    with pytest.raises(TopicAlreadyExistsError):
        admin.create_topics([NewTopic(name=topic, num_partitions=2, replication_factor=1)])
    assert topic in admin.list_topics()
    described = admin.describe_topics([topic])
    assert len(described[0]["partitions"]) == 2
    admin.delete_topics([topic])
    wait_until(lambda: topic not in admin.list_topics())
    admin.close()
