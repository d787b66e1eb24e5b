"""Malformed and hostile bytes: an error or a closed connection, and a healthy client beside it notices nothing."""
import contextlib
import gzip
import random
import struct
import threading
import time

import pytest

import wire
from broker import wait_until
from wire import Connection, batch, frame, header, i16, i32, i64, outcome, produce, produced, string

pytestmark = pytest.mark.ci


class HealthyClient(threading.Thread):
    """Produces all the while, one record at a time, and remembers what was acknowledged."""

    def __init__(self, broker, topic):
        super().__init__(daemon=True)
        self.broker, self.topic, self.stopping = broker, topic, False
        self.acknowledged, self.errors, self.slowest = [], [], 0.0

    def run(self):
        connection = Connection(self.broker, 30)
        while not self.stopping:
            value, began = b"healthy %d" % len(self.acknowledged), time.monotonic()
            try:
                error, offset = produced(connection.ask(produce(self.topic, batch((value,)))))
            except (OSError, EOFError) as gone:
                self.errors.append(repr(gone))
                return
            self.slowest = max(self.slowest, time.monotonic() - began)
            if error:
                self.errors.append(f"error {error}")
            self.acknowledged.append((offset, value))
            time.sleep(0.01)
        connection.close()


@pytest.fixture(scope="module")
def target(broker):
    """A topic for the attacks, with a healthy client on another one beside them; checks that client at the end."""
    wire.create_topic(broker, "attacked")
    wire.create_topic(broker, "healthy")
    healthy = HealthyClient(broker, "healthy")
    healthy.start()
    yield "attacked"
    healthy.stopping = True
    healthy.join(60)
    assert healthy.errors == [] and len(healthy.acknowledged) > 20 and healthy.slowest < 10
    stored = b""
    with contextlib.closing(Connection(broker, 30)) as connection:
        offset = 0
        while True:
            _, high_watermark, records = wire.fetched(connection.ask(wire.fetch("healthy", offset)))
            if not records:
                break
            stored += records
            last, at = offset, 0
            while at + 61 <= len(records):
                base, length = struct.unpack_from(">qi", records, at)
                if at + 12 + length > len(records):
                    break
                last, at = base + struct.unpack_from(">i", records, at + 23)[0] + 1, at + 12 + length
            assert last > offset
            offset = last
    missing = [value for _, value in healthy.acknowledged if value not in stored]
    assert missing == []


@pytest.fixture(autouse=True)
def still_alive(broker, target):
    """After each attack the broker answers others."""
    yield
    with contextlib.closing(Connection(broker, 10)) as connection:
        assert connection.ask(header(wire.API_VERSIONS, 0))[:6] == i32(7) + i16(0)


@pytest.mark.parametrize("data", [
    pytest.param(i32(-1), id="length -1"),
    pytest.param(i32(-2**31), id="most negative length"),
    pytest.param(i32(2**31 - 1) + b"x" * 1000, id="length of 2 GiB"),
    pytest.param(i32(200_000_000) + b"x" * 1000, id="length over the limit"),
    pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", id="HTTP"),
    pytest.param(bytes.fromhex("16030100c8010000c40303") + bytes(400), id="TLS"),
    pytest.param(frame(header(9999, 0)), id="unknown API"),
    pytest.param(frame(header(-5, 0)), id="negative API"),
    pytest.param(frame(header(3, -3)), id="negative version"),
    pytest.param(frame(i16(3) + i16(1) + i32(7) + i16(30000) + b"abc"), id="client id longer than the frame"),
    pytest.param(frame(header(3, 1) + i32(2**31 - 1)), id="array of 2^31-1"),
    pytest.param(frame(header(3, 1) + i32(1) + i16(200) + b"abc"), id="truncated name"),
    pytest.param(frame(i16(18) + i16(3) + i32(7) + string("x") + b"\0" + b"\xff" * 30), id="endless varint"),
    pytest.param(frame(header(3, 9) + b"\0\xff\xff\xff\xff\x0f"), id="compact array of 2^32-1"),
    *[pytest.param(frame(header(18, 0)[:n]), id=f"header cut after {n}") for n in (1, 3, 7, 9)],
])
def test_what_cannot_be_a_request_closes_the_connection(broker, data):
    assert outcome(broker, data, timeout=20) == "closed"


