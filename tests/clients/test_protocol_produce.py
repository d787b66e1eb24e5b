"""Produce and the idempotent producer: which batches are taken, what each refusal is called, what a retry is told."""
import struct
import time
import uuid

import pytest

import wire
from broker import wait_until
from kafka_api import Api
from wire import batch

pytestmark = pytest.mark.ci

@pytest.fixture
def target(api, topic):
    api.create(topic)
    return topic


def end_of(api, topic, partition=0):
    return api.offset(topic, -1, partition=partition).offset


def header_of(records):
    """Fields of the first batch: base offset, leader epoch, attributes, base and max timestamp, CRC."""
    base, _, epoch, _, crc, attributes, _, first, last = struct.unpack(">qiibIhiqq", records[:43])
    return {"base": base, "epoch": epoch, "attributes": attributes, "first": first, "last": last, "crc": crc,
            "crc_is_right": crc == wire.crc32c(records[21:12 + struct.unpack(">i", records[8:12])[0]])}


@pytest.mark.parametrize("acks", [2, -2, 77])
def test_acks_other_than_all_one_and_none_are_refused(api, target, acks):
    assert api.produce(target, batch(), acks=acks)[0].error_code == 21
    assert end_of(api, target) == 0


def test_acks_0_is_answered_with_nothing_at_all(api, target):
    api.connection.send(wire.frame(wire.produce(target, batch((b"a", b"b")), acks=0)))
    wait_until(lambda: end_of(api, target) == 2)


def test_an_error_under_acks_0_closes_the_connection(api, target):
    api.connection.send(wire.frame(wire.produce(f"{target}-no", batch(), acks=0, partition=99)))
    assert api.is_closed()


def test_one_bad_partition_does_not_hinder_the_others(api, topic):
    api.create(topic, 3)
    answers = {each.index: each.error_code for each in api.produce(topic, batch(), batch(crc=1), batch(), batch())}
    assert answers == {0: 0, 1: 2, 2: 0, 3: 3}
    assert [end_of(api, topic, n) for n in range(3)] == [1, 0, 1]


@pytest.mark.parametrize("records", [
    batch() + batch(), b"", batch(magic=1), batch(magic=0), batch(count=2), batch(last_delta=5), batch(count=0, last_delta=-1, body=b""),
    batch(attributes=0x20), batch(producer_id=5, producer_epoch=0, sequence=-1)])
def test_a_batch_that_is_none_is_an_error_and_nothing_of_it_is_kept(api, target, records):
    assert api.produce(target, records)[0].error_code in (2, 42, 43, 76, 87)
    assert end_of(api, target) == 0


def test_a_batch_that_is_too_large_for_the_topic_or_its_segments(api, topic):
    api.create(topic, max_message_bytes=500, segment_bytes=1048576)
    assert api.produce(topic, batch((b"x" * 600,)))[0].error_code == 10
    assert api.produce(topic, batch((b"x" * 300,)))[0].error_code == 0
    api.create(f"{topic}-s", max_message_bytes=5000000, segment_bytes=1048576)
    assert api.produce(f"{topic}-s", batch((b"x" * 1100000,)))[0].error_code == 18


def test_min_insync_replicas_asks_for_no_more_replicas_than_there_are(api, topic):
    api.create(topic, min_insync_replicas=2)
    for acks in (-1, 1):
        assert api.produce(topic, batch(), acks=acks)[0].error_code == 0


def test_base_offset_and_epoch_are_overwritten_under_the_same_checksum(api, target):
    sent = batch((b"a", b"b"))
    for _ in range(2):
        api.produce(target, sent)
    got = header_of(api.fetch(target, 2).records)
    assert got["base"] == 2 and got["epoch"] >= 0 and got["crc_is_right"] and got["crc"] == struct.unpack(">I", sent[17:21])[0]


def test_the_batch_is_stored_byte_for_byte_otherwise(api, target):
    sent = batch((b"a", b"bb", b"ccc"))
    api.produce(target, sent)
    stored = api.fetch(target).records
    assert stored[16:] == sent[16:] and len(stored) == len(sent)


def test_log_append_time_is_answered_and_stamped_with_a_new_checksum(api, topic):
    api.create(topic, message_timestamp_type="LogAppendTime")
    answer = api.produce(topic, batch((b"a", b"b")))[0]
    assert answer.log_append_time_ms > 1_600_000_000_000
    got = header_of(api.fetch(topic).records)
    assert got["attributes"] & 8 and got["last"] == answer.log_append_time_ms and got["crc_is_right"]


def test_create_time_is_answered_with_none(api, target):
    assert api.produce(target, batch())[0].log_append_time_ms == -1


def test_times_too_far_from_now_are_refused_with_the_record(api, topic):
    now = int(time.time() * 1000)
    api.create(topic, message_timestamp_before_max_ms=1000000)
    for moment in (now + 2 * 3600 * 1000, now - 2000000):
        answer = api.produce(topic, batch(times=(moment,)))[0]
        assert answer.error_code == 32
        assert [each.batch_index for each in answer.record_errors] == [0] and answer.error_message
    assert api.produce(topic, batch(times=(now + 600 * 1000,)))[0].error_code == 0


