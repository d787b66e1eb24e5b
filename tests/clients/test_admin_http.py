"""The admin interface of a real node: what it says of topics, brokers and groups, what it refuses, what it costs."""
import base64
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from broker import OTTLA, free_port, wait_until

pytestmark = [pytest.mark.ci, pytest.mark.ottla_only]


class Admin:
    """Asks one node over HTTP."""

    def __init__(self, port):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, path, method="GET", body=None, headers=None):
        """(status, headers, bytes)."""
        request = urllib.request.Request(self.url + path, method=method, headers=headers or {},
                                         data=None if body is None else json.dumps(body).encode())
        if body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()

    def get(self, path, status=200, **query):
        code, _, body = self.ask(path + ("?" + urllib.parse.urlencode(query) if query else ""))
        assert code == status, body
        return json.loads(body)


@pytest.fixture
def node(own_broker):
    port = free_port()
    started = own_broker({"admin.listeners": f"http://127.0.0.1:{port}"})
    started.admin = Admin(port)
    return started


@pytest.fixture
def admin(node):
    return node.admin


def create(node, *names, partitions=1, **configs):
    client = AdminClient({"bootstrap.servers": node.bootstrap})
    made = client.create_topics(
        [NewTopic(name, partitions, 1, config={k.replace("_", "."): v for k, v in configs.items()}) for name in names])
    for each in made.values():
        each.result(30)


def produce(node, topic, count, partition=0):
    producer = Producer({"bootstrap.servers": node.bootstrap})
    for n in range(count):
        producer.produce(topic, b"value %d" % n, partition=partition)
    assert producer.flush(30) == 0


def commit(node, group, topic, offset):
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": group, "enable.auto.commit": False})
    consumer.commit(offsets=[TopicPartition(topic, 0, offset)], asynchronous=False)
    consumer.close()


def test_a_fresh_node_is_healthy_and_ready(node, admin):
    assert admin.get("/healthz") == {"status": "ok"}
    ready = admin.get("/readyz")
    assert ready["status"] == "ready" and all(each["ok"] for each in ready["checks"])
    cluster = admin.get("/api/v1/cluster")
    assert cluster["controller"] == cluster["servedBy"] == 1
    assert cluster["brokers"] == {"registered": 1, "active": 1}
    assert cluster["verdict"] == {"state": "ok", "reasons": []}
    assert abs(cluster["asOf"] / 1000 - time.time()) < 60
    [broker] = admin.get("/api/v1/brokers")["items"]
    assert broker["isSelf"] and broker["isController"] and broker["state"] == "active"
    assert {"listener": "PLAINTEXT", "host": "127.0.0.1", "port": node.port} in broker["endpoints"]
    [directory] = broker["logDirs"]
    assert directory["path"] == str(node.data)
    disk = os.statvfs(node.data)
    assert int(directory["totalBytes"]) == disk.f_frsize * disk.f_blocks


def test_the_start_says_where_it_listens_and_the_root_is_a_page(node, admin):
    assert f"in a browser  {admin.url}" in node.output.read_text()
    status, headers, body = admin.ask("/")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8" and b"<title>" in body
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert admin.ask("/", headers={"If-None-Match": headers["ETag"]})[0] == 304
    document = admin.get("/api/v1/openapi.json")
    assert document["openapi"].startswith("3.1")


def test_traffic_is_counted_from_the_start_of_the_broker(node, admin, topic):
    nothing = admin.get("/api/v1/traffic")
    assert nothing["broker"] == 1 and nothing["recordsIn"] == nothing["bytesOut"] == "0" and not nothing["partial"]
    create(node, topic, partitions=2)
    produce(node, topic, 50, partition=1)
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": topic, "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 1, 0)])
    assert len(consumer.consume(50, timeout=30)) == 50
    consumer.close()
    counted = wait_until(lambda: (now := admin.get("/api/v1/traffic"))["recordsIn"] != "0" and now, what="the next round")
    assert counted["recordsIn"] == "50" and counted["replicationBytesOut"] == "0"
    assert int(counted["bytesOut"]) >= int(counted["bytesIn"]) > 50 * len("value 0")
    assert counted["measuredAt"] > nothing["measuredAt"]


