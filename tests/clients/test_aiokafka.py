"""aiokafka: asyncio, speaks the oldest versions of many requests."""
import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

pytestmark = pytest.mark.ci


async def produce(broker, topic, values, partition=0, **config):
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, **config) as producer:
        sent = [await producer.send(topic, value, partition=partition) for value in values]
        return [(await future).offset for future in sent]


async def read(broker, topic, count, **config):
    async with AIOKafkaConsumer(topic, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest", **config) as consumer:
        messages = []
        while len(messages) < count:
            batches = await asyncio.wait_for(consumer.getmany(timeout_ms=1000), 30)
            messages += [message for batch in batches.values() for message in batch]
        if config.get("group_id"):
            await consumer.commit()
        return messages


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
def test_what_is_sent_comes_back(broker, topic, codec):
    async def run():
        values = [b"%d" % n * 10 for n in range(300)]
        offsets = await produce(broker, topic, values, compression_type=codec, enable_idempotence=True, acks="all")
        assert offsets == list(range(300))
        assert [m.value for m in await read(broker, topic, 300)] == values

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_group_resumes_after_its_commit(broker, topic, group):
    async def run():
        await produce(broker, topic, [b"%d" % n for n in range(50)])
        assert len(await read(broker, topic, 50, group_id=group, enable_auto_commit=False)) == 50
        await produce(broker, topic, [b"new"])
        assert [m.value for m in await read(broker, topic, 1, group_id=group, enable_auto_commit=False)] == [b"new"]

    asyncio.run(asyncio.wait_for(run(), 60))


def test_two_members_share_the_partitions(broker, topic, group):
    async def run():
        await produce(broker, topic, [b"x"])
        config = dict(bootstrap_servers=broker.bootstrap, group_id=group, heartbeat_interval_ms=300, session_timeout_ms=6000)
        async with AIOKafkaConsumer(topic, **config) as one, AIOKafkaConsumer(topic, **config) as two:
            for _ in range(150):
                if len(one.assignment()) == len(two.assignment()) == 2:
                    break
                await asyncio.sleep(0.2)
            assert one.assignment() | two.assignment() == {TopicPartition(topic, p) for p in range(4)}

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_reader_waits_for_what_comes_later(broker, topic):
    async def run():
        await produce(broker, topic, [b"first"])
        async with AIOKafkaConsumer(topic, bootstrap_servers=broker.bootstrap, fetch_max_wait_ms=20000) as consumer:
            part = TopicPartition(topic, 0)
            await consumer.seek_to_end(part)
            assert await consumer.position(part) == 1
            waiting = asyncio.create_task(consumer.getone())
            await asyncio.sleep(1)
            assert not waiting.done()
            began = asyncio.get_running_loop().time()
            await produce(broker, topic, [b"second"])
            assert (await asyncio.wait_for(waiting, 10)).value == b"second"
            assert asyncio.get_running_loop().time() - began < 5  # woken by the append, not by the end of the wait

    asyncio.run(asyncio.wait_for(run(), 60))


def test_administration(broker, topic):
    async def run():
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(topic, 3, 1)])
            assert topic in await admin.list_topics()
            assert len((await admin.describe_topics([topic]))[0]["partitions"]) == 3
            await admin.delete_topics([topic])
        finally:
            await admin.close()

    asyncio.run(asyncio.wait_for(run(), 60))
