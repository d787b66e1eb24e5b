"""The dashboard that the program carries, in Chromium against a real node: every page in both themes, wide and narrow, with
axe-core; keys and search; what is produced shows by itself, and a node that is killed and comes back is offline and live again."""
import os
import shutil
import subprocess

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

import toolchains
from broker import ROOT, free_port, wait_until

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
pytestmark = [pytest.mark.ottla_only, pytest.mark.timeout(400),
              pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: scripts/deps.sh browser, or its path in $CHROMIUM")]


@pytest.fixture(scope="session")
def packages():
    """What drives the browser."""
    subprocess.run([ROOT / "scripts" / "build_web.sh", "packages"], env={**os.environ, "OTTLA_WEB": "require"}, check=True, timeout=300)


def produce(node, number):
    producer = Producer({"bootstrap.servers": node.bootstrap, "acks": "all"})
    for n in range(number):
        producer.produce("orders", value=f"order {n}")
    assert producer.flush(60) == 0


@pytest.fixture
def node(own_broker):
    """A node with an admin interface, a topic of one partition with 1,234 records, and a group that has read some."""
    node = own_broker({"admin.listeners": f"http://127.0.0.1:{(port := free_port())}"})
    node.dashboard = f"http://127.0.0.1:{port}/"
    client = AdminClient({"bootstrap.servers": node.bootstrap})
    for future in client.create_topics([NewTopic("orders", 1, 1), NewTopic("payments.settled", 4, 1)]).values():
        future.result(30)
    produce(node, 1234)
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": "billing", "client.id": "auditor-1", "auto.offset.reset": "earliest",
                         "enable.auto.commit": False})
    consumer.subscribe(["orders"])
    wait_until(lambda: (record := consumer.poll(1)) is not None and not record.error(), what="a record")
    consumer.commit(asynchronous=False)
    yield node
    consumer.close()


def walk(node, home, *names):
    """Takes the named walks of tests/real.mjs through the dashboard; returns what they asked the world for."""
    driver = subprocess.Popen(["node", ROOT / "admin-ui" / "web" / "tests" / "real.mjs", node.dashboard, *names], stdin=subprocess.PIPE,
                              text=True, stdout=subprocess.PIPE, env={**toolchains.with_node(), "CHROMIUM": CHROMIUM, "HOME": str(home)})
    happens = {"produce": lambda: produce(node, 10), "kill": node.kill, "restart": node.start}
    asked, faults = [], []
    try:
        for line in map(str.strip, driver.stdout):
            if line in happens:
                asked.append(line)
                happens[line]()
                print("done", file=driver.stdin, flush=True)
            else:
                faults.append(line)
        assert faults == []
        assert driver.wait(30) == 0
    finally:
        driver.kill()
    return asked


def test_every_page_shows_the_node(node, packages, tmp_path):
    walk(node, tmp_path, "look_at_every_page")


def test_keys_and_the_palette_lead_everywhere(node, packages, tmp_path):
    walk(node, tmp_path, "find_a_topic", "go_by_keys")


def test_messages_are_read_and_sent(node, packages, tmp_path):
    walk(node, tmp_path, "read_and_send_messages")


def test_a_topic_is_made_changed_and_deleted(node, packages, tmp_path):
    walk(node, tmp_path, "make_and_delete_a_topic")


def test_a_tail_stops_and_goes_on_also_past_a_restart(node, packages, tmp_path):
    assert walk(node, tmp_path, "tail_a_topic") == ["produce", "produce", "produce", "kill", "restart"]


def test_the_pages_follow_a_node_that_dies_and_comes_back(node, packages, tmp_path):
    assert walk(node, tmp_path, "see_traffic", "follow_a_topic") == ["produce", "produce", "kill", "restart", "produce"]