def test_a_compacted_topic_names_the_records_without_a_key(api, topic):
    api.create(topic, cleanup_policy="compact")
    answer = api.produce(topic, batch((b"a", b"b")))[0]
    assert answer.error_code == 87
    assert [each.batch_index for each in answer.record_errors] == [0, 1]
    assert end_of(api, topic) == 0


def test_recompression_keeps_offsets_times_and_producer(api, topic):
    api.create(topic, compression_type="gzip")
    sent = batch((b"a" * 200, b"b" * 200))
    assert api.produce(topic, sent)[0].error_code == 0
    stored = api.fetch(topic).records
    got = header_of(stored)
    assert got["attributes"] & 7 == 1 and got["crc_is_right"] and len(stored) < len(sent)
    assert stored[27:43] == sent[27:43] and stored[43:57] == sent[43:57]


def test_versions_from_13_on_name_topics_by_id_and_an_unknown_one_has_an_error_of_its_own(api, topic):
    known = api.create(topic)
    for topic_id, error in ((known, 0), (uuid.uuid4(), 100)):
        answer = api("Produce", 13, transactional_id=None, acks=-1, timeout_ms=5000, topic_data=[
            {"topic_id": topic_id, "partition_data": [{"index": 0, "records": batch()}]}])
        assert answer.responses[0].partition_responses[0].error_code == error


def test_only_the_admin_client_writes_internal_topics(broker, api):
    with Api(broker) as group:
        assert group("FindCoordinator", 2, key="g", key_type=0).error_code in (0, 15)
        wait_until(lambda: group.describe("__consumer_offsets").error_code == 0)
    assert api.produce("__consumer_offsets", batch())[0].error_code == 17


# --- idempotence ---

def numbered(producer, sequence, count=1, epoch=0):
    return batch(tuple(b"r%d" % n for n in range(count)), producer_id=producer, producer_epoch=epoch, sequence=sequence)


def new_producer(api):
    """A fresh id; a broker that has just begun may still be fetching a block of them."""
    answers = []
    wait_until(lambda: answers.append(api("InitProducerId", 4, transactional_id=None, transaction_timeout_ms=60000)) or answers[-1].error_code == 0)
    assert answers[-1].producer_epoch == 0
    return answers[-1].producer_id


@pytest.fixture
def producer(api):
    return new_producer(api)


def test_no_producer_id_is_given_twice(api):
    assert len({new_producer(api) for _ in range(50)}) == 50


def test_a_retry_of_the_last_five_batches_is_told_the_first_offset(api, target, producer):
    for n in range(7):
        assert api.produce(target, numbered(producer, n))[0].base_offset == n
    for n in range(2, 7):
        answer = api.produce(target, numbered(producer, n))[0]
        assert (answer.error_code, answer.base_offset) == (0, n)
    assert api.produce(target, numbered(producer, 0))[0].error_code in (45, 46)
    assert end_of(api, target) == 7


def test_a_gap_in_the_sequence_is_refused(api, target, producer):
    api.produce(target, numbered(producer, 0, 3))
    assert api.produce(target, numbered(producer, 4))[0].error_code == 45
    assert api.produce(target, numbered(producer, 3))[0].error_code == 0


def test_the_sequence_wraps_to_0(api, target, producer):
    assert api.produce(target, numbered(producer, 2**31 - 2, 2))[0].error_code == 0
    assert api.produce(target, numbered(producer, 0, 2))[0].error_code == 0
    assert end_of(api, target) == 4


def test_a_producer_nobody_knows_may_begin_anywhere(api, target, producer):
    assert api.produce(target, numbered(producer, 41))[0].error_code == 0
    assert api.produce(target, numbered(producer, 42))[0].error_code == 0


def test_a_new_epoch_begins_at_0_and_an_old_one_is_fenced(api, target, producer):
    api.produce(target, numbered(producer, 0))
    assert api.produce(target, numbered(producer, 1, epoch=1))[0].error_code == 45
    assert api.produce(target, numbered(producer, 0, epoch=1))[0].error_code == 0
    assert api.produce(target, numbered(producer, 1, epoch=0))[0].error_code == 47


def test_producers_are_described(api, target, producer):
    api.produce(target, numbered(producer, 0, 3))
    found = api("DescribeProducers", 0, topics=[{"name": target, "partition_indexes": [0, 9]}]).topics[0].partitions
    assert found[1].error_code == 3
    only = found[0].active_producers[0]
    assert (only.producer_id, only.producer_epoch, only.last_sequence, only.current_txn_start_offset) == (producer, 0, 2, -1)


@pytest.mark.ottla_only  # Kafka acknowledges what is not on disk, and its snapshot of producers may be older still
def test_what_a_producer_wrote_is_known_after_kill_dash_9(own_broker, topic):
    node = own_broker()
    with Api(node) as api:
        api.create(topic)
        producer = new_producer(api)
        for n in range(6):
            assert api.produce(topic, numbered(producer, n))[0].error_code == 0
    node.kill()
    node.start()
    with Api(node) as api:
        wait_until(lambda: api.produce(topic, numbered(producer, 5))[0].error_code == 0)
        assert [api.produce(topic, numbered(producer, n))[0].base_offset for n in (1, 3, 5, 6)] == [1, 3, 5, 6]
        assert new_producer(api) > producer
