"""Several brokers on ZooKeeper: one cluster, whoever is asked; replicas that take over; nothing acknowledged is lost."""
import signal
import socket
import time

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from broker import wait_until
from cluster import Cluster, ClusterBroker, zookeeper_is_missing
from kafka_api import Api

pytestmark = [pytest.mark.ci, pytest.mark.ottla_only, pytest.mark.skipif(zookeeper_is_missing() is not None, reason=str(zookeeper_is_missing()))]


@pytest.fixture
def cluster(tmp_path):
    with Cluster(tmp_path, 3) as three:
        yield three


def metadata(broker, *topics):
    with Api(broker) as api:
        return api("Metadata", 9, topics=[{"name": name} for name in topics] if topics else [], allow_auto_topic_creation=False)


def partitions(broker, topic):
    """index -> (leader, replicas, isr); empty while the topic is not known there."""
    found = metadata(broker, topic).topics[0]
    return {} if found.error_code else {p.partition_index: (p.leader_id, p.replica_nodes, sorted(p.isr_nodes)) for p in found.partitions}


def create(cluster, topic, count=1, replicas=3, broker=None, **config):
    admin = AdminClient({"bootstrap.servers": broker.bootstrap if broker else cluster.bootstrap})
    for future in admin.create_topics([NewTopic(topic, count, replicas, config={k.replace("_", "."): v for k, v in config.items()})]).values():
        future.result(30)
    for each in cluster.live():
        wait_until(lambda each=each: len(partitions(each, topic)) == count, what=f"broker {each.number} knows {topic}")


def wait_for_isr(cluster, topic, size, seconds=30):
    def everywhere():
        return all(len(isr) == size for each in cluster.live() for _, _, isr in partitions(each, topic).values())
    wait_until(everywhere, seconds, what=f"{size} replicas of {topic} in sync")


class Writer:
    """Counts what was acknowledged."""

    def __init__(self, cluster, topic, **settings):
        self.topic = topic
        self.acknowledged, self.failed = [], []
        self.producer = Producer({"bootstrap.servers": cluster.bootstrap, "enable.idempotence": True, "linger.ms": 1,
                                  "message.timeout.ms": 60000, **settings})

    def send(self, first, count):
        for number in range(first, first + count):
            self.producer.produce(self.topic, str(number).encode(), on_delivery=self.delivered)
            self.producer.poll(0)
        return self

    def delivered(self, error, message):
        (self.failed if error else self.acknowledged).append(int(message.value()))

    def finish(self):
        assert self.producer.flush(90) == 0
        return self


