"""What clients of old versions rely on, asked over raw sockets: no client library at hand sends exactly these requests."""
import struct

import pytest

from wire import Connection, create_topics

pytestmark = pytest.mark.ci


def create_error(broker, topic, version, partitions, replicas):
    reply = Connection(broker, 30).ask(create_topics(topic, partitions, replicas, version=version, timeout_ms=30000))
    at = 4 + 4 + 4 + 2 + len(topic)  # correlation id, throttle time, one topic, its name
    return struct.unpack(">h", reply[at:at + 2])[0]


@pytest.mark.parametrize("version", [2, 3, 4])
def test_creation_with_defaults_works_in_every_version(broker, topic, version):
    # kafkajs sends -1 in version 3. Kafka's own clients refuse to before version 4, its broker never did.
    assert create_error(broker, topic, version, -1, -1) == 0


@pytest.mark.parametrize("partitions, replicas, error", [(0, 1, 37), (-2, 1, 37), (1, 0, 38), (1, -2, 38)])
def test_numbers_that_cannot_be_are_refused(broker, topic, partitions, replicas, error):
    assert create_error(broker, topic, 3, partitions, replicas) == error
