"""Kafka Connect in distributed mode: a file goes in by one connector and comes out by another."""
import contextlib
import json
import signal
import subprocess
import time
import urllib.request

import pytest

import java
from broker import free_port, wait_until


class Worker:
    """The REST interface of a Connect worker."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path, body=None, method=None):
        request = urllib.request.Request(self.url + path, method=method, headers={"Content-Type": "application/json"},
                                         data=json.dumps(body).encode() if body is not None else None)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")

    def is_up(self):
        with contextlib.suppress(OSError):
            return self.ask("/connectors") is not None

    def runs(self, connector):
        with contextlib.suppress(OSError):
            status = self.ask(f"/connectors/{connector}/status")
            return status["connector"]["state"] == "RUNNING" and [t["state"] for t in status["tasks"]] == ["RUNNING"]


@contextlib.contextmanager
def worker(broker, folder):
    port = free_port()
    plugin = folder / "plugins" / "file"
    plugin.mkdir(parents=True, exist_ok=True)
    for jar in java.jars().glob("connect-file-*.jar"):
        (plugin / jar.name).unlink(missing_ok=True)
        (plugin / jar.name).symlink_to(jar)
    config = folder / "worker.properties"
    config.write_text(f"""bootstrap.servers={broker.bootstrap}
group.id=connect
listeners=http://127.0.0.1:{port}
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
config.storage.topic=connect-configs
offset.storage.topic=connect-offsets
status.storage.topic=connect-status
config.storage.replication.factor=1
offset.storage.replication.factor=1
offset.storage.partitions=2
status.storage.replication.factor=1
status.storage.partitions=2
offset.flush.interval.ms=1000
plugin.discovery=service_load
plugin.path={folder / "plugins"}
""")
    with java.running("org.apache.kafka.connect.cli.ConnectDistributed", config, heap="400m") as (process, output):
        connect = Worker(port)

        def up():
            assert process.poll() is None, output.read_text(errors="replace")[-3000:]
            return connect.is_up()

        try:
            wait_until(up, 90, every=0.5, what="the worker answers")
            yield connect
        except TimeoutError as late:
            raise AssertionError(f"{late}; the worker said:\n{output.read_text(errors='replace')[-3000:]}") from late
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired as late:
            process.send_signal(signal.SIGQUIT)  # a dump of its threads
            time.sleep(2)
            raise AssertionError(f"the worker does not stop; it said:\n{output.read_text(errors='replace')[-20000:]}") from late


@pytest.mark.system
@pytest.mark.ci
@pytest.mark.timeout(300)
def test_a_file_travels_through_connect_and_goes_on_after_a_restart(own_broker, tmp_path, topic):
    broker = own_broker()
    source, sink = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("".join(f"line {n}\n" for n in range(1000)))

    def arrived(count):
        return sink.exists() and sink.read_text().count("\n") >= count

    with worker(broker, tmp_path) as connect:
        for name, kind, path, topics in (("source", "Source", source, "topic"), ("sink", "Sink", sink, "topics")):
            connect.ask("/connectors", {"name": name, "config": {
                "connector.class": f"org.apache.kafka.connect.file.FileStream{kind}Connector", "tasks.max": "1", "file": str(path), topics: topic}})
        wait_until(lambda: connect.runs("source") and connect.runs("sink"), 60, every=0.5, what="both run")
        wait_until(lambda: arrived(1000), 60, what="the file arrives")
    with source.open("a") as more:
        more.write("".join(f"line {n}\n" for n in range(1000, 1500)))
    with worker(broker, tmp_path):  # configuration, status and offsets come from its topics
        wait_until(lambda: arrived(1500), 90, what="the rest arrives after a restart")
    assert sink.read_text() == "".join(f"line {n}\n" for n in range(1500))
