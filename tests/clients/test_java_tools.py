"""Apache Kafka 4.3's own command line tools and Java clients. One JVM at a time, each with a small heap."""
import json
import re

import pytest

import java
from broker import wait_until

TOOLS = "org.apache.kafka.tools"
NUMBERS = "".join(f"{n}\n" for n in range(1, 301))


@pytest.fixture(autouse=True)
def skip_without_java():
    java.jars()


@pytest.fixture
def tool(broker):
    """tool(name, arguments...): runs a tool against the broker, returns what it printed."""
    def run(name, *arguments, **options):
        name = name if name.startswith("kafka.") else f"{TOOLS}.{name}"
        return java.run(name, "--bootstrap-server", broker.bootstrap, *arguments, **options)

    return run


def fails(tool, *arguments, **options):
    return tool(*arguments, check=False, **options)


def ends(tool, topic, *more):
    """{partition: offset} by kafka-get-offsets."""
    return {int(p): int(o) for p, o in re.findall(rf"^{topic}:(\d+):(\d+)$", tool("GetOffsetShell", "--topic", topic, *more), re.M)}


def produce(tool, topic, text, *more):
    tool("ConsoleProducer", "--topic", topic, *more, text=text)


def consume(tool, topic, count, *more):
    return tool("consumer.ConsoleConsumer", "--topic", topic, "--from-beginning", "--max-messages", count, "--timeout-ms", "30000", *more,
                stderr=None)


@pytest.mark.ci
def test_topics(tool, topic):
    assert f"Created topic {topic}." in tool("TopicCommand", "--create", "--topic", topic, "--partitions", "3", "--config", "retention.ms=1234567")
    assert "already exists" in fails(tool, "TopicCommand", "--create", "--topic", topic)
    described = tool("TopicCommand", "--describe", "--topic", topic)
    assert re.search(r"PartitionCount: 3\s+ReplicationFactor: 1\s+.*retention.ms=1234567", described)
    assert len(re.findall(r"Partition: \d\s+Leader: 1\s+Replicas: 1\s+Isr: 1", described)) == 3
    tool("TopicCommand", "--alter", "--topic", topic, "--partitions", "5")
    assert "PartitionCount: 5" in tool("TopicCommand", "--describe", "--topic", topic)
    assert re.search("currently has 5|InvalidPartitions", fails(tool, "TopicCommand", "--alter", "--topic", topic, "--partitions", "2"))
    tool("TopicCommand", "--delete", "--topic", topic)
    wait_until(lambda: topic not in tool("TopicCommand", "--list").split(), every=0.5)


def test_impossible_topics_are_refused(tool, topic):
    assert re.search("InvalidReplicationFactor|replication factor", fails(tool, "TopicCommand", "--create", "--topic", topic, "--replication-factor", "99"))
    assert re.search("InvalidConfig|Invalid value", fails(tool, "TopicCommand", "--create", "--topic", topic, "--config", "retention.ms=many"))
    assert topic not in tool("TopicCommand", "--list").split()


@pytest.mark.ci
def test_console_producer_and_consumer(tool, topic):
    produce(tool, topic, "".join(f"k{n}:v{n}\n" for n in range(300)), "--reader-property", "parse.key=true", "--reader-property", "key.separator=:")
    read = consume(tool, topic, 300, "--formatter-property", "print.key=true", "--formatter-property", "print.partition=true",
                   "--formatter-property", "print.offset=true", "--formatter-property", "print.timestamp=true")
    found = re.findall(r"^CreateTime:\d+\tPartition:(\d)\tOffset:(\d+)\tk(\d+)\tv(\d+)$", read, re.M)
    assert sorted(int(v) for _, _, _, v in found) == list(range(300)) and all(k == v for _, _, k, v in found)
    assert sum(ends(tool, topic).values()) == 300
    assert set(ends(tool, topic, "--time", "earliest").values()) == {0}


def test_headers_and_max_timestamp(tool, topic):
    produce(tool, topic, "h1:a,h2:b\tkk\tvv\n", "--reader-property", "parse.key=true", "--reader-property", "parse.headers=true")
    assert "h1:a,h2:b\tkk\tvv" in consume(tool, topic, 1, "--formatter-property", "print.headers=true", "--formatter-property", "print.key=true")
    assert 0 in ends(tool, topic, "--time", "max-timestamp").values()


