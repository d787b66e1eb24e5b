"""kafkajs: the usual client of Node programs; speaks the oldest versions that are still about."""
import json
import pathlib
import shutil
import subprocess

import pytest

import java
import toolchains

HERE = pathlib.Path(__file__).resolve().parent / "kafkajs"


@pytest.fixture(scope="session")
def program():
    """A copy of kafkajs/ with its packages, below build/."""
    folder = java.TOOLS / "kafkajs"
    lock = (HERE / "package-lock.json").read_text()
    if not (folder / ".done").exists() or (folder / ".done").read_text() != lock:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("node_modules"))
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=300,
                       env=toolchains.with_node())
        (folder / ".done").write_text(lock)
    shutil.copy(HERE / "round_trip.js", folder)
    return folder / "round_trip.js"


@pytest.mark.timeout(400)
def test_what_is_sent_comes_back_through_a_group(broker, program, topic):
    done = subprocess.run(["node", program, broker.bootstrap, topic], capture_output=True, text=True, timeout=90, env=toolchains.with_node())
    assert done.returncode == 0, done.stderr[-3000:]
    result = json.loads(done.stdout.splitlines()[-1])
    codecs = ("None", "GZIP", "Snappy")
    assert result["offsets"] == 300 and result["group"] == "Empty"
    assert result["seen"] == {f"{codec}-{n}": [f"value {n}", codec] for codec in codecs for n in range(100)}
