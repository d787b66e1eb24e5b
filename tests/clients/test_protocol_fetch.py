"""Fetch, its sessions, and the lookups of offsets: what is waited for, how much comes, what a wrong position is called."""
import itertools
import struct
import time
import uuid

import pytest

from broker import wait_until
from kafka_api import Api
from wire import batch

pytestmark = pytest.mark.ci


@pytest.fixture
def filled(api, topic):
    """Ten batches of one record of about 100 bytes."""
    api.create(topic)
    for n in range(10):
        api.produce(topic, batch((b"%03d" % n + b"x" * 97,)))
    return topic


def bases(records):
    found, at = [], 0
    while at + 12 <= len(records):
        base, length = struct.unpack(">qi", records[at:at + 12])
        if at + 12 + length > len(records):
            break
        found.append(base)
        at += 12 + length
    return found


def asked(topic, partition=0, offset=0, limit=1 << 20, **more):
    return {"topic": topic, "partitions": [{"partition": partition, "fetch_offset": offset, "partition_max_bytes": limit, **more}]}


# --- waiting and limits ---

def test_a_fetch_at_the_end_waits_until_there_is_something(broker, api, filled):
    api.send("Fetch", 12, replica_id=-1, max_wait_ms=20000, min_bytes=1, max_bytes=1 << 20, session_id=0, session_epoch=-1,
             topics=[asked(filled, offset=10)])
    time.sleep(0.2)
    begin = time.monotonic()
    with Api(broker) as other:
        other.produce(filled, batch())
    assert bases(api.receive().responses[0].partitions[0].records) == [10]
    assert time.monotonic() - begin < 5


def test_a_fetch_waits_no_longer_than_it_says(api, filled):
    begin = time.monotonic()
    answer = api.fetch(filled, 10, wait_ms=300)
    assert answer.error_code == 0 and answer.records == b"" and 0.25 < time.monotonic() - begin < 5


def test_min_bytes_are_waited_for(broker, api, filled):
    api.send("Fetch", 12, replica_id=-1, max_wait_ms=1500, min_bytes=100000, max_bytes=1 << 20, session_id=0, session_epoch=-1,
             topics=[asked(filled)])
    begin = time.monotonic()
    assert len(bases(api.receive().responses[0].partitions[0].records)) == 10
    assert time.monotonic() - begin > 1


def test_an_error_in_one_partition_ends_the_wait(api, filled, topic):
    other = f"{topic}-other"
    api.create(other)
    begin = time.monotonic()
    answer = api("Fetch", 12, replica_id=-1, max_wait_ms=20000, min_bytes=1, max_bytes=1 << 20, session_id=0, session_epoch=-1,
                 topics=[asked(filled, offset=10), asked(other, offset=77)])
    assert {each.topic: each.partitions[0].error_code for each in answer.responses} == {filled: 0, other: 1}
    assert time.monotonic() - begin < 5


def test_a_partition_that_does_not_exist_is_no_reason_to_stop_waiting_for_the_others(api, filled):
    # A consumer of a deleted partition would else ask without a pause until it learns of the deletion.
    begin = time.monotonic()
    answer = api("Fetch", 12, replica_id=-1, max_wait_ms=1000, min_bytes=1, max_bytes=1 << 20, session_id=0, session_epoch=-1,
                 topics=[asked(filled, offset=10), asked(f"{filled}-no")])
    assert {each.topic: each.partitions[0].error_code for each in answer.responses} == {filled: 0, f"{filled}-no": 3}
    assert time.monotonic() - begin > 0.9


def test_the_first_batch_comes_whole_however_small_the_limits(api, filled):
    assert bases(api.fetch(filled, 3, max_bytes=1, partition_max_bytes=1).records) == [3]


def test_later_partitions_obey_what_is_left_of_the_limit(api, topic):
    api.create(topic, 2)
    for n in (0, 1):
        api.produce(topic, batch((b"x" * 1000,)), partition=n)
    answer = api("Fetch", 12, replica_id=-1, max_wait_ms=0, min_bytes=0, max_bytes=100, session_id=0, session_epoch=-1, topics=[
        {"topic": topic, "partitions": [{"partition": n, "fetch_offset": 0, "partition_max_bytes": 1 << 20} for n in (1, 0)]}])
    sizes = {part.partition_index: len(part.records) for part in answer.responses[0].partitions}
    assert sizes[1] > 1000 and sizes[0] == 0


