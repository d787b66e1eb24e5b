"""How long a node takes from exec to its first acknowledged record: on an empty folder, and after kill -9 on a full one."""
import contextlib
import shutil
import socket
import struct
import subprocess
import time

import nodes
from nodes import wire


def attempt(node, body):
    with contextlib.closing(wire.Connection(node, 5)) as connection:
        return connection.ask(body)


def first_answer_ms(node, topic, create):
    """Runs the node's command and connects in a loop: creates the topic (if asked to) and writes one acks=all record."""
    making = wire.create_topics(topic)
    writing = wire.produce(topic, wire.batch())
    begin = time.monotonic()
    with open(node.output, "ab") as output:
        node.process = subprocess.Popen(node.command(), stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=node.folder)
    while True:
        if node.process.poll() is not None:
            raise RuntimeError(f"{node.name} exited:\n{node.tail()}")
        with contextlib.suppress(OSError, EOFError, struct.error, socket.timeout):
            if create:
                attempt(node, making)
            if wire.produced(attempt(node, writing))[0] == 0:
                return (time.monotonic() - begin) * 1000
        if time.monotonic() > begin + 300:
            raise TimeoutError(f"{node.name} acknowledges nothing:\n{node.tail()}")
        time.sleep(0.001)


def prepare(node):
    """Kafka formats its folder with a program of its own, which is not counted here; and writes its configuration."""
    if node.name == "kafka":
        node.start()
        node.kill()
        shutil.rmtree(node.data)
        nodes.java.run("kafka.tools.StorageTool", "format", "-t", "reference0reference0re", "-c", str(node.folder / "server.properties"))


def empty(make):
    node = make()
    prepare(node)
    took = first_answer_ms(node, "first", create=True)
    figures = {"first_answer_ms": took, "cpu_s": node.cpu_seconds(), "resident_mib": node.resident_mib()}
    node.kill()
    shutil.rmtree(node.folder)
    return figures


def killed_with_data(make, config, gib, partitions):
    """`gib` of 1 KiB records (or one record in each of many partitions), kill -9, start again."""
    node = make()
    node.start()
    node.create("full", partitions, config)
    records = int(gib * (1 << 20)) or partitions
    nodes.load(node, "produce", "full", records=records, record_bytes=1024, partitions=partitions)
    node.kill()
    took = first_answer_ms(node, "full", create=False)
    figures = {"first_answer_ms": took, "cpu_s": node.cpu_seconds(), "resident_mib": node.resident_mib()}
    node.kill()
    shutil.rmtree(node.folder)
    return figures


def many_partitions(make, config, partitions):
    """Idle memory with very many partitions, each with a record, after a clean restart."""
    node = make()
    node.start()
    topics = range(0, partitions, 1000)
    for each in topics:
        node.create(f"many-{each}", 1000, config)
        nodes.load(node, "produce", f"many-{each}", records=1000, record_bytes=100, partitions=1000)
    loaded = node.resident_mib()
    node.stop()
    took = first_answer_ms(node, "many-0", create=False)
    time.sleep(5)
    cpu = node.cpu_seconds()
    time.sleep(10)
    figures = {"loaded_mib": loaded, "first_answer_ms": took, "resident_mib": node.resident_mib(),
               "idle_cpu_percent": (node.cpu_seconds() - cpu) * 10}
    node.kill()
    shutil.rmtree(node.folder)
    return figures