def test_topics_are_listed_with_their_size_and_records(node, admin, topic):
    create(node, topic, partitions=3)
    produce(node, topic, 50, partition=1)
    [row] = admin.get("/api/v1/topics")["items"]
    assert row["name"] == topic and row["partitions"] == 3 and row["replicationFactor"] == 1
    assert row["records"] == "50" and int(row["sizeBytes"]) > 0
    shown = admin.get(f"/api/v1/topics/{topic}")
    assert [each["partition"] for each in shown["partitions"]] == [0, 1, 2]
    filled = shown["partitions"][1]
    assert filled["startOffset"] == "0" and filled["highWatermark"] == filled["endOffset"] == "50"
    assert filled["leader"] == 1 and filled["isr"] == [1] and filled["state"] == "ok" and filled["preferredLeader"]
    assert filled["segments"] == 1 and filled["logDir"] == str(node.data)
    on_disk = (node.partition_folder(topic, 1) / f"{0:020d}.log").stat().st_size
    assert int(filled["sizeBytes"]) == on_disk == int(row["sizeBytes"])


def test_topics_are_paged_searched_and_sorted(node, admin):
    names = [f"t{n:02d}" for n in range(12)]
    create(node, *names)
    create(node, "Other", partitions=5)
    produce(node, "t07", 10)
    page = admin.get("/api/v1/topics", limit=5)
    assert page["total"] == 13 and len(page["items"]) == 5
    seen = page["items"]
    create(node, "A-new-one")  # before the cursor: what comes behind it stays the same
    while page["next"]:
        page = admin.get("/api/v1/topics", limit=5, cursor=page["next"])
        assert page["total"] == 14
        seen += page["items"]
    assert [row["name"] for row in seen] == ["Other", *names]
    assert [row["name"] for row in admin.get("/api/v1/topics", q="OTH")["items"]] == ["Other"]
    assert [row["name"] for row in admin.get("/api/v1/topics", sort="-partitions", limit=1)["items"]] == ["Other"]
    assert [row["name"] for row in admin.get("/api/v1/topics", sort="-records", limit=1)["items"]] == ["t07"]
    assert [row["name"] for row in admin.get("/api/v1/topics", sort="-name", limit=1)["items"]] == ["t11"]


def test_a_group_is_shown_with_its_members_and_lag(node, admin, topic, group):
    create(node, topic, partitions=2)
    produce(node, topic, 30)
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": group, "client.id": "reader", "enable.auto.commit": False,
                         "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    wait_until(lambda: consumer.poll(0.2), 30, what="a record")
    consumer.commit(offsets=[TopicPartition(topic, 0, 12)], asynchronous=False)
    shown = admin.get(f"/api/v1/groups/{group}")
    assert shown["state"] == "Stable" and shown["protocolType"] == "consumer" and shown["coordinator"] == 1
    [member] = shown["members"]
    assert member["clientId"] == "reader" and member["assignment"] == [{"topic": topic, "partitions": [0, 1]}]
    [offset] = shown["offsets"]
    assert offset == {"topic": topic, "partition": 0, "committed": "12", "start": "0", "end": "30", "lag": "18",
                      "member": member["memberId"], "metadata": "", "waitingSince": offset["waitingSince"]}
    assert shown["lag"] == "18"
    assert abs(offset["waitingSince"] / 1000 - time.time()) < 120 and 0 <= shown["lagSeconds"] < 120
    [row] = admin.get("/api/v1/groups", state="Stable")["items"]
    assert row == {"group": group, "state": "Stable", "protocolType": "consumer", "members": 1, "topics": 1, "lag": "18"}
    assert admin.get("/api/v1/groups", state="Empty")["items"] == []
    consumer.close()
    assert [row["state"] for row in admin.get("/api/v1/groups", sort="-lag")["items"]] == ["Empty"]
    assert admin.get("/api/v1/groups/none", status=404)["kafkaError"] == {"code": 69, "name": "GROUP_ID_NOT_FOUND"}


