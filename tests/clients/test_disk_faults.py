"""Disks that fill up, turn read-only and fail to sync, for real: one directory of several suffers, everything else goes on."""
import contextlib
import itertools
import os
import pathlib
import shutil
import subprocess
import threading
import time

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import wire
from broker import OTTLA, wait_until
from cluster import Cluster, zookeeper_is_missing
from kafka_api import Api

pytestmark = [pytest.mark.ci, pytest.mark.ottla_only]

STORAGE_ERROR = 56  # KAFKA_STORAGE_ERROR: producers try again
DISK_BYTES = 24 << 20
PROBE = b"probe   "


class Disk:
    """An ext4 file system of its own in a file, mounted."""

    def __init__(self, folder):
        self.image, self.path = folder / "disk.img", folder / "disk"
        self.path.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(DISK_BYTES)
        self.run("mkfs.ext4", "-q", "-m", "0", self.image)
        self.run("mount", "-o", "loop,errors=remount-ro", self.image, self.path)

    def run(self, *command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise PermissionError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
        return done.stdout.strip()

    def free(self):
        facts = os.statvfs(self.path)
        return facts.f_bavail * facts.f_frsize

    def fill(self, leave=0):
        """Takes all room but `leave` bytes, as somebody else's file."""
        size, step = 0, 1 << 20
        with open(self.path / "somebody-elses", "wb") as filler:
            while step >= 4096:
                try:
                    if self.free() - leave < step:
                        raise OSError
                    os.posix_fallocate(filler.fileno(), size, step)
                    size += step
                except OSError:
                    step //= 2

    def make_room(self):
        (self.path / "somebody-elses").unlink()

    def break_down(self):
        """What ext4 does to a disk that returns errors: from now on it is read-only."""
        device = self.run("findmnt", "-n", "-o", "SOURCE", self.path)
        pathlib.Path(f"/sys/fs/ext4/{pathlib.Path(device).name}/trigger_fs_error").write_text("1")

    def remount(self, *options):
        self.run("umount", self.path)
        self.run("mount", "-o", ",".join(("loop", *options)), self.image, self.path)

    def end(self):
        subprocess.run(["umount", "-l", self.path], capture_output=True)


@pytest.fixture
def disk(tmp_path):
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        pytest.skip("mounting a small file system needs root and mkfs.ext4")
    try:
        made = Disk(tmp_path)
    except PermissionError as refused:
        pytest.skip(f"this system lets nobody mount: {refused}")
    yield made
    made.end()


@pytest.fixture
def two_disks(own_broker, disk, topic):
    """A node with a directory on the small disk, and a topic with a partition on either."""
    good = disk.path.parent / "good"

    def start(**more):
        node = own_broker({"log.dirs": f"{good},{disk.path / 'data'}", "metadata.log.dir": str(good), **more})
        create(node, topic)
        return node, partition_in(node, topic, good), partition_in(node, topic, disk.path / "data")

    return start


def create(node, topic, partitions=2, **config):
    admin = AdminClient({"bootstrap.servers": node.bootstrap})
    admin.create_topics([NewTopic(topic, partitions, 1, config={"segment.bytes": "1048576", **config})])[topic].result(30)


def partition_in(node, topic, directory):
    return wait_until(lambda: [int(found.name.rsplit("-", 1)[1]) + 1 for found in directory.glob(f"{topic}-*")], 20,
                      what=f"a partition in {directory}")[0] - 1


class Load(threading.Thread):
    """An idempotent producer of one partition that numbers its messages and never gives up."""

    def __init__(self, node, topic, partition, pause=0.0):
        super().__init__(daemon=True)
        self.topic, self.partition, self.pause = topic, partition, pause
        self.stopping, self.errors, self.acknowledged = False, [], {}
        self.producer = Producer({"bootstrap.servers": node.bootstrap, "enable.idempotence": True, "linger.ms": 1,
                                  "message.timeout.ms": 300_000, "retry.backoff.ms": 50, "retry.backoff.max.ms": 200,
                                  "reconnect.backoff.max.ms": 200, "queue.buffering.max.messages": 500, "log_level": 2})
        self.start()

    def delivered(self, error, message):
        if error:
            self.errors.append(str(error))
        else:
            self.acknowledged[message.offset()] = int(message.value()[:8])

    def run(self):
        for n in itertools.count():
            if self.stopping:
                return
            while not self.stopping:
                try:
                    self.producer.produce(self.topic, b"%08d" % n + b"." * 4000, partition=self.partition,
                                          on_delivery=self.delivered)
                    break
                except BufferError:
                    self.producer.poll(0.05)
            self.producer.poll(0)
            time.sleep(self.pause)

    def progresses(self, by=50, seconds=30):
        before = len(self.acknowledged)
        wait_until(lambda: len(self.acknowledged) >= before + by, seconds, what=f"partition {self.partition} acknowledges")

    def stands_still(self, seconds=1.0):
        before = len(self.acknowledged)
        time.sleep(seconds)
        return len(self.acknowledged) == before

    def stop(self):
        self.stopping = True
        self.join(30)
        assert self.producer.flush(60) == 0
        assert self.errors == []


@pytest.fixture
def load():
    """load(node, topic, partition) starts a producer; the test may stop() it and look at its errors."""
    started = []

    def start(*arguments, **more):
        started.append(Load(*arguments, **more))
        return started[-1]

    yield start
    for each in started:
        each.stopping = True
        each.join(30)
        each.producer.purge()


def contents(node, topic, partition):
    """{offset: number} of all that can be read of a partition."""
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": "unused", "enable.auto.commit": False, "check.crcs": True})
    part = TopicPartition(topic, partition, OFFSET_BEGINNING)
    end = consumer.get_watermark_offsets(part, timeout=30)[1]
    consumer.assign([part])
    found, deadline = {}, time.monotonic() + 30
    while end - 1 not in found:
        assert time.monotonic() < deadline, f"{len(found)} of {end}"
        found.update({m.offset(): m.value()[:8] for m in consumer.consume(1000, 0.2) if not m.error()})
    consumer.close()
    return {offset: int(value) for offset, value in found.items() if value != PROBE}


def check_nothing_lost(node, topic, load):
    found = contents(node, topic, load.partition)
    assert {offset: found.get(offset) for offset in load.acknowledged} == load.acknowledged
    assert sorted(found.values()) == list(range(len(found)))  # nothing twice, no hole


def produce_error(node, topic, partition, size=8):
    """What an acks=all producer of one more record hears."""
    with contextlib.closing(wire.Connection(node)) as connection:
        return wire.produced(connection.ask(wire.produce(topic, wire.batch((PROBE.ljust(size),)), partition=partition)))[0]


def said(node, *words):
    return [line for line in node.output.read_text(errors="replace").splitlines() if all(word in line for word in words)]


@pytest.mark.parametrize("reserve", [0, 2 << 20], ids=["to-the-last-byte", "with-a-reserve"])
def test_a_full_disk_stops_producers_of_its_partitions_until_there_is_room_again(two_disks, disk, topic, group, reserve, load):
    node, elsewhere, here = two_disks(**{"ottla.log.dir.reserve.bytes": str(reserve)})
    filling, other = load(node, topic, here), load(node, topic, elsewhere, pause=0.002)
    filling.progresses()
    disk.fill(leave=3 << 20)
    wait_until(lambda: said(node, f"{disk.path / 'data'} is full"), 30, what="the log says that the disk is full")
    wait_until(lambda: filling.stands_still(0.5), 30, what="the disk is full")
    assert produce_error(node, topic, here, 1_000_000) == STORAGE_ERROR
    if reserve:
        assert disk.free() > reserve // 2  # what is left is for groups and checkpoints
    else:
        assert disk.free() < 1 << 20

    other.progresses()  # the other directory, reads and groups go on
    found = contents(node, topic, here)
    assert {offset: found.get(offset) for offset in filling.acknowledged} == filling.acknowledged
    if reserve:
        consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": group})
        consumer.commit(offsets=[TopicPartition(topic, here, 7)], asynchronous=False)
        assert consumer.committed([TopicPartition(topic, here)], timeout=30)[0].offset == 7
        consumer.close()
    assert node.process.poll() is None and filling.stands_still(0.2)

    filling.pause = 0.05  # or it fills the disk again
    disk.make_room()
    filling.progresses(seconds=15)  # by itself
    wait_until(lambda: said(node, f"{disk.path / 'data'} has room again"), 10, what="the log says that there is room")
    filling.stop()
    other.stop()
    check_nothing_lost(node, topic, filling)
    check_nothing_lost(node, topic, other)
    assert len(said(node, f"{disk.path / 'data'} is full")) < 5  # not a line for each refused batch
    assert node.stop() == 0


def test_a_node_killed_on_a_full_disk_starts_on_it_and_has_lost_nothing(two_disks, disk, topic, load):
    node, _, here = two_disks(**{"ottla.log.dir.reserve.bytes": "0"})
    producing = load(node, topic, here)
    producing.progresses()
    disk.fill()
    wait_until(lambda: producing.stands_still(0.5), 30, what="the disk is full")
    node.kill()
    node.start()
    found = contents(node, topic, here)
    assert {offset: found.get(offset) for offset in producing.acknowledged} == producing.acknowledged
    disk.make_room()
    producing.progresses(seconds=30)
    producing.stop()
    check_nothing_lost(node, topic, producing)


def test_a_directory_that_turns_read_only_goes_offline_alone(two_disks, disk, topic, load):
    node, elsewhere, here = two_disks()
    broken, other = load(node, topic, here), load(node, topic, elsewhere, pause=0.002)
    broken.progresses()
    disk.break_down()
    wait_until(lambda: produce_error(node, topic, here) == STORAGE_ERROR, 20, what="the directory is offline")
    assert len(said(node, "offline", str(disk.path))) == 1
    other.progresses()
    create(node, f"{topic}-new")  # new partitions go where there is a disk
    for partition in range(2):
        assert wait_until(lambda: produce_error(node, f"{topic}-new", partition) == 0, 20)
    acknowledged = dict(broken.acknowledged)
    other.stop()
    node.kill()
    disk.run("umount", disk.path)
    subprocess.run(["e2fsck", "-fy", disk.image], capture_output=True)
    disk.run("mount", "-o", "loop", disk.image, disk.path)
    node.start()
    broken.progresses(seconds=30)  # repaired: the producer that waited goes on
    broken.stop()
    found = contents(node, topic, here)
    assert {offset: found.get(offset) for offset in acknowledged} == acknowledged
    check_nothing_lost(node, topic, broken)
    check_nothing_lost(node, topic, other)


def test_a_start_with_a_read_only_directory_serves_the_others_and_invents_no_empty_partition(two_disks, disk, topic, load):
    node, elsewhere, here = two_disks()
    producing = load(node, topic, here)
    producing.progresses()
    producing.stop()
    assert node.stop() == 0
    disk.remount("ro")
    node.start()
    assert said(node, str(disk.path), "left out")
    assert produce_error(node, topic, here) == STORAGE_ERROR
    assert produce_error(node, topic, elsewhere) == 0
    create(node, f"{topic}-new")
    for partition in range(2):
        assert wait_until(lambda: produce_error(node, f"{topic}-new", partition) == 0, 20)
    assert node.stop() == 0
    disk.remount("rw")
    node.start()
    check_nothing_lost(node, topic, producing)
    assert produce_error(node, topic, here) == 0
    for partition in range(2):
        assert produce_error(node, f"{topic}-new", partition) == 0


@pytest.fixture
def failing_sync(tmp_path, monkeypatch):
    """A switch: a path written to it makes syncs below that path fail. The refused ones are in `.log`."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        pytest.skip("no C compiler")
    library, switch, log = tmp_path / "failing_sync.so", tmp_path / "failing", tmp_path / "refused"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, pathlib.Path(__file__).with_name("failing_sync.c"), "-ldl"],
                   check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("FAILING_SYNC_SWITCH", str(switch))
    monkeypatch.setenv("FAILING_SYNC_LOG", str(log))
    return switch, log


def test_a_failed_fsync_takes_its_directory_offline_and_is_never_tried_again(own_broker, failing_sync, tmp_path, topic, load):
    switch, log = failing_sync
    good, bad = tmp_path / "good", tmp_path / "bad"
    node = own_broker({"log.dirs": f"{good},{bad}"})
    create(node, topic)
    elsewhere, here = partition_in(node, topic, good), partition_in(node, topic, bad)
    broken, other = load(node, topic, here, pause=0.002), load(node, topic, elsewhere, pause=0.002)
    broken.progresses()
    switch.write_text(str(bad))
    wait_until(lambda: produce_error(node, topic, here) == STORAGE_ERROR, 20, what="the directory is offline")
    wait_until(lambda: len(said(node, "offline", str(bad))) == 1, 20, what="one line says so")
    acknowledged = dict(broken.acknowledged)
    refused = log.read_text().splitlines()
    switch.unlink()  # the disk says it is well again: what it forgot meanwhile nobody knows
    other.progresses()
    assert broken.stands_still(1.0)
    assert produce_error(node, topic, here) == STORAGE_ERROR
    assert len(refused) == len(set(refused))  # no file was synced twice
    other.stop()
    check_nothing_lost(node, topic, other)
    assert node.stop() == 1  # not everything is on disk, and it says so
    assert not (bad / ".kafka_cleanshutdown").exists()
    assert (good / "ottla.storage-error").exists()

    node.start()  # looks at everything it did not sync, and goes on
    broken.progresses(seconds=30)
    broken.stop()
    found = contents(node, topic, here)
    assert {offset: found.get(offset) for offset in acknowledged} == acknowledged
    check_nothing_lost(node, topic, broken)
    assert node.stop() == 0


def test_a_node_whose_last_directory_fails_gives_up_and_says_why(own_broker, failing_sync, topic):
    switch, _ = failing_sync
    node = own_broker()
    create(node, topic, 1)
    assert wait_until(lambda: produce_error(node, topic, 0) == 0, 20)
    switch.write_text(str(node.data / topic))
    with contextlib.suppress(EOFError, OSError):
        produce_error(node, topic, 0)
    assert node.process.wait(20) == 1
    assert said(node, "every log directory has failed", str(node.data))
    switch.unlink()
    node.start()
    assert produce_error(node, topic, 0) == 0
    assert node.stop() == 0


@pytest.mark.skipif(zookeeper_is_missing() is not None, reason=str(zookeeper_is_missing()))
def test_others_lead_what_a_broker_lost_with_one_directory_and_nobody_waits_for_its_idle_followers(tmp_path, failing_sync, topic, load):
    switch, _ = failing_sync
    good, bad = tmp_path / "good", tmp_path / "bad"
    three = Cluster(tmp_path, 3)
    broken, other = three.broker(1), three.broker(2)
    broken.settings["log.dirs"] = f"{good},{bad}"

    def state(broker, partition):
        with Api(broker) as api:
            found = api("Metadata", 9, topics=[{"name": topic}], allow_auto_topic_creation=False).topics[0].partitions
        [one] = [each for each in found if each.partition_index == partition]
        return one.leader_id, sorted(one.isr_nodes), list(one.offline_replicas)

    def everywhere(partition, wanted, what):
        wait_until(lambda: all(state(each, partition) == wanted for each in three.brokers), 60, what=f"partition {partition}: {what}")

    with three:
        admin = AdminClient({"bootstrap.servers": other.bootstrap})
        assignment = [[1, 2, 3], [1, 2, 3], [2, 3, 1], [2, 3, 1]]
        admin.create_topics([NewTopic(topic, 4, replica_assignment=assignment)])[topic].result(30)
        led, idle = sorted(wait_until(lambda: found if len(found := [int(each.name.rsplit("-", 1)[1]) for each in bad.glob(f"{topic}-*")]) == 2
                                      else None, 30, what="two partitions in that directory"))
        assert state(other, led)[0] == 1 and state(other, idle)[0] == 2
        well = next(partition for partition in (0, 1) if partition != led)
        for partition in range(4):
            everywhere(partition, (state(other, partition)[0], [1, 2, 3], []), "in sync")
        sending, beside = load(other, topic, led, pause=0.002), load(other, topic, well, pause=0.002)
        sending.progresses()
        switch.write_text(str(bad))
        everywhere(led, (2, [2, 3], [1]), "led by another broker")
        everywhere(idle, (2, [2, 3], [1]), "nothing was written, and it is out of sync all the same")
        sending.progresses()
        beside.progresses()
        everywhere(well, (1, [1, 2, 3], []), "as it was")
        with Api(other) as api:  # the preferred leader cannot lead, although it is there
            results = api("ElectLeaders", 2, election_type=0, topic_partitions=[{"topic": topic, "partitions": [led]}], timeout_ms=10_000)
            assert results.replica_election_results[0].partition_result[0].error_code == 80  # PREFERRED_LEADER_NOT_AVAILABLE
        sending.stop()
        beside.stop()
        switch.unlink()
        assert broken.stop() == 1
        broken.start()
        for partition in (led, idle, well):
            wait_until(lambda: state(other, partition)[1:] == ([1, 2, 3], []), 60, what=f"partition {partition} is in sync again")
        check_nothing_lost(other, topic, sending)
        check_nothing_lost(other, topic, beside)


CORRUPT_MESSAGE = 2


def fetched(node, topic, offset):
    with contextlib.closing(wire.Connection(node)) as connection:
        return wire.fetched(connection.ask(wire.fetch(topic, offset)))


def verify(folder):
    done = subprocess.run([OTTLA, "log", "verify", folder], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def test_a_byte_that_changes_on_the_disk_is_found_refused_and_repaired_by_the_book(own_broker, topic):
    node = own_broker({"ottla.scrub.max.bytes.per.second": "0"})
    create(node, topic, 1)
    with contextlib.closing(wire.Connection(node)) as connection:
        for n in range(400):
            assert wire.produced(connection.ask(wire.produce(topic, wire.batch((b"%08d" % n + b"." * 8000,))))) == (0, n)
    segments = sorted(node.partition_folder(topic).glob("*.log"))
    assert len(segments) > 2
    good = segments[0].read_bytes()
    node.kill()
    with open(segments[0], "r+b") as damaged:
        damaged.seek(5 * len(good) // (len(good) // 8000) + 100)
        damaged.write(b"?")
    status, shown = verify(node.data)
    assert status == 1 and "wrong checksum" in shown and segments[0].name in shown

    node.start()
    line = wait_until(lambda: said(node, "scrubber", "damaged on disk", topic), 20, what="the scrubber finds it")[0]
    bad = int(line.split("offsets ")[1].split()[0])
    assert fetched(node, topic, bad)[0] == CORRUPT_MESSAGE
    error, _, records = fetched(node, topic, bad - 1)
    assert error == 0 and len(records) < 9000  # up to the damage
    error, _, records = fetched(node, topic, bad + 1)
    assert error == 0 and int.from_bytes(records[:8], "big") == bad + 1
    assert produce_error(node, topic, 0) == 0
    node.stop()
    node.start()
    assert fetched(node, topic, bad)[0] == CORRUPT_MESSAGE  # it is remembered

    node.stop()  # docs/operations.md: restore the segment
    segments[0].write_bytes(good)
    for made_anew in (node.partition_folder(topic) / "ottla.quarantine", *segments[0].parent.glob(segments[0].stem + ".*index")):
        made_anew.unlink()
    assert verify(node.data)[0] == 0
    node.start()
    error, _, records = fetched(node, topic, bad)
    assert error == 0 and int.from_bytes(records[:8], "big") == bad
    assert node.stop() == 0
