"""Goal: no anomaly that the isolation level forbids; and the checker finds each when it is there.

Method: histories.py, short; histories of a weaker level checked as if they came from a stronger one, which must
fail; and histories written by hand, each with one anomaly.
"""

import itertools

import pytest

from histories import CONTROLS, Options, run_and_check, run_control
from history.checker import LEVELS, READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE, check
from history.operations import (BLIND, FAIL, INFO, OK, UNKNOWN, Append, Batch, Delete, Range, Read, RollbackTo, Savepoint,
                                Transaction, from_line, to_line)

SEED = 20261130
SHORT = Options(transactions=1500, kills=1, seed=SEED)


@pytest.mark.parametrize("level", LEVELS)
def test_short_history(binary, tmp_path, level):
    verdict, figure = run_and_check(level, SHORT, folder=tmp_path)
    print(figure)
    if verdict is None:
        pytest.skip(figure)
    assert not verdict.forbidden, verdict.text()


@pytest.mark.parametrize("control", CONTROLS, ids=[level for level, _, _ in CONTROLS])
def test_a_weaker_level_is_caught(binary, tmp_path, control):
    is_caught, figure = run_control(control, SHORT, folder=tmp_path)
    print(figure)
    assert is_caught, figure


# By hand. Transactions follow each other in time unless they are said to be concurrent.

def transaction(*operations, status=OK, at=None):
    begin, end = at or (next(_clock), next(_clock))
    return Transaction(0, status, [Batch(begin, None if status == INFO else end), *operations])


def concurrent(*operations, status=OK):
    return transaction(*operations, status=status, at=(0, 10 ** 9))


_clock = itertools.count(1)


def append(key, number, text=BLIND, how="update", at=""):
    return Append(key, number, how, text, at)


def forbidden(transactions, final, level=SERIALIZABLE):
    """Names of what is found; the history is written and read again on the way."""
    return set(check([from_line(to_line(one)) for one in transactions], final, level).forbidden)


CLEAN = [transaction(append(1, 10, "10", "upsert"), append(2, 11, how="upsert")),
         transaction(Read(1, "10"), append(1, 20), Read(1, "10,20")),
         transaction(append(1, 30), status=FAIL),
         transaction(Range(1, 3, 0, [(1, "10,20"), (2, "11")]), Delete(2, "11")),
         transaction(Savepoint(), append(1, 40), RollbackTo(), Read(1, "10,20"), Read(2, None)),
         transaction(append(1, 50), status=INFO),
         transaction(append(1, 60), status=INFO)]


@pytest.mark.parametrize("level", LEVELS)
def test_a_clean_history(level):
    assert forbidden(CLEAN, {1: "10,20,60"}, level) == set()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("final, names", [
    ({1: "10"}, {"lost append", "incompatible order"}),
    ({1: "20,10"}, {"lost row", "incompatible order"}),
    ({1: "10,20,20"}, {"duplicate append"}),
    ({1: "10,20,30"}, {"G1a"}),
    ({1: "10,20,40"}, {"G1a"}),
    ({1: "10,20,99"}, {"garbage"}),
    ({1: "10,20", 2: "11"}, {"lost delete"}),
    ({}, {"lost row"}),
], ids=["lost", "reordered", "twice", "aborted", "savepoint", "garbage", "undeleted", "no row"])
def test_a_falsified_end(level, final, names):
    assert names <= forbidden(CLEAN, final, level)


def falsified(*operations):
    return forbidden([*CLEAN, concurrent(*operations)], {1: "10,20,60"}, READ_COMMITTED)


@pytest.mark.parametrize("operation, names", [
    (Read(1, "20,10"), {"incompatible order"}),
    (Read(1, "10,60"), {"incompatible order"}),
    (Read(1, "10,30"), {"G1a"}),
    (Read(1, "10,40"), {"G1a"}),
    (Read(1, "10,99"), {"garbage"}),
    (Range(1, 3, 0, [(4, "10")]), {"wrong row"}),
], ids=["reordered", "skipped", "aborted", "savepoint", "garbage", "outside"])
def test_a_falsified_read(operation, names):
    assert names <= falsified(operation)


def test_intermediate_read():
    history = [transaction(append(1, 10, how="upsert"), append(1, 11)), concurrent(Read(1, "10"))]
    assert "G1b" in forbidden(history, {1: "10,11"}, READ_COMMITTED)


def test_own_append_not_seen():
    history = [transaction(append(1, 10, how="upsert")), transaction(append(1, 11), Read(1, "10"))]
    assert "internal" in forbidden(history, {1: "10,11"}, READ_COMMITTED)


def test_dirty_write():
    history = [concurrent(append(1, 10, how="upsert"), append(2, 11)),
               concurrent(append(2, 20, how="upsert"), append(1, 21))]
    assert forbidden(history, {1: "10,21", 2: "20,11"}, READ_COMMITTED) == {"G0"}


def test_circular_information_flow():
    history = [concurrent(append(1, 10, how="upsert"), Read(2, "20")),
               concurrent(append(2, 20, how="upsert"), Read(1, "10"))]
    assert "G1c" in forbidden(history, {1: "10", 2: "20"}, READ_COMMITTED)


