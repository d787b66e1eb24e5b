"""Records over the admin interface's WebSocket, /ws/v1/data: what docs/websocket.md promises."""
import base64
import json
import time
import urllib.request

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from broker import free_port
from websocket import Feed

pytestmark = [pytest.mark.ci, pytest.mark.ottla_only]


@pytest.fixture
def node(own_broker):
    port = free_port()
    started = own_broker({"admin.listeners": f"http://127.0.0.1:{port}"})
    started.admin_port = port
    return started


@pytest.fixture
def feed(node):
    with Feed(node.admin_port) as opened:
        yield opened


def create(node, topic, partitions=1, **configs):
    client = AdminClient({"bootstrap.servers": node.bootstrap})
    made = client.create_topics(
        [NewTopic(topic, partitions, 1, config={name.replace("_", "."): value for name, value in configs.items()})])
    made[topic].result(30)


def produce(node, topic, values, partition=0, **options):
    producer = Producer({"bootstrap.servers": node.bootstrap, "linger.ms": 5, **options})
    for value in values:
        producer.produce(topic, value, partition=partition)
        producer.poll(0)
    assert producer.flush(30) == 0


def numbers(count, begin=0):
    return [b"value %d" % n for n in range(begin, begin + count)]


def test_a_subscription_reads_what_is_there_and_goes_on_with_what_comes(node, feed, topic):
    create(node, topic, partitions=2)
    produce(node, topic, numbers(5))
    produce(node, topic, numbers(3), partition=1)
    feed.send(op="sub", id=1, topic=topic, partitions="all", from_="earliest")
    ok = feed.next("ok")
    assert ok["id"] == 1 and ok["gen"] == 1 and ok["t"] == topic
    assert ok["start"] == {"0": "0", "1": "0"} and ok["end"] == {"0": "5", "1": "3"}
    found = feed.records(8)
    assert sorted((p, o) for p, o, _ in found) == [(0, n) for n in range(5)] + [(1, n) for n in range(3)]
    assert all(each["v"] == f"value {o}" and each["k"] is None for _, o, each in found)
    assert feed.quiet()
    began = time.monotonic()
    produce(node, topic, numbers(4, 5))
    assert [o for _, o, _ in feed.records(4)] == [5, 6, 7, 8]
    assert time.monotonic() - began < 5


def test_where_a_subscription_begins(node, feed, topic):
    create(node, topic)
    producer = Producer({"bootstrap.servers": node.bootstrap})
    for n in range(50):
        producer.produce(topic, b"%d" % n, timestamp=1_000_000 + n * 10)
    assert producer.flush(30) == 0
    for n, (start, first) in enumerate([("latest", 50), ("earliest", 0), ({"tail": 7}, 43), ({"tail": 700}, 0), ({"timestamp": 1_000_195}, 20),
                                        ({"timestamp": 2_000_000}, 50), ({"offsets": {"0": "31"}}, 31), ({"offsets": {"0": 10**15}}, 50)]):
        feed.send(op="sub", id=n, topic=topic, from_=start)
        assert feed.next("ok", id=n)["start"] == {"0": str(first)}, start
        if first < 50:
            assert [o for _, o, _ in feed.records(50 - first, id=n)] == list(range(first, 50))


def test_a_subscription_ends_at_the_end_or_after_so_many(node, feed, topic):
    create(node, topic, partitions=3)
    produce(node, topic, numbers(1500))
    produce(node, topic, numbers(20), partition=2)
    feed.send(op="sub", id=1, topic=topic, from_="earliest", stopAtEnd=True, credit={"msgs": 1000, "bytes": 1 << 20})
    feed.next("ok")
    feed.records(1000)
    feed.send(op="credit", id=1, msgs=1000, bytes=1 << 20)
    feed.records(520)
    end = feed.next("end")
    assert end["why"] == "end" and end["pos"] == {"0": "1500", "1": "0", "2": "20"}
    feed.send(op="sub", id=1, topic=topic, partitions=[0], from_={"offsets": {"0": 100}}, limit=7)
    assert feed.next("ok")["start"] == {"0": "100"}
    assert [o for _, o, _ in feed.records(7)] == list(range(100, 107))
    end = feed.next("end")
    assert end["why"] == "limit" and end["pos"] == {"0": "107"}
    feed.send(op="sub", id=2, topic=topic, partitions=[1], from_="earliest", stopAtEnd=True)
    assert feed.next("end", id=2)["pos"] == {"1": "0"}


