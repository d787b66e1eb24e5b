"""Classic consumer groups and their offsets: who may join and commit when, and what each refusal is called."""
import threading
import time

import pytest

import wire
from broker import wait_until
from kafka_api import Api

pytestmark = pytest.mark.ci


@pytest.fixture
def connect(broker):
    """A new connection to the coordinator; a member that waits blocks its own connection only."""
    made = []

    def one():
        made.append(Api(broker, timeout=60))
        return made[-1]

    ready = one()
    wait_until(lambda: ready("FindCoordinator", 2, key="g", key_type=0).error_code == 0)
    wait_until(lambda: ready("Heartbeat", 3, group_id="nobody", generation_id=1, member_id="m").error_code == 25)
    yield one
    for each in made:
        each.connection.close()


class Member:
    """One member of a group on a connection of its own."""

    def __init__(self, api, group, instance=None, protocols=(("range", b"meta"),), kind="consumer", session_ms=10000, rebalance_ms=20000):
        self.api, self.group, self.instance, self.kind, self.id = api, group, instance, kind, ""
        self.protocols, self.session_ms, self.rebalance_ms, self.generation = list(protocols), session_ms, rebalance_ms, -1

    def send_join(self, version=9):
        self.api.send("JoinGroup", version, group_id=self.group, session_timeout_ms=self.session_ms, rebalance_timeout_ms=self.rebalance_ms,
                      member_id=self.id, group_instance_id=self.instance, protocol_type=self.kind,
                      protocols=[{"name": name, "metadata": data} for name, data in self.protocols])

    def receive_join(self):
        answer = self.api.receive()
        if answer.error_code in (0, 79):
            self.id = answer.member_id
        if answer.error_code == 0:
            self.generation = answer.generation_id
        return answer

    def join(self, version=9):
        self.send_join(version)
        answer = self.receive_join()
        if answer.error_code == 79:
            self.send_join(version)
            answer = self.receive_join()
        return answer

    def sync(self, assignments=(), version=5, kind=None, protocol="range"):
        self.send_sync(assignments, version, kind, protocol)
        return self.api.receive()

    def send_sync(self, assignments=(), version=5, kind=None, protocol="range"):
        self.api.send("SyncGroup", version, group_id=self.group, generation_id=self.generation, member_id=self.id,
                      group_instance_id=self.instance, protocol_type=kind or self.kind, protocol_name=protocol,
                      assignments=[{"member_id": member, "assignment": data} for member, data in assignments])

    def heartbeat(self, generation=None):
        return self.api("Heartbeat", 4, group_id=self.group, generation_id=self.generation if generation is None else generation,
                        member_id=self.id, group_instance_id=self.instance).error_code

    def commit(self, topic, offset, metadata="", generation=None, member=None):
        generation = self.generation if generation is None else generation
        answer = self.api("OffsetCommit", 8, group_id=self.group, generation_id_or_member_epoch=generation, member_id=self.id if member is None else member,
                          group_instance_id=self.instance, topics=[
                              {"name": topic, "partitions": [{"partition_index": 0, "committed_offset": offset, "committed_metadata": metadata}]}])
        return answer.topics[0].partitions[0].error_code

    def leave(self):
        return self.api("LeaveGroup", 3, group_id=self.group, members=[{"member_id": self.id, "group_instance_id": self.instance}])


@pytest.fixture
def alone(connect, group):
    """A stable group of one member."""
    member = Member(connect(), group)
    assert member.join().error_code == 0
    assert member.sync([(member.id, b"mine")]).assignment == b"mine"
    return member


def join_together(member, newcomer):
    """The newcomer starts a rebalance, which the member hears of and joins; returns both answers."""
    newcomer.send_join()
    assert newcomer.receive_join().error_code == 79
    newcomer.send_join()
    wait_until(lambda: member.heartbeat() == 27)
    member.send_join()
    return member.receive_join(), newcomer.receive_join()


