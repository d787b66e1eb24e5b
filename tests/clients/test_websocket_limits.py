"""Clients of /ws/v1/data that mean harm, or are merely broken: what each limit does, and that nobody else notices."""
import base64
import json
import os
import pathlib
import socket
import struct
import time

import pytest
from websockets.exceptions import InvalidStatus

from broker import free_port, wait_until
from test_websocket import create, node, numbers, produce  # noqa: F401 (node is a fixture)
from websocket import Feed

pytestmark = [pytest.mark.ci, pytest.mark.ottla_only]


class Raw:
    """A WebSocket whose frames are ours, right or wrong."""

    def __init__(self, port, target="/ws/v1/data", receive_bytes=None, **headers):
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", port))
        fields = {"Host": f"127.0.0.1:{port}", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                  "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(), "Sec-WebSocket-Protocol": "log.v1.json",
                  **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.socket.sendall((f"GET {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items() if v is not None) + "\r\n").encode())
        self.input = self.socket.makefile("rb")
        self.status = int(self.input.readline().split()[1])
        while self.input.readline() not in (b"\r\n", b""):
            pass

    def frame(self, payload, first=0x81):
        mask = os.urandom(4)
        length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload)) if len(payload) < 65536 \
            else b"\xff" + struct.pack(">Q", len(payload))
        repeated = (mask * (len(payload) // 4 + 1))[:len(payload)]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big") if payload else b""
        self.socket.sendall(bytes([first]) + length + mask + masked)

    def send(self, **frame):
        self.frame(json.dumps({name.rstrip("_"): value for name, value in frame.items()}).encode())

    def hello(self):
        self.send(op="hello", v=1)
        return self

    def next(self):
        """(first byte, payload) of the next frame; nothing at the end."""
        head = self.input.read(2)
        if len(head) < 2:
            return None
        length = head[1]
        if length == 126:
            [length] = struct.unpack(">H", self.input.read(2))
        elif length == 127:
            [length] = struct.unpack(">Q", self.input.read(8))
        return head[0], self.input.read(length)

    def closed(self):
        """The code by which the server closes; nothing if it just ends."""
        while True:
            try:
                frame = self.next()
            except ConnectionError:
                return None
            if frame is None:
                return None
            if frame[0] == 0x88:
                return struct.unpack(">H", frame[1][:2])[0]

    def close(self):
        self.input.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def resident_bytes(node):
    pages = pathlib.Path(f"/proc/{node.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def sockets(node):
    """Of the broker's process, whatever they are for."""
    count = 0
    for each in pathlib.Path(f"/proc/{node.process.pid}/fd").iterdir():
        try:
            count += os.readlink(each).startswith("socket:")
        except FileNotFoundError:  # closed meanwhile
            pass
    return count


def processor_seconds(node):
    fields = pathlib.Path(f"/proc/{node.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_what_is_no_honest_upgrade_is_refused(node):
    port = node.admin_port
    for expected, headers in ((400, {"Sec_WebSocket_Protocol": None}), (400, {"Sec_WebSocket_Protocol": "log.v2.json"}),
                              (403, {"Origin": "https://evil.example.org"}), (403, {"Origin": "null"}), (421, {"Host": "rebound.example.org"}),
                              (101, {"Origin": f"http://127.0.0.1:{port}"}), (101, {"Sec_WebSocket_Protocol": "mqtt, log.v1.json"})):
        with Raw(port, **headers) as opened:
            assert opened.status == expected, headers
    with Raw(port, target="/ws/v1/nothing") as opened:
        assert opened.status == 404


def test_who_does_not_introduce_itself_is_closed(node):
    with Raw(node.admin_port) as silent, Raw(node.admin_port) as rude:
        rude.send(op="sub", id=1, topic="t")
        assert rude.closed() == 4001
        assert silent.closed() == 4001


def test_frames_that_are_too_long_or_no_text_are_closed(node):
    with Raw(node.admin_port) as opened:
        opened.hello().send(op="sub", id=1, topic="x" * 70_000)
        assert opened.closed() == 1009
    with Raw(node.admin_port) as opened:  # announces much and sends nothing
        opened.socket.sendall(b"\x81\xff" + struct.pack(">Q", 1 << 40) + b"mask")
        assert opened.closed() == 1009
    with Raw(node.admin_port) as opened:
        opened.frame(b'{"op":"hello","client":"\xff\xfe"}')
        assert opened.closed() == 1007
    with Raw(node.admin_port) as opened:
        opened.hello().frame(b"\x00\x01", first=0x82)
        assert json.loads(opened.next()[1])["op"] == "welcome"
        assert json.loads(opened.next()[1])["op"] == "err"
    with Raw(node.admin_port) as opened:  # a frame that is not masked
        opened.socket.sendall(b"\x81\x02{}")
        assert opened.closed() == 1002


def test_many_fragments_are_one_message_of_a_bounded_size(node):
    with Raw(node.admin_port) as opened:
        text = json.dumps({"op": "hello", "v": 1, "client": "x" * 10_000}).encode()
        opened.frame(text[:1], first=0x01)
        for byte in text[1:-1]:
            opened.frame(bytes([byte]), first=0x00)
        opened.frame(text[-1:], first=0x80)
        assert json.loads(opened.next()[1])["op"] == "welcome"
    with Raw(node.admin_port) as opened:
        opened.hello()
        try:
            opened.frame(b"x" * 60_000, first=0x01)
            for _ in range(40):
                opened.frame(b"x" * 60_000, first=0x00)
        except ConnectionError:
            pass
        assert opened.closed() in (1009, None)


def test_too_many_messages_close_the_socket(node):
    with Raw(node.admin_port) as opened:
        opened.hello()
        try:
            for _ in range(400):
                opened.send(op="unsub", id=1)
        except ConnectionError:
            pass
        assert opened.closed() == 4010


def test_subscriptions_and_partitions_of_a_socket_are_counted(node, topic):
    create(node, topic, partitions=600)
    with Feed(node.admin_port) as feed:
        feed.send(op="sub", id=1, topic=topic)
        feed.next("ok")
        feed.send(op="sub", id=2, topic=topic)
        assert "1000 partitions" in feed.next("err", id=2)["problem"]["detail"]
        for n in range(3, 18):
            feed.send(op="sub", id=n, topic=topic, partitions=[0])
            feed.next("ok", id=n)
        feed.send(op="sub", id=99, topic=topic, partitions=[0])
        assert "16 subscriptions" in feed.next("err", id=99)["problem"]["detail"]
        produce(node, topic, numbers(1), partition=599)
        assert feed.records(1)[0][:2] == (599, 0)


def test_a_client_that_grants_nothing_costs_nothing(node, topic):
    create(node, topic)
    produce(node, topic, [b"x" * 1000] * 5000)
    feeds = [Feed(node.admin_port) for _ in range(20)]
    for each in feeds:
        for n in range(16):
            each.send(op="sub", id=n, topic=topic, from_="earliest", credit={"msgs": 0, "bytes": 0})
            each.next("ok", id=n)
    before, spent = resident_bytes(node), processor_seconds(node)
    produce(node, topic, [b"x" * 1000] * 5000)
    assert all(each.quiet(0.01) for each in feeds)
    time.sleep(1)
    assert resident_bytes(node) - before < 16 << 20
    assert processor_seconds(node) - spent < 1.5
    for each in feeds:
        each.close()


def test_who_does_not_read_is_cut_and_the_others_see_everything(node, topic):
    create(node, topic)
    produce(node, topic, [b"x" * 4000] * 5000)
    before_open = sockets(node)
    deaf = [Raw(node.admin_port, receive_bytes=4096).hello() for _ in range(20)]
    before = resident_bytes(node)
    for each in deaf:
        for n in range(16):  # credit for 16 MiB in all
            each.send(op="sub", id=n, topic=topic, from_="earliest")
    with Feed(node.admin_port) as feed:
        feed.send(op="sub", id=1, topic=topic, from_="earliest")
        feed.next("ok")
        seen = granted = 0
        while seen < 5000:
            frame = feed.next("recs", id=1, seconds=40)
            assert int(frame["recs"][0]["o"]) == seen
            seen += len(frame["recs"])
            if seen - granted > 100:  # as a page does: when it has shown a part, not with each frame
                feed.send(op="credit", id=1, msgs=seen - granted, bytes=600_000)
                granted = seen
        assert resident_bytes(node) - before < 20 * (1 << 20) + (64 << 20)  # the feeds' part and the allocator's
    # Well before the WebSocket's own ping would find out, after 40 seconds.
    wait_until(lambda: sockets(node) <= before_open, 30, what="the end of those who do not read")
    for each in deaf:
        each.close()


def test_too_many_sockets_are_refused_and_a_storm_of_reconnects_leaves_nothing(node, topic):
    create(node, topic)
    at_rest = sockets(node)
    feeds = [Feed(node.admin_port) for _ in range(60)]
    with pytest.raises(InvalidStatus) as refused:
        for _ in range(10):
            feeds.append(Feed(node.admin_port))
    assert refused.value.response.status_code == 503
    for each in feeds:
        each.close()
    before = None
    for round_ in range(6):
        for _ in range(50):
            with Raw(node.admin_port) as opened:
                if opened.status == 101:
                    opened.hello().send(op="sub", id=1, topic=topic)
        if round_ == 1:
            before = resident_bytes(node)
        time.sleep(1)  # an address may send so many requests a second
    wait_until(lambda: sockets(node) <= at_rest + 2, what="the sockets' end")
    assert resident_bytes(node) - before < 8 << 20
    with Feed(node.admin_port) as feed:
        feed.send(op="sub", id=1, topic=topic)
        feed.next("ok")
        produce(node, topic, numbers(3))
        assert len(feed.records(3)) == 3


def test_a_read_only_interface_reads_only(own_broker, topic):
    port = free_port()
    started = own_broker({"admin.listeners": f"http://127.0.0.1:{port}", "admin.read.only": "true"})
    create(started, topic)
    produce(started, topic, numbers(1))
    with Feed(port) as feed:
        feed.send(op="sub", id=1, topic=topic, from_="earliest")
        feed.records(1)
        feed.send(op="pub", id=2, topic=topic, records=[{"v": "1"}])
        assert feed.next("err", id=2)["problem"]["status"] == 403
        feed.send(op="join", id=3, group="g", topics=[topic])
        assert feed.next("err", id=3)["problem"]["status"] == 403


def test_a_stop_ends_sockets_that_wait_and_groups_that_are_joined(node, topic, group):
    create(node, topic)
    with Feed(node.admin_port) as feed:
        feed.send(op="sub", id=1, topic=topic)
        feed.next("ok")
        feed.send(op="join", id=2, group=group, topics=[topic])
        feed.next("assigned")
        began = time.monotonic()
        assert node.stop() == 0
        assert time.monotonic() - began < 10
