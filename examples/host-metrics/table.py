#!/usr/bin/env python3
"""Reads the figures in a consumer group and prints a live table: one line per host, the latest record of each."""
import argparse
import json
import sys
import time

from confluent_kafka import Consumer, KafkaError

# Fits a terminal of 80 columns.
HEAD = f"{'host':<16} {'cpu %':>6} {'memory used/total':>18} {'disk r/w MB/s':>14} {'net in/out MB/s':>15} {'age':>5}"


def line(figures, now_ms):
    gib, mb = 1 << 30, 1e6
    memory = f"{figures['memory_used_bytes'] / gib:.1f} / {figures['memory_total_bytes'] / gib:.1f} GiB"
    disk = f"{figures['disk_read_bytes_per_s'] / mb:.1f} / {figures['disk_written_bytes_per_s'] / mb:.1f}"
    network = f"{figures['network_in_bytes_per_s'] / mb:.2f} / {figures['network_out_bytes_per_s'] / mb:.2f}"
    age = f"{max(0, now_ms - figures['time_ms']) / 1000:.1f}s"
    return f"{figures['host'][:16]:<16} {figures['cpu_percent']:>6.1f} {memory:>18} {disk:>14} {network:>15} {age:>5}"


def show(hosts, live):
    lines = [HEAD] + [line(hosts[host], time.time() * 1000) for host in sorted(hosts)]
    if live and not hosts:
        lines.append("nothing yet; does publish.py run?")
    if live:  # from the top, each line and then the rest of the screen cleared: no flicker
        sys.stdout.write("\033[H" + "".join(text + "\033[K\n" for text in lines) + "\033[J")
    else:
        print("\n".join(lines))
    sys.stdout.flush()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bootstrap", default="127.0.0.1:9092", help="host:port of the broker")
    options.add_argument("--topic", default="host-metrics")
    options.add_argument("--group", default="host-metrics-table")
    options.add_argument("--count", type=int, default=0, help="stop after this many records; 0: never")
    args = options.parse_args()

    consumer = Consumer({"bootstrap.servers": args.bootstrap, "group.id": args.group, "auto.offset.reset": "latest" if not args.count
                         else "earliest", "topic.metadata.refresh.interval.ms": 2000})
    consumer.subscribe([args.topic])
    hosts, seen, shown = {}, 0, 0.0
    try:
        while not args.count or seen < args.count:
            message = consumer.poll(0.5)
            if message is not None and message.error():
                if message.error().code() != KafkaError.UNKNOWN_TOPIC_OR_PART:  # nobody has published yet
                    print(message.error(), file=sys.stderr)
            elif message is not None:
                hosts[message.key().decode()] = json.loads(message.value())
                seen += 1
            if sys.stdout.isatty() and time.monotonic() - shown > 0.5:
                show(hosts, live=True)
                shown = time.monotonic()
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()
    if not sys.stdout.isatty():
        show(hosts, live=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
