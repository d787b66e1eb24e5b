"""Debian's kcat (librdkafka 2.0): the oldest client that people still have at hand."""
import json
import shutil
import subprocess
import time

import pytest

import batches

pytestmark = [pytest.mark.ci, pytest.mark.skipif(not shutil.which("kcat"), reason="kcat is not installed")]
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


@pytest.fixture
def kcat(broker):
    def run(*arguments, text=None, status=0):
        done = subprocess.run(["kcat", "-b", broker.bootstrap, *arguments], input=text, text=True, capture_output=True, timeout=60)
        assert done.returncode == status, done.stderr
        return done.stdout

    return run


def numbers(first, last):
    return "".join(f"{n}\n" for n in range(first, last + 1))


def everything(kcat, topic, *more):
    return kcat("-C", "-t", topic, "-p", "0", "-o", "beginning", "-e", "-q", *more)


def test_a_first_message_creates_the_topic_with_the_default_partitions(kcat, topic):
    kcat("-P", "-t", topic, text="first\n")
    assert kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q") == "first\n"
    listed = json.loads(kcat("-L", "-J", "-t", topic))
    assert [b["id"] for b in listed["brokers"]] == [1]
    assert [p["leader"] for p in listed["topics"][0]["partitions"]] == [1] * 4


def test_messages_come_back_in_order_with_dense_offsets(kcat, topic):
    kcat("-P", "-t", topic, "-p", "0", text=numbers(1, 1000))
    assert everything(kcat, topic) == numbers(1, 1000)
    assert everything(kcat, topic, "-f", "%o\n") == numbers(0, 999)
    assert kcat("-C", "-t", topic, "-p", "0", "-o", "-3", "-e", "-q") == numbers(998, 1000)
    assert kcat("-C", "-t", topic, "-p", "0", "-o", "500", "-c", "1", "-q") == "501\n"


def test_offsets_are_found_by_end_beginning_and_time(kcat, topic):
    kcat("-P", "-t", topic, "-p", "0", text=numbers(1, 100))
    time.sleep(0.2)
    between = int(time.time() * 1000)
    time.sleep(0.2)
    kcat("-P", "-t", topic, "-p", "0", text="late\n")

    def offset(query):
        return int(kcat("-Q", "-t", f"{topic}:0:{query}").rsplit(" ", 1)[1])

    assert (offset(-1), offset(-2), offset(between)) == (101, 0, 100)
    assert offset(between + 3_600_000) in (-1, 101)
    assert kcat("-C", "-t", topic, "-p", "0", "-o", f"s@{between}", "-e", "-q") == "late\n"


@pytest.mark.parametrize("codec", CODECS)
def test_batches_of_an_old_librdkafka_are_stored_as_it_compressed_them(kcat, broker, topic, codec):
    lines = "".join(f"{codec} {n}\n" for n in range(5000))
    kcat("-P", "-t", topic, "-p", "0", "-z", codec, "-X", "linger.ms=50", text=lines)
    assert everything(kcat, topic) == lines
    stored = batches.stored(broker.partition_folder(topic))
    # librdkafka leaves a batch as it is that would not shrink: one of a few records.
    assert {batch.codec for batch in stored if batch.record_count > 10} == {CODECS[codec]}
    assert sum(batch.record_count for batch in stored) == 5000


def test_keys_headers_and_null_values_survive(kcat, topic):
    kcat("-P", "-t", topic, "-p", "0", "-k", "key", "-H", "a=1", "-H", "b=two", "-H", "a=3", text="value\n")
    assert everything(kcat, topic, "-f", "%k|%h|%s\n") == "key|a=1,b=two,a=3|value\n"
    kcat("-P", "-t", topic, "-p", "1", "-K:", "-Z", text="k1:v1\nk2:\nk1:v2\n")
    read = kcat("-C", "-t", topic, "-p", "1", "-o", "beginning", "-e", "-q", "-Z", "-f", "%k=%s/%S\n")
    assert read == "k1=v1/2\nk2=NULL/-1\nk1=v2/2\n"


@pytest.mark.parametrize("acks", ["0", "1", "-1"])
def test_each_acks_level_stores_the_message(kcat, topic, acks):
    kcat("-P", "-t", topic, "-p", "0", "-X", f"acks={acks}", text=numbers(1, 50))
    deadline = time.monotonic() + 10
    while everything(kcat, topic) != numbers(1, 50):  # acks=0 does not wait for the broker
        assert time.monotonic() < deadline


def test_a_group_continues_where_it_stopped(kcat, topic):
    def read(count):
        return kcat("-G", f"g-{topic}", "-X", "auto.offset.reset=earliest", "-q", "-c", str(count), topic)

    kcat("-P", "-t", topic, "-p", "0", text=numbers(1, 200))
    assert read(200) == numbers(1, 200)
    kcat("-P", "-t", topic, "-p", "0", text=numbers(201, 210))
    assert read(10) == numbers(201, 210)


@pytest.mark.parametrize("strategy", ["range", "roundrobin", "cooperative-sticky"])
def test_each_assignment_strategy_reads_everything(kcat, topic, strategy):
    kcat("-P", "-t", topic, "-p", "0", text=numbers(1, 100))
    assert kcat("-G", f"g-{topic}", "-X", "auto.offset.reset=earliest", "-X", f"partition.assignment.strategy={strategy}",
                "-q", "-c", "100", topic) == numbers(1, 100)


def test_a_subscription_by_pattern_finds_the_topic(kcat, topic):
    kcat("-P", "-t", f"{topic}-one", "-p", "0", text="1\n")
    kcat("-P", "-t", f"{topic}-two", "-p", "0", text="2\n")
    read = kcat("-G", f"g-{topic}", "-X", "auto.offset.reset=earliest", "-q", "-c", "2", f"^{topic}-.*")
    assert sorted(read.split()) == ["1", "2"]


def test_an_unknown_topic_is_an_error_when_creation_is_not_asked_for(kcat, topic):
    kcat("-C", "-t", topic, "-p", "0", "-e", "-q", "-X", "allow.auto.create.topics=false",
         "-X", "topic.metadata.propagation.max.ms=500", status=1)


def test_a_message_over_the_limit_is_refused(kcat, topic, tmp_path):
    kcat("-P", "-t", topic, "-p", "0", text="small\n")
    big = tmp_path / "big"
    big.write_text("x" * 2_000_000)
    kcat("-P", "-t", topic, "-p", "0", "-X", "message.max.bytes=5000000", "-X", "message.send.max.retries=0", str(big), status=1)
    assert everything(kcat, topic) == "small\n"


def test_a_reader_beyond_the_end_starts_over(kcat, topic):
    kcat("-P", "-t", topic, "-p", "0", text=numbers(1, 3))
    assert kcat("-C", "-t", topic, "-p", "0", "-o", "99", "-e", "-q", "-X", "auto.offset.reset=earliest", "-c", "1") == "1\n"
