"""`ottla serve` itself: what it refuses and how it says so, how it stops, what survives, what it costs when nothing happens."""
import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import time

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from broker import OTTLA, OttlaBroker, free_port, wait_until

pytestmark = [pytest.mark.ci, pytest.mark.ottla_only]


def refused(*arguments, cwd=None):
    """Runs serve, which must give up by itself; returns what it said."""
    done = subprocess.run([OTTLA, "serve", "--override", "admin.listeners=", *arguments], capture_output=True, text=True, timeout=20,
                          stdin=subprocess.DEVNULL, cwd=cwd)
    assert done.returncode in (1, 2), f"exit {done.returncode}"
    return done.stdout + done.stderr


def overrides(**values):
    return [part for key, value in values.items() for part in ("--override", f"{key.replace('_', '.')}={value}")]


def test_a_port_in_use_is_refused_by_name(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(*overrides(listeners=f"PLAINTEXT://127.0.0.1:{port}", log_dirs=tmp_path / "data"))
    assert str(port) in said and "in use" in said.lower()


def test_a_data_directory_of_a_running_node_is_refused(own_broker):
    node = own_broker()
    said = refused(*overrides(listeners=f"PLAINTEXT://127.0.0.1:{free_port()}", log_dirs=node.data))
    assert str(node.data) in said and "lock" in said.lower()
    assert node.answers()  # and the one that runs does not care


def test_a_directory_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    said = refused(*overrides(listeners=f"PLAINTEXT://127.0.0.1:{free_port()}", log_dirs=tmp_path / "file" / "data"))
    assert str(tmp_path / "file") in said


def test_a_directory_of_another_node_is_refused(own_broker, tmp_path):
    node = own_broker()
    assert node.stop() == 0
    said = refused(*overrides(listeners=f"PLAINTEXT://127.0.0.1:{free_port()}", log_dirs=node.data, node_id=7))
    assert "7" in said and "1" in said


def test_a_directory_that_cannot_be_written_is_refused():
    said = refused(*overrides(listeners=f"PLAINTEXT://127.0.0.1:{free_port()}", log_dirs="/sys/kernel"))  # not even root writes there
    assert "/sys/kernel" in said and ("denied" in said or "Read-only" in said or "not permitted" in said)


def test_directories_of_two_clusters_are_refused(own_broker):
    folders = []
    for _ in range(2):
        node = own_broker()
        assert node.stop() == 0
        folders.append(str(node.data))
    said = refused(*overrides(listeners=f"PLAINTEXT://127.0.0.1:{free_port()}", log_dirs=",".join(folders)))
    assert "cluster" in said and all(folder in said for folder in folders)


def test_files_of_a_newer_version_are_refused(own_broker):
    node = own_broker()
    assert node.stop() == 0
    serve = overrides(listeners=f"PLAINTEXT://127.0.0.1:{free_port()}", log_dirs=node.data)
    identity = node.data / "meta.properties"
    today = identity.read_text()
    identity.write_text(today.replace("version=1", "version=2"))
    assert "version 2" in refused(*serve)
    identity.write_text(today)
    with contextlib.closing(sqlite3.connect(node.data / "ottla-metadata.sqlite")) as store:
        store.execute("PRAGMA user_version = 99")
    said = refused(*serve)
    assert "ottla-metadata.sqlite" in said and "99" in said


def test_partitions_without_their_metadata_are_refused(own_broker, topic, tmp_path):
    node = own_broker()
    admin = AdminClient({"bootstrap.servers": node.bootstrap})
    admin.create_topics([NewTopic(topic, 3, 1)])[topic].result(30)
    assert node.stop() == 0
    serve = overrides(listeners=f"PLAINTEXT://127.0.0.1:{free_port()}", log_dirs=node.data)
    said = refused(*serve, *overrides(metadata_log_dir=tmp_path / "elsewhere"))
    assert "3 partitions" in said and str(tmp_path / "elsewhere") in said and "metadata.log.dir" in said
    assert not (tmp_path / "elsewhere").exists()
    assert (node.data / ".kafka_cleanshutdown").exists()  # nothing was touched
    node.start()
    assert topic in AdminClient({"bootstrap.servers": node.bootstrap}).list_topics(timeout=30).topics


def test_a_start_says_where_it_listens_and_what_to_paste(own_broker):
    node = own_broker()
    said = node.output.read_text()
    assert f"listening on  PLAINTEXT://{node.bootstrap}" in said
    write, read = (line.split("  ")[-1] for line in said.splitlines() if line.startswith(("  write a line", "  read it")))
    assert subprocess.run(write, shell=True, capture_output=True, timeout=30).returncode == 0
    assert subprocess.run(read, shell=True, capture_output=True, timeout=30).stdout == b"hello\n"


def test_a_listener_for_everybody_needs_a_decision(tmp_path):
    said = refused(*overrides(listeners=f"PLAINTEXT://0.0.0.0:{free_port()}", log_dirs=tmp_path / "data"))
    assert "ottla.allow.insecure.listeners" in said


@pytest.mark.parametrize("key, value, named", [
    ("log.retention.hour", "1", "log.retention.hours"),
    ("num.partitions", "none", "num.partitions"),
    ("listeners", "PLAINTEXT:/127.0.0.1:9092", "listeners"),
    ("listeners", "SSL://127.0.0.1:9093", "PLAINTEXT only"),
    ("advertised.listeners", "PLAINTEXT://0.0.0.0:9092", "advertised.listeners"),
    ("advertised.listeners", "PLAINTEXT://224.0.0.1:9092", "multicast"),
    ("zookeeper.connect", "localhost:2181", "zookeeper.connect"),
])
def test_a_wrong_configuration_names_the_key(tmp_path, key, value, named):
    arguments = ["--override", f"log.dirs={tmp_path / 'data'}", "--override", f"{key}={value}"]
    assert named in refused(*arguments)
    assert named in refused(*arguments, "--check-config")
    assert not (tmp_path / "data").exists()  # nothing was touched


def test_check_config_accepts_the_packaged_configuration():
    packaged = OTTLA.parents[1] / "packaging" / "server.properties"
    if not packaged.exists():
        pytest.skip("the program is not in its source tree")
    done = subprocess.run([OTTLA, "serve", "--config", packaged, "--check-config"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_clean_and_quick(own_broker, topic, how):
    node = own_broker()
    producer = Producer({"bootstrap.servers": node.bootstrap})
    for n in range(1000):
        producer.produce(topic, b"%d" % n)
    assert producer.flush(30) == 0
    began = time.monotonic()
    node.process.send_signal(how)
    assert node.process.wait(10) == 0
    assert time.monotonic() - began < 2  # a quiet machine needs a tenth of it
    assert (node.data / ".kafka_cleanshutdown").exists()


def test_a_stop_during_recovery_ends_it(own_broker, topic):
    node = own_broker()
    producer = Producer({"bootstrap.servers": node.bootstrap})
    producer.produce(topic, b"x", partition=0)
    assert producer.flush(30) == 0
    node.kill()
    node.output.write_text("")
    held = node.partition_folder(topic) / "leader-epoch-checkpoint"
    held.unlink()
    os.mkfifo(held)  # whoever opens it waits for the other end: the recovery of a log that takes long
    with open(node.output, "ab") as output:
        process = subprocess.Popen(node.command(), stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=node.folder)
    try:
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: "stopping on SIGTERM" in node.output.read_text(), 5)
        with open(held, "wb"):
            assert process.wait(10) == 0
    finally:
        process.kill()
    assert "serves" not in node.output.read_text()
    assert not (node.data / ".kafka_cleanshutdown").exists()  # that log still needs its recovery
    held.unlink()
    node.start()
    assert AdminClient({"bootstrap.servers": node.bootstrap}).list_topics(topic, timeout=30).topics[topic].error is None


def test_metadata_that_cannot_be_read_end_the_start(own_broker):
    node = own_broker()
    assert node.stop() == 0
    with contextlib.closing(sqlite3.connect(node.data / "ottla-metadata.sqlite")) as store, store:
        assert store.execute("UPDATE nodes SET value = x'ff' WHERE path = '/changes'").rowcount == 1
    said = refused("--override", f"log.dirs={node.data}", *overrides(listeners=f"PLAINTEXT://127.0.0.1:{free_port()}"))
    assert "/changes" in said


def test_a_log_too_young_to_be_compacted_is_compacted_when_it_is_old_enough(own_broker, topic):
    node = own_broker({"log.cleaner.backoff.ms": 100})  # and the retention check comes every five minutes
    config = {"cleanup.policy": "compact", "min.compaction.lag.ms": "1500", "min.cleanable.dirty.ratio": "0.01", "segment.bytes": str(1 << 20)}
    admin = AdminClient({"bootstrap.servers": node.bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1, config=config)])[topic].result(30)
    producer = Producer({"bootstrap.servers": node.bootstrap})
    for i in range(3500):
        producer.produce(topic, os.urandom(1000), f"key {i % 10}")
    assert producer.flush(30) == 0
    size = lambda: sum(each.stat().st_size for each in (node.data / f"{topic}-0").glob("*.log"))
    assert size() > 3 << 20
    wait_until(lambda: size() < 3 << 19, 20, what="the closed segments are compacted")


def test_topics_and_configs_survive_restarts_of_both_kinds(own_broker, topic):
    node = own_broker()
    admin = AdminClient({"bootstrap.servers": node.bootstrap})
    admin.create_topics([NewTopic(topic, 3, 1, config={"retention.ms": "777777"})])[topic].result(30)
    resource = ConfigResource(ResourceType.BROKER, "1")
    resource.add_incremental_config(ConfigEntry("log.cleaner.threads", "2", incremental_operation=AlterConfigOpType.SET))
    admin.incremental_alter_configs([resource])[resource].result(30)
    identity = admin.list_topics(timeout=30).cluster_id
    for stop in (node.stop, node.kill):
        stop()
        node.start()
        admin = AdminClient({"bootstrap.servers": node.bootstrap})
        listed = admin.list_topics(timeout=30)
        assert len(listed.topics[topic].partitions) == 3 and listed.cluster_id == identity
        asked = ConfigResource(ResourceType.TOPIC, topic)
        assert admin.describe_configs([asked])[asked].result(30)["retention.ms"].value == "777777"
        asked = ConfigResource(ResourceType.BROKER, "1")
        assert admin.describe_configs([asked])[asked].result(30)["log.cleaner.threads"].value == "2"


def cpu_ticks(node):
    with open(f"/proc/{node.process.pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_an_idle_node_uses_no_cpu(own_broker, topic):
    node = own_broker()
    producer = Producer({"bootstrap.servers": node.bootstrap})
    producer.produce(topic, b"x")
    assert producer.flush(30) == 0
    del producer
    time.sleep(2)  # what follows a write: flush, checkpoints
    before = cpu_ticks(node)
    time.sleep(5)
    assert cpu_ticks(node) - before <= 1 * os.sysconf("SC_CLK_TCK") // 100  # at most one tick of a hundred a second


def test_few_descriptors_leave_room_for_the_logs(own_broker, topic, monkeypatch):
    plain = OttlaBroker.command
    monkeypatch.setattr(OttlaBroker, "command", lambda node: ["bash", "-c", 'ulimit -n 256; exec "$@"', "limited", *map(str, plain(node))])
    node = own_broker({"max.connections": "1000"})
    connections = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(20)]
    producer = Producer({"bootstrap.servers": node.bootstrap})
    producer.produce(topic, b"x")
    assert producer.flush(30) == 0  # it has its connections
    connections += [socket.create_connection(("127.0.0.1", node.port)) for _ in range(280)]
    wait_until(lambda: "limit of open files" in node.output.read_text(), 10)
    for n in range(100):
        producer.produce(topic, b"%d" % n)
    assert producer.flush(30) == 0
    said = node.output.read_text()
    assert "max.connections=1000 does not fit" in said
    assert said.count("limit of open files (ulimit -n, LimitNOFILE) allows") == 1 and "cannot accept" not in said
    before = cpu_ticks(node)
    time.sleep(2)
    assert cpu_ticks(node) - before <= 4
    for connection in connections:
        connection.close()
    wait_until(node.answers, 10)


def test_many_idle_connections_cost_little(own_broker):
    node = own_broker()
    before = node.resident_bytes()
    connections = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(1000)]
    wait_until(node.answers, 10)
    time.sleep(0.5)
    assert (node.resident_bytes() - before) / 1000 < 16 << 10
    for connection in connections:
        connection.close()