SKEW = [transaction(append(1, 10, how="upsert"), append(2, 11, how="upsert")),
        concurrent(append(1, 20), append(2, 21)),
        concurrent(Read(1, "10"), Read(2, "11,21"))]
SKEW_END = {1: "10,20", 2: "11,21"}


def test_read_skew():
    assert "G-single" in forbidden(SKEW, SKEW_END, REPEATABLE_READ)
    assert forbidden(SKEW, SKEW_END, READ_COMMITTED) == set()


def test_read_skew_in_a_statement():
    history = [*SKEW[:2], concurrent(Range(1, 2, 0, [(1, "10"), (2, "11,21")]))]
    assert forbidden(history, SKEW_END, READ_COMMITTED) == {"read skew in a statement"}


def test_later_statement_that_sees_less():
    history = [*SKEW[:2], concurrent(Read(1, "10,20"), Read(2, "11"))]
    assert "stale read" in forbidden(history, SKEW_END, READ_COMMITTED)


@pytest.mark.parametrize("level, name", [(READ_COMMITTED, "stale read"), (REPEATABLE_READ, "G-single-realtime")])
def test_stale_read(level, name):
    history = [transaction(append(1, 10, how="upsert")), transaction(append(1, 20)), transaction(Read(1, "10"))]
    assert name in forbidden(history, {1: "10,20"}, level)


LOST_UPDATE = [transaction(append(1, 10, how="upsert")), concurrent(Read(1, "10"), append(1, 20)),
               concurrent(Read(1, "10"), append(1, 30))]


def test_lost_update():
    assert "lost update" in forbidden(LOST_UPDATE, {1: "10,20,30"}, REPEATABLE_READ)
    assert forbidden(LOST_UPDATE, {1: "10,20,30"}, READ_COMMITTED) == set()


def test_lost_update_under_a_lock():
    history = [*LOST_UPDATE[:2], concurrent(Read(1, "10", locked=True), append(1, 30))]
    assert forbidden(history, {1: "10,20,30"}, READ_COMMITTED) == {"lost update under FOR UPDATE"}


def test_long_fork():
    history = [transaction(append(1, 10, how="upsert"), append(2, 11, how="upsert")),
               concurrent(append(1, 20)), concurrent(append(2, 21)),
               concurrent(Read(1, "10,20"), Read(2, "11")), concurrent(Read(1, "10"), Read(2, "11,21"))]
    assert "G-nonadjacent" in forbidden(history, {1: "10,20", 2: "11,21"}, REPEATABLE_READ)


WRITE_SKEW = [transaction(append(1, 10, how="upsert"), append(2, 11, how="upsert")),
              concurrent(Read(1, "10"), append(2, 20)), concurrent(Read(2, "11"), append(1, 30))]
PHANTOMS = [concurrent(Range(1, 2, 0, []), append(3, 20, how="upsert")),
            concurrent(Range(3, 4, 0, []), append(1, 30, how="upsert"))]
TOO_SHORT = [transaction(append(1, 10, how="upsert"), append(2, 11, how="upsert")),
             concurrent(Range(1, 1, 3, []), append(2, 20)), concurrent(Range(2, 2, 3, []), append(1, 30))]


@pytest.mark.parametrize("history, final, name", [
    (WRITE_SKEW, {1: "10,30", 2: "11,20"}, "G2-item"),
    (PHANTOMS, {1: "30", 3: "20"}, "G2"),
    (TOO_SHORT, {1: "10,30", 2: "11,20"}, "G2"),
], ids=["item", "missing rows", "rows too short"])
def test_what_only_serializable_forbids(history, final, name):
    assert forbidden(history, final, SERIALIZABLE) == {name}
    assert forbidden(history, final, REPEATABLE_READ) == set()


REINSERTION = [transaction(append(4, 10, "10", "upsert", "12:00"), append(1, 11, how="upsert")),
               concurrent(Delete(4, "10")),
               concurrent(Read(4, "10"), append(4, 20, "20", "upsert", "12:01"))]


def test_insertion_over_a_row_deleted_meanwhile():
    assert forbidden(REINSERTION, {1: "11", 4: "20"}, SERIALIZABLE) >= {"reinsertion"}
    assert forbidden(REINSERTION, {1: "11", 4: "20"}, REPEATABLE_READ) == set()


def test_order_of_a_keys_rows():
    history = [transaction(append(4, 10, "10", "upsert", "12:00")), transaction(Delete(4, "10"), append(1, 11, how="upsert")),
               concurrent(append(4, 20, "20", "upsert", "12:01")),
               concurrent(Read(4, "20"), Read(1, None))]
    assert forbidden(history, {1: "11", 4: "20"}, REPEATABLE_READ) == {"G-nonadjacent"}


def test_a_commit_without_answer_is_there_as_a_whole():
    history = [transaction(append(1, 10, UNKNOWN, "upsert"), append(2, 11, UNKNOWN, "upsert"), status=INFO)]
    assert forbidden(history, {}) == set()
    assert forbidden(history, {1: "10", 2: "11"}) == set()
    assert forbidden(history, {1: "10"}) == {"torn transaction"}
