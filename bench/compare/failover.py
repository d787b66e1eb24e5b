"""What a cluster does when a broker is killed: how long nothing is acknowledged, and until changes and leaders are there again."""
import contextlib
import threading
import time

from confluent_kafka import Producer
from nodes import wire

from broker import wait_until
from kafka_api import Api


def metadata(broker, *topics):
    with Api(broker, timeout=60) as api:
        return api("Metadata", 9, topics=[{"name": name} for name in topics], allow_auto_topic_creation=False)


def partitions(broker, topic):
    found = metadata(broker, topic).topics[0]
    return [] if found.error_code else found.partitions


def is_complete(cluster, topic, count):
    """Every live broker knows it, led and in sync."""
    return all(len(found) == count and all(len(p.isr_nodes) == len(p.replica_nodes) and p.leader_id >= 0 for p in found)
               for found in (partitions(each, topic) for each in cluster.live()))


def controller(cluster):
    """The broker that all agree on."""
    def agreed():
        ids = {metadata(each).controller_id for each in cluster.live()}
        return ids.pop() if len(ids) == 1 else None
    return cluster.broker(wait_until(lambda: agreed() in {each.number for each in cluster.live()} and agreed(), 60, what="a controller"))


def leader_killed(cluster, topic, config, _scale):
    """The longest time without an acknowledged record, of a producer that never stops."""
    cluster.create(topic, 1, config)
    running, times = threading.Event(), []

    def produce():
        producer = Producer({"bootstrap.servers": cluster.bootstrap, "enable.idempotence": True, "linger.ms": 0, "log_level": 0})
        while not running.is_set():
            producer.produce(topic, b"x", on_delivery=lambda error, _: error or times.append(time.monotonic()))
            producer.poll(0.005)
        producer.flush(60)

    thread = threading.Thread(target=produce)
    thread.start()
    wait_until(lambda: len(times) > 200, 60, what="records are acknowledged")
    victim = cluster.broker(partitions(cluster.brokers[0], topic)[0].leader_id)
    before = len(times)
    victim.kill()
    time.sleep(1)
    wait_until(lambda: len(times) > before + 200, 120, what="records are acknowledged again")
    running.set()
    thread.join()
    victim.start()
    wait_until(lambda: is_complete(cluster, topic, 1), 120, what="all is in sync again")
    return {"longest_gap_s": max(b - a for a, b in zip(times, times[1:]))}


def controller_killed(cluster, topic, config, scale):
    """From the kill until another broker has made a topic."""
    if not partitions(cluster.brokers[0], "many-0"):
        for n in range(10):
            cluster.create(f"many-{n}", int(1000 * scale), config)
    victim = controller(cluster)
    began = time.monotonic()
    victim.kill()
    other = cluster.live()[0]
    while not partitions(other, topic):
        with contextlib.suppress(OSError, EOFError):
            connection = wire.Connection(other if cluster.name == "ottla" else controller(cluster), 30)
            connection.ask(wire.create_topics(topic, 1, 2, config))
            connection.close()
        time.sleep(0.01)
    took = time.monotonic() - began
    victim.start()
    wait_until(lambda: len(metadata(other).brokers) == 3, 120, what="all brokers are there")
    time.sleep(5)
    return {"first_change_s": took}


def many_leaders(cluster, topic, config, scale):
    """A third of 9,900 partitions loses its leader at once."""
    for n in range(9):
        cluster.create(f"{topic}-{n}", int(1100 * scale), config)
    names = [f"{topic}-{n}" for n in range(9)]
    victim = next(each for each in cluster.brokers if each is not controller(cluster))
    other = next(each for each in cluster.live() if each is not victim)
    moved = sum(p.leader_id == victim.number for name in names for p in partitions(other, name))
    began = time.monotonic()
    victim.kill()
    wait_until(lambda: all(p.leader_id not in (victim.number, -1) for name in names for p in partitions(other, name)), 120,
               every=0.02, what="others lead")
    return {"partitions": moved, "all_led_s": time.monotonic() - began}
