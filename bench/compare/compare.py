#!/usr/bin/env python3
"""Runs a warm Apache Kafka and Ottla in turn under the same load and prints what each cost. See docs/performance.md.

    bench/compare/compare.py                      everything (about an hour)
    bench/compare/compare.py --only produce       rows whose name contains a word
    bench/compare/compare.py --sides ottla        without Kafka (no Java needed)
"""
import argparse
import os
import pathlib
import sys
import tempfile

import nodes
import rows
import starts
from report import Report, numbered

# side -> (which process, configuration of its topics)
SIDES = {
    "kafka": ("kafka", {}),
    "ottla relaxed": ("ottla", {"ottla.durability": "relaxed"}),
    "ottla fsync": ("ottla", {"ottla.durability": "fsync"}),
}


def run_loads(chosen, sides, running, report, options):
    for row, work in chosen:
        for _ in range(options.runs):
            for side in sides:
                process, config = SIDES[side]
                report.add(row, side, work(running[process], numbered("load"), config, options.scale))


def warm(node, scale):
    """A JVM compiles what it has seen often: every load, and the bulk produce until it no longer gains."""
    for work in rows.LOADS.values():
        if work is not rows.first_write_2000:
            work(node, numbered("warm"), {}, scale / 2)
    for _ in range(3):
        rows.produce_1k(node, numbered("warm"), {}, scale)


def run_starts(chosen, sides, folder, report, options):
    makes = {"kafka": nodes.Kafka, "ottla": nodes.Ottla}
    for row, runs, work in chosen:
        for side in sides:
            process, config = SIDES[side]
            for _ in range(max(1, runs if process == "ottla" else runs // 10)):
                report.add(row, side, work(lambda process=process: makes[process](folder / numbered(process)), config))


def start_rows(scale):
    return [
        ("start, empty", 20, lambda make, config: starts.empty(make)),
        ("start after kill -9, 8 GiB in 6 partitions", 1, lambda make, config: starts.killed_with_data(make, config, 8 * scale, 6)),
        ("start after kill -9, 2,000 partitions", 1,
         lambda make, config: starts.killed_with_data(make, config, 0, int(2000 * scale))),
        ("10,000 partitions", 1, lambda make, config: starts.many_partitions(make, config, int(10_000 * scale))),
    ]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--sides", default=",".join(SIDES), help="all whose name begins with one of these")
    parser.add_argument("--runs", type=int, default=5, help="runs of each load (5)")
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the amount of work (1)")
    parser.add_argument("--no-starts", action="store_true", help="leave the start-up rows out")
    parser.add_argument("--out", default=str(nodes.BUILD / "compare.tsv"), help="where each figure is appended")
    return parser.parse_args()


def main():
    options = parse()
    sides = [side for side in SIDES if side.startswith(tuple(options.sides.split(",")))]
    wanted = lambda rows_: [row for row in rows_ if options.only.lower() in row[0].lower()]  # noqa: E731
    report = Report(options.out)
    with tempfile.TemporaryDirectory(prefix="compare-", dir=os.environ.get("TMPDIR", nodes.BUILD)) as name:
        folder = pathlib.Path(name)
        report.add("limits", "machine", nodes.limits(folder))
        loads, states = wanted(rows.LOADS.items()), wanted(rows.STATES.items())
        processes = {SIDES[side][0] for side in sides}
        if loads or states:
            running = {}
            try:
                for process in sorted(processes):
                    running[process] = (nodes.Kafka if process == "kafka" else nodes.Ottla)(folder / process)
                    running[process].start()
                for process in sorted(processes):
                    for row, work in states:
                        report.add(f"{row} (fresh)", "kafka" if process == "kafka" else "ottla fsync", work(running[process], "", {}, options.scale))
                if "kafka" in running and loads:
                    warm(running["kafka"], options.scale)
                run_loads(loads, sides, running, report, options)
                for process in sorted(processes):
                    report.add("memory after the load", "kafka" if process == "kafka" else "ottla fsync",
                               {"resident_mib": running[process].resident_mib()})
            finally:
                for node in running.values():
                    node.kill()
        if not options.no_starts:
            run_starts(wanted(start_rows(options.scale)), [side for side in sides if side != "ottla relaxed"], folder, report, options)
    report.table([side for side in SIDES if side in sides])


if __name__ == "__main__":
    sys.exit(main())
