"""examples/host-metrics: the README's second step does what it says."""
import os
import pathlib
import subprocess
import sys

import pytest

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "host-metrics"


def run(broker, topic, program, *arguments):
    done = subprocess.run([sys.executable, EXAMPLE / program, "--bootstrap", broker.bootstrap, "--topic", topic, *arguments],
                          capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.ci
def test_two_hosts_publish_and_a_group_prints_the_latest_of_each(broker, topic, group):
    for host in ("alpha", "beta"):
        sent = run(broker, topic, "publish.py", "--host", host, "--interval", "0.1", "--count", "5")
        assert "5 records sent, 0 not acknowledged" in sent.stderr
    table = run(broker, topic, "table.py", "--group", group, "--count", "10").stdout.splitlines()
    assert table[0].split()[:2] == ["host", "cpu"]
    assert [line.split()[0] for line in table[1:]] == ["alpha", "beta"]
    total_gib = float(table[1].split("/")[1].split()[0])
    with open("/proc/meminfo") as meminfo:
        assert abs(total_gib - int(meminfo.readline().split()[1]) / 2**20) < 0.1
