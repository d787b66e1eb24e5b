"""A broker as a process of its own, on free ports, in a folder of its own: Ottla, or Apache Kafka to check expectations against."""
import os
import pathlib
import signal
import socket
import subprocess
import time

import java

ROOT = pathlib.Path(__file__).resolve().parents[2]
OTTLA = pathlib.Path(os.environ.get("OTTLA", ROOT / "build" / "ottla"))

# What every test may rely on, whichever broker runs.
COMMON = {
    "node.id": "1",
    "auto.create.topics.enable": "true",
    "num.partitions": "4",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "10",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds=30, every=0.05, what="condition"):
    """Polls until condition() is true and returns its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(every)


class Broker:
    """Starts, kills and restarts one node. `bootstrap` stays the same over restarts."""
    host = "127.0.0.1"

    def __init__(self, folder, overrides=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.bootstrap = f"{self.host}:{self.port}"
        self.data = self.folder / "data"
        self.output = self.folder / "broker.log"
        self.settings = {**COMMON, "log.dirs": str(self.data), **(overrides or {})}
        self.process = None

    def command(self):
        raise NotImplementedError

    def start(self, seconds=60):
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(self.command(), stdout=output, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, cwd=self.folder, start_new_session=True)
        try:
            wait_until(self.answers, seconds, what=f"{self.bootstrap} answers")
        except TimeoutError as silent:
            self.kill()
            raise RuntimeError(f"{silent}; it said:\n{self.tail()}") from silent
        return self

    def answers(self):
        """True once ApiVersions is answered; an error if the process is gone."""
        if self.process.poll() is not None:
            raise RuntimeError(f"the broker exited with {self.process.returncode}:\n{self.tail()}")
        try:
            with socket.create_connection((self.host, self.port), timeout=2) as probe:
                probe.sendall(bytes.fromhex("0000000b 0012 0000 00000001 0001 78"))
                return len(probe.recv(4)) == 4
        except OSError:
            return False

    def tail(self, lines=30):
        return "\n".join(self.output.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, seconds=60):
        """A clean stop. Returns the exit status."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait(30)

    def partition_folder(self, topic, partition=0):
        return self.data / f"{topic}-{partition}"

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")


class RunningBroker:
    """A broker that somebody else started and will stop. It should have the settings in COMMON."""

    def __init__(self, kind, bootstrap):
        self.name, self.bootstrap = kind, bootstrap
        self.host, port = bootstrap.rsplit(":", 1)
        self.port = int(port)


class OttlaBroker(Broker):
    name = "ottla"

    def __init__(self, folder, overrides=None):
        super().__init__(folder, {"admin.listeners": "", **(overrides or {})})

    def command(self):
        settings = {**self.settings, "listeners": f"PLAINTEXT://{self.bootstrap}"}
        return [str(OTTLA), "serve"] + [part for key, value in settings.items() for part in ("--override", f"{key}={value}")]


class KafkaBroker(Broker):
    """Apache Kafka in KRaft mode, broker and controller in one process."""
    name = "kafka"

    def __init__(self, folder, overrides=None):
        super().__init__(folder, overrides)
        self.controller_port = free_port()

    def command(self):
        return java.command("kafka.Kafka", str(self.folder / "server.properties"), heap="512m", log=self.folder / "log4j2.properties")

    def start(self, seconds=120):
        settings = {
            "process.roles": "broker,controller",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "log.cleaner.dedupe.buffer.size": "8000000",
            **{key: value for key, value in self.settings.items() if not key.startswith("ottla.")},
        }
        properties = self.folder / "server.properties"
        properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        (self.folder / "log4j2.properties").write_text(java.LOG4J)
        if not (self.data / "meta.properties").exists():
            java.run("kafka.tools.StorageTool", "format", "-t", "reference0reference0re", "-c", str(properties))
        return super().start(seconds)