def test_a_position_inside_a_batch_gets_the_whole_batch(api, topic):
    api.create(topic)
    api.produce(topic, batch((b"a", b"b", b"c")))
    assert bases(api.fetch(topic, 1).records) == [0]


@pytest.mark.parametrize("offset", [11, 2**62, -5])
def test_a_position_that_is_none_is_out_of_range(api, filled, offset):
    answer = api.fetch(filled, offset)
    assert (answer.error_code, answer.high_watermark) == (1, -1) or answer.error_code == 1


def test_empty_means_no_bytes_and_not_null(api, filled):
    assert api.fetch(filled, 10, wait_ms=0).records == b""


def test_aborted_transactions_are_null_unless_only_committed_ones_are_read(api, filled):
    assert api.fetch(filled).aborted_transactions is None
    assert api.fetch(filled, isolation_level=1).aborted_transactions in ([], None)
    assert api.fetch(filled, isolation_level=1).last_stable_offset == 10


def test_leader_epochs_fence(api, filled):
    epoch = api.describe(filled).partitions[0].leader_epoch
    assert api.fetch(filled, current_leader_epoch=epoch).error_code == 0
    assert api.fetch(filled, current_leader_epoch=epoch + 1).error_code == 75
    assert api.offset(filled, -1, current_leader_epoch=epoch + 1).error_code == 75


# --- sessions ---

class Session:
    def __init__(self, api, topic):
        self.api, self.topic = api, topic

    def fetch(self, session_id, epoch, *partitions, forget=(), version=12):
        return self.api("Fetch", version, replica_id=-1, max_wait_ms=0, min_bytes=0, max_bytes=1 << 20, session_id=session_id, session_epoch=epoch,
                        topics=[asked(self.topic, n, offset) for n, offset in partitions],
                        forgotten_topics_data=[{"topic": self.topic, "partitions": list(forget)}] if forget else [])


def test_a_session_tells_only_what_is_new(api, topic):
    api.create(topic, 2)
    api.produce(topic, batch(), batch())
    session = Session(api, topic)
    first = session.fetch(0, 0, (0, 0), (1, 0))
    assert first.error_code == 0 and first.session_id > 0 and len(first.responses[0].partitions) == 2
    second = session.fetch(first.session_id, 1, (0, 1), (1, 1))
    assert second.error_code == 0 and second.session_id == first.session_id
    epochs = itertools.count(2)
    wait_until(lambda: session.fetch(first.session_id, next(epochs)).responses == [])
    api.produce(topic, batch(), partition=1)
    third = session.fetch(first.session_id, next(epochs))
    assert [part.partition_index for each in third.responses for part in each.partitions] == [1]


def test_a_wrong_session_or_epoch_is_an_error_of_the_whole_request(api, topic):
    api.create(topic)
    session = Session(api, topic)
    first = session.fetch(0, 0, (0, 0))
    assert session.fetch(first.session_id + 4711, 1).error_code == 70
    wrong = session.fetch(first.session_id, 5)
    assert wrong.error_code == 71 and wrong.responses == []


def test_a_session_that_is_closed_or_has_forgotten_everything_is_gone(api, topic):
    api.create(topic)
    session = Session(api, topic)
    first = session.fetch(0, 0, (0, 0))
    assert session.fetch(first.session_id, -1).session_id == 0
    assert session.fetch(first.session_id, 1).error_code == 70
    other = session.fetch(0, 0, (0, 0))
    assert session.fetch(other.session_id, 1, forget=[0]).error_code == 0
    assert session.fetch(other.session_id, 2).error_code == 70


def test_a_partition_with_an_error_is_told_again_next_time(api, topic):
    api.create(topic)
    session = Session(api, topic)
    first = session.fetch(0, 0, (0, 99))
    assert first.responses[0].partitions[0].error_code == 1
    assert session.fetch(first.session_id, 1).responses[0].partitions[0].error_code == 1


