"""The commands that judge a cluster, explain it and move its leaders and replicas, against real brokers on ZooKeeper."""
import json
import os
import signal
import subprocess
import time

import pytest
from confluent_kafka import Consumer, Producer

from broker import OTTLA, OttlaBroker, wait_until
from cluster import Cluster, ClusterBroker, ZooKeeper, zookeeper_is_missing

pytestmark = [pytest.mark.ci, pytest.mark.ottla_only, pytest.mark.skipif(zookeeper_is_missing() is not None, reason=str(zookeeper_is_missing()))]


@pytest.fixture
def cluster(tmp_path):
    with Cluster(tmp_path, 3, {"auto.leader.rebalance.enable": "false"}) as three:
        yield three


def run(bootstrap, *arguments):
    return subprocess.run([OTTLA, *map(str, arguments)], text=True, capture_output=True, timeout=120, stdin=subprocess.DEVNULL,
                          env={**os.environ, "OTTLA_BOOTSTRAP": bootstrap})


def ottla(where, *arguments, status=0):
    """Asks the cluster, or a broker; returns what was printed, or the complaint if that was expected."""
    done = run(where.bootstrap, *arguments)
    assert done.returncode == status, f"exit {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout if status == 0 else done.stdout + done.stderr


def asked(where, *arguments, status=0):
    return json.loads(ottla(where, *arguments, "--json", status=status))


def verdict(where):
    return json.loads(run(where.bootstrap, "cluster", "status", "--json").stdout)


def kinds(where):
    return {finding["kind"] for finding in verdict(where)["findings"]}


def described(where, topic):
    return {p["partition"]: p for p in asked(where, "topic", "describe", topic)[0]["partitions"]}


def produce(where, topic, count):
    done = subprocess.run([OTTLA, "produce", topic, "-q"], input="".join(f"{n}\n" for n in range(count)), text=True, capture_output=True,
                          timeout=120, env={**os.environ, "OTTLA_BOOTSTRAP": where.bootstrap})
    assert done.returncode == 0, done.stderr


def consume(where, topic):
    return sorted(map(int, ottla(where, "consume", topic).split()))


def test_a_lost_broker_is_named_explained_and_forgotten_when_it_is_back(cluster):
    ottla(cluster, "topic", "create", "orders", "-p", 3, "-r", 3)
    ottla(cluster, "topic", "create", "single", "-p", 1, "-r", 1)
    wait_until(lambda: all(len(p["in_sync"]) == 3 for p in described(cluster, "orders").values()), what="all in sync")
    assert kinds(cluster) == {"low_replication_factor"}
    produce(cluster, "orders", 100)
    lost = described(cluster, "single")[0]["leader"]
    cluster.broker(lost).kill()
    survivor = cluster.live()[0]
    wait_until(lambda: {"missing_broker", "offline_partitions", "under_replicated_partitions"} <= kinds(survivor), what="the loss is seen")
    told = ottla(survivor, "cluster", "status", status=1)
    assert " is broken" in told and f"broker {lost} has replicas but is not there" in told and "single-0" in told
    assert f"`ottla cluster drain {lost}`" in told
    # The rest of the commands go on working while that broker is away.
    assert len(asked(survivor, "cluster", "describe")["brokers"]) in (2, 3)
    [why] = asked(survivor, "why", "single/0", status=1)
    assert why["verdict"] == "it has no leader: nobody can read or write it"
    assert any(f"broker {lost} is not registered" in fact for fact in why["facts"])
    assert not any("--unclean" in advice for advice in why["advice"])  # nobody else has a replica
    whys = asked(survivor, "why", "orders", status=1)
    assert [w["subject"] for w in whys] == ["orders-0", "orders-1", "orders-2"]
    assert all(any(f"replica {lost} is out of sync" in fact for fact in w["facts"]) for w in whys)
    [why] = asked(survivor, "why", "broker", lost, status=1)
    assert why["verdict"] == "it is not there"
    cluster.broker(lost).start()
    wait_until(lambda: kinds(cluster) <= {"low_replication_factor", "not_preferred_leaders"}, what="all is well again")
    # It led one of them and is its preferred leader: it gets that back when it is told to.
    wait_until(lambda: "not_preferred_leaders" in kinds(cluster), what="another broker leads")
    assert {each["topic"] for each in asked(cluster, "cluster", "elect")["elected"]} == {"orders"}
    assert kinds(cluster) == {"low_replication_factor"}
    assert "No election was needed" in ottla(cluster, "cluster", "elect", "orders/0")
    assert run(cluster.bootstrap, "why", "orders/0").returncode == 0
    assert run(cluster.bootstrap, "why", "broker", lost).returncode == 0


