"""Fixtures: the broker under test (Ottla, or Apache Kafka with --broker=kafka) and names that nobody else uses."""
import itertools
import re
import sys
import time

import pytest

import broker as brokers
from kafka_api import Api

KINDS = {"ottla": brokers.OttlaBroker, "kafka": brokers.KafkaBroker}
COUNTER = itertools.count(1)


def pytest_addoption(parser):
    parser.addoption("--broker", choices=sorted(KINDS), default="ottla", help="which broker the tests run against")
    parser.addoption("--units", type=int, help="ottla.io.threads; default: the broker's own")
    parser.addoption("--bootstrap", help="host:port of a broker that runs already (say with --broker which kind it is)")


def pytest_configure(config):
    if config.getoption("--units"):
        brokers.COMMON["ottla.io.threads"] = str(config.getoption("--units"))


def pytest_collection_modifyitems(config, items):
    if config.getoption("--broker") != "ottla":
        for item in items:
            if item.get_closest_marker("ottla_only"):
                item.add_marker(pytest.mark.skip(reason="only Ottla has this"))


@pytest.fixture(scope="session")
def broker_kind(request):
    return KINDS[request.config.getoption("--broker")]


@pytest.fixture(scope="session")
def broker(request, broker_kind, tmp_path_factory):
    """One node for all tests that do not harm it."""
    if request.config.getoption("--bootstrap"):
        yield brokers.RunningBroker(broker_kind.name, request.config.getoption("--bootstrap"))
        return
    node = broker_kind(tmp_path_factory.mktemp("broker")).start()
    yield node
    status = node.stop()
    sys.stderr.write(f"\nbroker stopped with status {status}\n")
    if node.name == "ottla":
        assert status == 0, node.tail()


@pytest.fixture
def api(broker):
    """A connection that speaks Kafka's messages."""
    with Api(broker) as connection:
        yield connection


@pytest.fixture
def own_broker(broker_kind, tmp_path):
    """Makes nodes that a test may kill: own_broker({"key": "value"}) starts one."""
    started = []

    def start(overrides=None):
        node = broker_kind(tmp_path / f"node{len(started)}", overrides)
        started.append(node)
        return node.start()

    yield start
    for node in started:
        if node.process is not None and node.process.poll() is None:
            node.kill()


@pytest.fixture
def topic(request):
    """A topic name of this test's own (the topic itself is created on first use)."""
    run = f"{int(time.time())}-" if request.config.getoption("--bootstrap") else ""  # the names of earlier runs are taken there
    return f"{re.sub(r'[^a-z0-9]+', '-', request.node.name.lower()).strip('-')[:60]}-{run}{next(COUNTER)}"


@pytest.fixture
def group(topic):
    return f"group-{topic}"