def test_names_and_ids_do_not_mix_in_a_session(api, topic):
    known = api.create(topic)
    first = Session(api, topic).fetch(0, 0, (0, 0))
    mixed = api("Fetch", 13, replica_id=-1, max_wait_ms=0, min_bytes=0, max_bytes=1000, session_id=first.session_id, session_epoch=1, topics=[
        {"topic_id": known, "partitions": [{"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1000}]}])
    assert mixed.error_code == 106


def test_an_unknown_id_is_an_error_of_its_partitions(api):
    answer = api("Fetch", 15, max_wait_ms=0, min_bytes=0, max_bytes=1000, session_id=0, session_epoch=-1, topics=[
        {"topic_id": uuid.uuid4(), "partitions": [{"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1000}]}])
    assert answer.responses[0].partitions[0].error_code == 100


# --- lookups ---

def timed(*times):
    return batch((b"v",) * len(times), times=times)


def test_offsets_by_time_are_of_the_first_record_at_or_after_it(api, topic):
    api.create(topic)
    begin = int(time.time() * 1000) - 100000
    api.produce(topic, timed(begin, begin + 10, begin + 20))
    api.produce(topic, timed(begin + 30, begin + 40))
    look = lambda moment: (lambda got: (got.error_code, got.offset, got.timestamp))(api.offset(topic, moment))  # noqa: E731
    assert look(begin - 1000) == (0, 0, begin)
    assert look(begin + 11) == (0, 2, begin + 20)
    assert look(begin + 30) == (0, 3, begin + 30)
    assert look(begin + 41) == (0, -1, -1)


def test_the_special_times_name_ends_and_the_newest_record(api, topic):
    api.create(topic)
    begin = int(time.time() * 1000) - 100000
    api.produce(topic, timed(begin, begin + 50, begin + 20))
    assert api.offset(topic, -1).offset == 3 and api.offset(topic, -2).offset == 0
    newest = api.offset(topic, -3, version=7)
    assert (newest.offset, newest.timestamp) == (1, begin + 50)
    assert api.offset(topic, -4, version=8).offset == 0
    assert api.offset(topic, -5, version=9).offset == -1
    assert api.offset(topic, -1).leader_epoch == api.describe(topic).partitions[0].leader_epoch


def test_a_partition_asked_for_twice_is_an_invalid_request(api, filled):
    answer = api("ListOffsets", 5, replica_id=-1, isolation_level=0, topics=[{"name": filled, "partitions": [
        {"partition_index": 0, "timestamp": -1}, {"partition_index": 0, "timestamp": -2}]}])
    assert {part.error_code for part in answer.topics[0].partitions} == {42}


def test_ends_of_epochs(api, filled):
    epoch = api.describe(filled).partitions[0].leader_epoch

    def end(asked_epoch, current=-1):
        got = api("OffsetForLeaderEpoch", 3, replica_id=-1, topics=[{"topic": filled, "partitions": [
            {"partition": 0, "current_leader_epoch": current, "leader_epoch": asked_epoch}]}]).topics[0].partitions[0]
        return got.error_code, got.leader_epoch, got.end_offset

    assert end(epoch) == (0, epoch, 10)
    assert end(epoch + 3) == (0, -1, -1)
    assert end(epoch, epoch + 1)[0] == 75


def test_records_are_deleted_up_to_an_offset(api, filled):
    def delete(offset, partition=0):
        got = api("DeleteRecords", 2, timeout_ms=10000, topics=[{"name": filled, "partitions": [
            {"partition_index": partition, "offset": offset}]}]).topics[0].partitions[0]
        return got.error_code, got.low_watermark

    assert delete(4) == (0, 4)
    assert api.offset(filled, -2).offset == 4 and api.fetch(filled, 3).error_code == 1
    assert delete(2) == (0, 4)
    assert delete(11)[0] == 1
    assert delete(5, partition=7)[0] == 3
    assert delete(-1) == (0, 10)
    assert api.offset(filled, -2).offset == 10