def test_no_more_is_sent_than_there_is_credit_for(node, feed, topic):
    create(node, topic)
    produce(node, topic, numbers(100))
    feed.send(op="sub", id=1, topic=topic, from_="earliest", credit={"msgs": 10, "bytes": 100_000})
    assert feed.next("ok")["credit"] == {"msgs": 10, "bytes": 100_000}
    assert [o for _, o, _ in feed.records(10)] == list(range(10))
    assert feed.quiet()
    feed.send(op="credit", id=1, msgs=5)
    assert [o for _, o, _ in feed.records(5)] == list(range(10, 15))
    assert feed.quiet()
    feed.send(op="sub", id=2, topic=topic, from_="earliest", credit={"msgs": 100, "bytes": 1})
    feed.records(1, id=2)  # the last one may be larger than what is left
    assert feed.quiet()
    feed.send(op="sub", id=3, topic=topic, from_="earliest", credit={"msgs": 10**9, "bytes": 10**12})
    assert feed.next("ok", id=3)["credit"] == {"msgs": 1000, "bytes": 1 << 20}


def test_a_pause_loses_nothing(node, feed, topic):
    create(node, topic)
    feed.send(op="sub", id=1, topic=topic)
    feed.next("ok")
    feed.send(op="pause", id=1)
    feed.send(op="ping", t=1)
    feed.next("pong")
    produce(node, topic, numbers(30))
    assert feed.quiet()
    feed.send(op="resume", id=1)
    assert [o for _, o, _ in feed.records(30)] == list(range(30))
    feed.send(op="unsub", id=1)
    feed.send(op="ping", t=2)
    feed.next("pong")
    produce(node, topic, numbers(5))
    assert feed.quiet()


def test_after_a_seek_only_the_new_generation_goes_on(node, feed, topic):
    create(node, topic)
    produce(node, topic, numbers(20_000))
    feed.send(op="sub", id=1, topic=topic, from_="earliest")
    for n in range(2, 12):
        feed.send(op="seek", id=1, to={"offsets": {"0": str(n * 1000)}})
        feed.send(op="credit", id=1, msgs=1000, bytes=1 << 20)
    generation, last = 0, None
    while generation < 11 or last < 11_900:
        frame = feed.next("ok", "recs")
        assert frame["gen"] >= generation  # what was said before comes before
        if frame["op"] == "ok":
            generation, last = frame["gen"], int(frame["start"]["0"]) - 1
            continue
        assert frame["gen"] == generation
        for each in frame["recs"]:
            assert int(each["o"]) == last + 1
            last += 1


def test_values_are_shown_as_what_they_are(node, feed, topic):
    create(node, topic)
    producer = Producer({"bootstrap.servers": node.bootstrap, "compression.type": "lz4"})
    producer.produce(topic, '{"n":9007199254740993}', "ключ", headers=[("h", b"\xff"), ("h", None), ("h", b"x")], timestamp=1234567890123)
    producer.produce(topic, b"\x00\xff", b"")
    producer.produce(topic, None, "gone")
    producer.produce(topic, "я" * 5000)
    assert producer.flush(30) == 0
    feed.send(op="sub", id=1, topic=topic, from_="earliest", stopAtEnd=True)
    assert [each for _, _, each in feed.records(4)] == [
        {"o": "0", "ts": 1234567890123, "k": "ключ", "v": '{"n":9007199254740993}', "h": [["h", {"b": "/w=="}], ["h", None], ["h", "x"]]},
        {"o": "1", "ts": pytest.approx(time.time() * 1000, abs=600_000), "k": "", "v": {"b": base64.b64encode(b"\x00\xff").decode()}},
        {"o": "2", "ts": pytest.approx(time.time() * 1000, abs=600_000), "k": "gone", "v": None},
        {"o": "3", "ts": pytest.approx(time.time() * 1000, abs=600_000), "k": None, "v": {"s": "я" * 2048, "n": 10_000, "cut": True}}]
    feed.send(op="sub", id=2, topic=topic, from_={"tail": 1}, preview=10_000)
    assert feed.records(1, id=2)[0][2]["v"] == "я" * 5000


