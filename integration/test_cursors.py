"""Cursors as drivers use them: psycopg's named cursors, portals and cursors under one name, COPY in binary.

Method: psycopg where it goes that far, a bare socket for messages; answers are those of PostgreSQL 15.
"""

import itertools
import struct

import psycopg
import pytest

from protocol import Protocol

ROWS = 5000

_numbers = itertools.count(1)


@pytest.fixture
def own(server):
    """A connection, and a schema of the test's own with a table t of ROWS rows, first in its search path."""
    name = f"cursors_{next(_numbers)}"
    with psycopg.connect(server.dsn, autocommit=True) as one:
        one.execute(f"CREATE SCHEMA {name}")
        one.execute(f"SET search_path = {name}")
        one.execute("CREATE TABLE t (id integer PRIMARY KEY, v text)")
        one.execute(f"INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, {ROWS}) AS g(i)")
        yield one
        one.execute("ROLLBACK")
        one.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def protocol(server):
    client = Protocol(server)
    yield client
    client.socket.close()


@pytest.mark.parametrize("in_binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("itersize", [1, 7, 1000])
def test_a_named_cursor_gives_all_rows(own, itersize, in_binary):
    count = 200 if itersize == 1 else ROWS
    with own.transaction():
        with own.cursor("named", binary=in_binary) as cursor:
            cursor.itersize = itersize
            cursor.execute("SELECT id, v FROM t WHERE id <= %s ORDER BY id", (count,))
            assert list(cursor) == [(i, f"row {i}") for i in range(1, count + 1)]


def test_a_named_cursor_scrolls(own):
    with own.transaction():
        with own.cursor("named", scrollable=True) as cursor:
            cursor.execute("SELECT id FROM t ORDER BY id")
            assert cursor.fetchone() == (1,)
            cursor.scroll(10)
            assert cursor.fetchone() == (12,)
            cursor.scroll(-5)
            assert cursor.fetchone() == (8,)
            cursor.scroll(ROWS - 1, mode="absolute")
            assert cursor.fetchall() == [(ROWS,)]
            cursor.scroll(0, mode="absolute")
            assert cursor.fetchmany(2) == [(1,), (2,)]


def test_a_cursor_with_hold_outlives_its_transaction(own):
    with own.transaction():
        cursor = own.cursor("held", withhold=True)
        cursor.execute("SELECT id FROM t ORDER BY id")
        assert cursor.fetchmany(2) == [(1,), (2,)]
    own.execute("DELETE FROM t WHERE id > 3")
    assert len(cursor.fetchall()) == ROWS - 2
    cursor.close()
    with pytest.raises(psycopg.errors.InvalidCursorName):
        own.execute("FETCH held")


def test_statements_between_fetches(own):
    """What else the transaction does changes nothing of what the cursor gives."""
    with own.transaction():
        with own.cursor("named") as cursor:
            cursor.itersize = 100
            cursor.execute("SELECT id FROM t ORDER BY id")
            seen = []
            for (id_,) in cursor:
                seen.append(id_)
                if id_ % 100 == 1:
                    own.execute("UPDATE t SET v = 'changed' WHERE CURRENT OF named")
                    own.execute("DELETE FROM t WHERE id = %s", (id_ + 150,))
            assert seen == list(range(1, ROWS + 1))
    left, changed = own.execute("SELECT count(*), count(*) FILTER (WHERE v = 'changed') FROM t").fetchone()
    assert left == ROWS - 49
    assert changed == 0 or changed <= 50


def test_more_rows_than_work_mem_keeps(own):
    own.execute("SET work_mem = '64kB'")
    with own.transaction():
        with own.cursor("forward") as cursor:
            cursor.itersize = 500
            cursor.execute("SELECT id, repeat(v, 20) FROM t ORDER BY id")
            assert sum(1 for _ in cursor) == ROWS
    with pytest.raises(psycopg.errors.OutOfMemory):
        with own.transaction():
            own.execute("DECLARE back SCROLL CURSOR FOR SELECT id, repeat(v, 20) FROM t ORDER BY id")
            own.execute("MOVE ALL back")
            own.execute("FETCH FIRST back")
    with pytest.raises(psycopg.errors.OutOfMemory):
        own.execute("DECLARE held CURSOR WITH HOLD FOR SELECT id, repeat(v, 20) FROM t ORDER BY id")
    assert own.execute("SELECT count(*) FROM pg_cursors").fetchone() == (0,)


def kinds(messages):
    return b"".join(kind for kind, _ in messages)


def rows(messages):
    """Of one column, as text."""
    return [body[6:].decode() for kind, body in messages if kind == b"D"]


def tags(messages):
    return [body[:-1].decode() for kind, body in messages if kind == b"C"]


def errors(messages):
    return [body for kind, body in messages if kind == b"E"]


def test_a_portal_is_fetched_from(protocol):
    protocol.query("BEGIN")
    protocol.parse(b"", b"SELECT * FROM generate_series(1, 10)")
    protocol.bind(b"p", b"")
    protocol.execute(b"p", 2)
    assert rows(protocol.sync()) == ["1", "2"]
    answer = protocol.query("FETCH 3 FROM p")
    assert (rows(answer), tags(answer)) == (["3", "4", "5"], ["FETCH 3"])
    protocol.execute(b"p", 2)
    answer = protocol.sync()
    assert (rows(answer), kinds(answer)) == (["6", "7"], b"DDsZ")
    assert tags(protocol.query("MOVE 2 FROM p")) == ["MOVE 2"]
    protocol.execute(b"p")
    answer = protocol.sync()
    assert (rows(answer), tags(answer)) == (["10"], ["SELECT 1"])
    assert errors(protocol.query("FETCH PRIOR FROM p")) == [("55000", "cursor can only scan forward")]
    protocol.query("ROLLBACK")


def test_a_cursor_is_executed_as_a_portal(protocol):
    protocol.query("BEGIN")
    protocol.query("DECLARE c SCROLL CURSOR FOR SELECT * FROM generate_series(1, 6) AS g(n)")
    protocol.send(b"D", b"Pc\0")
    protocol.execute(b"c", 2)
    answer = protocol.sync()
    assert kinds(answer) == b"TDDsZ"
    assert rows(answer) == ["1", "2"]
    assert rows(protocol.query("FETCH 2 c")) == ["3", "4"]
    protocol.execute(b"c")
    answer = protocol.sync()
    assert (rows(answer), tags(answer)) == (["5", "6"], ["SELECT 2"])
    assert rows(protocol.query("FETCH BACKWARD 2 c")) == ["6", "5"]
    protocol.parse(b"", b"SELECT 1")
    protocol.bind(b"c", b"")
    assert errors(protocol.sync()) == [("42P03", 'cursor "c" already exists')]
    protocol.query("ROLLBACK")


def test_closing_goes_both_ways(protocol):
    protocol.query("BEGIN")
    protocol.query("DECLARE c CURSOR FOR SELECT 1")
    protocol.send(b"C", b"Pc\0")
    protocol.sync()
    assert errors(protocol.query("FETCH c")) == [("34000", 'cursor "c" does not exist')]
    protocol.query("ROLLBACK")
    protocol.query("BEGIN")
    protocol.parse(b"", b"SELECT 1")
    protocol.bind(b"p", b"")
    protocol.sync()
    assert tags(protocol.query("CLOSE p")) == ["CLOSE CURSOR"]
    protocol.execute(b"p")
    assert errors(protocol.sync()) == [("34000", 'portal "p" does not exist')]
    protocol.query("ROLLBACK")


def test_describe_of_fetch_tells_the_cursors_columns(protocol):
    protocol.query("BEGIN")
    protocol.query("DECLARE c CURSOR FOR SELECT 1 AS one, 'x'::text AS two")
    protocol.parse(b"f", b"FETCH 1 FROM c")
    protocol.send(b"D", b"Sf\0")
    protocol.bind(b"", b"f")
    protocol.send(b"D", b"P\0")
    protocol.execute(b"")
    answer = protocol.sync()
    assert kinds(answer) == b"1tT2TDCZ"
    assert answer[2][1].startswith(struct.pack("!h", 2) + b"one\0")
    protocol.parse(b"m", b"MOVE 1 FROM c")
    protocol.send(b"D", b"Sm\0")
    assert kinds(protocol.sync()) == b"1tnZ"
    protocol.query("ROLLBACK")


def test_fetch_in_parts(protocol):
    protocol.query("BEGIN")
    protocol.query("DECLARE c CURSOR FOR SELECT * FROM generate_series(1, 9) AS g(n)")
    protocol.parse(b"", b"FETCH 5 FROM c")
    protocol.bind(b"f", b"")
    protocol.execute(b"f", 2)
    answer = protocol.sync()
    assert (rows(answer), kinds(answer)) == (["1", "2"], b"12DDsZ")
    assert rows(protocol.query("FETCH 1 FROM c")) == ["6"]
    protocol.execute(b"f", 0)
    answer = protocol.sync()
    assert (rows(answer), tags(answer)) == (["3", "4", "5"], ["FETCH 5"])
    protocol.query("ROLLBACK")


def test_a_binary_cursor(protocol):
    protocol.query("BEGIN")
    protocol.query("DECLARE c BINARY CURSOR FOR SELECT 258 AS n")
    answer = protocol.query("FETCH c")
    assert [body for kind, body in answer if kind == b"D"] == [struct.pack("!hii", 1, 4, 258)]
    protocol.query("ROLLBACK")


def test_a_cursor_over_parameters(own):
    with own.transaction():
        own.execute("DECLARE c CURSOR FOR SELECT id FROM t WHERE id BETWEEN %b AND %b ORDER BY id", (10, 12))
        assert own.execute("FETCH ALL c").fetchall() == [(10,), (11,), (12,)]


def test_for_update_locks_what_was_fetched(server, own):
    own.execute("BEGIN")
    own.execute("DECLARE c CURSOR FOR SELECT id FROM t ORDER BY id FOR UPDATE")
    own.execute("FETCH 2 c")
    with psycopg.connect(server.dsn, autocommit=True) as other:
        schema = own.execute("SHOW search_path").fetchone()[0]
        other.execute(f"SET search_path = {schema}")
        assert other.execute("SELECT id FROM t WHERE id < 5 ORDER BY id FOR UPDATE SKIP LOCKED").fetchall() == [
            (3,), (4,)]
    own.execute("ROLLBACK")
