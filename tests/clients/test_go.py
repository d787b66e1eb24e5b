"""franz-go and sarama, as Go tests: each is a case here."""
import pathlib
import re
import subprocess

import pytest

import java
import toolchains

HERE = pathlib.Path(__file__).resolve().parent / "go"
CASES = [name for path in sorted(HERE.glob("*_test.go")) for name in re.findall(r"^func (Test\w+)", path.read_text(), re.M)]


@pytest.fixture(scope="session")
def program():
    """The compiled Go tests."""
    built = java.TOOLS / "go-clients.test"
    built.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([toolchains.go(), "test", "-c", "-o", built, "."], cwd=HERE, check=True, timeout=900,
                   env=toolchains.environment(GOFLAGS="-mod=readonly", GOTOOLCHAIN="local"))
    return built


@pytest.mark.timeout(900)
@pytest.mark.parametrize("case", CASES)
def test_go(broker, program, case):
    done = subprocess.run([program, "-test.v", "-test.run", f"^{case}$"], capture_output=True, text=True, timeout=150,
                          env=toolchains.environment(BOOTSTRAP=broker.bootstrap))
    assert done.returncode == 0 and f"--- PASS: {case}" in done.stdout, done.stdout[-3000:] + done.stderr[-2000:]