@pytest.mark.parametrize("data", [b"\0\0", i32(100) + header(18, 0)], ids=["half a length", "half a request"])
def test_half_a_frame_and_then_the_end_closes_the_connection(broker, data):
    assert outcome(broker, data, half_close=True) == "closed"


def test_an_unknown_version_of_api_versions_is_answered_in_version_0(broker):
    reply = outcome(broker, frame(header(wire.API_VERSIONS, 99) + b"\0"))
    assert reply[:6] == i32(7) + i16(35)


def test_a_request_byte_by_byte_is_answered(broker):
    with contextlib.closing(Connection(broker, 20)) as connection:
        for byte in frame(header(wire.API_VERSIONS, 0)):
            connection.send(bytes([byte]))
            time.sleep(0.01)
        assert connection.reply()[:4] == i32(7)


def test_pipelined_requests_are_answered_in_order(broker):
    with contextlib.closing(Connection(broker, 30)) as connection:
        connection.send(b"".join(frame(header(wire.API_VERSIONS, 0, correlation=n)) for n in range(500)))
        assert [struct.unpack(">i", connection.reply()[:4])[0] for _ in range(500)] == list(range(500))


def test_hundreds_of_idle_and_half_open_connections_hinder_nobody(broker):
    with contextlib.ExitStack() as stack:
        for n in range(300):
            connection = stack.enter_context(contextlib.closing(Connection(broker)))
            if n % 3 == 0:
                connection.send(b"\0\0")
            elif n % 3 == 1:
                connection.send(i32(1000) + header(18, 0))
        assert isinstance(outcome(broker, frame(header(18, 0))), bytes)


def test_fetches_that_wait_for_ever_and_vanish_hinder_nobody(broker, target):
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            connection = stack.enter_context(contextlib.closing(Connection(broker)))
            connection.send(frame(wire.fetch(target, 1 << 40, wait_ms=2**31 - 1, min_bytes=1 << 20)))
        time.sleep(0.3)
        assert isinstance(outcome(broker, frame(header(18, 0))), bytes)




@pytest.mark.parametrize("records", [
    pytest.param(lambda: batch(crc=12345), id="wrong checksum"),
    pytest.param(lambda: batch(length=100_000), id="length beyond the bytes"),
    pytest.param(lambda: batch(length=0), id="length 0"),
    pytest.param(lambda: batch(length=-100), id="negative length"),
    pytest.param(lambda: batch((b"x" * 1000,))[:200], id="truncated"),
    pytest.param(lambda: b"\0" * 20, id="zeros"),
    pytest.param(lambda: batch(magic=9), id="magic 9"),
    pytest.param(lambda: batch(count=1000), id="count 1000 of 1"),
    pytest.param(lambda: batch(count=2**31 - 1, last_delta=2**31 - 2), id="count 2^31-1"),
    pytest.param(lambda: batch(count=-4), id="negative count"),
    pytest.param(lambda: batch((b"a", b"b"), last_delta=77), id="last delta does not match"),
    pytest.param(lambda: batch((b"a", b"b"), last_delta=-2), id="negative last delta"),
    pytest.param(lambda: batch((), last_delta=0, count=0), id="no records"),
    pytest.param(lambda: batch(body=wire.zigzag(1 << 30) + b"\0" * 20), id="record beyond the batch"),
    pytest.param(lambda: batch(body=wire.zigzag(-10) + b"\0" * 20), id="negative record length"),
    pytest.param(lambda: batch(attributes=7), id="codec 7"),
    pytest.param(lambda: batch(attributes=32), id="control batch"),
    pytest.param(lambda: batch() + batch(), id="two batches"),
])
def test_a_batch_that_is_wrong_in_one_place_is_refused_and_nothing_of_it_kept(broker, target, records):
    with contextlib.closing(Connection(broker, 20)) as connection:
        end_before = wire.fetched(connection.ask(wire.fetch(target, 0)))[1]
        error, _ = produced(connection.ask(produce(target, records())))
        assert error != 0
        assert wire.fetched(connection.ask(wire.fetch(target, 0)))[1] == end_before


