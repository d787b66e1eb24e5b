#!/usr/bin/env python3
"""Publishes this machine's CPU, memory, disk and network figures once a second, keyed by host name."""
import argparse
import json
import socket
import sys
import time

from confluent_kafka import Producer

import measure


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bootstrap", default="127.0.0.1:9092", help="host:port of the broker")
    options.add_argument("--topic", default="host-metrics")
    options.add_argument("--host", default=socket.gethostname(), help="the key; default: this machine's name")
    options.add_argument("--interval", type=float, default=1.0, help="seconds between two records")
    options.add_argument("--count", type=int, default=0, help="stop after this many records; 0: never")
    args = options.parse_args()

    failures = []
    producer = Producer({"bootstrap.servers": args.bootstrap, "enable.idempotence": True})
    print(f"publishing {args.host} to {args.topic} at {args.bootstrap} every {args.interval:g} s; Ctrl-C ends", file=sys.stderr)
    before, sent, due = measure.counters(), 0, time.monotonic()
    try:
        while not args.count or sent < args.count:
            due += args.interval
            time.sleep(max(0.0, due - time.monotonic()))
            now = measure.counters()
            figures = {"host": args.host, "time_ms": int(time.time() * 1000), **measure.rates(before, now), **measure.memory()}
            producer.produce(args.topic, json.dumps(figures), key=args.host,
                             on_delivery=lambda error, _: failures.append(error) if error else None)
            producer.poll(0)
            before, sent = now, sent + 1
    except KeyboardInterrupt:
        pass
    lost = producer.flush(10) + len(failures)
    print(f"{sent} records sent, {lost} not acknowledged", file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
