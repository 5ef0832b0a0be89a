"""Temporary tables between sessions and servers: whose they are, and that nothing is left of them.

Method: sessions that end, are killed with the server, or go back to a pool; another session looks at the catalog.
"""

import itertools
import json
import time
import urllib.request

import psycopg
import pytest
from psycopg import sql

SECONDS_MAX = 10

_numbers = itertools.count(1)


def connect(server, **options):
    return psycopg.connect(server.dsn, autocommit=True, **options)


def rows(connection, text, *parameters):
    return connection.execute(text, *parameters).fetchall()


def left_of(connection, name):
    """Relations of the name, and schemas that anything temporary is in."""
    return rows(connection, "SELECT relname, nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace "
                            "WHERE relname LIKE %s || '%%' AND relpersistence = 't'", (name,))


def stats(server):
    with urllib.request.urlopen(server.admin_url + "/v1/stats") as answer:
        return json.load(answer)


@pytest.fixture
def name():
    return f"temporary_{next(_numbers)}"


def test_each_session_has_its_own(server, name):
    with connect(server) as one, connect(server) as other:
        for connection, value in ((one, 1), (other, 2)):
            connection.execute(f"CREATE TEMP TABLE {name} (id integer PRIMARY KEY, v serial)")
            connection.execute(f"INSERT INTO {name} VALUES (%s)", (value,))
        assert rows(one, f"SELECT * FROM {name}") == [(1, 1)]
        assert rows(other, f"SELECT * FROM {name}") == [(2, 1)]
        assert len(left_of(one, name)) == 6  # table, key and sequence of each
        schema = rows(other, "SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()")[0][0]
        foreign = sql.Identifier(schema, name)
        for text in ("SELECT * FROM {}", "INSERT INTO {} VALUES (3)", "TRUNCATE {}", "ALTER TABLE {} ADD x integer",
                     "COPY {} TO STDOUT", "CREATE INDEX ON {} (v)"):
            with pytest.raises(psycopg.errors.FeatureNotSupported, match="temporary tables of other sessions"):
                one.execute(sql.SQL(text).format(foreign))
        with pytest.raises(psycopg.errors.InvalidTableDefinition, match="temporary schemas of other sessions"):
            one.execute(sql.SQL("CREATE TABLE {} (a integer)").format(sql.Identifier(schema, name + "_2")))
        shown = "SELECT count(*) FROM information_schema.tables WHERE table_name = %s AND table_type = 'LOCAL TEMPORARY'"
        assert rows(one, shown, (name,)) == [(1,)]
        assert rows(one, "SELECT pg_is_other_temp_schema(oid) FROM pg_namespace WHERE nspname = %s", (schema,)) == [(True,)]


def wait_until_gone(connection, name):
    deadline = time.monotonic() + SECONDS_MAX
    while left_of(connection, name):
        assert time.monotonic() < deadline, left_of(connection, name)
        time.sleep(0.02)


