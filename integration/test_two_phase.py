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


@pytest.mark.parametrize("end", [None, "stop", "kill"])
def test_they_may_be_larger_than_the_buffer(make_server, end):
    server = make_server("--transaction-buffer", "1MB")
    dsn = server.dsn
    execute(dsn, "CREATE TABLE large (id integer PRIMARY KEY, t text); CREATE TABLE emptied (id integer); "
                 "INSERT INTO emptied SELECT i FROM generate_series(1, 1000) i; INSERT INTO large SELECT i, 'old' FROM generate_series(1, 2000) i")
    work = ("BEGIN; UPDATE large SET t = repeat('n', 1000) WHERE id <= 1500; DELETE FROM large WHERE id > 1900; "
            "INSERT INTO large SELECT i, repeat('x', 1000) FROM generate_series(10000, 16000) i; TRUNCATE emptied; "
            "SAVEPOINT s; DELETE FROM large; ROLLBACK TO SAVEPOINT s; "
            "UPDATE large SET t = 'twice' WHERE id = 10000; PREPARE TRANSACTION ")
    count = "SELECT count(*), count(*) FILTER (WHERE t = 'old'), sum(length(t)), min(id), max(id) FROM large"
    before = [(2000, 2000, 6000, 1, 2000)]
    after = [(1900 + 6001, 400, 1500 * 1000 + 400 * 3 + 6000 * 1000 + 5, 1, 16000)]
    execute(dsn, work + "'back'")
    if end:
        getattr(server, end)()
        server.start()
    assert execute(dsn, count) == before
    execute(dsn, "ROLLBACK PREPARED 'back'")
    assert execute(dsn, count) == before
    execute(dsn, work + "'there'")
    if end:
        getattr(server, end)()
        server.start()
    assert execute(dsn, count) == before
    assert error_of(dsn, "SET lock_timeout = '50ms'; UPDATE large SET t = '' WHERE id = 7") == "55P03"
    execute(dsn, "COMMIT PREPARED 'there'")
    assert execute(dsn, count) == after
    server.kill()
    server.start()
    assert execute(dsn, count) == after
    assert execute(dsn, "SELECT t FROM large WHERE id = 10000") == [("twice",)]
    assert execute(dsn, "SELECT * FROM pg_prepared_xacts") == []


@pytest.mark.parametrize("end", [None, "stop", "kill"])
def test_changes_of_tables_are_prepared_too(make_server, end):
    server = make_server()
    dsn = server.dsn
    execute(dsn, "CREATE TABLE old (id integer PRIMARY KEY); CREATE TABLE altered (id integer PRIMARY KEY); "
                 "INSERT INTO altered VALUES (1); CREATE TABLE emptied (id integer); INSERT INTO emptied VALUES (1); "
                 "CREATE VIEW seen AS SELECT id FROM altered")
    changes = ("BEGIN; CREATE SCHEMA made; CREATE TABLE made.one (id serial PRIMARY KEY, name text DEFAULT 'x'); "
               "INSERT INTO made.one (name) VALUES ('a'), (DEFAULT); ALTER TABLE altered ADD COLUMN n integer DEFAULT 7; "
               "DROP TABLE old; TRUNCATE emptied; CREATE VIEW made.other AS SELECT name FROM made.one; DROP VIEW seen; "
               "CREATE MATERIALIZED VIEW made.kept AS SELECT id, n FROM altered; PREPARE TRANSACTION ")
    execute(dsn, changes + "'back'")
    assert error_of(dsn, "SELECT * FROM made.one") == "42P01"
    assert error_of(dsn, "SET lock_timeout = '50ms'; SELECT * FROM altered") == "55P03"
    assert error_of(dsn, "SET lock_timeout = '50ms'; CREATE SCHEMA made") == "55P03"
    execute(dsn, "ROLLBACK PREPARED 'back'")
    assert execute(dsn, "SELECT * FROM altered") == [(1,)]
    assert execute(dsn, "SELECT * FROM old") == []
    assert execute(dsn, "SELECT * FROM seen") == [(1,)]
    execute(dsn, changes + "'there'")
    if end is not None:
        getattr(server, end)()
        server.start()
    assert error_of(dsn, "SELECT * FROM made.one") == "42P01"
    assert error_of(dsn, "SET lock_timeout = '50ms'; SELECT * FROM old") == "55P03"
    with psycopg.connect(dsn, autocommit=True) as connection:
        execute(dsn, "COMMIT PREPARED 'there'")
        assert connection.execute("SELECT * FROM made.one ORDER BY id").fetchall() == [(1, "a"), (2, "x")]
        connection.execute("INSERT INTO made.one (name) VALUES ('b')")
        assert connection.execute("SELECT count(*), max(id) > 2 FROM made.one").fetchone() == (3, True)
        assert connection.execute("SELECT * FROM altered").fetchall() == [(1, 7)]
        assert connection.execute("SELECT * FROM emptied").fetchall() == []
    assert error_of(dsn, "SELECT * FROM old") == "42P01"
    server.kill()
    server.start()
    assert execute(dsn, "SELECT count(*) FROM made.one") == [(3,)]
    assert execute(dsn, "SELECT * FROM altered") == [(1, 7)]
    assert execute(dsn, "SELECT * FROM made.other ORDER BY 1") == [("a",), ("b",), ("x",)]
    assert execute(dsn, "SELECT * FROM made.kept") == [(1, 7)]
    assert error_of(dsn, "SELECT * FROM old") == "42P01"
    assert error_of(dsn, "SELECT * FROM seen") == "42P01"


