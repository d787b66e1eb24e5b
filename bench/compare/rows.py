"""The rows of the comparison. Each takes a running node, the configuration of its topic and a name that nobody used yet, does
its work once and returns figures: what the broker spent, not what the clients did."""
import socket
import time

import nodes

GB = 1e9
MILLION = 1e6


class Spent:
    """CPU seconds of a node within a block, with what it still does in the half second after."""

    def __init__(self, node):
        self.node = node

    def __enter__(self):
        self.begin = self.node.cpu_seconds()
        return self

    def __exit__(self, *_):
        time.sleep(0.5)
        self.seconds = self.node.cpu_seconds() - self.begin


def whole(node, topic, partitions, config):
    node.create(topic, partitions, config)
    nodes.load(node, "produce", topic, records=partitions, record_bytes=10, partitions=partitions)  # its logs are open now


def produce_1k(node, topic, config, scale):
    records = int(600_000 * scale)
    whole(node, topic, 6, config)
    with Spent(node) as spent:
        result = nodes.load(node, "produce", topic, records=records, record_bytes=1024, partitions=6)
    node.delete(topic)
    return {"cpu_s_per_gb": spent.seconds / (records * 1024 / GB), "mb_per_s": records * 1024 / MILLION / result["seconds"]}


def produce_100(node, topic, config, scale):
    records = int(3_000_000 * scale)
    whole(node, topic, 1, config)
    with Spent(node) as spent:
        result = nodes.load(node, "produce", topic, records=records, record_bytes=100)
    node.delete(topic)
    return {"cpu_s_per_m_records": spent.seconds / (records / MILLION), "records_per_s": records / result["seconds"]}


def catch_up(node, topic, config, scale):
    records = int(1_500_000 * scale)
    whole(node, topic, 6, config)
    nodes.load(node, "produce", topic, records=records, record_bytes=1024, partitions=6)
    time.sleep(1)
    with Spent(node) as spent:
        result = nodes.load(node, "consume", topic, records=records, partitions=6)
    node.delete(topic)
    return {"cpu_s_per_gb": spent.seconds / (records * 1024 / GB), "mb_per_s": records * 1024 / MILLION / result["seconds"]}


def mixed(node, topic, config, scale):
    records = int(300_000 * scale)
    whole(node, topic, 6, config)
    with Spent(node) as spent:
        result = nodes.load(node, "mixed", topic, records=records, record_bytes=1024, partitions=6, clients=3)
    node.delete(topic)
    produced = 3 * records * 1024
    return {"cpu_s_per_gb": spent.seconds / (produced / GB), "mb_per_s": produced / MILLION / result["seconds"]}


def unbatched(node, topic, config, scale):
    seconds = max(4, int(12 * scale))
    whole(node, topic, 1, config)
    with Spent(node) as spent:
        result = nodes.load(node, "steady", topic, record_bytes=100, rate=1000, seconds=seconds, linger_ms=0)
    node.delete(topic)
    return {"cpu_ms_per_record": spent.seconds * 1000 / result["received"], "p50_ms": result["p50_ms"], "p99_ms": result["p99_ms"]}


def first_write_2000(node, topic, config, scale):
    partitions = int(2000 * scale)
    with Spent(node) as spent:
        node.create(topic, partitions, config)
        result = nodes.load(node, "produce", topic, records=partitions, record_bytes=100, partitions=partitions)
    node.delete(topic)
    time.sleep(3)  # the deletion is nobody's load
    return {"cpu_s": spent.seconds, "wall_s": result["seconds"]}


def idle(node, _topic, _config, scale):
    seconds = max(5, 20 * scale)
    begin = node.cpu_seconds()
    time.sleep(seconds)
    return {"cpu_percent": (node.cpu_seconds() - begin) / seconds * 100, "resident_mib": node.resident_mib()}


def idle_connections(node, _topic, _config, _scale):
    before, cpu = node.resident_bytes(), node.cpu_seconds()
    sockets = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(1000)]
    request = nodes.wire.frame(nodes.wire.header(nodes.wire.API_VERSIONS, 0))
    for each in sockets:
        each.sendall(request)
    for each in sockets:
        each.recv(65536)
    figures = {"kib_each": (node.resident_bytes() - before) / 1024 / 1000, "cpu_ms_each": node.cpu_seconds() - cpu}
    for each in sockets:
        each.close()
    return figures


LOADS = {
    "produce 1 KiB": produce_1k,
    "produce 100 B": produce_100,
    "catch-up read": catch_up,
    "3 producers, 3 consumers": mixed,
    "1,000 unbatched records/s": unbatched,
    "first write to 2,000 partitions": first_write_2000,
}
STATES = {"idle": idle, "1,000 idle connections": idle_connections}
