"""examples/browser in Chromium against a real node: charts of every host, two tabs that share a group, and a broker that is killed
and comes back without a record lost or seen twice."""
import functools
import http.server
import json
import os
import shutil
import subprocess
import threading
import urllib.request

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

import toolchains
from broker import ROOT, free_port, wait_until

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
pytestmark = [pytest.mark.ottla_only, pytest.mark.timeout(300),
              pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: scripts/deps.sh browser, or its path in $CHROMIUM")]
FIGURES = {"cpu_percent": 42.5, "memory_used_bytes": 1 << 30, "memory_total_bytes": 1 << 33, "disk_read_bytes_per_s": 0,
           "disk_written_bytes_per_s": 10, "network_in_bytes_per_s": 20, "network_out_bytes_per_s": 0}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def page():
    """The example's folder, served as its README does."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=ROOT / "examples" / "browser"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def publish(node):
    """Five figures for each of four partitions."""
    producer = Producer({"bootstrap.servers": node.bootstrap, "acks": "all"})
    for n in range(20):
        producer.produce("host-metrics", json.dumps({"host": f"host-{n % 4}", "time_ms": n, **FIGURES}), partition=n % 4)
    assert producer.flush(60) == 0


def test_two_tabs_share_a_group_and_outlive_the_broker(own_broker, page, tmp_path):
    subprocess.run([ROOT / "scripts" / "build_web.sh", "packages"], env={**os.environ, "OTTLA_WEB": "require"}, check=True, timeout=300)
    admin = f"http://127.0.0.1:{free_port()}"
    node = own_broker({"admin.listeners": admin, "admin.allowed.origins": page})
    client = AdminClient({"bootstrap.servers": node.bootstrap})
    client.create_topics([NewTopic("host-metrics", 4, 1)])["host-metrics"].result(30)
    publish(node)
    driver = subprocess.Popen(["node", ROOT / "admin-ui" / "web" / "tests" / "example.mjs", page, admin], stdin=subprocess.PIPE, text=True,
                              stdout=subprocess.PIPE, env={**toolchains.with_node(), "CHROMIUM": CHROMIUM, "HOME": str(tmp_path)})

    def is_committed():
        with urllib.request.urlopen(f"{admin}/api/v1/groups/tabs", timeout=10) as answer:
            return json.load(answer)["lag"] == "0"

    def kill():
        wait_until(is_committed, what="that all is committed")  # else the other tab may rightly get a record again
        node.kill()

    happens = {"publish": lambda: publish(node), "kill": kill, "restart": node.start}
    faults = []
    try:
        for line in map(str.strip, driver.stdout):
            if line in happens:
                happens[line]()
                print("done", file=driver.stdin, flush=True)
            else:
                faults.append(line)
        assert faults == []
        assert driver.wait(30) == 0
    finally:
        driver.kill()