def committed(api, group, topic, version=7, **more):
    answer = api("OffsetFetch", version, group_id=group, topics=[{"name": topic, "partition_indexes": [0]}], **more)
    assert answer.error_code == 0
    return answer.topics[0].partitions[0]


# --- joining ---

def test_a_member_is_given_an_id_first_and_joins_with_it(connect, group):
    member = Member(connect(), group)
    member.send_join()
    first = member.receive_join()
    assert first.error_code == 79 and first.member_id
    member.send_join()
    second = member.receive_join()
    assert (second.error_code, second.member_id, second.leader, second.generation_id) == (0, first.member_id, first.member_id, 1)


def test_old_versions_join_at_once(connect, group):
    member = Member(connect(), group)
    member.send_join(version=3)
    assert member.receive_join().error_code == 0


def test_an_id_that_nobody_was_given_is_unknown(connect, group):
    member = Member(connect(), group)
    member.id = "made-up"
    member.send_join()
    assert member.receive_join().error_code == 25


@pytest.mark.parametrize("session_ms", [10, 3600 * 1000])
def test_a_session_timeout_out_of_bounds_is_refused(connect, group, session_ms):
    assert Member(connect(), group, session_ms=session_ms).join().error_code == 26


def test_an_empty_group_id_is_refused(connect):
    assert Member(connect(), "").join().error_code == 24


def test_no_common_protocol_or_another_kind_is_inconsistent(connect, alone):
    assert Member(connect(), alone.group, protocols=[("sticky", b"")]).join().error_code == 23
    assert Member(connect(), alone.group, kind="connect").join().error_code == 23
    assert Member(connect(), alone.group + "-new", protocols=[]).join().error_code == 23


def test_the_leader_alone_learns_the_members_and_everybody_votes(connect, alone):
    alone.protocols = [("roundrobin", b"r"), ("range", b"m")]
    other = Member(connect(), alone.group, protocols=[("range", b"n"), ("roundrobin", b"s")])
    mine, theirs = join_together(alone, other)
    assert mine.leader == theirs.leader == alone.id and mine.generation_id == theirs.generation_id == 2
    assert {each.member_id for each in mine.members} == {alone.id, other.id} and theirs.members == []
    assert mine.protocol_name == theirs.protocol_name


def test_followers_wait_for_the_leaders_assignment(connect, alone):
    other = Member(connect(), alone.group)
    join_together(alone, other)
    other.send_sync()
    assert alone.heartbeat() == 0   # nobody is thrown out meanwhile
    assert alone.sync([(alone.id, b"a"), (other.id, b"b")]).assignment == b"a"
    assert other.api.receive().assignment == b"b"


def test_a_sync_of_another_protocol_or_generation_is_refused(connect, group):
    member = Member(connect(), group)
    member.join()
    assert member.sync(kind="connect").error_code == 23
    assert member.sync(protocol="sticky").error_code == 23
    member.generation = 7
    assert member.sync().error_code == 22


def test_a_leader_that_joins_again_starts_a_rebalance_a_follower_without_news_does_not(connect, alone):
    other = Member(connect(), alone.group)
    join_together(alone, other)
    other.send_sync()
    alone.sync([(alone.id, b"a"), (other.id, b"b")])
    other.api.receive()
    assert other.join().generation_id == 2          # told what it was told before
    alone.send_join()
    wait_until(lambda: other.heartbeat() == 27)


def test_heartbeats_tell_what_is_wrong(connect, alone):
    assert alone.heartbeat() == 0
    assert alone.heartbeat(generation=9) == 22
    stranger = Member(connect(), alone.group)
    stranger.id = "made-up"
    assert stranger.heartbeat(generation=1) == 25


def test_a_member_that_is_silent_is_dropped_after_its_session(connect, group):
    member = Member(connect(), group, session_ms=1000)
    member.join()
    member.sync([(member.id, b"")])
    wait_until(lambda: member.api("DescribeGroups", 5, groups=[group]).groups[0].group_state == "Empty")
    assert member.heartbeat() == 25


# --- static members ---

