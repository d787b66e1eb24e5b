#!/usr/bin/env python3
"""Kills the leader of a partition while a producer and a consumer use it, and tells what they notice."""
import argparse
import os
import pathlib
import signal
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Load(threading.Thread):
    """Produces numbers, one after the other, until told to end; remembers which were acknowledged, and when."""

    def __init__(self, bootstrap, topic):
        super().__init__(daemon=True)
        self.topic, self.sent, self.ends = topic, 0, threading.Event()
        self.acknowledged, self.failed = [], []
        self.last, self.longest_gap_s = time.monotonic(), 0.0
        self.producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "acks": "all", "linger.ms": 0})

    def run(self):
        while not self.ends.is_set():
            self.producer.produce(self.topic, str(self.sent), partition=0, on_delivery=self.delivered)
            self.sent += 1
            self.producer.poll(0.002)
        self.producer.flush(60)

    def delivered(self, error, message):
        if error:
            return self.failed.append(error)
        now = time.monotonic()
        self.longest_gap_s, self.last = max(self.longest_gap_s, now - self.last), now
        self.acknowledged.append(int(message.value()))


class Reader(threading.Thread):
    """Reads from the end that there was when it began."""

    def __init__(self, bootstrap, topic):
        super().__init__(daemon=True)
        self.values, self.ends = [], threading.Event()
        self.consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"{topic}-reader", "enable.auto.commit": False})
        _, end = wait_for("the end of the topic", 30, lambda: self.watermarks(topic))
        self.consumer.assign([TopicPartition(topic, 0, end)])

    def watermarks(self, topic):
        """Nothing while the broker that is asked does not know the topic, or who leads it."""
        try:
            return self.consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=5)
        except KafkaException:
            return None

    def run(self):
        while not self.ends.is_set():
            message = self.consumer.poll(0.2)
            if message is not None and not message.error():
                self.values.append(int(message.value()))
        self.consumer.close()


def create(admin, topic):
    for future in admin.create_topics([NewTopic(topic, 1, 3)]).values():
        try:
            future.result(30)
        except KafkaException as failure:
            if failure.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def partition(admin, topic):
    """Leader (-1: none) and ISR, as the brokers tell; nothing while none answers."""
    try:
        found = admin.list_topics(topic, timeout=2).topics[topic].partitions[0]
        return found.leader, sorted(found.isrs)
    except (KafkaException, KeyError):
        return -1, []


def wait_for(what, seconds, look):
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            sys.exit(f"{what}: not within {seconds} s")
        time.sleep(0.05)
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bootstrap", default="127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094", help="the brokers of `make cluster`")
    options.add_argument("--topic", default="failover")
    options.add_argument("--data", default=ROOT / "data" / "cluster", type=pathlib.Path, help="where `make cluster` keeps its pid files")
    args = options.parse_args()

    admin = AdminClient({"bootstrap.servers": args.bootstrap})
    create(admin, args.topic)
    leader, _ = wait_for("a leader with two followers in sync", 60, lambda: (p := partition(admin, args.topic)) and len(p[1]) == 3 and p)
    reader, load = Reader(args.bootstrap, args.topic), Load(args.bootstrap, args.topic)
    began = time.monotonic()

    def say(text):
        print(f"{time.monotonic() - began:6.2f} s  {len(load.acknowledged):7} acknowledged {len(reader.values):7} read   {text}", flush=True)

    reader.start()
    load.start()
    time.sleep(2)
    say(f"broker {leader} leads; killing it with SIGKILL")
    load.longest_gap_s = 0.0
    os.kill(int((args.data / f"broker-{leader}.pid").read_text()), signal.SIGKILL)
    successor, _ = wait_for("a new leader", 60, lambda: (p := partition(admin, args.topic)) and p[0] not in (-1, leader) and p)
    say(f"broker {successor} leads")
    wait_for(f"broker {leader} in sync again", 120, lambda: len(partition(admin, args.topic)[1]) == 3)
    say(f"broker {leader} is back and has caught up")
    time.sleep(1)
    load.ends.set()
    load.join()
    wait_for("everything acknowledged is read", 30, lambda: len(reader.values) >= len(load.acknowledged))
    reader.ends.set()
    reader.join()
    say(f"longest time without an acknowledged record: {load.longest_gap_s:.2f} s")

    lost = len(set(load.acknowledged) - set(reader.values))
    twice = len(reader.values) - len(set(reader.values))
    moved = reader.values != sorted(reader.values)
    print(f"lost {lost}, twice {twice}, out of order {'yes' if moved else 'no'}, failed {len(load.failed)}")
    return 1 if lost or twice or moved or load.failed else 0


if __name__ == "__main__":
    sys.exit(main())