def test_an_election_waits_for_who_has_everything_unless_it_is_told_to_be_unclean(cluster):
    ottla(cluster, "topic", "create", "pair", "-p", 1, "-r", 2, "--config", "min.insync.replicas=1")
    leader, follower = described(cluster, "pair")[0]["replicas"]
    third = next(each for each in cluster.brokers if each.number not in (leader, follower))
    cluster.broker(follower).kill()
    wait_until(lambda: described(third, "pair")[0]["in_sync"] == [leader], what="the follower is out of sync")
    produce(third, "pair", 10)
    cluster.broker(leader).kill()
    wait_until(lambda: "offline_partitions" in kinds(third), what="nobody leads")
    cluster.broker(follower).start()
    wait_until(lambda: "missing" not in {b["state"] for b in verdict(third)["brokers"] if b["id"] == follower}, what="the follower is back")
    [why] = asked(third, "why", "pair/0", status=1)
    assert any(f"only {leader} surely has all acknowledged records" in fact for fact in why["facts"])
    assert any(f"start broker {leader}" in advice for advice in why["advice"])
    assert "--yes" in ottla(third, "cluster", "elect", "pair/0", "--unclean", status=1)  # nobody to ask
    assert "pair-0" in ottla(third, "cluster", "elect", "pair/0", status=1)
    elected = wait_until(lambda: asked(third, "cluster", "elect", "pair/0", "--unclean", "--yes")["elected"], what="the follower can lead")
    assert elected == [{"topic": "pair", "partition": 0}]
    assert described(third, "pair")[0]["leader"] == follower and consume(third, "pair") == []  # what it lacked is gone


def test_a_partition_without_a_leader_is_named_and_does_not_hide_the_others(cluster):
    ottla(cluster, "topic", "create", "parts", "-p", 3, "-r", 1, "-c", "min.insync.replicas=1")
    for partition in range(3):
        subprocess.run([OTTLA, "produce", "parts", "-q", "-p", str(partition)], input=f"{partition}\n", text=True, check=True, timeout=60,
                       env={**os.environ, "OTTLA_BOOTSTRAP": cluster.bootstrap})
    assert ottla(cluster, "consume", "parts", "--group", "readers", "-n", 3).count("\n") == 3
    leaders = {partition: seen["leader"] for partition, seen in described(cluster, "parts").items()}
    lost = next(partition for partition, leader in leaders.items() if leader != verdict(cluster)["controller"])
    asker = cluster.broker(leaders[(lost + 1) % 3])
    cluster.broker(leaders[lost]).kill()
    wait_until(lambda: described(asker, "parts")[lost]["leader"] == -1, what="nobody leads")
    shown = asked(asker, "topic", "describe", "parts", "--offsets")[0]["partitions"]
    assert [p["end_offset"] for p in shown] == [None if p["partition"] == lost else 1 for p in shown]
    assert " -" in ottla(asker, "topic", "describe", "parts", "--offsets")
    assert ottla(asker, "consume", "parts", "-p", (lost + 1) % 3) == f"{(lost + 1) % 3}\n"
    for refused in (("consume", "parts"), ("consume", "parts", "-p", lost), ("group", "reset", "readers", "--to", "latest", "--yes")):
        assert f"parts-{lost} has no leader at the moment; `ottla why parts/{lost}`" in ottla(asker, *refused, "--timeout", 3, status=1)
    failed = subprocess.run([OTTLA, "produce", "parts", "-p", str(lost), "--timeout", "3"], input="x\n", text=True, capture_output=True,
                            timeout=60, env={**os.environ, "OTTLA_BOOTSTRAP": asker.bootstrap})
    assert failed.returncode == 1 and f"1 of 1 record not acknowledged: parts-{lost}: " in failed.stderr
    [group] = wait_until(lambda: asked(asker, "group", "describe", "readers"), what="the group has a coordinator")
    assert {p["partition"]: p["lag"] for p in group["partitions"]} == {p: None if p == lost else 0 for p in range(3)}