def test_a_topic_is_created_changed_and_deleted(node, admin):
    wanted = {"name": "made", "partitions": 2, "configs": {"retention.ms": "1000000"}}
    assert admin.ask("/api/v1/topics?validateOnly=true", "POST", wanted)[0] == 200
    admin.get("/api/v1/topics/made", status=404)
    status, _, body = admin.ask("/api/v1/topics", "POST", wanted)
    assert status == 201 and json.loads(body)["partitions"] == 2
    wait_until(lambda: admin.ask("/api/v1/topics/made")[0] == 200, 10)
    assert admin.get("/api/v1/topics/made")["configs"]["retention.ms"] == "1000000"
    status, _, body = admin.ask("/api/v1/topics", "POST", wanted)
    assert status == 409 and json.loads(body)["kafkaError"]["name"] == "TOPIC_ALREADY_EXISTS"
    assert admin.ask("/api/v1/topics/made/configs", "PATCH", {"set": {"cleanup.policy": "compact"}, "unset": ["retention.ms"]})[0] == 204

    def configs():
        return {each["name"]: each for each in admin.get("/api/v1/topics/made/configs")["items"]}
    wait_until(lambda: configs()["cleanup.policy"]["value"] == "compact", 10)
    assert configs()["cleanup.policy"]["source"] == "topic" and configs()["retention.ms"]["source"] == "default"
    status, _, body = admin.ask("/api/v1/topics/made/configs", "PATCH", {"set": {"retention.ms": "never"}})
    assert status == 400 and "retention.ms" in json.loads(body)["detail"]
    assert admin.ask("/api/v1/topics/made", "DELETE")[0] == 400
    assert admin.ask("/api/v1/topics/made?confirm=made", "DELETE")[0] == 204
    wait_until(lambda: admin.ask("/api/v1/topics/made")[0] == 404, 10)


def test_a_read_only_interface_changes_nothing(own_broker):
    port = free_port()
    own_broker({"admin.listeners": f"http://127.0.0.1:{port}", "admin.read.only": "true"})
    admin = Admin(port)
    assert admin.get("/api/v1/whoami")["readOnly"]
    assert admin.ask("/api/v1/topics", "POST", {"name": "t"})[0] == 403
    assert admin.get("/api/v1/topics")["total"] == 0


