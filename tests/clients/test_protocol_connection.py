"""How a connection begins, which versions are answered and how, and what ends it."""
import struct

import pytest

import wire
from kafka_api import Api

pytestmark = pytest.mark.ci


def test_an_unknown_version_of_api_versions_gets_its_range_in_version_0_and_the_connection_stays(broker):
    with Api(broker) as api:
        api.connection.send(wire.frame(wire.header(wire.API_VERSIONS, 99) + b"\0"))
        reply = api.connection.reply()
        error, count, key, low, high = struct.unpack(">hihhh", reply[4:16])
        assert (error, count, key, low) == (35, 1, 18, 0) and high >= 4 and len(reply) == 16
        assert api("ApiVersions", 0).error_code == 0


@pytest.mark.parametrize("key, version", [(1000, 0), (3, 99), (-1, 0), (0, 99)])
def test_any_other_unknown_api_or_version_closes_the_connection(api, key, version):
    api.connection.send(wire.frame(wire.header(key, version)))
    assert api.is_closed()


def test_api_versions_has_no_tag_buffer_in_its_header_in_any_version(api):
    for version in range(5):
        answer = api("ApiVersions", version, **({"client_software_name": "t", "client_software_version": "1"} if version >= 3 else {}))
        assert answer.error_code == 0
        assert {18, 3, 0, 1} <= {row.api_key for row in answer.api_keys}


def test_every_range_is_below_the_ceilings_of_known_clients_and_one_connection_serves_all_probes(broker):
    # kafkajs probes 2, 1, 0; librdkafka 3; aiokafka 0; sarama 3 or 4: nobody needs a second connection.
    with Api(broker) as api:
        for version in (4, 3, 2, 1, 0):
            answer = api("ApiVersions", version, **({"client_software_name": "a", "client_software_version": "1"} if version >= 3 else {}))
            assert all(row.min_version <= row.max_version for row in answer.api_keys)


@pytest.mark.parametrize("name, version", [("", "1"), ("a b", "1"), ("-a", "1"), ("a", "1-"), ("a", ""), ("ä", "1")])
def test_client_software_that_is_no_name_is_refused(api, name, version):
    api.send("ApiVersions", 3, client_software_name=name, client_software_version=version)
    assert struct.unpack(">h", api.connection.reply()[4:6])[0] == 42


def test_old_versions_hear_of_no_feature_whose_range_begins_at_0(api):
    answer = api("ApiVersions", 3, client_software_name="a", client_software_version="1")
    assert all(feature.min_version > 0 for feature in answer.supported_features)


def test_unknown_tagged_fields_in_header_and_body_are_skipped(broker):
    tags = b"\x01\xc8\x01\x03abc"  # one tag, number 200, three bytes
    name = b"\x02a"                # compact string "a"
    with Api(broker) as api:
        request = struct.pack(">hhih", 18, 3, 7, 4) + b"test" + tags + name + name + tags
        api.connection.send(wire.frame(request))
        assert struct.unpack(">ih", api.connection.reply()[:6]) == (7, 0)


def test_the_client_id_of_a_flexible_header_is_no_compact_string_and_may_be_null(broker):
    with Api(broker) as api:
        api.connection.send(wire.frame(struct.pack(">hhih", 3, 9, 5, -1) + b"\0" + b"\x01" + b"\0\0\0" + b"\0"))
        assert struct.unpack(">i", api.connection.reply()[:4])[0] == 5


def test_produce_is_advertised_from_0_but_old_versions_close_the_connection(broker):
    with Api(broker) as api:
        ranges = {row.api_key: (row.min_version, row.max_version) for row in api("ApiVersions", 0).api_keys}
        assert ranges[0][0] == 0
        api.connection.send(wire.frame(wire.header(0, 2) + wire.i16(1) + wire.i32(1000) + wire.i32(0)))
        assert api.is_closed()


def test_requests_of_one_connection_are_answered_in_their_order(broker, topic):
    with Api(broker) as api:
        api.create(topic)
        for n in range(20):
            if n % 3 == 0:
                api.send("Fetch", 12, replica_id=-1, max_wait_ms=20, min_bytes=1, max_bytes=1000, session_id=0, session_epoch=-1,
                         topics=[{"topic": topic, "partitions": [{"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1000}]}])
            else:
                api.send("Metadata", 9, topics=[])
        for _ in range(20):
            api.receive()  # checks the correlation id


@pytest.mark.parametrize("size", [-1, -2**31, 100 * 1024 * 1024 + 1, 2**31 - 1])
def test_a_frame_of_an_impossible_size_closes_the_connection(broker, size):
    assert wire.outcome(broker, wire.i32(size) + b"\0" * 8) == "closed"


@pytest.mark.ottla_only  # Kafka's closes the waiting one as well when its turn in a list comes
def test_an_idle_connection_is_closed_but_not_while_a_fetch_waits(own_broker, topic):
    node = own_broker({"connections.max.idle.ms": "1500"})
    with Api(node) as idle, Api(node) as busy:
        busy.create(topic)
        idle.connection.socket.settimeout(15)
        busy.send("Fetch", 12, replica_id=-1, max_wait_ms=4000, min_bytes=1, max_bytes=1000, session_id=0, session_epoch=-1,
                  topics=[{"topic": topic, "partitions": [{"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1000}]}])
        assert idle.is_closed()
        assert busy.receive().error_code == 0