def test_a_bootstrap_broker_that_hangs_is_passed_over(cluster):
    stopped = cluster.brokers[0]
    stopped.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        ottla(cluster, "topic", "list")
        assert time.monotonic() - began < 10
    finally:
        stopped.process.send_signal(signal.SIGCONT)


def test_replicas_are_moved_by_name_by_file_and_taken_back(cluster, tmp_path):
    ottla(cluster, "topic", "create", "moved", "-p", 2, "-r", 1)
    produce(cluster, "moved", 1000)
    ottla(cluster, "cluster", "reassign", "moved/0", "--replicas", "1,2", "--watch")
    assert described(cluster, "moved")[0]["replicas"] == [1, 2]
    ottla(cluster, "cluster", "reassign", "moved", "--replicas", "2,3,1", "--watch")
    assert {n: p["replicas"] for n, p in described(cluster, "moved").items()} == {0: [2, 3, 1], 1: [3, 1, 2]}
    (tmp_path / "plan.json").write_text(json.dumps({"version": 1, "partitions": [{"topic": "moved", "partition": 0, "replicas": [3]},
                                                                                 {"topic": "moved", "partition": 1, "replicas": [2]}]}))
    ottla(cluster, "cluster", "reassign", "--file", tmp_path / "plan.json", "--watch")
    assert {n: (p["replicas"], p["leader"]) for n, p in described(cluster, "moved").items()} == {0: ([3], 3), 1: ([2], 2)}
    assert "No partition is being moved" in ottla(cluster, "cluster", "reassign")
    assert consume(cluster, "moved") == list(range(1000))
    # A move to a broker that hangs waits, is listed, and can be taken back.
    controller = verdict(cluster)["controller"]
    hanging = cluster.broker(controller % 3 + 1)
    ottla(cluster, "cluster", "reassign", "moved/0", "--replicas", controller, "--watch")
    hanging.process.send_signal(signal.SIGSTOP)
    try:
        asker = cluster.broker(controller)
        ottla(asker, "cluster", "reassign", "moved/0", "--replicas", hanging.number)
        [listed] = asked(asker, "cluster", "reassign")
        assert (listed["topic"], listed["partition"], listed["adding"], listed["removing"]) == ("moved", 0, [hanging.number], [controller])
        assert "moving_partitions" in kinds(asker)
        [why] = json.loads(run(asker.bootstrap, "why", "moved/0", "--json").stdout)
        assert any(f"the move waits for {hanging.number} to be in sync" in fact for fact in why["facts"])
        assert "Cancelled the move of 1 partition" in ottla(asker, "cluster", "reassign", "moved", "--cancel")
        assert described(asker, "moved")[0]["replicas"] == [controller] and asked(asker, "cluster", "reassign") == []
    finally:
        hanging.process.send_signal(signal.SIGCONT)
    for arguments, complaint in (
            (("cluster", "reassign", "--replicas", "1"), "needs topics"),
            (("cluster", "reassign", "moved", "--replicas", "1,1"), "different broker ids"),
            (("cluster", "reassign", "moved", "--cancel", "--replicas", "1"), "leave --replicas out"),
            (("cluster", "reassign", "moved", "--cancel", "--file", "plan.json"), "names the partitions itself"),
            (("cluster", "elect", "--unclean"), "name the topics"),
            (("why", "moved/x"), "names no topic"),
            (("why", "broker", "x"), "is no broker id"),
            (("cluster", "drain", "x"), "is no broker id"),
            (("cluster", "rebalance", "--replication-factor", 0), "must be 1 to")):
        assert complaint in ottla(cluster, *arguments, status=2)
    for arguments, complaint in (
            (("cluster", "reassign", "moved/7", "--replicas", "1"), "has no partition 7"),
            (("cluster", "reassign", "nothing", "--replicas", "1"), "there is no such topic"),
            (("cluster", "reassign", "moved/0", "--replicas", "1,99"), "moved-0"),
            (("cluster", "reassign", "--file", tmp_path / "none"), "cannot be read"),
            (("why", "nothing"), "there is no such topic"),
            (("why", "moved/9"), "has no partition 9"),
            (("why", "group", "nobody"), "there is no group nobody"),
            (("cluster", "drain", "99"), "there is no broker 99"),
            (("cluster", "rebalance", "--replication-factor", "4", "--yes"), "needs 4 brokers")):
        assert complaint in ottla(cluster, *arguments, status=1)