@pytest.mark.ci
def test_groups_and_their_reset(tool, topic, group):
    produce(tool, topic, NUMBERS)
    assert len(consume(tool, topic, 300, "--group", group).split()) == 300

    def groups(*arguments, **options):
        return tool("consumer.group.ConsumerGroupCommand", *arguments, **options)

    def rows(text):
        return [line.split() for line in text.splitlines() if line.startswith(group)]

    assert group in groups("--list").split()
    described = rows(groups("--describe", "--group", group))
    assert [sum(int(row[column]) for row in described) for column in (3, 4, 5)] == [300, 300, 0]
    assert "Empty" in groups("--describe", "--group", group, "--state")
    assert {row[-1] for row in rows(groups("--group", group, "--topic", topic, "--reset-offsets", "--to-earliest", "--execute"))} == {"0"}
    assert [row[-1] for row in rows(groups("--group", group, "--topic", f"{topic}:0", "--reset-offsets", "--shift-by", "7", "--dry-run"))] \
        == [str(min(7, ends(tool, topic)[0]))]
    assert "Successful" in groups("--group", group, "--delete-offsets", "--topic", topic)
    assert "successful" in groups("--group", group, "--delete")
    assert group not in groups("--list").split()
    assert re.search("does not exist|not found", groups("--describe", "--group", group, check=False))


@pytest.mark.ci
def test_configs_of_topics_and_brokers(tool, topic):
    def configs(*arguments):
        return tool("kafka.admin.ConfigCommand", *arguments)

    tool("TopicCommand", "--create", "--topic", topic)
    on_topic = ("--entity-type", "topics", "--entity-name", topic)
    configs("--alter", *on_topic, "--add-config", "max.message.bytes=20000")
    assert "max.message.bytes=20000" in configs("--describe", *on_topic)
    assert "RecordTooLarge" in tool("ConsoleProducer", "--topic", topic, text="y" * 30000)
    configs("--alter", *on_topic, "--delete-config", "max.message.bytes")
    assert "max.message.bytes=20000" not in configs("--describe", *on_topic)
    on_broker = ("--entity-type", "brokers", "--entity-name", "1")
    assert re.search(r"log.segment.bytes=\d+", configs("--describe", *on_broker, "--all"))
    configs("--alter", *on_broker, "--add-config", "log.cleaner.threads=2")
    assert "log.cleaner.threads=2" in configs("--describe", *on_broker)
    configs("--alter", *on_broker, "--delete-config", "log.cleaner.threads")


@pytest.mark.ci
def test_delete_records_and_log_dirs(tool, topic, tmp_path):
    tool("TopicCommand", "--create", "--topic", topic, "--partitions", "1")
    produce(tool, topic, NUMBERS)
    wanted = tmp_path / "delete.json"
    wanted.write_text(json.dumps({"partitions": [{"topic": topic, "partition": 0, "offset": 20}], "version": 1}))
    assert "low_watermark: 20" in tool("DeleteRecordsCommand", "--offset-json-file", wanted)
    assert ends(tool, topic, "--time", "earliest") == {0: 20}
    dirs = json.loads(re.search(r"^\{.*\}$", tool("LogDirsCommand", "--describe", "--topic-list", topic), re.M)[0])
    partitions = [p for d in dirs["brokers"][0]["logDirs"] for p in d["partitions"]]
    assert [(p["partition"], p["size"] > 300, p["isFuture"]) for p in partitions] == [(f"{topic}-0", True, False)]


def test_versions_cluster_id_and_elections(broker, tool, topic):
    assert re.search(r"Produce\(0\): .*\[usable:", tool("BrokerApiVersionsCommand"))
    assert re.search("Cluster ID: .", java.run(f"{TOOLS}.ClusterTool", "cluster-id", "--bootstrap-server", broker.bootstrap))
    tool("TopicCommand", "--create", "--topic", topic)
    assert re.search("Valid replica already elected|Successfully completed", tool("LeaderElectionCommand", "--election-type", "preferred",
                                                                                  "--topic", topic, "--partition", "0"))


def verifiable_consumer(broker, topic, group, *arguments):
    """Counts what a VerifiableConsumer reads of 3000 messages."""
    with java.running(f"{TOOLS}.VerifiableConsumer", "--bootstrap-server", broker.bootstrap, "--topic", topic, "--group-id", group,
                      "--max-messages", "3000", "--reset-policy", "earliest", "--group-protocol", "classic", *arguments) as (process, output):
        wait_until(lambda: process.poll() is not None, 60, what="the consumer ends")
        events = [json.loads(line) for line in output.read_text().splitlines() if line.startswith("{")]
    return sum(event["count"] for event in events if event["name"] == "records_consumed")


