"""PREPARE TRANSACTION: prepared transactions outlive sessions, restarts and kill -9, with their rows and locks."""

import contextlib
import threading

import psycopg
import pytest


def execute(dsn, text):
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(text)
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else None


def error_of(dsn, text):
    with pytest.raises(psycopg.Error) as raised:
        execute(dsn, text)
    return raised.value.sqlstate


def prepare(dsn, name, row):
    with contextlib.closing(psycopg.connect(dsn)) as connection:
        connection.tpc_begin(connection.xid(0, name, "branch"))
        connection.execute("INSERT INTO parts VALUES (%s)", (row,))
        connection.execute("UPDATE counters SET value = value + 1 WHERE id = %s", (row,))
        connection.tpc_prepare()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_they_outlive_the_server(make_server, end):
    server = make_server()
    dsn = server.dsn
    execute(dsn, "CREATE TABLE parts (id integer PRIMARY KEY)")
    execute(dsn, "CREATE TABLE counters (id integer PRIMARY KEY, value integer)")
    execute(dsn, "INSERT INTO counters VALUES (1, 0), (2, 0)")
    prepare(dsn, "one", 1)
    prepare(dsn, "two", 2)
    before = execute(dsn, "SELECT * FROM pg_prepared_xacts ORDER BY prepared")
    getattr(server, end)()
    server.start()
    assert execute(dsn, "SELECT * FROM pg_prepared_xacts ORDER BY prepared") == before
    tables = ("SELECT count(*) FROM pg_locks l JOIN pg_prepared_xacts p ON l.virtualtransaction = concat('-1/', p.transaction) "
              "WHERE l.locktype = 'relation' AND l.pid IS NULL")
    assert execute(dsn, tables) == [(4,)]
    assert execute(dsn, "SELECT count(*) FROM parts") == [(0,)]
    assert error_of(dsn, "SELECT * FROM counters WHERE id = 1 FOR UPDATE NOWAIT") == "55P03"
    assert error_of(dsn, "SET lock_timeout = '50ms'; INSERT INTO parts VALUES (2)") == "55P03"
    assert error_of(dsn, "SET lock_timeout = '50ms'; ALTER TABLE parts ADD COLUMN x integer") == "55P03"

    with psycopg.connect(dsn) as connection:
        xids = {xid.gtrid: xid for xid in connection.tpc_recover()}
        assert sorted(xids) == ["one", "two"]
        connection.rollback()
        connection.tpc_commit(xids["one"])
        connection.tpc_rollback(xids["two"])
    assert execute(dsn, "SELECT * FROM counters ORDER BY id") == [(1, 1), (2, 0)]
    getattr(server, end)()
    server.start()
    assert execute(dsn, "SELECT * FROM parts") == [(1,)]
    assert execute(dsn, "SELECT count(*) FROM pg_prepared_xacts") == [(0,)]


def test_a_session_waits_for_one_and_goes_on(server):
    dsn = server.dsn
    execute(dsn, "CREATE TABLE waited (id integer PRIMARY KEY, value integer)")
    execute(dsn, "INSERT INTO waited VALUES (1, 0)")
    execute(dsn, "BEGIN; UPDATE waited SET value = 10; PREPARE TRANSACTION 'waited for'")
    answers = []
    update = "UPDATE waited SET value = value + 1 RETURNING value"
    waiting = threading.Thread(target=lambda: answers.append(execute(dsn, update)))
    waiting.start()
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE waited%'"
    while execute(dsn, blocked) != [(1,)]:
        pass
    pids = "SELECT pg_blocking_pids(pid) FROM pg_stat_activity WHERE query LIKE 'UPDATE waited%'"
    assert execute(dsn, pids) == [([0],)]
    execute(dsn, "COMMIT PREPARED 'waited for'")
    waiting.join()
    assert answers == [[(11,)]]
    execute(dsn, "DROP TABLE waited")


def test_their_ends_are_not_part_of_a_pipeline(server):
    dsn = server.dsn
    execute(dsn, "CREATE TABLE piped (id integer PRIMARY KEY)")
    for number in (1, 2):
        execute(dsn, f"BEGIN; INSERT INTO piped VALUES ({number}); PREPARE TRANSACTION 'piped {number}'")
    with psycopg.connect(dsn, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.ActiveSqlTransaction) as raised:
            with connection.pipeline():
                connection.execute("SELECT * FROM piped WHERE id = 1")
                connection.execute("COMMIT PREPARED 'piped 1'")
        assert str(raised.value) == "COMMIT PREPARED cannot be executed within a pipeline"
        with connection.pipeline():
            connection.execute("COMMIT PREPARED 'piped 1'")
            connection.execute("COMMIT PREPARED 'piped 2'")
            last = connection.execute("SELECT count(*) FROM piped")
        assert last.fetchone() == (2,)
    execute(dsn, "DROP TABLE piped")


def test_they_can_be_switched_off_and_are_limited(make_server):
    server = make_server("--max-prepared-transactions", "0")
    assert error_of(server.dsn, "BEGIN; PREPARE TRANSACTION 'a'") == "55000"
    server.stop()
    limited = make_server("--max-prepared-transactions", "1")
    execute(limited.dsn, "BEGIN; PREPARE TRANSACTION 'a'")
    assert execute(limited.dsn, "SHOW max_prepared_transactions") == [("1",)]
    assert error_of(limited.dsn, "BEGIN; PREPARE TRANSACTION 'b'") == "53200"


def test_what_cannot_be_prepared_says_so(server):
    assert error_of(server.dsn, "BEGIN; CREATE TABLE made (id integer); PREPARE TRANSACTION 'ddl'") == "0A000"
    assert error_of(server.dsn, "SELECT * FROM made") == "42P01"
