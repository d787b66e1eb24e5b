"""What clients saw while something went wrong, and the checks that judge it. The same for every broker that speaks Kafka."""
import dataclasses
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition


@dataclasses.dataclass(frozen=True)
class Acknowledged:
    """A record of which its producer heard that it is stored. `at` is monotonic time in seconds."""
    value: str
    partition: int
    offset: int
    at: float


class History:
    """Values are "PRODUCER:NUMBER"; what a producer numbers goes to partition NUMBER % count."""

    def __init__(self):
        self.acknowledged = []
        self.failed = []  # may be stored or not
        self.fatal = []  # errors after which a client gives up
        self.seen = []  # (partition, offset, value) as the reader that ran all the time got them
        self.committed = {}  # partition -> offset of the last commit that was acknowledged
        self.final = {}  # partition -> [(offset, value)]: everything, read after all had ended
        self.final_committed = {}

    def verdict(self):
        """What must not have happened, one line each; empty when all is well."""
        return [line for check in (self.fatal_errors, self.lost, self.doubled, self.disordered, self.changed, self.skipped,
                                   self.forgotten_commits) for line in check()]

    def fatal_errors(self):
        return [f"a client gave up: {error}" for error in self.fatal]

    def lost(self):
        stored = {(partition, offset): value for partition, log in self.final.items() for offset, value in log}
        return [f"acknowledged and not there: {a.value} at {a.partition}/{a.offset}, where {stored.get((a.partition, a.offset))} is"
                for a in self.acknowledged if stored.get((a.partition, a.offset)) != a.value]

    def doubled(self):
        first = {}
        return [f"stored twice: {value} at {partition}/{offset} and {first[value]}" for partition, log in self.final.items()
                for offset, value in log if first.setdefault(value, f"{partition}/{offset}") != f"{partition}/{offset}"]

    def disordered(self):
        found = []
        for partition, log in self.final.items():
            last = {}
            for offset, value in log:
                producer, number = value.split(":")
                if int(number) < last.get(producer, -1):
                    found.append(f"out of order: {value} at {partition}/{offset} after {producer}:{last[producer]}")
                last[producer] = int(number)
        return found

    def changed(self):
        """An offset that a reader has seen keeps its record."""
        stored = {(partition, offset): value for partition, log in self.final.items() for offset, value in log}
        return [f"read as {value} at {partition}/{offset}, later {stored.get((partition, offset))}"
                for partition, offset, value in self.seen if stored.get((partition, offset)) != value]

    def skipped(self):
        following, found = {}, []
        for partition, offset, _ in self.seen:
            if offset != following.get(partition, offset):
                found.append(f"the reader of partition {partition} got {offset} where {following[partition]} was due")
            following[partition] = offset + 1
        return found

    def forgotten_commits(self):
        return [f"partition {partition}: offset {offset} was committed, later it was {self.final_committed.get(partition)}"
                for partition, offset in self.committed.items() if self.final_committed.get(partition, -1) < offset]

    def longest_gap(self):
        """The longest time in seconds in which nothing was acknowledged in some partition."""
        times = {}
        for each in self.acknowledged:
            times.setdefault(each.partition, []).append(each.at)
        return max((b - a for log in times.values() for a, b in zip(sorted(log), sorted(log)[1:])), default=0.0)