def read_all(cluster, topic, count, seconds=60):
    """The first `count` values of partition 0, or what came in time."""
    consumer = Consumer({"bootstrap.servers": cluster.bootstrap, "group.id": "reader", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    values, deadline = [], time.monotonic() + seconds
    while len(values) < count and time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is not None and not message.error():
            values.append(int(message.value()))
    consumer.close()
    return values


def test_two_brokers_are_one_cluster_whoever_is_asked(tmp_path):
    with Cluster(tmp_path, 2, {"min.insync.replicas": "1", "default.replication.factor": "2"}) as two:
        for each in two.brokers:
            wait_until(lambda each=each: len(metadata(each).brokers) == 2, what=f"broker {each.number} sees both")
        answers = [metadata(each) for each in two.brokers]
        assert answers[0].cluster_id == answers[1].cluster_id
        assert answers[0].controller_id == answers[1].controller_id in (1, 2)
        assert [sorted((b.node_id, b.port) for b in a.brokers) for a in answers] == [[(b.number, b.port) for b in two.brokers]] * 2
        for number, each in enumerate(two.brokers):
            # Straight to that broker, whether it is controller or not.
            with Api(each) as api:
                made = api("CreateTopics", 5, topics=[{"name": f"by-{number}", "num_partitions": 2, "replication_factor": 2,
                                                       "assignments": [], "configs": []}], timeout_ms=10000, validate_only=False)
            assert [t.error_code for t in made.topics] == [0]
            assert len(partitions(each, f"by-{number}")) == 2  # who has made it knows it
            for other in two.brokers:
                wait_until(lambda other=other: len(partitions(other, f"by-{number}")) == 2, what="the topic is known")
        assert {p for each in two.brokers for p in (partitions(each, "by-0")[0][0], partitions(each, "by-0")[1][0])} <= {1, 2}


def test_what_is_acknowledged_is_on_every_replica(cluster):
    create(cluster, "copied")
    wait_for_isr(cluster, "copied", 3)
    writer = Writer(cluster, "copied").send(0, 1000).finish()
    assert sorted(writer.acknowledged) == list(range(1000))
    assert read_all(cluster, "copied", 1000) == list(range(1000))
    logs = [each.partition_folder("copied") / f"{0:020}.log" for each in cluster.brokers]
    wait_until(lambda: len({log.read_bytes() for log in logs}) == 1, what="all logs are the same bytes")
    assert logs[0].stat().st_size > 10000


def test_a_follower_takes_over_from_a_leader_that_is_killed_and_the_leader_returns_as_a_follower(cluster):
    create(cluster, "kept")
    wait_for_isr(cluster, "kept", 3)
    writer = Writer(cluster, "kept").send(0, 500)
    writer.producer.flush(30)
    leader = partitions(cluster.brokers[0], "kept")[0][0]
    cluster.broker(leader).kill()
    writer.send(500, 500).finish()
    assert not writer.failed and sorted(writer.acknowledged) == list(range(1000))
    now = wait_until(lambda: partitions(cluster.live()[0], "kept")[0][0] not in (leader, -1) and partitions(cluster.live()[0], "kept")[0])
    assert now[0] != leader and leader not in now[2]
    assert read_all(cluster, "kept", 1000) == list(range(1000))
    cluster.broker(leader).start()
    wait_for_isr(cluster, "kept", 3)
    Writer(cluster, "kept").send(1000, 100).finish()
    assert read_all(cluster, "kept", 1100) == list(range(1100))
    logs = [each.partition_folder("kept") / f"{0:020}.log" for each in cluster.brokers]
    wait_until(lambda: len({log.read_bytes() for log in logs}) == 1, what="all logs are the same bytes")


def test_a_rolling_restart_is_not_noticed(cluster):
    create(cluster, "rolled")
    wait_for_isr(cluster, "rolled", 3)
    errors, gaps, sent = [], [], 0
    writer = Writer(cluster, "rolled", error_cb=errors.append)

    def write_until(done, seconds=60):
        nonlocal sent
        deadline, last = time.monotonic() + seconds, time.monotonic()
        while not done():
            assert time.monotonic() < deadline
            before = len(writer.acknowledged)
            writer.send(sent, 1)
            sent += 1
            writer.producer.poll(0.01)
            if len(writer.acknowledged) > before:
                gaps.append(time.monotonic() - last)
                last = time.monotonic()

    for each in cluster.brokers:
        led = partitions(each, "rolled")[0][0] == each.number
        began = time.monotonic()
        each.process.send_signal(signal.SIGTERM)
        write_until(lambda: each.process.poll() is not None)
        assert each.process.returncode == 0 and time.monotonic() - began < 5
        if led:
            assert "took over the leadership" not in each.tail(50)
            assert partitions(cluster.live()[0], "rolled")[0][0] not in (each.number, -1)
        each.start()
        write_until(lambda: all(len(isr) == 3 for live in cluster.live() for _, _, isr in partitions(live, "rolled").values()))
    writer.finish()
    assert not writer.failed and not any(error.fatal() for error in errors)
    assert sorted(writer.acknowledged) == list(range(sent))
    assert read_all(cluster, "rolled", sent) == list(range(sent))
    print(f"longest time without an acknowledged record: {max(gaps):.3f} s")


def test_a_killed_leader_is_replaced_long_before_its_session_ends(tmp_path):
    with Cluster(tmp_path, 3, {"zookeeper.session.timeout.ms": "30000"}) as cluster:
        create(cluster, "watched", count=3)
        wait_for_isr(cluster, "watched", 3)
        controller = metadata(cluster.brokers[0]).controller_id
        index, victim = next((i, p[0]) for i, p in partitions(cluster.brokers[0], "watched").items() if p[0] != controller)
        began = time.monotonic()
        cluster.broker(victim).kill()
        def moved():
            return all(p[0] not in (victim, -1) and victim not in p[2] for each in cluster.live() for p in partitions(each, "watched").values())
        wait_until(moved, 15, what="others lead")
        print(f"{time.monotonic() - began:.3f} s until others led what broker {victim} had led")
        Writer(cluster, "watched").send(0, 100).finish()
        cluster.broker(victim).start()  # takes over its registration
        wait_for_isr(cluster, "watched", 3)


def test_the_controller_is_killed_and_another_one_takes_office(cluster):
    first = metadata(cluster.brokers[0]).controller_id
    cluster.broker(first).kill()
    def moved():
        found = {metadata(each).controller_id for each in cluster.live()}
        return found.pop() if len(found) == 1 and not found & {first, -1} else None
    assert wait_until(moved, 30, what="another controller") != first
    create(cluster, "afterwards", replicas=2)
    wait_for_isr(cluster, "afterwards", 2)
    Writer(cluster, "afterwards").send(0, 100).finish()
    assert read_all(cluster, "afterwards", 100) == list(range(100))


def test_too_few_replicas_in_sync_refuse_acks_all_and_keep_what_there_is(cluster):
    create(cluster, "small")
    wait_for_isr(cluster, "small", 3)
    Writer(cluster, "small").send(0, 10).finish()
    leader = partitions(cluster.brokers[0], "small")[0][0]
    for each in cluster.brokers:
        if each.number != leader:
            each.kill()
    wait_for_isr(cluster, "small", 1)
    lonely = Writer(cluster, "small", **{"message.timeout.ms": 4000, "enable.idempotence": False}).send(10, 1)
    lonely.producer.flush(30)
    assert lonely.failed == [10]
    for each in cluster.brokers:
        if each.number != leader:
            each.start()
    wait_for_isr(cluster, "small", 3)
    Writer(cluster, "small").send(11, 10).finish()
    assert [v for v in read_all(cluster, "small", 20) if v != 10] == [*range(10), *range(11, 21)]


def test_a_group_survives_the_loss_of_its_coordinator(cluster):
    create(cluster, "work", count=3)
    wait_for_isr(cluster, "work", 3)
    Writer(cluster, "work").send(0, 300).finish()
    settings = {"bootstrap.servers": cluster.bootstrap, "group.id": "team", "auto.offset.reset": "earliest", "enable.auto.commit": False}
    def read(consumer, count, seconds=60):
        seen, deadline = [], time.monotonic() + seconds
        while len(seen) < count and time.monotonic() < deadline:
            message = consumer.poll(0.5)
            if message is not None and not message.error():
                seen.append(int(message.value()))
        return seen
    consumer = Consumer(settings)
    consumer.subscribe(["work"])
    seen = read(consumer, 300)
    assert sorted(seen) == list(range(300))
    consumer.commit(asynchronous=False)
    consumer.close()
    with Api(cluster.brokers[0]) as api:
        coordinator = api("FindCoordinator", 3, key="team", key_type=0).node_id
    wait_for_isr(cluster, "__consumer_offsets", 3)
    cluster.broker(coordinator).kill()
    Writer(cluster, "work").send(300, 30).finish()
    consumer = Consumer(settings)
    consumer.subscribe(["work"])
    again = read(consumer, 30)
    consumer.close()
    assert sorted(again) == list(range(300, 330)), "what was committed is not read twice"


def test_a_paused_broker_does_not_lead_when_it_wakes(cluster):
    create(cluster, "slept")
    wait_for_isr(cluster, "slept", 3)
    Writer(cluster, "slept").send(0, 100).finish()
    leader = partitions(cluster.brokers[0], "slept")[0][0]
    sleeper = cluster.broker(leader)
    others = [each for each in cluster.brokers if each is not sleeper]
    sleeper.process.send_signal(signal.SIGSTOP)
    try:
        wait_until(lambda: partitions(others[0], "slept")[0][0] not in (leader, -1), 30, what="another leader")
        awake = Producer({"bootstrap.servers": ",".join(each.bootstrap for each in others), "acks": "all"})
        for number in range(100, 200):
            awake.produce("slept", str(number).encode())
        assert awake.flush(60) == 0
    finally:
        sleeper.process.send_signal(signal.SIGCONT)
    wait_for_isr(cluster, "slept", 3)
    assert read_all(cluster, "slept", 200) == list(range(200))


def test_zookeeper_may_be_away_for_a_while_under_load(cluster):
    create(cluster, "alone")
    wait_for_isr(cluster, "alone", 3)
    writer = Writer(cluster, "alone").send(0, 100)
    writer.producer.flush(30)  # a new producer's id would need ZooKeeper
    cluster.zookeeper.kill()
    writer.send(100, 400).finish()
    time.sleep(1)
    cluster.zookeeper.start()
    writer.send(500, 500).finish()
    assert not writer.failed and sorted(writer.acknowledged) == list(range(1000))
    wait_for_isr(cluster, "alone", 3)
    assert read_all(cluster, "alone", 1000) == list(range(1000))


def test_a_wiped_disk_is_filled_again_and_loses_nothing(cluster):
    create(cluster, "wiped")
    wait_for_isr(cluster, "wiped", 3)
    Writer(cluster, "wiped").send(0, 300).finish()
    leader = partitions(cluster.brokers[0], "wiped")[0][0]
    cluster.broker(leader).kill()
    for path in sorted(cluster.broker(leader).data.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    time.sleep(2.5)  # the entry of the process that was killed ends with its session
    cluster.broker(leader).start()
    wait_for_isr(cluster, "wiped", 3)
    assert read_all(cluster, "wiped", 300) == list(range(300))


def test_all_brokers_are_killed_at_once_and_everything_acknowledged_is_there(tmp_path):
    # Long sessions: each takes over the registration of its own last run, and no disk is believed to be lost.
    with Cluster(tmp_path, 3, {"zookeeper.session.timeout.ms": "60000"}) as three:
        create(three, "blackout")
        wait_for_isr(three, "blackout", 3)
        writer = Writer(three, "blackout").send(0, 500)
        writer.producer.flush(30)
        for each in three.brokers:
            each.kill()
        for each in three.brokers:
            each.start(seconds=40)
        wait_for_isr(three, "blackout", 3)
        writer.send(500, 100).finish()
        assert not writer.failed
        assert read_all(three, "blackout", 600) == list(range(600))


def test_who_does_not_know_the_secret_is_refused(cluster, tmp_path):
    other_secret = tmp_path / "other"
    other_secret.write_text("x" * 64)
    other_secret.chmod(0o600)
    stranger = ClusterBroker(tmp_path / "stranger", 9, cluster.connect, {"ottla.cluster.secret.file": str(other_secret)})
    with pytest.raises(RuntimeError):
        stranger.start(seconds=8)  # the controller does not hear it, so it never serves
    assert any("does not know the secret" in each.output.read_text() for each in cluster.brokers + [stranger])
    # Nobody is served on that port without a proof: not even ApiVersions, and no replica's fetch.
    with socket.create_connection(("127.0.0.1", cluster.brokers[0].private_port), timeout=10) as probe:
        probe.sendall(bytes.fromhex("0000000b 0012 0000 00000001 0001 78"))
        assert probe.recv(100) == b""


def test_wrong_starts_are_refused_and_change_nothing(cluster, tmp_path):
    def refusal(number, name, **overrides):
        node = ClusterBroker(tmp_path / name, number, cluster.connect, {k.replace("_", "."): v for k, v in overrides.items()})
        with pytest.raises(RuntimeError) as seen:
            node.start(seconds=30)
        return str(seen.value)
    assert "another broker with id 1 is registered" in refusal(1, "double")
    open_secret = tmp_path / "open"
    open_secret.write_text("y" * 64)
    open_secret.chmod(0o644)
    assert "others may read" in refusal(8, "open-secret", ottla_cluster_secret_file=str(open_secret))
    assert "another broker" not in refusal(7, "nowhere", zookeeper_connect="127.0.0.1:1", zookeeper_connection_timeout_ms="1000")
    cluster.broker(3).stop()
    assert "belong to cluster" in refusal(3, "moved", log_dirs=str(cluster.broker(3).data), zookeeper_connect=f"{cluster.zookeeper.connect}/elsewhere")
    cluster.broker(3).start()
    wait_until(lambda: len(metadata(cluster.brokers[0]).brokers) == 3, what="all are there")