def test_a_static_member_comes_back_without_a_rebalance_and_fences_its_old_self(connect, group):
    old = Member(connect(), group, instance="one")
    old.join()
    old.sync([(old.id, b"mine")])
    new = Member(connect(), group, instance="one")
    answer = new.join()
    assert answer.error_code == 0 and answer.generation_id == old.generation and answer.skip_assignment
    assert new.sync().assignment == b"mine"
    assert old.heartbeat() == 82 and new.heartbeat() == 0
    assert old.sync().error_code == 82


def test_a_static_leader_below_version_9_comes_back_as_a_follower_of_its_old_self(connect, group):
    old = Member(connect(), group, instance="one")
    old.join()
    old.sync([(old.id, b"mine")])
    before = old.id
    new = Member(connect(), group, instance="one")
    answer = new.join(8)
    assert (answer.error_code, answer.leader, answer.members) == (0, before, []) and new.id != before
    assert new.sync().assignment == b"mine"


def test_a_static_member_leaves_by_its_instance_id(connect, group):
    member = Member(connect(), group, instance="one")
    member.join()
    member.sync([(member.id, b"")])
    answer = member.api("LeaveGroup", 3, group_id=group, members=[{"member_id": "", "group_instance_id": "one"},
                                                                  {"member_id": "", "group_instance_id": "two"}])
    assert [each.error_code for each in answer.members] == [0, 25]


def test_leaving_is_answered_per_member(connect, alone):
    answer = alone.api("LeaveGroup", 3, group_id=alone.group, members=[{"member_id": alone.id, "group_instance_id": None},
                                                                       {"member_id": "made-up", "group_instance_id": None}])
    assert [each.error_code for each in answer.members] == [0, 25]
    assert alone.api("DescribeGroups", 5, groups=[alone.group]).groups[0].group_state == "Empty"


# --- offsets ---

def test_commits_are_taken_from_members_of_this_generation(connect, alone, topic):
    alone.api.create(topic)
    assert alone.commit(topic, 5) == 0
    assert alone.commit(topic, 6, generation=9) == 22
    assert alone.commit(topic, 6, member="made-up") == 25
    assert alone.commit(topic, 6, generation=-1, member="") == 25
    got = committed(alone.api, alone.group, topic)
    assert (got.committed_offset, got.error_code) == (5, 0)


def test_an_empty_group_takes_commits_from_anybody_without_a_generation(connect, group, topic):
    simple = Member(connect(), group)
    simple.api.create(topic)
    assert simple.commit(topic, 3, "why") == 0
    got = committed(simple.api, group, topic)
    assert (got.committed_offset, got.metadata) == (3, "why")
    assert simple.commit(topic, 4, generation=1, member="made-up") in (22, 25)


def test_a_commit_between_join_and_sync_is_a_rebalance_in_progress(connect, group, topic):
    member = Member(connect(), group)
    member.api.create(topic)
    member.join()
    assert member.commit(topic, 1) == 27


def test_metadata_that_is_too_long_and_unknown_partitions_are_errors_of_their_own(connect, group, topic):
    simple = Member(connect(), group)
    simple.api.create(topic)
    assert simple.commit(topic, 1, "x" * 4097) == 12
    assert simple.commit(topic, 1, "x" * 4096) == 0
    assert simple.commit(f"{topic}-no", 1) == 3


def test_what_was_never_committed_is_minus_one_without_an_error(connect, group, topic):
    got = committed(connect(), group, topic)
    assert (got.committed_offset, got.committed_leader_epoch, got.metadata, got.error_code) == (-1, -1, "", 0)


def test_all_offsets_and_several_groups_are_fetched_at_once(connect, group, topic):
    for name in (group, f"{group}-b"):
        simple = Member(connect(), name)
        if name == group:
            simple.api.create(topic)
        assert simple.commit(topic, 9) == 0
    everything = simple.api("OffsetFetch", 7, group_id=group, topics=None)
    assert [(each.name, each.partitions[0].committed_offset) for each in everything.topics] == [(topic, 9)]
    several = simple.api("OffsetFetch", 8, require_stable=True, groups=[
        {"group_id": group, "topics": None}, {"group_id": f"{group}-b", "topics": [{"name": topic, "partition_indexes": [0]}]},
        {"group_id": f"{group}-none", "topics": None}])
    assert [(each.error_code, len(each.topics)) for each in several.groups] == [(0, 1), (0, 1), (0, 0)]


