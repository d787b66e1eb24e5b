"""Three brokers under load while something breaks. Afterwards the histories of all clients are judged: nothing acknowledged is lost,
doubled, out of order or changed under a reader, no commit is forgotten; and everything is in sync again within a bound."""
import contextlib
import signal
import time

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

import network as networks
from broker import wait_until
from cluster import Cluster, KafkaClusterBroker, zookeeper_is_missing
from history import Workload
from kafka_api import Api

pytestmark = [pytest.mark.ottla_only, pytest.mark.timeout(400),
              pytest.mark.skipif(zookeeper_is_missing() is not None, reason=str(zookeeper_is_missing()))]
needs_network = pytest.mark.skipif(networks.is_missing() is not None, reason=str(networks.is_missing()))

TOPIC = "watched"
PARTITIONS = 3
RECOVERY_S = 60  # from the end of the fault until everything is in sync


def ask(cluster, name, version, **fields):
    """The answer of whichever broker gives one."""
    for each in cluster.live():
        with contextlib.suppress(OSError), Api(each, timeout=2) as api:
            return api(name, version, **fields)
    raise OSError("no broker answers")


def metadata(cluster, *topics):
    return ask(cluster, "Metadata", 9, topics=[{"name": name} for name in topics] if topics else [], allow_auto_topic_creation=False)


def leader(cluster):
    return metadata(cluster, TOPIC).topics[0].partitions[0].leader_id


def controller(cluster):
    return metadata(cluster).controller_id


def coordinator(cluster):
    return ask(cluster, "FindCoordinator", 3, key="committer", key_type=0).node_id


ROLES = {"leader": leader, "controller": controller, "coordinator": coordinator}


def is_in_sync(cluster):
    """On every broker's word."""
    for each in cluster.brokers:
        try:
            with Api(each, timeout=2) as api:
                found = api("Metadata", 9, topics=[{"name": TOPIC}, {"name": "__consumer_offsets"}], allow_auto_topic_creation=False)
        except OSError:
            return False
        if any(topic.error_code or any(len(p.isr_nodes) < 3 for p in topic.partitions) for topic in found.topics):
            return False
    return True


@contextlib.contextmanager
def under_load(cluster, report):
    """Runs the block while clients work, then waits until all is well again and judges."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 3)])[TOPIC].result(60)
    with Workload(cluster.bootstrap, TOPIC, PARTITIONS) as load:
        wait_until(lambda: load.history.committed and is_in_sync(cluster), 60, what="all is well before the fault")
        yield load
        ended = time.monotonic()
        load.wait_for_progress(RECOVERY_S)
        wait_until(lambda: is_in_sync(cluster), RECOVERY_S, what=f"all is in sync\n{cluster.tails()}")
        recovered = time.monotonic() - ended
        time.sleep(0.5)
    history = load.history
    report(f"{len(history.acknowledged)} acknowledged, {len(history.failed)} failed, longest gap {history.longest_gap():.2f} s, "
           f"in sync {recovered:.2f} s after the fault")
    assert history.verdict() == []
    assert len(history.seen) > 100 and sum(map(len, history.final.values())) >= len(history.acknowledged) > 300


@pytest.fixture
def report(request):
    return lambda line: print(f"\n{request.node.name}: {line}", flush=True)


@pytest.fixture
def cluster(tmp_path):
    with Cluster(tmp_path, 3) as three:
        yield three


@pytest.fixture
def spread(tmp_path):
    """Each on a host of its own."""
    with networks.Network(4) as network, Cluster(tmp_path, 3, network=network) as three:
        yield three


@pytest.mark.system  # Kafka's jars and three of its brokers
def test_the_checks_agree_with_apache_kafka_without_faults(tmp_path, report):
    with Cluster(tmp_path, 3, {"zookeeper.session.timeout.ms": "18000"}, kind=KafkaClusterBroker) as three, under_load(three, report):
        time.sleep(5)


@pytest.mark.parametrize("role", ROLES)
def test_a_broker_is_killed_and_comes_back(cluster, report, role):
    with under_load(cluster, report) as load:
        victim = cluster.broker(ROLES[role](cluster))
        victim.kill()
        load.wait_for_progress(30)
        time.sleep(3)
        victim.start()


def test_all_brokers_are_killed_at_once(cluster, report):
    with under_load(cluster, report):
        for each in cluster.brokers:
            each.process.kill()
        for each in cluster.brokers:
            each.process.wait(30)
        time.sleep(1)
        for each in cluster.brokers:
            each.start()


@pytest.mark.parametrize("role", ROLES)
def test_a_broker_stands_still_for_longer_than_its_session(cluster, report, role):
    with under_load(cluster, report) as load:
        victim = cluster.broker(ROLES[role](cluster))
        victim.process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(6)
            load.wait_for_progress(30)
        finally:
            victim.process.send_signal(signal.SIGCONT)


def test_zookeeper_is_away_for_a_minute(cluster, report):
    with under_load(cluster, report) as load:
        cluster.zookeeper.kill()
        for _ in range(6):
            time.sleep(10)
            load.wait_for_progress(5)  # nothing that is led stops
        cluster.zookeeper.start()


def test_an_ensemble_loses_its_leader_then_its_majority(tmp_path, report):
    with Cluster(tmp_path, 3, servers=3) as three, under_load(three, report) as load:
        first = next(each for each in three.zookeepers if each.mode() == "leader")
        first.kill()
        time.sleep(3)
        three.brokers[0].kill()  # what needs the ensemble goes on
        load.wait_for_progress(30)
        second = next(each for each in three.zookeepers if each.mode() == "leader")
        second.kill()
        time.sleep(3)
        load.wait_for_progress(10)
        first.launch()
        second.launch()
        for each in three.zookeepers:
            wait_until(each.mode, 60, what="the ensemble serves")
        three.brokers[0].start()


def others(cluster, one):
    return [each.namespace for each in cluster.brokers if each.namespace is not one]


def cut_from_brokers(cluster, one):
    for other in others(cluster, one):
        cluster.network.cut_both(one, other)


def cut_to_brokers(cluster, one):
    for other in others(cluster, one):
        cluster.network.cut(one, other)


def cut_what_brokers_say(cluster, one):
    for other in others(cluster, one):
        cluster.network.cut(other, one)


def cut_from_zookeeper(cluster, one):
    cluster.network.cut_both(one, cluster.zookeeper.host)


def cut_to_zookeeper(cluster, one):
    cluster.network.cut(one, cluster.zookeeper.host)


def cut_from_all(cluster, one):
    cut_from_brokers(cluster, one)
    cut_from_zookeeper(cluster, one)


CUTS = [("leader", cut_from_brokers), ("leader", cut_to_brokers), ("leader", cut_what_brokers_say), ("leader", cut_from_zookeeper),
        ("leader", cut_to_zookeeper), ("leader", cut_from_all), ("controller", cut_from_brokers), ("controller", cut_from_zookeeper)]


@needs_network
@pytest.mark.parametrize("role, cut", CUTS, ids=[f"{role}-{cut.__name__}" for role, cut in CUTS])
def test_a_network_is_cut(spread, report, role, cut):
    with under_load(spread, report):
        cut(spread, spread.broker(ROLES[role](spread)).namespace)
        time.sleep(15)
        spread.network.heal()


@needs_network
def test_connections_are_reset_again_and_again(spread, report):
    with under_load(spread, report) as load:
        for _ in range(10):
            networks.run(*spread.broker(leader(spread)).namespace.command(["ss", "-K", "state", "established"]))
            load.wait_for_progress(20)