def test_verifiable_producer_and_consumers_with_each_assignor(broker, tool, topic, group):
    tool("TopicCommand", "--create", "--topic", topic, "--partitions", "3")
    sent = tool("VerifiableProducer", "--topic", topic, "--max-messages", "3000", "--throughput", "-1", "--acks", "-1", stderr=None)
    assert sent.count("producer_send_success") == 3000
    for assignor in ("RangeAssignor", "RoundRobinAssignor", "StickyAssignor", "CooperativeStickyAssignor"):
        assert verifiable_consumer(broker, topic, f"{group}-{assignor}", "--assignment-strategy",
                                   f"org.apache.kafka.clients.consumer.{assignor}") == 3000
    assert verifiable_consumer(broker, topic, f"{group}-static", "--group-instance-id", "one") == 3000


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_performance_tools_with_each_codec(broker, tool, topic, tmp_path, codec):
    config = tmp_path / "producer.properties"
    config.write_text(f"compression.type={codec}\n")
    sent = tool("ProducerPerformance", "--topic", topic, "--num-records", "20000", "--record-size", "200", "--throughput", "-1",
                "--command-config", config)
    assert "20000 records sent" in sent
    assert ", 20000, " in tool("ConsumerPerformance", "--topic", topic, "--num-records", "20000", "--timeout", "30000")


def test_end_to_end_latency_tool(tool, topic):
    assert re.search("Avg latency|Percentiles", tool("EndToEndLatency", "--topic", topic, "--num-records", "200", "--producer-acks", "all",
                                                     "--record-size", "100"))


def test_kafkas_formatters_read_the_offsets_topic(tool, topic, group):
    """Monitors such as Burrow read __consumer_offsets instead of asking: its records are Kafka's."""
    produce(tool, topic, NUMBERS)
    consume(tool, topic, 300, "--group", group)

    def records(formatter):
        read = tool("consumer.ConsoleConsumer", "--topic", "__consumer_offsets", "--from-beginning", "--timeout-ms", "8000",
                    "--formatter", f"{TOOLS}.consumer.{formatter}", stderr=None, check=False)
        decoder, found = json.JSONDecoder(), []
        while read.lstrip().startswith("{"):  # the formatters write one after the other without a separator
            record, end = decoder.raw_decode(read.lstrip())
            read = read.lstrip()[end:]
            if record["key"]["data"]["group"] == group:
                found.append(record)
        return found

    latest = {r["key"]["data"]["partition"]: r["value"]["data"]["offset"] for r in records("OffsetsMessageFormatter")}
    assert latest == ends(tool, topic)
    group_records = records("GroupMetadataMessageFormatter")
    assert group_records[0]["value"]["data"]["members"][0]["assignment"]
    assert group_records[-1]["value"]["data"]["members"] == []  # it has left


@pytest.mark.ottla_only
@pytest.mark.ci
def test_kafkas_dump_tool_reads_every_file(own_broker, topic):
    """Segments, indexes and producer snapshots, after a clean stop."""
    node = own_broker({"log.index.interval.bytes": "1024"})
    java.run(f"{TOOLS}.ProducerPerformance", "--bootstrap-server", node.bootstrap, "--topic", topic, "--num-records", "3000",
             "--record-size", "500", "--throughput", "-1", "--command-property", "batch.size=4000", "--command-property", "enable.idempotence=true")
    assert node.stop() == 0
    files = {suffix: sorted(str(path) for path in node.data.glob(f"{topic}-*/*{suffix}")) for suffix in (".log", ".index", ".timeindex", ".snapshot")}
    assert all(files.values()), files
    dumped = java.run(f"{TOOLS}.DumpLogSegments", "--deep-iteration", "--verify-index-only", "--files",
                      ",".join(files[".log"] + files[".index"] + files[".timeindex"] + files[".snapshot"]))
    assert not re.search("mismatch|corrupt|isvalid: false|Exception|not found", dumped, re.I), dumped[-3000:]
    whole = java.run(f"{TOOLS}.DumpLogSegments", "--print-data-log", "--files", ",".join(files[".log"]))
    assert len(re.findall(r"^\| offset: \d+", whole, re.M)) == 3000 and "isvalid: true" in whole