def test_foreign_names_and_sites_are_refused(own_broker):
    port = free_port()
    own_broker({"admin.listeners": f"http://127.0.0.1:{port}", "admin.allowed.hosts": "ottla.example.org",
                "admin.allowed.origins": "https://ops.example.org"})
    admin = Admin(port)
    assert admin.ask("/api/v1/cluster", headers={"Host": "rebound.example.org"})[0] == 421
    assert admin.ask("/api/v1/cluster", headers={"Host": "ottla.example.org"})[0] == 200
    body = {"name": "t"}
    assert admin.ask("/api/v1/topics", "POST", body, {"Origin": "https://evil.example.org"})[0] == 403
    assert admin.ask("/api/v1/topics", "POST", body, {"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert admin.get("/api/v1/topics")["total"] == 0
    assert admin.ask("/api/v1/topics", "POST", body, {"Origin": "https://ops.example.org"})[0] == 201


def test_a_port_in_use_is_refused_by_name(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run([OTTLA, "serve", "-o", f"listeners=PLAINTEXT://127.0.0.1:{free_port()}", "-o", f"log.dirs={tmp_path / 'data'}",
                               "-o", f"admin.listeners=http://127.0.0.1:{port}"], capture_output=True, text=True, timeout=20)
    said = done.stdout + done.stderr
    assert done.returncode == 1 and f"127.0.0.1:{port}" in said and "in use" in said and "admin.listeners" in said


def test_without_listeners_there_is_no_interface(own_broker):
    node = own_broker()
    assert "in a browser" not in node.output.read_text()
    threads = [open(f"/proc/{node.process.pid}/task/{each}/comm").read().strip() for each in os.listdir(f"/proc/{node.process.pid}/task")]
    assert "ottla-admin" not in threads


def test_metrics_are_what_the_log_says(node, admin, topic, group):
    create(node, topic)
    produce(node, topic, 20)
    commit(node, group, topic, 5)
    status, headers, page = admin.ask("/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    values = {}
    for line in page.decode().splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name not in values, f"{name} twice"
            values[name] = float(value)
    of_partition = f'{{topic="{topic}",partition="0"}}'
    assert values["kafka_brokers"] == 1
    assert values[f"kafka_topic_partition_current_offset{of_partition}"] == 20
    assert values[f"kafka_topic_partition_in_sync_replica{of_partition}"] == 1
    assert values[f'kafka_topic_partitions{{topic="{topic}"}}'] == 1
    assert values[f'kafka_consumergroup_lag{{consumergroup="{group}",topic="{topic}",partition="0"}}'] == 15
    assert values[f'kafka_server_brokertopicmetrics_messagesin_total{{topic="{topic}"}}'] == 20
    on_disk = (node.partition_folder(topic) / f"{0:020d}.log").stat().st_size
    assert values[f"kafka_log_log_size{of_partition}"] == on_disk
    assert values[f'kafka_server_brokertopicmetrics_bytesin_total{{topic="{topic}"}}'] == on_disk


def test_an_idle_interface_costs_nothing_and_ends_with_its_node(node, admin):
    admin.get("/api/v1/cluster")
    idle = [socket.create_connection(("127.0.0.1", admin.port)) for _ in range(20)]
    time.sleep(0.5)

    def ticks():
        fields = open(f"/proc/{node.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])
    before = ticks()
    time.sleep(3)
    assert ticks() - before <= 1
    began = time.monotonic()
    assert node.stop() == 0
    assert time.monotonic() - began < 5
    for each in idle:
        each.close()


class Events:
    """A WebSocket of /ws/v1/events: as little of RFC 6455 as frames below 64 KiB need."""

    def __init__(self, admin, origin=None):
        self.socket = socket.create_connection(("127.0.0.1", admin.port), timeout=20)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /ws/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{admin.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: log.v1.json\r\n"
                             + (f"Origin: {origin}\r\n" if origin else "") + "\r\n").encode())
        self.input = self.socket.makefile("rb")
        self.status = int(self.input.readline().split()[1])
        while self.input.readline() not in (b"\r\n", b""):
            pass

    def send(self, **frame):
        text, mask = json.dumps(frame).encode(), os.urandom(4)
        assert len(text) < 126
        self.socket.sendall(bytes([0x81, 0x80 | len(text)]) + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(text)))

    def next(self):
        """The next frame of text."""
        kind, length = self.input.read(2)
        if length == 126:
            [length] = struct.unpack(">H", self.input.read(2))
        elif length == 127:
            [length] = struct.unpack(">Q", self.input.read(8))
        body = self.input.read(length)
        assert kind == 0x81, (kind, body)
        return json.loads(body)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.input.close()
        self.socket.close()


def test_what_is_watched_is_pushed(node, admin, topic):
    create(node, topic)
    with Events(admin) as page:
        assert page.next()["op"] == "welcome"
        page.send(op="watch", id=1, ch="overview")
        page.send(op="watch", id=2, ch=f"topic:{topic}")
        first = {frame["id"]: frame for frame in (page.next(), page.next())}
        assert {frame["op"] for frame in first.values()} == {"snap"}
        assert first[1]["data"] == {**admin.get("/api/v1/cluster"), "asOf": first[1]["data"]["asOf"]}
        assert first[2]["data"] == admin.get(f"/api/v1/topics/{topic}")
        produce(node, topic, 7)
        began = time.monotonic()
        delta = page.next()
        assert time.monotonic() - began < 3
        assert delta["op"] == "delta" and delta["id"] == 2 and delta["seq"] == 2 and list(delta["data"]) == ["partitions"]
        create(node, topic + "-more")
        delta = page.next()
        assert delta["op"] == "delta" and delta["id"] == 1 and delta["data"]["topics"] == 2 and "verdict" not in delta["data"]


def test_pages_of_other_sites_get_no_websocket(admin):
    with Events(admin, origin="https://evil.example.org") as page:
        assert page.status == 403
    with Events(admin, origin=admin.url) as page:
        assert page.status == 101


def test_watched_pages_cost_little_and_closed_ones_nothing(node, admin):
    create(node, *[f"t{n}" for n in range(20)], partitions=5)
    pages = [Events(admin) for _ in range(50)]
    for page in pages:
        page.next()
        page.send(op="watch", id=1, ch="overview")
        page.next()

    def ticks():
        fields = open(f"/proc/{node.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])
    before = ticks()
    time.sleep(3)
    assert ticks() - before <= 6  # one question a second, whoever watches
    for page in pages:
        page.socket.close()
        page.input.close()
    time.sleep(1.5)
    before = ticks()
    time.sleep(2)
    assert ticks() - before <= 1


def read(admin, topic, partition=0, **query):
    return admin.get(f"/api/v1/topics/{topic}/partitions/{partition}/records", **query)


def test_records_are_read_by_offset_time_and_from_the_end(node, admin, topic):
    create(node, topic)
    producer = Producer({"bootstrap.servers": node.bootstrap, "compression.type": "zstd", "batch.num.messages": 10})
    for n in range(100):
        producer.produce(topic, f'{{"n":{2**53 + 1 + n}}}', f"key {n}", timestamp=1_000_000 + n, headers=[("h", b"\xff"), ("h", None)])
    producer.produce(topic, b"\x00\xff", None)
    producer.produce(topic, None, "gone")
    producer.produce(topic, "x" * 10_000)
    assert producer.flush(30) == 0
    page = read(admin, topic, offset=3, limit=2)
    assert [each["offset"] for each in page["items"]] == ["3", "4"]
    assert page["next"] == "5" and page["end"] == "limit" and page["highWatermark"] == "103" and page["logStart"] == "0"
    assert page["items"][0] == {"offset": "3", "timestamp": 1_000_003, "key": "key 3", "value": f'{{"n":{2**53 + 4}}}',
                                "headers": [["h", {"b": "/w=="}], ["h", None]], "sizeBytes": page["items"][0]["sizeBytes"]}
    assert read(admin, topic, timestamp=1_000_050, limit=1)["items"][0]["offset"] == "50"
    tail = read(admin, topic, tail=3)
    assert tail["end"] == "end" and tail["next"] == "103"
    assert [each["value"] for each in tail["items"]] == [{"b": "AP8="}, None, {"s": "x" * 4096, "n": 10_000, "cut": True}]
    assert read(admin, topic, offset=102, preview=20_000)["items"][0]["value"] == "x" * 10_000
    assert read(admin, topic, offset=10**18)["items"] == []  # behind the end is the end
    seen, position = [], "0"
    while True:
        page = read(admin, topic, offset=position, limit=17)
        seen += [int(each["offset"]) for each in page["items"]]
        position = page["next"]
        if page["end"] == "end":
            break
    assert seen == list(range(103))
    assert admin.ask(f"/api/v1/topics/{topic}/partitions/5/records")[0] == 404


def test_a_search_scans_a_bounded_part_and_says_where_to_go_on(node, admin, topic):
    create(node, topic)
    producer = Producer({"bootstrap.servers": node.bootstrap, "linger.ms": 50})
    for n in range(3000):
        producer.produce(topic, b"needle %d" % n if n % 1000 == 999 else b"x" * 1000)
    assert producer.flush(30) == 0
    found, position, pages = [], "0", 0
    while True:
        page = read(admin, topic, offset=position, value="needle", scan=500_000)
        found += [each["value"] for each in page["items"]]
        position, pages = page["next"], pages + 1
        if page["end"] == "end":
            break
        assert page["end"] == "budget" and int(page["scannedBytes"]) >= 500_000
    assert found == ["needle 999", "needle 1999", "needle 2999"] and pages > 2


def test_records_are_produced_and_found_again_by_clients(node, admin, topic):
    create(node, topic, partitions=3)
    status, _, body = admin.ask(f"/api/v1/topics/{topic}/records", "POST", {"records": [
        {"partition": 2, "key": "k", "value": "v", "headers": [["h", {"b": "/w=="}], ["n", None]], "timestamp": 1_000_000},
        {"partition": 2, "value": {"b": "AP8="}},
        {"partition": 3, "value": "nowhere"},
        *[{"key": f"key {n}", "value": "by key"} for n in range(20)]]})
    results = json.loads(body)["results"]
    assert status == 200 and results[0] == {"partition": 2, "offset": "0"} and results[1] == {"partition": 2, "offset": "1"}
    assert results[2]["problem"]["kafkaError"]["name"] == "UNKNOWN_TOPIC_OR_PARTITION"
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": "none", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(3)])
    records = {}
    deadline = time.monotonic() + 30
    while len(records) < 22 and time.monotonic() < deadline:
        records.update({(each.partition(), each.offset()): each for each in consumer.consume(50, 0.5)})
    first = records[2, 0]
    assert (first.key(), first.value(), first.headers(), first.timestamp()[1]) == (b"k", b"v", [("h", b"\xff"), ("n", None)], 1_000_000)
    assert records[2, 1].value() == b"\x00\xff" and abs(records[2, 1].timestamp()[1] / 1000 - time.time()) < 60
    consumer.close()
    # The same key goes where librdkafka sends it when it does as Java's client does.
    producer = Producer({"bootstrap.servers": node.bootstrap, "partitioner": "murmur2"})
    places = {}
    for n in range(20):
        producer.produce(topic, "again", f"key {n}", on_delivery=lambda _, record: places.update({record.key(): record.partition()}))
    assert producer.flush(30) == 0
    assert [places[b"key %d" % n] for n in range(20)] == [each["partition"] for each in results[3:]]
    assert admin.ask("/api/v1/topics/__consumer_offsets/records", "POST", {"records": [{"value": "x"}]})[0] in (400, 404)


PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
BOARD, RULES = PACKAGING / "grafana" / "ottla.json", PACKAGING / "prometheus" / "ottla.rules.yml"


def expressions():
    """Every PromQL expression of the board and of the alert rules."""
    board = [target["expr"] for panel in json.loads(BOARD.read_text())["panels"] for target in panel["targets"]]
    rules = [line.split("expr:", 1)[1] for line in RULES.read_text().splitlines() if line.strip().startswith("expr:")]
    assert board and rules
    return board + rules


def test_the_board_and_the_alerts_name_metrics_that_exist(node, admin, topic, group):
    create(node, topic)
    produce(node, topic, 1)
    commit(node, group, topic, 0)
    page = admin.ask("/metrics")[2].decode()
    there = {line.split("{")[0].split(" ")[0] for line in page.splitlines() if not line.startswith("#")}
    wanted = {name for each in expressions() for name in re.findall(r"\b(?:kafka|ottla)_[a-z_]+", each)}
    assert len(wanted) > 10 and wanted <= there, wanted - there
    [free] = [float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line.startswith("ottla_log_dir_free_bytes")]
    assert free > 0


@pytest.mark.skipif(not shutil.which("prometheus"), reason="there is no prometheus in PATH")
def test_prometheus_scrapes_and_evaluates(node, admin, topic, tmp_path):
    """Debian's Prometheus reads the page, takes the rules, and evaluates every expression of the board."""
    create(node, topic)
    produce(node, topic, 5)
    port = free_port()
    (tmp_path / "prometheus.yml").write_text(
        f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: ['{RULES}']\n"
        f"scrape_configs: [{{job_name: ottla, static_configs: [{{targets: ['127.0.0.1:{admin.port}']}}]}}]\n")
    server = subprocess.Popen(["prometheus", f"--config.file={tmp_path / 'prometheus.yml'}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
                               f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def query(path, **arguments):
            try:
                url = f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(arguments)}"
                with urllib.request.urlopen(url, timeout=10) as answer:
                    return json.loads(answer.read())["data"]
            except urllib.error.HTTPError as refused:
                raise AssertionError(f"{arguments}: {refused.read()}") from refused
            except (urllib.error.URLError, ConnectionError):
                return None

        def up():
            found = query("query", query="up")
            return found and found["result"] and found["result"][0]["value"][1] == "1"
        wait_until(up, 60, what="Prometheus has scraped")
        [value] = query("query", query=f'sum(kafka_topic_partition_current_offset{{topic="{topic}"}})')["result"]
        assert value["value"][1] == "5"
        for each in expressions():
            query("query", query=each)
        rules = [rule for part in query("rules")["groups"] for rule in part["rules"]]
        wait_until(lambda: all(rule["health"] == "ok" for part in query("rules")["groups"] for rule in part["rules"]), 30, what="rules evaluated")
        assert len(rules) == RULES.read_text().count("- alert:")
    finally:
        server.terminate()
        server.wait(30)