def test_offsets_of_a_deleted_topic_are_gone(connect, group, topic):
    simple = Member(connect(), group)
    simple.api.create(topic)
    simple.commit(topic, 9)
    simple.api("DeleteTopics", 5, topic_names=[topic], timeout_ms=30000)
    wait_until(lambda: committed(simple.api, group, topic).committed_offset == -1)


def test_a_group_is_deleted_when_it_is_empty(connect, alone, topic):
    ask = lambda name: alone.api("DeleteGroups", 2, groups_names=[name]).results[0].error_code  # noqa: E731
    alone.api.create(topic)
    alone.commit(topic, 3)
    assert ask(alone.group) == 68
    alone.leave()
    assert ask(alone.group) == 0
    assert ask(alone.group) == 69
    assert committed(alone.api, alone.group, topic).committed_offset == -1


def test_offsets_are_deleted_unless_their_topic_is_subscribed(connect, group, topic):
    subscription = b"\0\0\0\0\0\1" + wire.string(topic) + b"\xff\xff\xff\xff"
    member = Member(connect(), group, protocols=[("range", subscription)])
    member.api.create(topic)
    member.api.create(f"{topic}-b")
    member.join()
    member.sync([(member.id, b"")])
    for name in (topic, f"{topic}-b"):
        assert member.commit(name, 1) == 0
    answer = member.api("OffsetDelete", 0, group_id=group, topics=[
        {"name": name, "partitions": [{"partition_index": 0}]} for name in (topic, f"{topic}-b")])
    assert {each.name: each.partitions[0].error_code for each in answer.topics} == {topic: 86, f"{topic}-b": 0}


# --- who is there ---

def test_groups_are_described_and_listed_by_state(connect, alone):
    none = f"{alone.group}-none"
    describe = lambda: {each.group_id: each for each in alone.api("DescribeGroups", 5, groups=[alone.group, none]).groups}  # noqa: E731
    wait_until(lambda: describe()[alone.group].group_state == "Stable")
    found = describe()
    mine = found[alone.group]
    assert (mine.protocol_type, mine.protocol_data) == ("consumer", "range")
    assert mine.members[0].member_id == alone.id and mine.members[0].member_assignment == b"mine"
    assert found[none].group_state == "Dead" and found[none].error_code == 0
    names = lambda *states: {each.group_id for each in alone.api("ListGroups", 4, states_filter=list(states)).groups}  # noqa: E731
    assert alone.group in names() and alone.group in names("Stable") and alone.group not in names("Empty")


def test_coordinators_are_found_several_at_a_time(connect, group):
    answer = connect()("FindCoordinator", 4, key_type=0, coordinator_keys=[group, f"{group}-b"])
    assert [(each.key, each.error_code) for each in answer.coordinators] == [(group, 0), (f"{group}-b", 0)]


def test_a_rebalance_waits_for_members_no_longer_than_they_asked(connect, group):
    slow = Member(connect(), group, rebalance_ms=1500)
    slow.join()
    slow.sync([(slow.id, b"")])
    other = Member(connect(), group, rebalance_ms=1500)
    other.send_join()
    other.receive_join()
    begin = time.monotonic()
    other.send_join()
    beating = threading.Event()

    def beat():
        while not beating.wait(0.2):
            slow.heartbeat()   # alive, but it does not join

    thread = threading.Thread(target=beat)
    thread.start()
    answer = other.receive_join()
    beating.set()
    thread.join()
    assert answer.error_code == 0 and [each.member_id for each in answer.members] == [other.id]
    assert 1 < time.monotonic() - begin < 10
