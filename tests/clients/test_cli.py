"""The command line against a real process: what people do first. The other clients see what it did."""
import json
import os
import pty
import select
import signal
import subprocess
import time

import pytest
from confluent_kafka import Consumer, TopicPartition

from broker import OTTLA, wait_until

pytestmark = pytest.mark.ci


@pytest.fixture
def environment(broker):
    return {**os.environ, "OTTLA_BOOTSTRAP": broker.bootstrap}


@pytest.fixture
def ottla(environment):
    """Runs a command that must end with `status`; returns what it printed, or what it complained about."""
    def run(*arguments, text=None, status=0):
        done = subprocess.run([OTTLA, *map(str, arguments)], input=text, text=True, capture_output=True, timeout=60, env=environment)
        assert done.returncode == status, f"exit {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout if status == 0 else done.stderr

    return run


@pytest.fixture
def shell(environment):
    """Runs a line of bash with $OTTLA; returns (status, output, errors)."""
    def run(line):
        done = subprocess.run(["bash", "-c", line], text=True, capture_output=True, timeout=60, env={**environment, "OTTLA": str(OTTLA)})
        return done.returncode, done.stdout, done.stderr

    return run


def on_a_terminal(environment, arguments, answer=None, until=None, columns=80):
    """Runs a command on a terminal; sends `answer` once `until` was printed. Returns (status, everything printed)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(OTTLA, ["ottla", *arguments], {**environment, "COLUMNS": str(columns)})
    printed = b""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        printed += part
        if until and until.encode() in printed:
            os.write(terminal, answer.encode())
            until = None
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    return status, printed.decode()


def test_the_two_commands_of_the_readme(ottla, topic):
    ottla("produce", topic, text="hello\n")
    assert ottla("consume", topic) == "hello\n"


def test_topics_from_creation_to_deletion(ottla, topic):
    ottla("topic", "create", topic, "--partitions", 3, "--config", "retention.ms=1234567")
    assert "exists" in ottla("topic", "create", topic, status=1)
    assert topic in ottla("topic", "list")
    described = json.loads(ottla("topic", "describe", topic, "--json"))
    assert topic in json.dumps(described) and json.dumps(described).count('"leader"') >= 3
    ottla("topic", "alter", topic, "--partitions", 5)
    assert json.dumps(json.loads(ottla("topic", "describe", topic, "--json"))).count('"leader"') >= 5
    assert "1234567" in ottla("config", "describe", "topic", topic)
    assert json.loads(ottla("topic", "delete", topic, "--json"))[0]["topic"] == topic
    assert topic not in ottla("topic", "list")


def test_keys_headers_codecs_and_positions(ottla, topic):
    ottla("topic", "create", topic, "--partitions", 1)
    ottla("produce", topic, "--key-separator", ":", "--codec", "zstd", "--header", "from=test", text="".join(f"k{n}:v{n}\n" for n in range(100)))
    assert ottla("consume", topic, "--from", -2) == "v98\nv99\n"
    assert ottla("consume", topic, "--from", 50, "--count", 1, "--format", "%k=%v@%o %h\\n") == "k50=v50@50 from=test\n"
    assert ottla("consume", topic, "--from", "latest") == ""
    assert ottla("consume", topic, "--from", "2099-01-31") == ""
    record = json.loads(ottla("consume", topic, "--count", 1, "--json"))
    assert (record["key"], record["value"], record["offset"], record["partition"]) == ("k0", "v0", 0, 0)
    at = record["timestamp"]
    assert ottla("consume", topic, "--from", f"@{at}", "--count", 1, "--show", "partition,offset,key") == "0\t0\tk0\tv0\n"
    ottla("produce", topic, "--null-value", "-", "--key", "gone", text="-\n")
    assert json.loads(ottla("consume", topic, "--from", 100, "--json"))["value"] is None


def test_keys_are_parted_from_values_by_what_a_sequence_stands_for(ottla, topic):
    ottla("topic", "create", topic, "--partitions", 1)
    ottla("produce", topic, "-K", r"\t", text="k\tv\nalone\n")
    assert [(r["key"], r["value"]) for r in map(json.loads, ottla("consume", topic, "--json").splitlines())] == [("k", "v"), (None, "alone")]
    assert ottla("consume", topic, "-K", r"\t") == "k\tv\nalone\n"
    assert ottla("consume", topic, "-K", " -> ", "--count", 1) == "k -> v\n"


def test_what_librdkafka_calls_the_timeout_is_explained(ottla, topic):
    ottla("topic", "create", topic, "--config", "cleanup.policy=compact")
    assert "needs keys: --key or --key-separator" in ottla("produce", topic, text="1\n", status=1)
    ottla("produce", topic, "--timeout", "1e12", "--key", "k", text="1\n")
    assert "Produced" not in ottla("produce", topic, "-X", "transactional.id=t", text="1\n", status=1)
    assert "is --timeout where no -X sets it" in ottla("produce", topic, "--key", "k", "--timeout", 5, "-X", "linger.ms=6000", text="1\n", status=2)
    ottla("produce", topic, "--key", "k", "--timeout", 5, "-X", "linger.ms=6000", "-X", "message.timeout.ms=9000", text="1\n")


def test_a_file_is_produced_with_its_progress(environment, ottla, topic, tmp_path):
    (tmp_path / "lines").write_text("".join(f"{n}\n" for n in range(1000)))
    arguments = ["produce", topic, "--file", str(tmp_path / "lines"), "--rate", "1000", "--acks", "1"]
    status, printed = on_a_terminal(environment, arguments)
    assert status == 0 and "Produced 1,000 records" in printed
    assert "/s, " in printed
    progress = [line for line in printed.replace("\x1b[K", "").split("\r") if "%  " in line]
    assert progress and all(len(line) < 80 for line in progress)
    assert sorted(map(int, ottla("consume", topic).split())) == list(range(1000))
    assert "Is a directory" in ottla("produce", topic, "--file", tmp_path, status=1)
    assert "No such file" in ottla("produce", topic, "--file", tmp_path / "none", status=1)


def test_reading_without_a_group_leaves_nothing_behind(own_broker):
    node = own_broker()
    if node.name != "ottla":
        pytest.skip("about the files of Ottla")
    run = {"env": {**os.environ, "OTTLA_BOOTSTRAP": node.bootstrap}, "timeout": 30, "check": True}
    subprocess.run([OTTLA, "produce", "alone", "-q"], input=b"1\n2\n", **run)
    seen = subprocess.run([OTTLA, "consume", "alone", "--count", "2"], capture_output=True, **run).stdout.split()
    assert sorted(seen) == [b"1", b"2"]
    assert not list(node.data.glob("__consumer_offsets*"))


def test_groups_read_lag_and_reset(ottla, broker, topic, group):
    ottla("topic", "create", topic, "--partitions", 1)
    ottla("produce", topic, text="".join(f"{n}\n" for n in range(100)))
    assert len(ottla("consume", topic, "--group", group, "--count", 60).split()) == 60
    reader = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group})
    assert reader.committed([TopicPartition(topic, 0)], timeout=30)[0].offset == 60
    assert json.loads(ottla("group", "describe", group, "--json"))[0]["partitions"][0]["lag"] == 40
    assert "40" in ottla("group", "describe")  # all of them
    ottla("group", "reset", group, "--topic", topic, "--to", "earliest", "--yes")
    assert reader.committed([TopicPartition(topic, 0)], timeout=30)[0].offset == 0
    reader.close()
    assert "has no partition 1" in ottla("group", "reset", group, "--topic", f"{topic}/1", "--to", 7, "--yes", status=1)
    ottla("topic", "alter", topic, "--partitions", 2)
    plan = json.loads(ottla("group", "reset", group, "--topic", f"{topic}/0", "--to", 7, "--yes", "--json"))
    assert [(step["partition"], step["after"]) for step in plan["partitions"]] == [(0, 7)]
    ottla("group", "delete", group)
    assert group not in ottla("group", "list")
    assert group in ottla("group", "describe", group, status=1)


def test_a_reset_shows_its_plan_and_asks(environment, ottla, topic, group):
    ottla("topic", "create", topic, "--partitions", 1)
    ottla("produce", topic, text="1\n2\n3\n")
    arguments = ["group", "reset", group, "--topic", topic, "--to", "latest"]
    for answer, status, applied in (("n\n", 1, 0), ("y\n", 0, 1)):
        seen, printed = on_a_terminal(environment, arguments, answer, "[y/N]")
        assert seen == status and "NEW" in printed and topic in printed
        assert len(json.loads(ottla("group", "list", "--json"))) - applied == len([g for g in json.loads(ottla("group", "list", "--json")) if g["group"] != group])
    assert "--yes" in ottla(*arguments, status=1)  # no terminal, nobody to ask
    plan = json.loads(ottla(*arguments[:-1], "earliest", "--dry-run", "--json"))
    assert plan["applied"] is False and plan["partitions"][0]["after"] == 0
    shifted = json.loads(ottla("group", "reset", group, "--shift", -100, "--yes", "--json"))
    assert shifted["partitions"][0] == {"topic": topic, "partition": 0, "before": 3, "after": 0, "cut": True}


def test_configs_are_changed_and_described(ottla, topic):
    ottla("topic", "create", topic)
    changed = json.loads(ottla("config", "alter", "topic", topic, "--set", "retention.ms=1000", "--append", "cleanup.policy=compact", "--json"))
    assert changed == {"type": "topic", "name": topic, "changed_configs": 2, "dry_run": False}
    ottla("config", "alter", "topic", topic, "--set", "retention.ms=5", "--dry-run")
    values = {entry["name"]: entry["value"] for entry in json.loads(ottla("config", "describe", "topic", topic, "--json"))}
    assert values == {"retention.ms": "1000", "cleanup.policy": "delete,compact"}
    assert "did you mean retention.ms?" in ottla("config", "alter", "topic", topic, "--set", "retention.mss=1", status=1)
    assert "did you mean retention.ms?" in ottla("config", "alter", "topic", topic, "--delete", "retention.mss", status=1)
    assert "at least" in ottla("config", "alter", "topic", topic, "--set", "segment.bytes=1", status=1)
    ottla("config", "alter", "topic", topic, "--delete", "retention.ms")
    assert "retention.ms" not in ottla("config", "describe", "topic", topic)
    assert "Changed 1 value" in ottla("config", "alter", "topic", topic, "--subtract", "cleanup.policy=compact", "--subtract", "cleanup.policy=delete")
    assert json.loads(ottla("config", "describe", "topic", topic, "--json"))[0]["value"] == ""
    assert "changed twice" in ottla("config", "alter", "topic", topic, "--set", "flush.ms=1", "--set", "flush.ms=2", status=2)


def test_an_alteration_that_is_half_wrong_changes_nothing(ottla, topic):
    ottla("topic", "create", topic, "--partitions", 1)
    assert "retention.ms" in ottla("topic", "alter", topic, "--partitions", 3, "--config", "retention.ms=much", status=1)
    assert f"{topic}-not" in ottla("topic", "alter", topic, topic + "-not", "--config", "retention.ms=5", status=1)
    assert f"{topic}-not" in ottla("topic", "alter", topic, topic + "-not", "--partitions", 3, status=1)
    assert "changed twice" in ottla("topic", "alter", topic, "--config", "retention.ms=1", "--delete-config", "retention.ms", status=2)
    [described] = json.loads(ottla("topic", "describe", topic, "--json"))
    assert (len(described["partitions"]), described["configs"]) == (1, {})
    changed = json.loads(ottla("topic", "alter", topic, "--partitions", 3, "--config", "retention.ms=5", "--json"))
    assert changed == [{"topic": topic, "partitions": 3, "dry_run": False}, {"topic": topic, "changed_configs": 1, "dry_run": False}]
    [described] = json.loads(ottla("topic", "describe", topic, "--json"))
    assert (len(described["partitions"]), described["configs"]) == (3, {"retention.ms": "5"})


def test_replicas_that_are_in_place_are_not_moved(ottla, topic):
    ottla("topic", "create", topic, "--partitions", 2)
    assert "2 partitions have their replicas there already; nothing moves" in ottla("cluster", "reassign", topic, "--replicas", 1, "--watch")
    assert json.loads(ottla("cluster", "reassign", topic, "--replicas", 1, "--json")) == []
    assert "No partition is being moved" in ottla("cluster", "reassign", topic, "--cancel")
    assert "Nothing has to be moved" in ottla("cluster", "rebalance", "--yes")
    assert json.loads(ottla("cluster", "rebalance", "--yes", "--json"))["applied"] is False
    assert f"{topic} has no partition 2" in ottla("cluster", "reassign", f"{topic}/2", status=1)
    assert f"there is no partition 2 in {topic}" in ottla("consume", topic, "-p", 2, status=1)


def test_the_cluster_is_described(ottla, broker):
    view = json.loads(ottla("cluster", "describe", "--json"))
    assert view["partitions_without_leader"] == 0
    assert [(b["id"], b["address"]) for b in view["brokers"]] == [(1, broker.bootstrap)]
    assert broker.bootstrap in ottla("cluster", "describe")


@pytest.mark.parametrize("arguments, said", [
    ("topic create x --partitions many", "'many' is not a number"),
    ("topic create x --partitions 0", "--partitions 0"),
    ("topic create x --replication-factor 70000", "--replication-factor 70000"),
    ("topic create x --config retention.ms", "key=value"),
    ("topic create x --partiton 3", "did you mean --partitions?"),
    ("topic alter x", "nothing to change"),
    ("topci list", "did you mean topic?"),
    ("topic list --timeout 0", "--timeout"),
    ("topic create x --partitions", "--partitions needs a value"),
    ("consume x --group=", "--group is empty"),
    ("consume x --partition 5000000000", "--partition 5000000000"),
    ("produce x --rate nan", "--rate"),
    ("topic list --bootstrap host:port", "--bootstrap"),
    ("consume x --from yesterday", "--from yesterday"),
    ("consume x --show nothing", "there is no field"),
    ("produce x --codec brotli", "brotli"),
    ("produce x --header h", "key=value"),
    ("produce x --property no.such.key=1", "no.such.key"),
    ("group reset x", "--to"),
    ("group reset x --to latest --topic x/y", "'x/y' names no topic"),
    ("config alter topic x", "nothing to change"),
    ("config describe topic", "name the topic"),
    ("completion tcsh", "tcsh"),
])
def test_what_cannot_be_meant_is_a_usage_error(ottla, arguments, said):
    assert said in ottla(*arguments.split(), text="", status=2)


@pytest.mark.parametrize("arguments, said", [
    ("topic describe no-such-topic", "there is no such topic"),
    ("topic delete no-such-topic", "there is no such topic"),
    ("topic create bad!name", "bad!name"),
    ("consume no-such-topic", "there is no such topic"),
    ("consume no-such-topic --group g", "there is no such topic"),
    ("produce bad!name", "bad!name"),
    ("group describe no-such-group", "no-such-group"),
    ("cluster reassign no-such-topic", "there is no such topic"),
    ("cluster reassign no-such-topic --cancel", "there is no such topic"),
    ("why broker", "`ottla why broker NAME`?"),
    ("group delete no-such-group", "no-such-group"),
    ("config describe topic no-such-topic", "there is no such topic"),
    ("config describe broker 77", "there is no broker 77"),
    ("log verify /etc", "holds no segments"),
    ("log dump /no-such-directory", "No such file"),
])
def test_what_is_not_there_is_named(ottla, arguments, said):
    assert said in ottla(*arguments.split(), text="", status=1)


@pytest.mark.parametrize("command", ["topic list", "consume x", "produce x", "group list", "cluster describe", "config describe broker"])
def test_nobody_there_is_a_clear_error(command):
    done = subprocess.run([OTTLA, *command.split(), "--bootstrap", "127.0.0.1:1", "--timeout", "1"],
                          capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "127.0.0.1:1" in done.stderr and "ottla serve" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(shell, ottla, topic):
    ottla("produce", topic, "-q", text="".join(f"{n}\n" for n in range(50000)))
    for command in (f"consume {topic}", f"consume {topic} --follow --from earliest", f"consume {topic} --json", "config reference",
                    "config describe broker --all", "--help"):
        status, output, errors = shell(f"$OTTLA {command} | head -1; exit ${{PIPESTATUS[0]}}")
        assert (status, output.count("\n"), errors) == (0, 1, ""), command


@pytest.mark.parametrize("command", ["config reference", "completion bash", "serve --check-config", "--help", "--version", "topic list"])
def test_a_reader_that_is_gone_before_the_first_byte_is_no_error_either(environment, ottla, topic, command):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([OTTLA, *command.split()], stdout=writer, stderr=subprocess.PIPE, env=environment, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_output_that_is_lost_is_an_error(shell, ottla, topic):
    ottla("produce", topic, "-q", text="1\n")
    for command in (f"consume {topic}", "topic list", "--help"):
        status, _, errors = shell(f"$OTTLA {command} > /dev/full")
        assert status == 1 and "No space left" in errors, command
        status, _, errors = shell(f"$OTTLA {command} >&-")
        assert status == 1 and "standard output" in errors, command


def test_ctrl_c_ends_what_goes_on(environment, ottla, topic, group):
    ottla("produce", topic, "-q", text="1\n")
    status, printed = on_a_terminal(environment, ["consume", topic, "--follow", "--from", "earliest"], "\x03", "1")
    assert (status, printed.replace("^C", "").split()) == (0, ["1"])
    status, printed = on_a_terminal(environment, ["consume", topic, "--follow", "--group", group, "--from", "earliest"], "\x03", "1")
    assert (status, printed.replace("^C", "").split()) == (0, ["1"])
    producer = subprocess.Popen([OTTLA, "produce", topic], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    producer.stdin.write("2\n")
    producer.stdin.flush()
    wait_until(lambda: "2" in ottla("consume", topic).split())
    producer.send_signal(signal.SIGINT)
    assert producer.wait(20) == 0 and "Produced 1 record" in producer.stderr.read()
