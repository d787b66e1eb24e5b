"""Metadata, topics and configs: creation and deletion, ids, what is shown to whom, what is refused with which error."""
import threading
import uuid

import pytest

import wire
from broker import wait_until
from kafka_api import Api

pytestmark = pytest.mark.ci
NOBODY = uuid.UUID(int=0)


def create(api, topic, version=7, partitions=1, replicas=1, configs=(), timeout_ms=30000, **more):
    return api("CreateTopics", version, timeout_ms=timeout_ms, topics=[{
        "name": topic, "num_partitions": partitions, "replication_factor": replicas,
        "configs": [{"name": name, "value": value} for name, value in configs]}], **more).topics[0]


# --- Metadata ---

def test_version_0_asks_for_all_topics_with_an_empty_list_and_later_ones_with_null(api, topic):
    api.create(topic)
    assert topic in {each.name for each in api("Metadata", 0, topics=[]).topics}
    assert api("Metadata", 1, topics=[]).topics == []
    assert topic in {each.name for each in api("Metadata", 1, topics=None).topics}


def test_a_client_may_forbid_automatic_creation(api, topic):
    for version in (4, 9, 12):
        assert api("Metadata", version, topics=[{"name": topic}], allow_auto_topic_creation=False).topics[0].error_code == 3
    assert topic not in {each.name for each in api("Metadata", 9, topics=None).topics}


def test_a_topic_created_on_first_use_gets_the_defaults_in_old_versions_as_well(api, topic):
    api("Metadata", 1, topics=[{"name": topic}])
    wait_until(lambda: api.describe(topic).error_code == 0)
    assert len(api.describe(topic).partitions) == 4


def test_the_answer_that_creates_a_topic_does_not_know_it_yet(api, topic):
    first = api("Metadata", 9, topics=[{"name": topic}], allow_auto_topic_creation=True).topics[0]
    assert (first.error_code, first.name, list(first.partitions)) == (3, topic, [])
    wait_until(lambda: api.describe(topic).error_code == 0)


def test_many_clients_may_ask_for_the_same_new_topic_at_once(broker, topic):
    failed = []

    def ask():
        with Api(broker) as mine:
            error = mine("Metadata", 9, topics=[{"name": topic}], allow_auto_topic_creation=True).topics[0].error_code
            if error not in (0, 3, 5):
                failed.append(error)
            wait_until(lambda: mine.describe(topic).error_code == 0)

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "é", "x" * 250])
def test_names_that_cannot_be_are_invalid_everywhere(api, name):
    assert create(api, name).error_code == 17
    assert api("Metadata", 9, topics=[{"name": name}], allow_auto_topic_creation=True).topics[0].error_code == 17


def test_names_that_differ_only_by_dot_and_underscore_collide(api, topic):
    assert create(api, f"{topic}.a").error_code == 0
    assert create(api, f"{topic}_a").error_code == 17


def test_a_name_of_249_bytes_is_allowed(api, topic):
    assert create(api, topic + "y" * (249 - len(topic))).error_code == 0


def test_topics_are_found_by_id_from_version_12_on(api, topic):
    created = api.create(topic)
    assert created != NOBODY
    found = api("Metadata", 12, topics=[{"topic_id": created, "name": None}]).topics[0]
    assert (found.error_code, found.name, found.topic_id) == (0, topic, created)
    lost = api("Metadata", 12, topics=[{"topic_id": uuid.uuid4(), "name": None}]).topics[0]
    assert lost.error_code == 100 and lost.name is None


