"""AlterReplicaLogDirs: a replica moves to another log directory of its node while clients use it."""
import pathlib
import threading
import time

import pytest

import batches
from broker import wait_until
from kafka_api import Api
from wire import batch

pytestmark = pytest.mark.ci


@pytest.fixture
def node(own_broker, tmp_path):
    folders = [str(tmp_path / name) for name in ("one", "two")]
    node = own_broker({"log.dirs": ",".join(folders)})
    node.folders = folders
    return node


@pytest.fixture
def api(node):
    with Api(node) as connection:
        yield connection


def move(api, where, topic, partition=0, version=2):
    answer = api("AlterReplicaLogDirs", version, dirs=[{"path": str(where), "topics": [{"name": topic, "partitions": [partition]}]}])
    assert [each.topic_name for each in answer.results] == [topic]
    assert [each.partition_index for each in answer.results[0].partitions] == [partition]
    return answer.results[0].partitions[0].error_code


def replicas(api, topic, version=4):
    """Where the replica of partition 0 is shown: {directory: its description}."""
    answer = api("DescribeLogDirs", version, topics=[{"topic": topic, "partitions": [0]}])
    return {result.log_dir: part for result in answer.results for named in result.topics for part in named.partitions}


def place(node, topic):
    """The one directory that holds the topic's live log, if there is but one and nothing is on its way."""
    found = [folder for folder in node.folders for entry in pathlib.Path(folder).glob(f"{topic}-0*")]
    return found[0] if len(found) == 1 else None


def other(node, folder):
    return next(each for each in node.folders if each != folder)


def records(api, topic):
    """All batches as they are served, in order."""
    found, offset = b"", 0
    end = api.offset(topic, -1).offset
    while offset < end:
        served = api.fetch(topic, offset).records
        parsed = batches.parse(served)
        found += served
        offset = parsed[-1].base_offset + parsed[-1].last_offset_delta + 1
    return found


@pytest.mark.parametrize("version", [1, 2])
def test_a_moved_replica_is_the_same_as_before(node, api, topic, version):
    api.create(topic, segment_bytes=1 << 20)
    for _ in range(40):
        assert api.produce(topic, batch((b"v" * 100_000,)))[0].error_code == 0
    before, home = records(api, topic), place(node, topic)
    assert move(api, other(node, home), topic, version=version) == 0
    wait_until(lambda: place(node, topic) == other(node, home), what="the move")
    assert records(api, topic) == before
    assert list(replicas(api, topic)) == [other(node, home)]
    assert api.produce(topic, batch())[0].base_offset == 40
    node.kill()
    node.start()
    with Api(node) as again:
        wait_until(lambda: again.offset(topic, -1).error_code == 0)
        assert again.offset(topic, -1).offset == 41
        assert records(again, topic).startswith(before)
    assert place(node, topic) == other(node, home)


def test_refusals(node, api, topic, tmp_path):
    api.create(topic)
    home = place(node, topic)
    assert move(api, tmp_path / "three", topic) == 57
    assert move(api, "one", topic) == 57
    assert move(api, home, f"{topic}-no") == 3
    assert move(api, home, topic) == 0
    assert place(node, topic) == home


def test_a_producer_and_a_consumer_do_not_notice(node, topic):
    """Idempotent producer, consumer and four moves beside them: every record once and in order."""
    confluent_kafka = pytest.importorskip("confluent_kafka")
    with Api(node) as api:
        api.create(topic, segment_bytes=1 << 20)
        for _ in range(30):  # so that a move takes a while
            assert api.produce(topic, batch((b"v" * 900_000,)))[0].error_code == 0
        producer = confluent_kafka.Producer({"bootstrap.servers": node.bootstrap, "enable.idempotence": True, "linger.ms": 5})
        failed, sent, is_over = [], 0, threading.Event()

        def produce():
            nonlocal sent
            while not is_over.is_set():
                try:
                    producer.produce(topic, value=b"%d" % sent + b" " * 5_000, partition=0, on_delivery=lambda error, _: error and failed.append(error))
                    sent += 1
                except BufferError:
                    pass
                time.sleep(0.001)
                producer.poll(0)

        running = threading.Thread(target=produce)
        running.start()
        shown_on_the_way = False
        try:
            for _ in range(4):
                time.sleep(0.5)
                home = next(iter(replicas(api, topic)))
                assert move(api, other(node, home), topic) == 0

                def has_moved():
                    nonlocal shown_on_the_way
                    shown = replicas(api, topic)
                    on_the_way = [part for part in shown.values() if part.is_future_key]
                    shown_on_the_way = shown_on_the_way or bool(on_the_way)
                    assert all(part.partition_size >= 0 and part.offset_lag >= 0 for part in on_the_way)
                    return list(shown) == [other(node, home)] and not on_the_way

                wait_until(has_moved, every=0.001, what="the move")
        finally:
            is_over.set()
            running.join()
        assert producer.flush(30) == 0
        assert not failed
        assert sent > 100
        assert shown_on_the_way
        consumer = confluent_kafka.Consumer({"bootstrap.servers": node.bootstrap, "group.id": topic, "enable.auto.commit": False})
        consumer.assign([confluent_kafka.TopicPartition(topic, 0, 30)])
        deadline, seen = time.monotonic() + 60, []
        while len(seen) < sent and time.monotonic() < deadline:
            seen += [int(each.value()) for each in consumer.consume(1000, 1.0) if not each.error()]
        consumer.close()
        assert seen == list(range(sent))
        wait_until(lambda: place(node, topic), what="one directory")


def test_a_kill_during_a_move_leaves_the_log_in_one_place(node, topic):
    with Api(node) as api:
        api.create(topic)
        for _ in range(40):
            assert api.produce(topic, batch((b"v" * 900_000,)))[0].error_code == 0
        home = place(node, topic)
        assert move(api, other(node, home), topic) == 0
    wait_until(lambda: list(pathlib.Path(other(node, home)).glob(f"{topic}-0.*-future/*.log")), every=0.001, what="a copy")
    node.kill()
    node.start()
    with Api(node) as api:
        wait_until(lambda: api.offset(topic, -1).error_code == 0)
        assert api.offset(topic, -1).offset == 40
        wait_until(lambda: place(node, topic), what="the unfinished copy is removed")
        assert len(batches.parse(records(api, topic))) == 40