def test_a_new_broker_takes_its_share_and_another_one_is_emptied(cluster, tmp_path):
    ottla(cluster, "topic", "create", "spread", "-p", 8, "-r", 1)
    produce(cluster, "spread", 4000)
    assert "--yes" in ottla(cluster, "cluster", "rebalance", "--replication-factor", 2, status=1)  # nobody to ask
    raised = asked(cluster, "cluster", "rebalance", "--replication-factor", 2, "--dry-run")
    assert not raised["applied"] and len(raised["partitions"]) == 8 and raised["bytes_to_copy"] > 10000
    ottla(cluster, "cluster", "rebalance", "--replication-factor", 2, "--yes", "--watch")
    assert all(len(p["in_sync"]) == 2 for p in described(cluster, "spread").values())
    fourth = ClusterBroker(tmp_path / "broker4", 4, cluster.connect)
    cluster.brokers.append(fourth)
    fourth.start()
    wait_until(lambda: len(verdict(cluster)["brokers"]) == 4, what="the fourth broker is there")
    ottla(cluster, "cluster", "rebalance", "--add", 4, "--yes", "--watch")
    replicas = [id for p in described(cluster, "spread").values() for id in p["replicas"]]
    assert sorted(replicas.count(id) for id in (1, 2, 3, 4)) == [4, 4, 4, 4]
    again = asked(cluster, "cluster", "rebalance", "--dry-run")
    assert again["bytes_to_copy"] == 0
    assert "--yes" in ottla(cluster, "cluster", "drain", 1, status=1)
    assert "draining_broker" not in kinds(cluster)
    ottla(cluster, "cluster", "drain", 1, "--yes", "--watch")
    assert all(1 not in p["replicas"] for p in described(cluster, "spread").values())
    # Nothing new comes to it, and no plan gives it anything, until that is taken back.
    assert "draining_broker" in kinds(cluster)
    ottla(cluster, "topic", "create", "later", "-p", 6, "-r", 2)
    assert all(1 not in p["replicas"] for p in described(cluster, "later").values())
    assert all(1 not in move["after"] for move in asked(cluster, "cluster", "rebalance", "--dry-run")["partitions"])
    assert "is being drained" in ottla(cluster, "cluster", "rebalance", "--add", 1, "--yes", status=1)
    assert "takes part as before" in ottla(cluster, "cluster", "drain", 1, "--cancel")
    wait_until(lambda: "draining_broker" not in kinds(cluster), what="it takes part")
    assert any(1 in move["after"] for move in asked(cluster, "cluster", "rebalance", "--dry-run")["partitions"])
    ottla(cluster, "cluster", "drain", 1, "--yes", "--watch")
    # A broker that is lost for good is emptied as well.
    cluster.broker(2).kill()
    wait_until(lambda: "missing_broker" in kinds(cluster.broker(3)), what="its loss is seen")
    assert "2 is not up" in ottla(cluster.broker(3), "cluster", "rebalance", "--yes", status=1)
    ottla(cluster.broker(3), "cluster", "drain", 2, "--yes", "--watch")
    assert all(2 not in p["replicas"] and len(p["in_sync"]) == 2 for p in described(cluster.broker(3), "spread").values())
    assert consume(cluster.broker(3), "spread") == list(range(4000))
    cluster.broker(2).start()  # what was said while it was away holds
    wait_until(lambda: next(b["state"] for b in verdict(cluster.broker(3))["brokers"] if b["id"] == 2) == "draining", 30,
               what="it is back, and drains")