@pytest.mark.parametrize("end", ["idle", "in_transaction", "in_failed_transaction", "terminated"])
def test_they_end_with_the_session(server, connection, name, end):
    options = {"options": "-c idle_in_transaction_session_timeout=50"} if end == "terminated" else {}
    one = connect(server, **options)
    pid = one.info.backend_pid
    one.execute(f"CREATE TEMP TABLE {name} (id serial PRIMARY KEY, v text UNIQUE)")
    one.execute(f"CREATE VIEW {name}_v AS SELECT * FROM {name}")
    one.execute(f"INSERT INTO {name} (v) SELECT g FROM generate_series(1, 1000) AS g")
    one.execute(f"COMMENT ON TABLE {name} IS '{name}'")
    assert len(left_of(connection, name)) == 5
    if end != "idle":
        one.execute("BEGIN")
        one.execute(f"INSERT INTO {name} (v) VALUES ('x')")
        one.execute(f"CREATE TEMP TABLE {name}_2 (a integer)")
    if end == "in_failed_transaction":
        with pytest.raises(psycopg.Error):
            one.execute("SELECT 1 / 0")
    if end == "terminated":
        time.sleep(0.2)
        with pytest.raises(psycopg.OperationalError):
            one.execute("SELECT 1")
    one.close()
    wait_until_gone(connection, name)
    assert rows(connection, "SELECT count(*) FROM pg_namespace WHERE nspname = %s", (f"pg_temp_{pid}",)) == [(0,)]
    assert rows(connection, "SELECT count(*) FROM pg_description WHERE description = %s", (name,)) == [(0,)]


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_nothing_is_left_after_a_restart(make_server, name, end):
    server = make_server()
    with connect(server) as one:
        one.execute("CREATE TABLE kept (id integer PRIMARY KEY)")
        one.execute(f"CREATE TEMP TABLE {name} (id serial, v text)")
        one.execute(f"CREATE INDEX ON {name} (v)")
        one.execute("BEGIN")
        one.execute(f"INSERT INTO {name} (v) SELECT repeat('x', 100) FROM generate_series(1, 20000)")
        one.execute("INSERT INTO kept VALUES (1)")
        one.execute("COMMIT")
        one.execute("CHECKPOINT")
        getattr(server, end)()
    server.start()
    with connect(server) as one:
        assert left_of(one, name) == []
        assert rows(one, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'pg\\_temp%'") == [(0,)]
        assert rows(one, "SELECT * FROM kept") == [(1,)]
        one.execute(f"CREATE TEMP TABLE {name} (id serial, v text)")
        one.execute(f"INSERT INTO {name} (v) VALUES ('new')")
        assert rows(one, f"SELECT * FROM {name}") == [(1, "new")]


def test_a_crash_with_unsynced_rows_keeps_the_rest(make_server, name):
    server = make_server()
    with connect(server) as one:
        one.execute("CREATE TABLE kept (id integer)")
        one.execute(f"CREATE TEMP TABLE {name} (id integer)")
        for i in range(200):
            one.execute(f"INSERT INTO {name} VALUES (%s)", (i,))
            if i % 20 == 0:
                one.execute(f"INSERT INTO kept SELECT count(*) FROM {name}")
        server.kill()
    server.start()
    with connect(server) as one:
        assert rows(one, "SELECT * FROM kept ORDER BY id") == [(i + 1,) for i in range(0, 200, 20)]


def test_rows_need_no_sync(make_server, name):
    server = make_server()
    with connect(server) as one:
        one.execute(f"CREATE TEMP TABLE {name} (id integer PRIMARY KEY)")
        one.execute("CREATE TABLE durable (id integer PRIMARY KEY)")
        before = stats(server)["wal"]["syncs"]
        for i in range(200):
            one.execute(f"INSERT INTO {name} VALUES (%s)", (i,))
        between = stats(server)["wal"]["syncs"]
        for i in range(50):
            one.execute("INSERT INTO durable VALUES (%s)", (i,))
        after = stats(server)["wal"]["syncs"]
    assert after - between >= 50
    assert between - before < 100


def test_plans_of_others_stand(server, name):
    with connect(server) as one, connect(server) as other:
        one.execute(f"CREATE TABLE {name} (id integer PRIMARY KEY)")
        cursor = one.cursor()
        query = f"SELECT * FROM {name} WHERE id > %s"
        for _ in range(10):
            cursor.execute(query, (0,), prepare=True)
        planned = stats(server)["statements"]["planned"]
        made = 20
        for i in range(made):
            other.execute(f"CREATE TEMP TABLE {name}_{i} (id integer)")
            cursor.execute(query, (0,))
        assert stats(server)["statements"]["planned"] - planned < made
        # In its own session the name means another table from now on.
        one.execute(f"CREATE TEMP TABLE {name} (id integer PRIMARY KEY)")
        one.execute(f"INSERT INTO {name} VALUES (7)")
        cursor.execute(query, (0,))
        assert cursor.fetchall() == [(7,)]
        one.execute("DISCARD TEMP")
        cursor.execute(query, (0,))
        assert cursor.fetchall() == []
        one.execute(f"DROP TABLE {name}")


def test_a_pool_gets_a_clean_session_back(server, name):
    with connect(server) as one:
        for _ in range(5):
            one.execute(f"CREATE TEMP TABLE {name} (id serial)")
            one.execute(f"INSERT INTO {name} DEFAULT VALUES")
            assert rows(one, f"SELECT id FROM {name}") == [(1,)]
            one.execute("DISCARD ALL")
            assert left_of(one, name) == []


def test_on_commit_in_every_way_to_commit(server, name):
    with connect(server) as one:
        one.execute(f"CREATE TEMP TABLE {name} (id integer PRIMARY KEY, v text) ON COMMIT DELETE ROWS")
        # One Query message is a transaction.
        assert one.execute(f"INSERT INTO {name} VALUES (1); SELECT count(*) FROM {name}").nextset()
        assert rows(one, f"SELECT count(*) FROM {name}") == [(0,)]
        with one.pipeline():
            one.execute(f"INSERT INTO {name} VALUES (1)")
            cursor = one.execute(f"SELECT count(*) FROM {name}")
        assert cursor.fetchone() == (1,)
        assert rows(one, f"SELECT count(*) FROM {name}") == [(0,)]
        with one.transaction():
            one.execute(f"INSERT INTO {name} VALUES (1), (2)")
            one.execute(f"DECLARE held CURSOR WITH HOLD FOR SELECT id FROM {name} ORDER BY id")
        assert rows(one, "FETCH ALL FROM held") == [(1,), (2,)]
        assert rows(one, f"SELECT count(*) FROM {name}") == [(0,)]
        with one.transaction():
            one.execute(f"CREATE TEMP TABLE {name}_2 ON COMMIT DROP AS SELECT 1 AS a")
        assert [relation for relation, _ in left_of(one, name)].count(f"{name}_2") == 0


def test_many_sessions_make_and_drop(server, name):
    connections = [connect(server) for _ in range(10)]
    for _ in range(10):
        for connection in connections:
            connection.execute(f"CREATE TEMP TABLE {name} (a integer, b text)")
            connection.execute(f"INSERT INTO {name} VALUES (1, 'x')")
        for connection in connections:
            assert rows(connection, f"SELECT * FROM {name}") == [(1, "x")]
            connection.execute(f"DROP TABLE {name}")
    for connection in connections:
        connection.close()


def test_types_and_functions_are_not_temporary(server):
    with connect(server) as one:
        for create in ("CREATE TYPE pg_temp.of_the_session AS ENUM ('a')",
                       "CREATE FUNCTION pg_temp.of_the_session() RETURNS int LANGUAGE sql AS 'SELECT 1'"):
            for _ in range(2):  # before the schema is there, and after
                with pytest.raises(psycopg.errors.FeatureNotSupported):
                    one.execute(create)
                one.execute("CREATE TEMP TABLE IF NOT EXISTS brings_the_schema (id int)")
        one.execute("CREATE TYPE that_stays AS ENUM ('a')")
        one.execute("CREATE FUNCTION that_stays() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        for move in ("ALTER TYPE that_stays SET SCHEMA pg_temp", "ALTER FUNCTION that_stays() SET SCHEMA pg_temp"):
            with pytest.raises(psycopg.errors.FeatureNotSupported):
                one.execute(move)
        one.execute("DROP FUNCTION that_stays()")
        one.execute("DROP TYPE that_stays")


TEMPORARY_ROW_TYPE = "row types of temporary tables"


def test_what_is_permanent_has_no_row_types_of_temporary_tables(server, name):
    """PostgreSQL allows it, and takes the columns along with the tables; after a crash, too."""
    with connect(server) as one:
        one.execute(f"CREATE TEMP TABLE {name} (a integer, b text)")
        one.execute(f"CREATE TABLE {name}_kept (id integer)")
        for text in (f"CREATE TABLE {name}_p (x {name})", f"CREATE TABLE {name}_p (x {name}[])",
                     f"CREATE TABLE {name}_p AS SELECT t AS x FROM {name} AS t",
                     f"CREATE TABLE {name}_p (x text DEFAULT (ROW(1, 'x')::{name}).b)",
                     f"CREATE TABLE {name}_p (x integer CHECK (x > (ROW(1, 'x')::{name}).a))",
                     f"ALTER TABLE {name}_kept ADD COLUMN x {name}",
                     f"CREATE INDEX ON {name}_kept ((id + (ROW(1, 'x')::{name}).a))",
                     f"CREATE TYPE {name}_p AS (x {name})", f"CREATE DOMAIN {name}_p AS {name}[]"):
            with pytest.raises(psycopg.errors.FeatureNotSupported, match=TEMPORARY_ROW_TYPE):
                one.execute(text)
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="must not use temporary tables"):
            one.execute(f"CREATE MATERIALIZED VIEW {name}_p AS SELECT (ROW(1, 'x')::{name}).b")
        one.execute(f"CREATE TEMP TABLE {name}_p (x {name}, CHECK ((x).a > 0))")
        one.execute(f"INSERT INTO {name}_p VALUES ((1, 'x'))")
        assert rows(one, f"SELECT (x).b FROM {name}_p") == [("x",)]
        one.execute(f"CREATE VIEW {name}_v AS SELECT (NULL::{name}).a")
        assert (f"{name}_v", rows(one, "SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()")[0][0]) \
            in left_of(one, name)


def functions_of(connection, name):
    return [row[0] for row in rows(connection, "SELECT proname FROM pg_proc WHERE proname LIKE %s || '%%' ORDER BY 1", (name,))]


def make_functions(one, name):
    """Three that cannot be without the table, and one that can."""
    one.execute(f"CREATE TEMP TABLE {name} (a integer, b text)")
    one.execute(f"CREATE FUNCTION {name}_takes({name}) RETURNS text LANGUAGE sql AS 'SELECT $1.b'")
    one.execute(f"CREATE FUNCTION {name}_reads() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM {name}; END")
    one.execute(f"CREATE FUNCTION {name}_calls() RETURNS bigint BEGIN ATOMIC SELECT {name}_reads() + 1; END")
    one.execute(f"CREATE FUNCTION {name}_text() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM {name}'")
    assert rows(one, f"SELECT {name}_takes(ROW(1, 'x')::{name}), {name}_calls(), {name}_text()") == [("x", 1, 0)]


@pytest.mark.parametrize("end", ["close", "discard"])
def test_functions_of_temporary_tables_go_with_them(server, connection, name, end):
    one = connect(server)
    make_functions(one, name)
    one.execute(f"CREATE TABLE {name}_kept (id bigint DEFAULT {name}_calls())")
    one.execute(f"CREATE VIEW {name}_v AS SELECT {name}_calls() AS n")
    assert f"{name}_v" in [relation for relation, _ in left_of(connection, name)]
    if end == "discard":
        one.execute("DISCARD TEMP")
    else:
        one.close()
    wait_until_gone(connection, name)
    assert functions_of(connection, name) == [f"{name}_text"]
    connection.execute(f"INSERT INTO {name}_kept DEFAULT VALUES")
    assert rows(connection, f"SELECT * FROM {name}_kept") == [(None,)]
    connection.execute(f"DROP TABLE {name}_kept")
    connection.execute(f"DROP FUNCTION {name}_text")
    one.close()


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_functions_of_temporary_tables_are_not_there_after_a_restart(make_server, name, end):
    server = make_server()
    one = connect(server)
    make_functions(one, name)
    one.execute("CREATE DATABASE copied TEMPLATE shale")
    one.execute(f"CREATE FUNCTION {name}_was() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="temporary relations"):
        one.execute(f"CREATE OR REPLACE FUNCTION {name}_was() RETURNS bigint BEGIN ATOMIC SELECT {name}_reads(); END")
    one.execute(f"DROP FUNCTION {name}_was")
    with psycopg.connect(server.dsn, dbname="copied", autocommit=True) as copied:
        assert functions_of(copied, name) == [f"{name}_text"]
    getattr(server, end)()
    server.start()
    for database in ("shale", "copied"):
        with psycopg.connect(server.dsn, dbname=database, autocommit=True) as again:
            assert functions_of(again, name) == [f"{name}_text"]


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_functions_last_once_nothing_temporary_is_in_them(make_server, name, end):
    server = make_server()
    one = connect(server)
    make_functions(one, name)
    one.execute(f"CREATE OR REPLACE FUNCTION {name}_reads() RETURNS bigint BEGIN ATOMIC SELECT 1::bigint; END")
    one.execute(f"CREATE VIEW {name}_v AS SELECT {name}_calls() AS n")
    getattr(server, end)()
    server.start()
    with psycopg.connect(server.dsn, autocommit=True) as again:
        assert functions_of(again, name) == [f"{name}_calls", f"{name}_reads", f"{name}_text"]
        assert rows(again, f"SELECT n FROM {name}_v") == [(2,)]


def test_functions_of_temporary_sequences_go_with_them(server, connection, name):
    one = connect(server)
    one.execute(f"CREATE TEMP SEQUENCE {name}_s")
    one.execute(f"CREATE FUNCTION {name}_next() RETURNS bigint BEGIN ATOMIC SELECT nextval('{name}_s'); END")
    one.execute(f"CREATE FUNCTION {name}_last() RETURNS bigint BEGIN ATOMIC SELECT last_value FROM {name}_s; END")
    assert rows(one, f"SELECT {name}_next(), {name}_last()") == [(1, 1)]
    one.close()
    wait_until_gone(connection, f"{name}_s")
    assert functions_of(connection, name) == []
