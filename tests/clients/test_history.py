"""The checks of history.py find what they are for."""
import pytest

from history import Acknowledged, History

pytestmark = pytest.mark.ci


def history(final, acknowledged=(), seen=(), committed=None, final_committed=None):
    made = History()
    made.acknowledged = [Acknowledged(value, partition, offset, at) for value, partition, offset, at in acknowledged]
    made.final, made.seen = final, list(seen)
    made.committed, made.final_committed = committed or {}, final_committed or {}
    return made


LOG = {0: [(0, "a:0"), (1, "b:0"), (2, "a:2")]}


def test_a_good_history_is_good():
    assert history(LOG, [("a:0", 0, 0, 1.0), ("a:2", 0, 2, 4.5)], [(0, 0, "a:0"), (0, 1, "b:0")], {0: 2}, {0: 2}).verdict() == []


@pytest.mark.parametrize("made, word", [
    (history(LOG, [("a:1", 0, 3, 1.0)]), "acknowledged and not there: a:1"),
    (history(LOG, [("a:1", 0, 1, 1.0)]), "where b:0 is"),
    (history({0: [(0, "a:0"), (1, "a:0")]}), "stored twice: a:0"),
    (history({0: [(0, "a:2"), (1, "a:0")]}), "out of order: a:0"),
    (history(LOG, seen=[(0, 1, "c:0")]), "read as c:0"),
    (history({0: LOG[0][:2]}, seen=[(0, 2, "a:2")]), "read as a:2 at 0/2, later None"),
    (history(LOG, seen=[(0, 0, "a:0"), (0, 2, "a:2")]), "got 2 where 1 was due"),
    (history(LOG, seen=[(0, 0, "a:0"), (0, 0, "a:0")]), "got 0 where 1 was due"),
    (history(LOG, committed={0: 3}, final_committed={0: 2}), "offset 3 was committed, later it was 2"),
    (history(LOG, committed={0: 3}), "later it was None"),
])
def test_what_went_wrong_is_named(made, word):
    [line] = made.verdict()
    assert word in line


def test_the_longest_gap_is_that_of_the_worst_partition():
    made = history({}, [("a:0", 0, 0, 1.0), ("a:1", 1, 0, 1.1), ("a:2", 0, 1, 3.0), ("a:3", 1, 1, 2.0), ("a:4", 1, 2, 2.5)])
    assert made.longest_gap() == 2.0