def test_a_draining_broker_hands_over_by_itself_and_leads_again_when_it_is_taken_back(cluster):
    ottla(cluster, "topic", "create", "led", "-p", 6, "-r", 3)
    wait_until(lambda: all(len(p["in_sync"]) == 3 for p in described(cluster, "led").values()), what="all in sync")
    assert any(p["leader"] == 1 for p in described(cluster, "led").values())
    ottla(cluster, "config", "alter", "broker", 1, "--set", "ottla.broker.draining=true")
    wait_until(lambda: all(p["leader"] != 1 for p in described(cluster, "led").values()), 30, what="it has handed over")
    assert all(len(p["in_sync"]) == 3 for p in described(cluster, "led").values())
    assert "not_preferred_leaders" not in kinds(cluster)
    produce(cluster, "led", 100)
    assert consume(cluster, "led") == list(range(100))
    ottla(cluster, "cluster", "drain", 1, "--cancel")
    wait_until(lambda: asked(cluster, "cluster", "elect")["elected"], what="it may lead again")
    assert any(p["leader"] == 1 for p in described(cluster, "led").values())


def test_a_throttled_move_tells_how_long_it_takes_and_takes_its_throttle_away(cluster):
    ottla(cluster, "topic", "create", "heavy", "-p", 1, "-r", 1)
    ottla(cluster, "cluster", "reassign", "heavy/0", "--replicas", 1, "--watch")
    producer = Producer({"bootstrap.servers": cluster.bootstrap, "linger.ms": 5})
    for _ in range(80):
        producer.produce("heavy", os.urandom(100_000))
        producer.poll(0)
    assert producer.flush(60) == 0

    def throttles():
        rates = [c["value"] for c in asked(cluster, "config", "describe", "broker", 1) if c["name"].endswith("replication.throttled.rate")]
        lists = [c["value"] for c in asked(cluster, "config", "describe", "topic", "heavy") if c["name"].endswith("throttled.replicas")]
        return rates, lists

    unlimited = throttles()
    planned = asked(cluster, "cluster", "rebalance", "--replication-factor", 2, "--throttle", 1_000_000, "--dry-run")
    assert planned["throttle"] == 1_000_000 and 8 <= planned["estimated_seconds"] <= 10
    assert throttles() == unlimited
    ottla(cluster, "cluster", "reassign", "heavy/0", "--replicas", "1,2", "--throttle", 100_000)
    assert throttles() == (["100000"] * 2, ["0:2", "0:1"])
    assert "must be 1 or more" in ottla(cluster, "cluster", "reassign", "--throttle", 0, status=2)
    ottla(cluster, "cluster", "reassign", "--throttle", 1_000_000)  # in the middle of it
    began = time.monotonic()
    seen = ottla(cluster, "cluster", "reassign", "--watch")
    assert time.monotonic() - began > 3 and "/s" in seen and "left" in seen and "The throttle is taken away" in seen
    assert throttles() == unlimited
    assert described(cluster, "heavy")[0]["in_sync"] == [1, 2]
    # What is taken back leaves no throttle behind, either.
    ottla(cluster, "cluster", "reassign", "heavy/0", "--replicas", "1,2,3", "--throttle", 10_000)
    assert throttles() != unlimited
    ottla(cluster, "cluster", "reassign", "--cancel")
    assert throttles() == unlimited
    assert "no partition is being moved" in ottla(cluster, "cluster", "reassign", "--throttle", 5, status=1)