def test_records_that_are_gone_are_a_gap(node, feed, topic):
    create(node, topic)
    produce(node, topic, numbers(100))
    feed.send(op="sub", id=1, topic=topic, from_="earliest", credit={"msgs": 10, "bytes": 100_000})
    feed.records(10)
    client = AdminClient({"bootstrap.servers": node.bootstrap})
    deleted = client.delete_records([TopicPartition(topic, 0, 60)])
    [each.result(30) for each in deleted.values()]
    feed.send(op="credit", id=1, msgs=100, bytes=100_000)
    gap = feed.next("gap", "recs")
    assert gap == {"op": "gap", "id": 1, "gen": 1, "t": topic, "p": 0, "from": "10", "to": "60", "why": "retention"}
    assert [o for _, o, _ in feed.records(40)] == list(range(60, 100))


def test_a_topic_that_is_not_there_or_goes_away_is_an_error(node, feed, topic):
    feed.send(op="sub", id=1, topic="nothing")
    refused = feed.next("err")
    assert refused["id"] == 1 and refused["problem"]["type"] == "/problems/unknown-topic"
    create(node, topic)
    feed.send(op="sub", id=1, topic=topic, partitions=[1])
    assert feed.next("err", id=1)["problem"]["type"] == "/problems/unknown-topic"
    feed.send(op="sub", id=1, topic=topic)
    feed.next("ok")
    client = AdminClient({"bootstrap.servers": node.bootstrap})
    client.delete_topics([topic])[topic].result(30)
    while feed.next("err", id=1)["problem"]["type"] != "/problems/unknown-topic":
        pass
    create(node, topic + "-2")
    feed.send(op="sub", id=1, topic=topic + "-2")  # the id is free again
    feed.next("ok", id=1)


def test_wrong_frames_are_answered_with_what_is_wrong(feed):
    for frame in ({"op": "sub", "id": 1}, {"op": "sub", "topic": "t"}, {"op": "sing", "id": 1}, {"op": "seek", "id": 1}, {"op": "hello", "v": 1},
                  {"op": "sub", "id": 1, "topic": "t", "partitions": [0, 0]}, {"op": "sub", "id": 1, "topic": "t", "partitions": []},
                  {"op": "sub", "id": 1, "topic": "t", "from": {"tail": -1}}, {"op": "sub", "id": 1, "topic": "t", "from": "somewhere"},
                  {"op": "sub", "id": 1, "topic": "t", "credit": 5}, {"op": "sub", "id": 1, "topic": "t", "preview": 10**7}, {"op": 7}, {}):
        feed.send(**frame)
        refused = feed.next()
        assert refused["op"] == "err" and refused["problem"]["status"] == 400, frame


def test_many_tails_of_a_partition_cost_one_read(node, topic):
    create(node, topic)
    feeds = [Feed(node.admin_port) for _ in range(40)]
    for each in feeds:
        each.send(op="sub", id=1, topic=topic)
        each.next("ok")
    produce(node, topic, numbers(10))
    for each in feeds:
        assert [o for _, o, _ in each.records(10)] == list(range(10))
    time.sleep(2.5)  # a round of questions serves for two seconds
    traffic = json.load(urllib.request.urlopen(f"http://127.0.0.1:{node.admin_port}/api/v1/traffic"))
    assert int(traffic["bytesOut"]) < 8 * int(traffic["bytesIn"])
    for each in feeds:
        each.close()