@pytest.mark.parametrize("codec", [1, 2, 3, 4], ids=["gzip", "snappy", "lz4", "zstd"])
def test_rubbish_said_to_be_compressed_reaches_no_reader_as_records(broker, own_broker, codec):
    """Kafka inflates every batch it takes. Ottla does so with ottla.record.validation=full."""
    node = own_broker({"ottla.record.validation": "full"}) if broker.name == "ottla" else broker
    wire.create_topic(node, f"rubbish-{codec}")
    reply = outcome(node, frame(produce(f"rubbish-{codec}", batch(attributes=codec, body=b"\x99rubbish\0" * 10))))
    assert produced(reply)[0] != 0


def test_a_decompression_bomb_costs_neither_memory_nor_the_broker(broker, own_broker):
    node = own_broker({"ottla.record.validation": "full"}) if broker.name == "ottla" else broker
    wire.create_topic(node, "bomb")
    bomb = gzip.compress(b"\0" * 300_000_000, 6)
    before = node.resident_bytes()
    assert produced(outcome(node, frame(produce("bomb", batch(attributes=1, body=bomb))), timeout=60))[0] != 0
    if node.name == "ottla":
        assert node.resident_bytes() - before < 64 << 20


@pytest.mark.parametrize("partition, error", [(99, 3), (-1, 3)])
def test_a_partition_that_does_not_exist_is_an_error(broker, target, partition, error):
    assert produced(outcome(broker, frame(produce(target, batch(), partition=partition))))[0] == error


def test_unknown_acks_are_an_error(broker, target):
    assert produced(outcome(broker, frame(produce(target, batch(), acks=5))))[0] == 21


def test_names_that_are_paths_create_nothing(broker):
    names = ["../../etc", "..", "a\0b", "x" * 30000]
    outcome(broker, frame(header(wire.METADATA, 4) + i32(len(names)) + b"".join(map(string, names)) + b"\1"))
    listed = outcome(broker, frame(header(wire.METADATA, 1) + i32(-1)), timeout=20)
    assert isinstance(listed, bytes) and b"../" not in listed and b"a\0b" not in listed and b"x" * 1000 not in listed


@pytest.mark.parametrize("offset, limit", [(-5, 1000), (2**63 - 1, 1000), (0, -1), (0, 2**31 - 1)])
def test_fetches_with_absurd_numbers_are_answered(broker, target, offset, limit):
    assert isinstance(outcome(broker, frame(wire.fetch(target, offset, max_bytes=limit))), bytes)


def test_trailing_bytes_and_strange_clients_do_not_matter(broker):
    for request in (header(3, 1) + i32(0) + b"trailing" * 10, i16(18) + i16(0) + i32(7) + i16(4) + b"\xff\xfe\x80\0",
                    header(18, 0, client=None), header(3, 1) + i32(-7)):
        assert outcome(broker, frame(request)) != "silent"


def versions(broker):
    reply = outcome(broker, frame(header(wire.API_VERSIONS, 0)))
    count = struct.unpack(">i", reply[6:10])[0]
    return {key: (low, high) for key, low, high in struct.iter_unpack(">hhh", reply[10:10 + 6 * count])}


