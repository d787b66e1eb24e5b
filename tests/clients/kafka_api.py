"""One connection that speaks Kafka's messages, encoded by kafka-python from Kafka's own schemas: what a test says is what goes out."""
import importlib
import struct

import wire
from broker import wait_until

MODULES = [importlib.import_module(f"kafka.protocol.{name}") for name in ("metadata", "producer", "consumer", "admin")]


def message(name):
    return next(getattr(module, name) for module in MODULES if hasattr(module, name))


def build(kind, fields, version):
    """A struct from keyword fields; dictionaries and lists of them become its nested structs."""
    values = {}
    for name, value in fields.items():
        field = kind.fields[name]
        if field.is_struct_array() and value is not None:
            value = [build(field.data_class, each, version) for each in value]
        elif field.is_struct() and value is not None:
            value = build(field.data_class, value, version)
        values[name] = value
    return kind(version=version, **values)


class Api:
    """api("Metadata", 9, topics=None) sends the request and returns the response; send() and receive() do the halves."""

    def __init__(self, broker, client_id="test", timeout=30.0):
        self.connection = wire.Connection(broker, timeout)
        self.client_id = client_id
        self.correlation_id = 0
        self.sent = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def __call__(self, name, version, **fields):
        self.send(name, version, **fields)
        return self.receive()

    def send(self, name, version, **fields):
        request = build(message(f"{name}Request"), fields, version)
        self.correlation_id += 1
        request.with_header(correlation_id=self.correlation_id, client_id=self.client_id)
        self.connection.send(request.encode(header=True, framed=True))
        self.sent.append((name, version, self.correlation_id))

    def receive(self):
        reply = self.connection.reply()
        name, version, correlation_id = self.sent.pop(0)
        assert struct.unpack(">i", reply[:4])[0] == correlation_id
        return message(f"{name}Response").decode(reply, version=version, header=True)

    def is_closed(self):
        """Whether the broker closes the connection instead of answering (waits for it)."""
        try:
            self.connection.reply()
            return False
        except (EOFError, ConnectionError):
            return True

    # --- short forms of what most tests need ---

    def create(self, topic, partitions=1, **configs):
        """Creates a topic and waits until its partitions take records; returns its id."""
        created = self("CreateTopics", 7, timeout_ms=30000, topics=[{
            "name": topic, "num_partitions": partitions, "replication_factor": 1,
            "configs": [{"name": key.replace("_", "."), "value": str(value)} for key, value in configs.items()]}]).topics[0]
        assert created.error_code == 0, created
        wait_until(lambda: self.is_led(topic, partitions))
        wait_until(lambda: all(self.offset(topic, -1, partition=n).error_code == 0 for n in range(partitions)))
        return created.topic_id

    def is_led(self, topic, partitions):
        known = self.describe(topic).partitions
        return len(known) == partitions and all(part.leader_id >= 0 for part in known)

    def describe(self, topic):
        return self("Metadata", 9, topics=[{"name": topic}], allow_auto_topic_creation=False).topics[0]

    def produce(self, topic, *batches, version=9, acks=-1, partition=0, **more):
        """Writes batches, one a partition from `partition` on; returns the answers by partition."""
        parts = [{"index": partition + n, "records": batch} for n, batch in enumerate(batches)]
        reply = self("Produce", version, transactional_id=None, acks=acks, timeout_ms=10000,
                     topic_data=[{"name": topic, "partition_data": parts, **more}])
        return reply.responses[0].partition_responses

    def fetch(self, topic, offset=0, version=12, partition=0, max_bytes=1 << 20, partition_max_bytes=1 << 20, wait_ms=100, min_bytes=1,
              isolation_level=0, **more):
        """Reads one partition without a session; returns its answer."""
        reply = self("Fetch", version, replica_id=-1, max_wait_ms=wait_ms, min_bytes=min_bytes, max_bytes=max_bytes, session_id=0,
                     session_epoch=-1, isolation_level=isolation_level, topics=[{"topic": topic, "partitions": [{
                         "partition": partition, "fetch_offset": offset, "partition_max_bytes": partition_max_bytes, **more}]}])
        return reply.responses[0].partitions[0]

    def offset(self, topic, timestamp, version=5, partition=0, **more):
        reply = self("ListOffsets", version, replica_id=-1, isolation_level=0, topics=[{"name": topic, "partitions": [
            {"partition_index": partition, "timestamp": timestamp, **more}]}])
        return reply.topics[0].partitions[0]
