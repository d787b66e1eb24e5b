"""Apache Kafka's DumpLogSegments reads the files of our logs without complaint (build/make_log writes them)."""
import pathlib
import re
import subprocess

import java
import pytest

MAKE_LOG = pathlib.Path(__file__).resolve().parents[2] / "build" / "make_log"
COMPLAINTS = re.compile(r"isvalid: false|mismatch|not found|Non-consecutive|out of order|corrupt|Exception|ERROR|Could not", re.I)


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    subprocess.run([MAKE_LOG, folder], check=True, timeout=60)
    return folder


def dump(logs, suffix, *options):
    files = sorted(logs.glob(f"*/*{suffix}"))
    assert len(files) > 5
    shown = java.run("org.apache.kafka.tools.DumpLogSegments", *options, "--files", ",".join(map(str, files)))
    # The tool counts from -1 and so finds a gap before the first record of every later segment, also of Kafka's own.
    shown = re.sub(r"Non-consecutive offsets in .*\n(  -1 is followed by \d+\n)+", "", shown)
    assert not COMPLAINTS.search(shown), shown[-3000:]
    assert shown.count("Dumping ") == len(files)
    return shown


def test_every_record_of_every_segment_is_read(logs):
    shown = dump(logs, ".log", "--deep-iteration")
    orders = re.findall(r"^\| offset: (\d+) .*keySize: -1", shown, re.M)
    assert [int(offset) for offset in orders] == list(range(1200))
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        assert f"compresscodec: {codec}" in shown
    assert re.search(r"deleteHorizonMs: OptionalLong\[\d+\]", shown)  # a tombstone seen by our cleaner
    assert re.search(r"count: 0 baseSequence: 998 ", shown)  # the last batch of a producer, emptied


def test_the_offset_indexes_are_sane_and_point_at_batches(logs):
    dump(logs, ".index", "--index-sanity-check")
    dump(logs, ".index", "--verify-index-only")


def test_the_time_indexes_are_sane_and_name_the_largest_timestamps(logs):
    dump(logs, ".timeindex", "--index-sanity-check")
    dump(logs, ".timeindex", "--verify-index-only")


def test_the_producer_snapshots_are_read(logs):
    shown = dump(logs, ".snapshot")
    assert re.search(r"producerId: 1001 producerEpoch: 1", shown)
