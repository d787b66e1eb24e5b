#!/usr/bin/env python3
"""Runs three brokers of Apache Kafka 3.9 on ZooKeeper and three of Ottla in turn under the same load, replication factor 3, and
prints what all three together cost; then failovers. See docs/performance.md.

    bench/compare/compare_cluster.py                       everything
    bench/compare/compare_cluster.py --only produce        rows whose name contains a word
    bench/compare/compare_cluster.py --sides ottla         without Kafka
"""
import argparse
import os
import pathlib
import sys
import tempfile
import time

import failover
import nodes
import rows
from report import Report, numbered

from broker import wait_until  # tests/clients, by way of nodes
from cluster import Cluster, ClusterBroker, KafkaClusterBroker

# side -> (which brokers, configuration of its topics); "replicated" is the default for three replicas
SIDES = {
    "kafka 3.9": ("kafka", {}),
    "ottla relaxed": ("ottla", {"ottla.durability": "relaxed"}),
    "ottla replicated": ("ottla", {"ottla.durability": "replicated"}),
}
DEFAULTS = {"zookeeper.session.timeout.ms": "18000", "replica.fetch.backoff.ms": "1000", "auto.create.topics.enable": "false",
            "num.partitions": "1", "log.segment.bytes": str(1 << 30)}


class Ottla(nodes.Measured, ClusterBroker):
    def command(self):
        return [str(nodes.BUILD / "ottla"), *super().command()[1:]]


class Kafka(nodes.Measured, KafkaClusterBroker):
    def command(self):
        command = super().command()
        at = next(n for n, word in enumerate(command) if word.startswith("-Xmx"))
        return [*command[:at], "-Xms1g", "-Xmx1g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
                "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent", "-XX:MaxInlineLevel=15",
                *[word for word in command[at + 1:] if not word.startswith("-XX:")]]


class Three(Cluster):
    """Looks to the rows like one node: what it spends is what its brokers spend."""

    def __init__(self, folder, side):
        super().__init__(folder, 3, DEFAULTS, kind={"kafka": Kafka, "ottla": Ottla}[side])
        self.name = side

    def cpu_seconds(self):
        return sum(each.cpu_seconds() for each in self.live())

    def resident_mib(self):
        """Of the largest broker."""
        return max(each.resident_mib() for each in self.live())

    def create(self, topic, partitions=1, config={}):
        self.ask_controller(nodes.wire.create_topics(topic, partitions, 3, config, timeout_ms=120000))
        wait_until(lambda: failover.is_complete(self, topic, partitions), 120, what=f"{topic} is in sync")

    def delete(self, topic):
        wire = nodes.wire
        self.ask_controller(wire.header(20, 1) + wire.i32(1) + wire.string(topic) + wire.i32(60000))

    def ask_controller(self, body):
        """Kafka on ZooKeeper takes changes at its controller only."""
        connection = nodes.wire.Connection(failover.controller(self), 150)
        try:
            return connection.ask(body)
        finally:
            connection.close()


def idle(cluster, _topic, config, scale):
    for n in range(3):
        cluster.create(f"idle-{n}", int(333 * scale), config)
    time.sleep(10)
    seconds = max(5, 20 * scale)
    begin = cluster.cpu_seconds()
    time.sleep(seconds)
    return {"cpu_percent_of_three": (cluster.cpu_seconds() - begin) / seconds * 100, "resident_mib": cluster.resident_mib()}


LOADS = {"produce 100 B": rows.produce_100, "produce 1 KiB": rows.produce_1k, "3 producers, 3 consumers": rows.mixed,
         "1,000 unbatched records/s": rows.unbatched}
ALONE = {"idle, 1,000 partitions each": (1, idle),
         "kill -9 of a leader": (10, failover.leader_killed),
         "kill -9 of the controller, 10,000 partitions": (3, failover.controller_killed),
         "becoming leader of 3,300 partitions": (1, failover.many_leaders)}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--sides", default=",".join(SIDES), help="all whose name begins with one of these")
    parser.add_argument("--runs", type=int, default=3, help="runs of each load (3)")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the amount of work (1)")
    parser.add_argument("--out", default=str(nodes.BUILD / "compare-cluster.tsv"), help="where each figure is appended")
    return parser.parse_args()


def run_loads(chosen, sides, folder, report, options):
    kinds = {SIDES[side][0] for side in sides}
    clusters = {kind: Three(folder / kind, kind) for kind in sorted(kinds)}
    try:
        for each in clusters.values():
            each.__enter__()
        if "kafka" in clusters:
            for work in (*LOADS.values(), rows.produce_1k, rows.produce_100):
                work(clusters["kafka"], numbered("warm"), {}, options.scale)
        for row, work in chosen:
            for _ in range(options.runs):
                for side in sides:
                    kind, config = SIDES[side]
                    report.add(row, side, work(clusters[kind], numbered("load"), config, options.scale))
    finally:
        for each in clusters.values():
            each.__exit__()


def run_alone(chosen, sides, folder, report, options):
    """Each on a cluster of its own."""
    for row, (runs, work) in chosen:
        for side in sides:
            kind, config = SIDES[side]
            with Three(folder / numbered(kind), kind) as cluster:
                for _ in range(runs if kind == "ottla" else max(1, runs // 3)):
                    report.add(row, side, work(cluster, numbered("topic"), config, options.scale))


def main():
    options = parse()
    sides = [side for side in SIDES if side.startswith(tuple(options.sides.split(",")))]
    wanted = lambda rows_: [row for row in rows_.items() if options.only.lower() in row[0].lower()]  # noqa: E731
    report = Report(options.out, reference="kafka 3.9")
    with tempfile.TemporaryDirectory(prefix="compare-", dir=os.environ.get("TMPDIR", nodes.BUILD)) as name:
        folder = pathlib.Path(name)
        report.add("limits", "machine", nodes.limits(folder))
        if wanted(LOADS):
            run_loads(wanted(LOADS), sides, folder / "loads", report, options)
        run_alone(wanted(ALONE), [side for side in sides if side != "ottla relaxed"], folder, report, options)
    report.table(sides)


if __name__ == "__main__":
    sys.exit(main())
