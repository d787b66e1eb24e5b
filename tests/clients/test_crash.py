"""kill -9 under load, and clean restarts under live consumers: nothing acknowledged is lost, doubled or out of order."""
import itertools
import random
import threading
import time

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from broker import wait_until

PARTITIONS = 3


def create(broker, topic):
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1, config={"segment.bytes": "1048576"})])[topic].result(30)


class Load(threading.Thread):
    """An idempotent acks=all producer that numbers its messages per partition and keeps what was acknowledged."""

    def __init__(self, broker, topic, codec="none"):
        super().__init__(daemon=True)
        self.topic, self.stopping, self.errors = topic, False, []
        self.acknowledged = [{} for _ in range(PARTITIONS)]  # offset -> number
        self.sent = [0] * PARTITIONS
        self.producer = Producer({"bootstrap.servers": broker.bootstrap, "enable.idempotence": True, "linger.ms": 2,
                                  "compression.type": codec, "message.timeout.ms": 300_000, "reconnect.backoff.max.ms": 200,
                                  "retry.backoff.ms": 50, "socket.timeout.ms": 5000, "queue.buffering.max.messages": 2000})
        self.start()

    def delivered(self, error, message):
        if error:
            self.errors.append(str(error))
        else:
            self.acknowledged[message.partition()][message.offset()] = int(message.value())

    def run(self):
        for n in itertools.count():
            if self.stopping:
                break
            partition = n % PARTITIONS
            while True:
                try:
                    self.producer.produce(self.topic, b"%d" % self.sent[partition], partition=partition, on_delivery=self.delivered)
                    break
                except BufferError:
                    self.producer.poll(0.05)
            self.sent[partition] += 1
            self.producer.poll(0)
            if n % 20 == 0:
                time.sleep(0.002)

    def count(self):
        return sum(map(len, self.acknowledged))

    def stop(self):
        self.stopping = True
        self.join(60)
        assert self.producer.flush(120) == 0
        assert self.errors == []


def contents(broker, topic, partition):
    """All (offset, number) of a partition up to its end."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "unused", "enable.auto.commit": False,
                         "check.crcs": True})
    part = TopicPartition(topic, partition, OFFSET_BEGINNING)
    end = wait_until(lambda: consumer.get_watermark_offsets(part, timeout=30))[1]
    consumer.assign([part])
    found, deadline = [], time.monotonic() + 60
    while not found or found[-1][0] < end - 1:
        assert time.monotonic() < deadline, f"{len(found)} of {end}"
        found += [(m.offset(), int(m.value())) for m in consumer.consume(5000, 0.5) if not m.error()]
    consumer.close()
    return found


@pytest.mark.parametrize("rounds", [pytest.param(3, marks=pytest.mark.ci), pytest.param(20, marks=pytest.mark.timeout(900))])
@pytest.mark.parametrize("codec", ["none", "lz4"])
def test_kill_dash_9_under_idempotent_load_loses_doubles_and_reorders_nothing(own_broker, topic, rounds, codec):
    broker = own_broker()
    create(broker, topic)
    load, rng = Load(broker, topic, codec), random.Random(rounds)
    for _ in range(rounds):
        before = load.count()
        wait_until(lambda: load.count() > before + 500, 120, what="acknowledgements after the start")
        time.sleep(rng.uniform(0.05, 0.5))
        broker.kill()
        broker.start()
    load.stop()
    for partition in range(PARTITIONS):
        found = contents(broker, topic, partition)
        assert [number for _, number in found] == list(range(load.sent[partition]))
        stored = dict(found)
        assert {offset: stored.get(offset) for offset in load.acknowledged[partition]} == load.acknowledged[partition]


@pytest.mark.ci
def test_a_clean_restart_under_live_members_loses_no_message_and_no_commit(own_broker, topic, group):
    broker = own_broker()
    create(broker, topic)
    load, seen, stopping = Load(broker, topic), [], threading.Event()

    def consume():
        consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group, "auto.offset.reset": "earliest",
                             "session.timeout.ms": 10000, "heartbeat.interval.ms": 500, "reconnect.backoff.max.ms": 200,
                             "enable.auto.commit": False})
        consumer.subscribe([topic])
        while not stopping.is_set():
            for message in consumer.consume(500, 0.2):
                if not message.error():
                    seen.append((message.partition(), message.offset(), int(message.value())))
            try:
                consumer.commit(asynchronous=False)
            except Exception:  # while the broker is away; the next commit covers it
                time.sleep(0.1)
        consumer.close()

    members = [threading.Thread(target=consume, daemon=True) for _ in range(2)]
    for member in members:
        member.start()
    for _ in range(2):
        before = len(seen)
        wait_until(lambda: len(seen) > before + 1000, 60, what="the members read")
        assert broker.stop() in (0, 143)
        broker.start()
    before = len(seen)
    wait_until(lambda: len(seen) > before + 1000, 60, what="the members read on")
    load.stop()
    wanted = {(partition, number) for partition in range(PARTITIONS) for number in range(load.sent[partition])}
    wait_until(lambda: len({(p, n) for p, _, n in seen}) == len(wanted), 60, what="everything read")
    stopping.set()
    for member in members:
        member.join(30)
    assert {(partition, number) for partition, _, number in seen} == wanted
    check = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group})
    committed = check.committed([TopicPartition(topic, p) for p in range(PARTITIONS)], timeout=30)
    assert [part.offset for part in committed] == load.sent
    check.close()