FIRST_FLEXIBLE = {0: 9, 1: 12, 2: 6, 3: 9, 8: 8, 9: 6, 10: 3, 11: 6, 12: 4, 13: 4, 14: 4, 15: 5, 16: 3, 17: 99, 18: 3, 19: 5, 20: 4,
                  21: 2, 22: 2, 23: 4, 32: 4, 33: 2, 34: 2, 35: 2, 36: 2, 37: 2, 42: 2, 43: 2, 44: 1, 47: 99}
WAITING = {0, 1, 11, 14, 78}  # may rightly say nothing for a while, or at all


@pytest.mark.parametrize("kind", ["empty", "zeros", "ones", "random"])
def test_every_advertised_api_and_version_survives_a_senseless_body(broker, kind):
    rng = random.Random(kind)
    body = {"empty": lambda: b"", "zeros": lambda: bytes(64), "ones": lambda: b"\xff" * 64,
            "random": lambda: rng.randbytes(rng.randrange(1, 300))}[kind]
    silent = []
    for key, (low, high) in sorted(versions(broker).items()):
        for version in range(low, high + 1):
            tags = b"\0" if version >= FIRST_FLEXIBLE.get(key, 0) else b""
            timeout = 0.3 if key in WAITING else 10
            if outcome(broker, frame(header(key, version) + tags + body()), timeout=timeout) == "silent" and key not in WAITING:
                silent.append((key, version))
    assert silent == []


def test_mutated_requests_never_stop_the_broker(broker, target):
    rng = random.Random(20)
    good = [header(18, 0), header(3, 1) + i32(1) + string(target), produce(target, batch((b"fuzz" * 5,))), wire.fetch(target, 0),
            header(2, 1) + i32(-1) + i32(1) + string(target) + i32(1) + i32(0) + i64(-1),
            header(8, 2) + string("fuzz") + i32(-1) + string("") + i64(-1) + i32(1) + string(target) + i32(1) + i32(0) + i64(1) + string("m"),
            header(11, 1) + string("fuzz") + i32(6000) + i32(500) + string("") + string("consumer") + i32(1) + string("range") + i32(0),
            header(9, 1) + string("fuzz") + i32(1) + string(target) + i32(1) + i32(0), header(22, 0) + string(None) + i32(1000)]
    connection, until = None, time.monotonic() + 15
    for _ in range(2000):
        if time.monotonic() > until:
            break
        request = bytearray(rng.choice(good))
        how = rng.random()
        if how < 0.6:
            for _ in range(rng.choice((1, 1, 2, 8))):
                request[rng.randrange(8, len(request))] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
        elif how < 0.8:
            del request[rng.randrange(8, len(request)):]
        else:
            at = rng.randrange(8, len(request))
            request[at:at] = rng.randbytes(rng.randrange(1, 40))
        try:
            connection = connection or Connection(broker, 0.5)
            connection.send(frame(bytes(request)))
            connection.reply()
        except (EOFError, OSError):
            connection = connection and connection.close()
    if connection:
        connection.close()


def test_connections_of_noise_are_closed(broker):
    rng = random.Random(7)
    for _ in range(100):
        with contextlib.closing(Connection(broker)) as connection, contextlib.suppress(OSError):
            connection.send(rng.randbytes(rng.randrange(1, 4000)))


@pytest.mark.ottla_only
def test_a_thousand_half_sent_frames_fit_into_a_small_budget(own_broker):
    node = own_broker({"queued.max.request.bytes": str(16 << 20)})
    wire.create_topic(node, "served")
    before = node.resident_bytes()
    with contextlib.ExitStack() as stack:
        for _ in range(1000):
            connection = stack.enter_context(contextlib.closing(Connection(node)))
            connection.send(i32(1_000_000) + produce("served", None)[:30])
        time.sleep(0.5)
        assert node.resident_bytes() - before < 48 << 20
        # What announces much and sends nothing loses its grant, so that others are served.
        wait_until(lambda: isinstance(outcome(node, frame(produce("served", batch())), timeout=5), bytes), 60)
    assert produced(outcome(node, frame(produce("served", batch()))))[0] == 0