def test_a_filter_finds_what_it_asks_for_and_tells_how_far_it_is(node, feed, topic):
    create(node, topic)
    producer = Producer({"bootstrap.servers": node.bootstrap, "linger.ms": 50})
    for n in range(30_000):
        producer.produce(topic, b"x" * 500 + b"needle" * (n % 10_000 == 77), b"key %d" % n, timestamp=1_000_000 + n, headers=[("n", b"%d" % n)])
        producer.poll(0)
    assert producer.flush(60) == 0
    for at, (wanted, offsets) in enumerate([({"value": {"contains": "needle"}}, [77, 10_077, 20_077]), ({"key": {"eq": "key 500"}}, [500]),
                                            ({"key": {"prefix": "key 2999"}}, [2999, *range(29_990, 30_000)]),
                                            ({"header": {"name": "n", "eq": "12345"}}, [12345]), ({"ts": [1_000_100, 1_000_102]}, [100, 101, 102]),
                                            ({"ts": [1_029_999, None], "key": {"contains": "key"}}, [29_999]), ({"key": {"eq": "none"}}, [])]):
        feed.send(op="sub", id=at, topic=topic, from_="earliest", stopAtEnd=True, filter=wanted)
        assert [o for _, o, _ in feed.records(len(offsets), id=at)] == offsets, wanted
        assert feed.next("end", id=at)["pos"] == {"0": "30000"}
    feed.send(op="sub", id=100, topic=topic, from_="earliest", filter={"key": {"eq": "new"}})
    told = feed.next("progress", id=100)
    while told["pos"] != {"0": "30000"}:
        told = feed.next("progress", id=100)
    assert told["scanned"] == "30000" and told["matched"] == "0" and int(told["scannedBytes"]) > 30_000 * 500
    producer.produce(topic, b"", b"old")
    producer.produce(topic, b"", b"new")
    assert producer.flush(30) == 0
    assert [o for _, o, _ in feed.records(1, id=100)] == [30_001]


def test_a_sample_skips_what_there_was_no_credit_for_and_says_so(node, feed, topic):
    create(node, topic)
    feed.send(op="sub", id=1, topic=topic, mode="sample", credit={"msgs": 5, "bytes": 100_000})
    feed.next("ok")
    produce(node, topic, numbers(5))
    assert [o for _, o, _ in feed.records(5)] == list(range(5))
    produce(node, topic, numbers(95, 5))
    feed.send(op="credit", id=1, msgs=100, bytes=100_000)
    gap = feed.next("gap")
    assert gap["from"] == "5" and gap["to"] == "100" and gap["why"] == "sampled"
    produce(node, topic, numbers(3, 100))
    assert [o for _, o, _ in feed.records(3)] == [100, 101, 102]


def test_records_are_published_and_acknowledged_one_by_one(node, feed, topic):
    create(node, topic, partitions=2)
    feed.send(op="sub", id=1, topic=topic)
    feed.next("ok")
    feed.send(op="pub", id=9, topic=topic, records=[{"p": 0, "k": "a", "v": "1", "h": [["h", {"b": "/w=="}]], "ts": 1_700_000_000_000},
                                                    {"p": 1, "v": None}, {"p": 2, "v": "nowhere"}, {"p": 0, "v": {"b": "AAE="}}])
    ack = feed.next("puback")
    assert ack["id"] == 9 and ack["results"][0] == {"p": 0, "o": "0"} and ack["results"][3] == {"p": 0, "o": "1"}
    assert ack["results"][1] == {"p": 1, "o": "0"} and ack["results"][2]["problem"]["type"] == "/problems/unknown-topic"
    found = {(p, o): each for p, o, each in feed.records(3)}
    assert found[0, 0] == {"o": "0", "ts": 1_700_000_000_000, "k": "a", "v": "1", "h": [["h", {"b": "/w=="}]]}
    assert found[1, 0]["v"] is None and found[0, 1]["v"] == {"b": "AAE="}
    feed.send(op="pub", id=10, topic="nothing", records=[{"v": "1"}])
    assert feed.next("err", id=10)["problem"]["type"] == "/problems/unknown-topic"
    for wrong in ([], [{"v": 5}], [{"x": "1"}], [{"v": "1"}] * 501):
        feed.send(op="pub", id=11, topic=topic, records=wrong)
        assert feed.next("err", id=11)["problem"]["status"] == 400
    feed.send(op="pub", id=12, topic=topic, acks=1, records=[{"p": 0, "v": "x" * 900_000}])  # one alone may be nearly a megabyte
    assert feed.next("puback", id=12)["results"] == [{"p": 0, "o": "2"}]
    feed.send(op="pub", id=13, topic=topic, acks="all", records=[{"p": 0, "v": "x" * 1_100_000}])
    assert feed.close_code() == 1009
