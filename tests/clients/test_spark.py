"""Spark loads all partitions in parallel by offset range: counts and checksums equal those of what was produced."""
import json
import os
import pathlib
import re
import subprocess
import sys
import zlib

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

import java

HERE = pathlib.Path(__file__).resolve().parent
PARTITIONS, RECORDS = 4, 40_000


def spark_python():
    """A virtual environment with Spark in it; made once."""
    venv, wanted = java.TOOLS / "spark", (HERE / "requirements-spark.txt").read_text()
    stamp = venv / ".done"
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "-q", "-r", HERE / "requirements-spark.txt"], check=True, timeout=900)
        stamp.write_text(wanted)
    return venv / "bin" / "python"


@pytest.mark.system
@pytest.mark.ci
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("codec", ["lz4"])
def test_a_batch_load_of_all_partitions_sees_every_record_once(broker, topic, codec):
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(30)
    expected = {str(p): [0, 0] for p in range(PARTITIONS)}

    def delivered(error, message):
        assert error is None
        text = b"|".join([message.key(), message.value(), b"%d" % message.partition(), b"%d" % message.offset()])
        expected[str(message.partition())][0] += 1
        expected[str(message.partition())][1] += zlib.crc32(text)

    producer = Producer({"bootstrap.servers": broker.bootstrap, "compression.type": codec, "linger.ms": 5})
    for n in range(RECORDS):
        producer.produce(topic, b"value of %d" % n, key=b"key %d" % n, partition=n % PARTITIONS, on_delivery=delivered)
        producer.poll(0)
    assert producer.flush(60) == 0

    python = spark_python()
    jars = ",".join(str(jar) for jar in java.jars("spark").glob("*.jar"))
    done = subprocess.run([python, HERE / "spark_job.py", broker.bootstrap, topic, jars], capture_output=True, text=True, timeout=400,
                          env={**os.environ, "PYSPARK_PYTHON": str(python), "SPARK_LOCAL_IP": "127.0.0.1"})
    found = re.search(r"^RESULT (.*)$", done.stdout, re.M)
    assert found, done.stderr[-3000:]
    loaded = json.loads(found[1])
    assert loaded["partitions"] == expected
    assert loaded["tasks"] >= 8  # more tasks than partitions: each reads a range of offsets