def test_restarted_sequences_go_on_where_they_were(server):
    dsn = server.dsn
    execute(dsn, "CREATE TABLE numbered (id serial, n integer); INSERT INTO numbered (n) VALUES (1), (2), (3)")
    restart = "BEGIN; ALTER SEQUENCE numbered_id_seq RESTART; SELECT nextval('numbered_id_seq'); PREPARE TRANSACTION 'restart'"
    execute(dsn, restart)
    execute(dsn, "ROLLBACK PREPARED 'restart'")
    assert execute(dsn, "INSERT INTO numbered (n) VALUES (4) RETURNING id > 3") == [(True,)]
    # One that fails, its name being taken.
    execute(dsn, "BEGIN; PREPARE TRANSACTION 'taken'")
    assert error_of(dsn, restart.replace("'restart'", "'taken'")) == "42710"
    assert execute(dsn, "INSERT INTO numbered (n) VALUES (5) RETURNING id > 3") == [(True,)]
    execute(dsn, "ROLLBACK PREPARED 'taken'")
    execute(dsn, restart)
    execute(dsn, "COMMIT PREPARED 'restart'")
    assert execute(dsn, "INSERT INTO numbered (n) VALUES (6) RETURNING id BETWEEN 2 AND 100") == [(True,)]
    execute(dsn, "DROP TABLE numbered")


def test_a_schema_stays_while_something_is_prepared_in_it(server):
    dsn = server.dsn
    execute(dsn, "CREATE SCHEMA kept")
    execute(dsn, "BEGIN; CREATE TABLE kept.one (id integer); PREPARE TRANSACTION 'in it'")
    assert error_of(dsn, "SET lock_timeout = '50ms'; DROP SCHEMA kept") == "55P03"
    execute(dsn, "SET lock_timeout = '1s'; CREATE TABLE kept.two (id integer)")
    execute(dsn, "COMMIT PREPARED 'in it'")
    assert error_of(dsn, "DROP SCHEMA kept") == "2BP01"
    execute(dsn, "DROP SCHEMA kept CASCADE")


@pytest.mark.parametrize("restart", [False, True])
def test_an_index_is_everybodys_with_its_commit(make_server, restart):
    server = make_server()
    dsn = server.dsn
    execute(dsn, "CREATE TABLE parts (id integer PRIMARY KEY, name text)")
    execute(dsn, "INSERT INTO parts SELECT i, i::text FROM generate_series(1, 1000) i")
    execute(dsn, "BEGIN; CREATE UNIQUE INDEX parts_name ON parts (name); PREPARE TRANSACTION 'index'")
    if restart:
        server.kill()
        server.start()
    execute(dsn, "COMMIT PREPARED 'index'")
    assert error_of(dsn, "INSERT INTO parts VALUES (0, '17')") == "23505"
    plan = execute(dsn, "EXPLAIN SELECT id FROM parts WHERE name = '17'")
    assert "parts_name" in "".join(line for (line,) in plan)
    execute(dsn, "BEGIN; DROP INDEX parts_name; PREPARE TRANSACTION 'none'")
    execute(dsn, "COMMIT PREPARED 'none'")
    execute(dsn, "INSERT INTO parts VALUES (0, '17')")
