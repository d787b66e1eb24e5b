"""The two sides: Ottla as it is run, and Apache Kafka with the flags of its own start script. Both as one process each."""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "clients"))

import broker  # noqa: E402
import java  # noqa: E402
import wire  # noqa: E402

BUILD = pathlib.Path(os.environ.get("OTTLA_BENCH_BUILD", ROOT / "build-bench"))
TICKS = os.sysconf("SC_CLK_TCK")

SETTINGS = {"auto.create.topics.enable": "false", "num.partitions": "1", "log.segment.delete.delay.ms": "1000",
            "log.segment.bytes": str(1 << 30)}


class Measured:
    """What the kernel says about a node's process."""

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mib(self):
        return self.resident_bytes() / (1 << 20)

    def create(self, topic, partitions=1, config={}):
        connection = wire.Connection(self, 120)
        connection.ask(wire.create_topics(topic, partitions, configs=config, timeout_ms=60000))
        connection.close()

    def delete(self, topic):
        connection = wire.Connection(self, 120)
        connection.ask(wire.header(20, 1) + wire.i32(1) + wire.string(topic) + wire.i32(60000))
        connection.close()


class Ottla(Measured, broker.OttlaBroker):
    def __init__(self, folder, **overrides):
        super().__init__(folder, {**SETTINGS, **overrides})

    def command(self):
        return [str(BUILD / "ottla"), *super().command()[1:]]


class Kafka(Measured, broker.KafkaBroker):
    def __init__(self, folder, **overrides):
        super().__init__(folder, {**SETTINGS, **overrides})

    def command(self):
        return ["java", "-Xms1g", "-Xmx1g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35",
                "-XX:+ExplicitGCInvokesConcurrent", "-XX:MaxInlineLevel=15", "-Djava.awt.headless=true",
                f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}", "-cp", f"{java.jars()}/*", "kafka.Kafka",
                str(self.folder / "server.properties")]


def limits(folder):
    """CPU seconds per GB of what the kernel itself costs here."""
    return run([BUILD / "compare_limits", folder])


def load(node, workload, topic, **options):
    words = [word for key, value in options.items() for word in (f"--{key.replace('_', '-')}", str(value))]
    result = run([BUILD / "compare_load", workload, "--bootstrap", node.bootstrap, "--topic", topic, *words])
    if result["failed"]:
        raise RuntimeError(f"{workload} on {node.name}: {result['failed']} records were refused")
    return result


def run(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()}")
    return json.loads(done.stdout)