def test_a_topic_that_is_made_again_has_another_id_and_the_old_one_is_unknown(api, topic):
    old = api.create(topic)
    api.produce(topic, wire.batch())
    assert api("DeleteTopics", 6, topics=[{"name": topic, "topic_id": NOBODY}], timeout_ms=30000).responses[0].error_code == 0
    new = api.create(topic)
    assert new != old
    assert api("Metadata", 12, topics=[{"topic_id": old, "name": None}]).topics[0].error_code == 100
    assert api.fetch(topic).records in (b"", None) or api.fetch(topic).high_watermark == 0
    asked = api("Fetch", 13, replica_id=-1, max_wait_ms=0, min_bytes=0, max_bytes=1000, session_id=0, session_epoch=-1, topics=[
        {"topic_id": old, "partitions": [{"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1000}]}])
    assert asked.responses[0].partitions[0].error_code == 100


def test_authorized_operations_are_left_out_unless_asked_for(api, topic):
    api.create(topic)
    assert api.describe(topic).authorized_operations is None
    asked = api("Metadata", 9, topics=[{"name": topic}], include_topic_authorized_operations=True)
    assert asked.topics[0].authorized_operations is not None


def test_the_controller_is_a_broker_that_clients_can_reach(api):
    answer = api("Metadata", 9, topics=[])
    assert answer.controller_id in {each.node_id for each in answer.brokers}


# --- creation and deletion ---

def test_creation_tells_what_came_of_it(api, topic):
    created = create(api, topic, partitions=-1, replicas=-1, configs=[("retention.ms", "1234567")])
    assert (created.num_partitions, created.replication_factor) == (4, 1)
    values = {each.name: each for each in created.configs}
    assert values["retention.ms"].value == "1234567" and values["retention.ms"].config_source == 1
    assert values["cleanup.policy"].config_source == 5


def test_validation_only_runs_every_check_and_creates_nothing(api, topic):
    assert create(api, topic, validate_only=True).error_code == 0
    assert create(api, topic, replicas=9, validate_only=True).error_code == 38
    assert create(api, topic, configs=[("retention.ms", "soon")], validate_only=True).error_code == 40
    assert create(api, topic, configs=[("retention.ms", None)], validate_only=True).error_code == 40
    assert api.describe(topic).error_code == 3


def test_what_exists_cannot_be_created(api, topic):
    api.create(topic)
    again = create(api, topic)
    assert again.error_code == 36 and topic in again.error_message


def test_a_topic_twice_in_one_request_is_refused_and_the_others_are_created(api, topic):
    one = {"num_partitions": 1, "replication_factor": 1, "configs": [], "assignments": []}
    answers = api("CreateTopics", 5, timeout_ms=30000, topics=[
        {"name": f"{topic}-a", **one}, {"name": f"{topic}-b", **one}, {"name": f"{topic}-a", **one}]).topics
    errors = {}
    for each in answers:
        errors.setdefault(each.name, set()).add(each.error_code)
    assert errors[f"{topic}-a"] == {42} and errors[f"{topic}-b"] == {0}


def test_assignments_by_hand_are_checked(api, topic):
    def assigned(*parts, partitions=-1, replicas=-1):
        return api("CreateTopics", 5, timeout_ms=30000, topics=[{
            "name": topic, "num_partitions": partitions, "replication_factor": replicas, "configs": [],
            "assignments": [{"partition_index": n, "broker_ids": brokers} for n, brokers in parts]}]).topics[0].error_code

    node = api("Metadata", 9, topics=[]).brokers[0].node_id
    assert assigned((0, [node]), partitions=1, replicas=1) == 42      # both ways at once
    assert assigned((1, [node])) == 39                                # does not begin with 0
    assert assigned((0, [node + 77])) == 39                           # nobody there
    assert assigned((0, [node, node])) == 39                          # twice on one broker
    assert assigned((0, [node]), (1, [node])) == 0
    assert len(api.describe(topic).partitions) == 2


def test_deletion_is_by_name_or_by_id_and_the_name_is_free_at_once(api, topic):
    created = api.create(topic)
    assert api("DeleteTopics", 6, topics=[{"name": None, "topic_id": created}], timeout_ms=30000).responses[0].error_code == 0
    assert api("DeleteTopics", 6, topics=[{"name": None, "topic_id": created}], timeout_ms=30000).responses[0].error_code == 100
    assert create(api, topic).error_code == 0
    assert api("DeleteTopics", 5, topic_names=[topic], timeout_ms=30000).responses[0].error_code == 0
    assert api("DeleteTopics", 5, topic_names=[topic], timeout_ms=30000).responses[0].error_code == 3


def test_partitions_are_only_added(api, topic):
    api.create(topic, 2)

    def grow(count, validate_only=False):
        return api("CreatePartitions", 3, topics=[{"name": topic, "count": count, "assignments": None}], timeout_ms=30000,
                   validate_only=validate_only).results[0].error_code

    assert grow(1) == 37 and grow(2) == 37
    assert grow(5, validate_only=True) == 0 and len(api.describe(topic).partitions) == 2
    assert grow(5) == 0
    wait_until(lambda: len(api.describe(topic).partitions) == 5)
    assert api("CreatePartitions", 3, topics=[{"name": f"{topic}-no", "count": 3, "assignments": None}], timeout_ms=1000,
               validate_only=False).results[0].error_code == 3


# --- configs ---

def described(api, kind, name, version=4, keys=None, **more):
    answer = api("DescribeConfigs", version, resources=[{"resource_type": kind, "resource_name": name, "configuration_keys": keys}],
                 **more).results[0]
    assert answer.error_code == 0, answer
    return {each.name: each for each in answer.configs}


def alter(api, topic, name, operation, value, validate_only=False):
    return api("IncrementalAlterConfigs", 1, validate_only=validate_only, resources=[{
        "resource_type": 2, "resource_name": topic, "configs": [
            {"name": name, "config_operation": operation, "value": value}]}]).responses[0].error_code


def test_configs_are_told_with_source_synonyms_type_and_documentation(api, topic):
    api.create(topic, retention_ms=5000)
    configs = described(api, 2, topic, include_synonyms=True, include_documentation=True)
    assert configs["retention.ms"].config_source == 1 and not configs["retention.ms"].read_only
    assert [each.source for each in configs["retention.ms"].synonyms][0] == 1
    assert configs["retention.ms"].config_type == 5 and configs["retention.ms"].documentation
    assert configs["segment.bytes"].config_source == 5
    only = described(api, 2, topic, keys=["cleanup.policy"])
    assert list(only) == ["cleanup.policy"] and only["cleanup.policy"].config_type == 7


def test_configs_of_the_broker_name_what_is_read_only(api):
    node = str(api("Metadata", 9, topics=[]).brokers[0].node_id)
    configs = described(api, 4, node)
    assert configs["log.dirs"].read_only and not configs["log.retention.ms"].read_only


def test_configs_of_what_is_not_there_are_an_error(api, topic):
    ask = lambda kind, name: api("DescribeConfigs", 4, resources=[  # noqa: E731
        {"resource_type": kind, "resource_name": name, "configuration_keys": None}]).results[0].error_code
    assert ask(2, topic) == 3
    assert ask(4, "987654") == 42
    assert ask(4, "one") == 42


def test_lists_are_appended_to_and_subtracted_from(api, topic):
    api.create(topic)
    assert alter(api, topic, "cleanup.policy", 2, "compact") == 0
    policy = lambda: set(described(api, 2, topic)["cleanup.policy"].value.split(","))  # noqa: E731
    wait_until(lambda: policy() == {"delete", "compact"})
    assert alter(api, topic, "cleanup.policy", 3, "delete") == 0
    wait_until(lambda: policy() == {"compact"})
    assert alter(api, topic, "cleanup.policy", 1, None) == 0
    wait_until(lambda: policy() == {"delete"})
    assert alter(api, topic, "retention.ms", 2, "1") == 40   # no list


def test_bad_configs_are_refused_and_change_nothing(api, topic):
    api.create(topic)
    assert alter(api, topic, "retention.ms", 0, "soon") == 40
    assert alter(api, topic, "no.such.config", 0, "1") == 40
    assert alter(api, topic, "max.message.bytes", 0, "-1") == 40
    assert alter(api, topic, "retention.ms", 0, None) == 42
    assert alter(api, topic, "retention.ms", 0, "77", validate_only=True) == 0
    assert described(api, 2, topic)["retention.ms"].config_source == 5


def test_alter_configs_replaces_the_whole_set(api, topic):
    api.create(topic, retention_ms=5000)
    assert api("AlterConfigs", 2, validate_only=False, resources=[{"resource_type": 2, "resource_name": topic, "configs": [
        {"name": "segment.ms", "value": "60000"}]}]).responses[0].error_code == 0
    wait_until(lambda: described(api, 2, topic)["segment.ms"].value == "60000")
    assert described(api, 2, topic)["retention.ms"].config_source == 5


def test_the_same_config_twice_in_one_request_is_refused(api, topic):
    api.create(topic)
    twice = {"name": "retention.ms", "config_operation": 0, "value": "5"}
    assert api("IncrementalAlterConfigs", 1, validate_only=False, resources=[
        {"resource_type": 2, "resource_name": topic, "configs": [twice, twice]}]).responses[0].error_code == 42


def test_the_topics_with_configs_are_listed(api, topic):
    api.create(topic)
    listed = api("ListConfigResources", 1, resource_types=[2])
    assert listed.error_code == 0 and topic in {each.resource_name for each in listed.config_resources}


def test_topics_are_described_page_by_page(api, topic):
    api.create(f"{topic}-a", 3)
    api.create(f"{topic}-b", 3)
    ask = lambda cursor: api("DescribeTopicPartitions", 0, topics=[{"name": f"{topic}-a"}, {"name": f"{topic}-b"}],  # noqa: E731
                             response_partition_limit=2, cursor=cursor)
    seen, cursor = [], None
    for _ in range(10):
        page = ask(cursor)
        seen += [(each.name, part.partition_index) for each in page.topics for part in each.partitions]
        if page.next_cursor is None:
            break
        cursor = {"topic_name": page.next_cursor.topic_name, "partition_index": page.next_cursor.partition_index}
    assert seen == [(f"{topic}-{which}", n) for which in "ab" for n in range(3)]
