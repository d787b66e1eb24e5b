"""Kafka's protocol by hand, as little as the raw-socket tests need. Old, inflexible versions wherever there are some."""
import contextlib
import socket
import struct
import time

PRODUCE, FETCH, LIST_OFFSETS, METADATA, API_VERSIONS, CREATE_TOPICS = 0, 1, 2, 3, 18, 19


def i8(value): return struct.pack(">b", value)
def i16(value): return struct.pack(">h", value)
def i32(value): return struct.pack(">i", value)
def i64(value): return struct.pack(">q", value)
def string(text): return i16(-1) if text is None else i16(len(text)) + text.encode()
def frame(body): return i32(len(body)) + body


def varint(value):
    """An unsigned varint."""
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def zigzag(value):
    return varint((value << 1 ^ value >> 63) & 2**64 - 1)


def crc32c(data, table=[]):
    if not table:
        for i in range(256):
            for _ in range(8):
                i = i >> 1 ^ 0x82F63B78 if i & 1 else i >> 1
            table.append(i)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def record(delta, value, time_delta=0):
    body = b"\0" + zigzag(time_delta) + zigzag(delta) + zigzag(-1) + zigzag(len(value)) + value + zigzag(0)
    return zigzag(len(body)) + body


def batch(values=(b"ok",), *, times=None, crc=None, magic=2, attributes=0, count=None, body=None, length=None, last_delta=None,
          producer_id=-1, producer_epoch=-1, sequence=-1):
    """A record batch, of now or of the given times; each other keyword makes one field lie."""
    times = times or [int(time.time() * 1000)] * max(len(values), 1)
    body = b"".join(record(n, v, times[n] - times[0]) for n, v in enumerate(values)) if body is None else body
    tail = (i16(attributes) + i32(len(values) - 1 if last_delta is None else last_delta) + i64(times[0]) + i64(max(times)) + i64(producer_id)
            + i16(producer_epoch) + i32(sequence) + i32(len(values) if count is None else count) + body)
    head = i32(-1) + i8(magic) + struct.pack(">I", crc32c(tail) if crc is None else crc)
    return i64(0) + i32(len(head) + len(tail) if length is None else length) + head + tail


def header(key, version, correlation=7, client="test"):
    return i16(key) + i16(version) + i32(correlation) + string(client)


def produce(topic, records, acks=-1, partition=0):
    data = i32(-1) if records is None else i32(len(records)) + records
    return header(PRODUCE, 7) + string(None) + i16(acks) + i32(10000) + i32(1) + string(topic) + i32(1) + i32(partition) + data


def produced(reply):
    """(error code, base offset) of the only partition in a Produce v7 reply."""
    at = 8 + 2 + struct.unpack(">h", reply[8:10])[0] + 4
    return struct.unpack(">hq", reply[at + 4:at + 14])


def fetch(topic, offset, partition=0, wait_ms=100, min_bytes=0, max_bytes=1 << 20):
    return (header(FETCH, 4) + i32(-1) + i32(wait_ms) + i32(min_bytes) + i32(max_bytes) + i8(0) + i32(1) + string(topic)
            + i32(1) + i32(partition) + i64(offset) + i32(max_bytes))


def fetched(reply):
    """(error code, high watermark, record bytes) of the only partition in a Fetch v4 reply."""
    at = 12 + 2 + struct.unpack(">h", reply[12:14])[0] + 4
    error, high_watermark = struct.unpack(">hq", reply[at + 4:at + 14])
    at += 22
    aborted = struct.unpack(">i", reply[at:at + 4])[0]
    at += 4 + 16 * max(aborted, 0)
    return error, high_watermark, reply[at + 4:]


class Connection:
    def __init__(self, broker, timeout=10.0):
        self.socket = socket.create_connection((broker.host, broker.port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data):
        self.socket.sendall(data)

    def read(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def reply(self):
        return self.read(struct.unpack(">i", self.read(4))[0])

    def ask(self, body):
        self.send(frame(body))
        return self.reply()

    def close(self):
        self.socket.close()


def outcome(broker, data, half_close=False, timeout=10.0):
    """What becomes of these raw bytes on a connection of their own: the reply, "closed" or "silent"."""
    with contextlib.closing(Connection(broker, timeout)) as connection:
        try:
            connection.send(data)
            if half_close:
                connection.socket.shutdown(socket.SHUT_WR)
            return connection.reply()
        except (EOFError, ConnectionError):
            return "closed"
        except TimeoutError:
            return "silent"


def create_topics(topic, partitions=1, replicas=1, configs={}, version=2, timeout_ms=10000):
    settings = b"".join(string(key) + string(value) for key, value in configs.items())
    return (header(CREATE_TOPICS, version) + i32(1) + string(topic) + i32(partitions) + i16(replicas) + i32(0) + i32(len(configs)) + settings
            + i32(timeout_ms) + i8(0))


def create_topic(broker, topic, partitions=1, seconds=30):
    """Creates a topic and waits until it takes records."""
    with contextlib.closing(Connection(broker, 30)) as connection:
        connection.ask(create_topics(topic, partitions))
        deadline = time.monotonic() + seconds
        while produced(connection.ask(produce(topic, batch())))[0] != 0:
            assert time.monotonic() < deadline, "the topic does not come up"
            time.sleep(0.05)