def test_a_group_says_who_coordinates_it_and_whom_its_rebalance_waits_for(cluster):
    ottla(cluster, "topic", "create", "read", "-p", 2, "-r", 3)
    produce(cluster, "read", 100)
    settings = {"bootstrap.servers": cluster.bootstrap, "group.id": "billing", "auto.offset.reset": "earliest", "session.timeout.ms": 30000}
    first, second = Consumer({**settings, "client.id": "first"}), Consumer({**settings, "client.id": "second"})
    try:
        first.subscribe(["read"])
        wait_until(lambda: first.poll(0.2) is not None, what="the first member reads")
        [why] = asked(cluster, "why", "group", "billing")
        assert any("because it leads __consumer_offsets-" in fact for fact in why["facts"])
        # The second member joins, and the first one, which does not poll, holds the rebalance up.
        second.subscribe(["read"])
        second.poll(2)
        def waits():
            told = json.loads(run(cluster.bootstrap, "why", "group", "billing", "--json").stdout)[0]
            return next((fact for fact in told["facts"] if "waits until these join again" in fact), None)
        assert "first-" in wait_until(waits, 20, what="the rebalance names the silent member")
    finally:
        first.close()
        second.close()


def test_a_single_node_becomes_the_first_broker_of_a_cluster(tmp_path):
    node = OttlaBroker(tmp_path / "broker1", {"offsets.topic.num.partitions": "3"}).start()
    try:
        ottla(node, "topic", "create", "kept", "-p", 2, "--config", "retention.ms=86400000")
        produce(node, "kept", 500)
        assert len(ottla(node, "consume", "kept", "--group", "readers", "--count", 200).split()) == 200
        before = asked(node, "cluster", "describe")["cluster_id"], asked(node, "topic", "describe", "kept")[0]
        keeper = ZooKeeper(tmp_path / "zookeeper").start()
        try:
            first = ClusterBroker(tmp_path / "broker1", 1, f"{keeper.connect}/logs")
            settings = first.command()[2:]
            in_use = subprocess.run([OTTLA, "cluster", "import-embedded", *settings], text=True, capture_output=True, timeout=60)
            assert in_use.returncode == 1 and "in use by another process" in in_use.stderr
            assert node.stop() == 0
            with pytest.raises(RuntimeError, match="import-embedded"):
                first.start()
            # Killed anywhere, it is completed by the next one.
            for delay in (0.02, 0.05, 0.1):
                cut = subprocess.Popen([OTTLA, "cluster", "import-embedded", *settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(delay)
                cut.kill()
                cut.wait()
            for _ in range(2):
                done = wait_until(lambda: subprocess.run([OTTLA, "cluster", "import-embedded", *settings, "--json"], text=True,
                                                         capture_output=True, timeout=60), what="import")
                assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["was_complete"] and json.loads(done.stdout)["cluster_id"] == before[0]
            with pytest.raises(RuntimeError, match="was moved"):
                node.start()
            first.start()
            assert asked(first, "cluster", "describe")["cluster_id"] == before[0]
            after = asked(first, "topic", "describe", "kept")[0]
            assert (after["id"], after["configs"]) == (before[1]["id"], before[1]["configs"])
            assert all(a["leader_epoch"] > b["leader_epoch"] for a, b in zip(after["partitions"], before[1]["partitions"]))
            assert consume(first, "kept") == list(range(500))
            assert len(ottla(first, "consume", "kept", "--group", "readers").split()) == 300
            producer = Producer({"bootstrap.servers": first.bootstrap, "enable.idempotence": True})
            producer.produce("kept", b"500")
            assert producer.flush(30) == 0
            # And it grows: a second broker joins and gets copies of everything.
            second = ClusterBroker(tmp_path / "broker2", 2, f"{keeper.connect}/logs").start()
            try:
                wait_until(lambda: len(verdict(first)["brokers"]) == 2, what="the second broker is there")
                ottla(first, "cluster", "rebalance", "--replication-factor", 2, "--yes", "--watch")
                assert all(len(p["in_sync"]) == 2 for p in described(first, "kept").values())
            finally:
                second.kill()
                first.kill()
        finally:
            keeper.kill()
    finally:
        if node.process.poll() is None:
            node.kill()
