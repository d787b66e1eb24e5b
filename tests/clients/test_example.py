"""examples/: the README's steps do what they say."""
import os
import pathlib
import random
import re
import signal
import subprocess
import sys

import pytest

from broker import free_port, wait_until
from cluster import zookeeper_is_missing

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "host-metrics"


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


@pytest.mark.ci
@pytest.mark.ottla_only
@pytest.mark.skipif(zookeeper_is_missing() is not None, reason=str(zookeeper_is_missing()))
@pytest.mark.skipif(not (ROOT / "build" / "ottla").exists(), reason="make cluster runs build/ottla, which is not built")
def test_a_cluster_on_this_machine_survives_the_loss_of_a_leader(tmp_path):
    port = random.randrange(20000, 30000)  # three in a row, and three 100 above: not where the kernel gives ports to connections
    settings = {**os.environ, "CLUSTER_PORT": str(port), "ZOOKEEPER_PORT": str(free_port()), "CLUSTER_DATA": str(tmp_path / "data")}
    output = tmp_path / "output"
    with open(output, "wb") as out:
        cluster = subprocess.Popen([ROOT / "scripts" / "cluster.sh"], stdout=out, stderr=subprocess.STDOUT, env=settings, start_new_session=True)
    try:
        wait_until(lambda: cluster.poll() is not None or "Ctrl-C ends all of them" in output.read_text(), 120, what="the cluster serves")
        assert cluster.poll() is None, output.read_text()
        bootstrap = re.search("the brokers on (.*)[.]", output.read_text())[1]
        done = subprocess.run([sys.executable, ROOT / "examples" / "three-brokers" / "failover.py", "--bootstrap", bootstrap,
                               "--data", settings["CLUSTER_DATA"]], capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines()[-1] == "lost 0, twice 0, out of order no, failed 0"
        again = subprocess.run([ROOT / "scripts" / "cluster.sh"], capture_output=True, text=True, timeout=60, env=settings)
        assert again.returncode == 1 and "is in use; choose others with CLUSTER_PORT" in again.stderr
    finally:
        cluster.send_signal(signal.SIGTERM)
        pids = [int(each.read_text()) for each in (tmp_path / "data").glob("*.pid")]
        assert cluster.wait(60) == 0
    assert len(pids) == 4 and not any(os.path.exists(f"/proc/{pid}") for pid in pids)