class Workload:
    """`with Workload(bootstrap, topic, 3) as load:` idempotent producers, a reader and a group run until the block ends; then
    everything is read once more, and load.history is complete."""

    def __init__(self, bootstrap, topic, partitions, producers=2, records_per_s=100):
        self.bootstrap, self.topic, self.partitions = bootstrap, topic, partitions
        self.history = History()
        self.ending = threading.Event()
        self.pause = 1 / records_per_s
        self.threads = [threading.Thread(target=self.guarded, args=(job, *arguments), daemon=True)
                        for job, *arguments in [(self.produce, f"p{n}") for n in range(producers)] + [(self.read,), (self.commit,)]]

    def __enter__(self):
        for each in self.threads:
            each.start()
        self.wait_for_progress(30)
        return self

    def __exit__(self, failed, *_):
        self.ending.set()
        for each in self.threads:
            each.join(150)
        if failed is None:
            assert not any(each.is_alive() for each in self.threads), "a client hangs"
            self.read_everything()

    def guarded(self, job, *arguments):
        try:
            job(*arguments)
        except Exception as error:  # pylint: disable=broad-except
            self.history.fatal.append(f"{job.__name__}: {error!r}")

    def client(self, **settings):
        return {"bootstrap.servers": self.bootstrap, "error_cb": self.client_error, "log_level": 0, "reconnect.backoff.max.ms": 500,
                "socket.timeout.ms": 3000, **settings}

    def client_error(self, error):
        if error.fatal():
            self.history.fatal.append(str(error))

    def wait_for_progress(self, seconds):
        """Until something new is acknowledged in every partition; returns how long that took."""
        began, before = time.monotonic(), len(self.history.acknowledged)
        while {each.partition for each in self.history.acknowledged[before:]} != set(range(self.partitions)):
            assert time.monotonic() - began < seconds, f"nothing was acknowledged in some partition for {seconds} s: {self.history.fatal}"
            time.sleep(0.02)
        return time.monotonic() - began

    def produce(self, name):
        producer = Producer(self.client(**{"enable.idempotence": True, "linger.ms": 1, "message.timeout.ms": 120000}))

        def delivered(error, message):
            value = message.value().decode()
            if error:
                self.history.failed.append(value)
            else:
                self.history.acknowledged.append(Acknowledged(value, message.partition(), message.offset(), time.monotonic()))

        number = 0
        while not self.ending.is_set():
            producer.produce(self.topic, f"{name}:{number}", partition=number % self.partitions, on_delivery=delivered)
            number += 1
            producer.poll(self.pause)
        if producer.flush(120):
            self.history.fatal.append(f"{name}: records are still in the queue")

    def read(self):
        consumer = Consumer(self.client(**{"group.id": "reader", "enable.auto.commit": False}))
        consumer.assign([TopicPartition(self.topic, p, 0) for p in range(self.partitions)])
        while not self.ending.is_set():
            for message in consumer.consume(500, 0.2):
                if message.error() is None:
                    self.history.seen.append((message.partition(), message.offset(), message.value().decode()))
        consumer.close()

    def commit(self):
        consumer = Consumer(self.client(**{"group.id": "committer", "enable.auto.commit": False, "auto.offset.reset": "earliest",
                                           "session.timeout.ms": 6000}))
        consumer.subscribe([self.topic])
        position = {}
        while not self.ending.is_set():
            position.update({m.partition(): m.offset() + 1 for m in consumer.consume(200, 0.2) if m.error() is None})
            if position:
                self.commit_once(consumer, position)
        consumer.close()

    def commit_once(self, consumer, position):
        try:
            stored = consumer.commit(offsets=[TopicPartition(self.topic, p, offset) for p, offset in position.items()], asynchronous=False)
            self.history.committed.update({each.partition: each.offset for each in stored if each.error is None})
        except KafkaException as error:
            if error.args[0].fatal():
                raise
            position.clear()  # the group is being balanced or its coordinator is away; what comes is committed later

    def read_everything(self):
        consumer = Consumer(self.client(**{"group.id": "committer", "enable.auto.commit": False}))
        parts = [TopicPartition(self.topic, p) for p in range(self.partitions)]
        self.history.final_committed = {each.partition: each.offset for each in consumer.committed(parts, timeout=60)}
        ends = {p.partition: consumer.get_watermark_offsets(p, timeout=60)[1] for p in parts}
        log = {p: [] for p in ends}
        consumer.assign([TopicPartition(self.topic, p, 0) for p in ends])
        deadline = time.monotonic() + 60
        while any(len(log[p]) < end for p, end in ends.items()) and time.monotonic() < deadline:
            for message in consumer.consume(1000, 0.5):
                if message.error() is None:
                    log[message.partition()].append((message.offset(), message.value().decode()))
                elif message.error().code() != KafkaError._PARTITION_EOF:
                    self.history.fatal.append(str(message.error()))
        consumer.close()
        self.history.final = log
