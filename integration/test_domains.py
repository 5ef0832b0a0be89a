"""Domains through drivers, in both forms; over restarts, crashes and prepared transactions; prepared statements."""

import asyncio
import contextlib
import itertools

import asyncpg
import psycopg
import pytest

from server import run

names = (f"domain_{number}" for number in itertools.count())
INTEGER = 23


@pytest.fixture
def positive(connection):
    """A new domain over integer; its name."""
    name = next(names)
    connection.execute(f"CREATE DOMAIN {name} AS integer CHECK (VALUE > 0)")
    yield name
    connection.execute(f"DROP DOMAIN IF EXISTS {name} CASCADE")


def test_a_column_is_shown_as_what_it_is_over(connection, positive):
    connection.execute(f"CREATE DOMAIN {positive}_code AS varchar(7)")
    try:
        cursor = connection.execute(f"SELECT 1::{positive}, 'a'::{positive}_code, '{{1}}'::{positive}[]")
        first, second, third = cursor.description
        assert (first.type_code, first.internal_size) == (INTEGER, 4)
        assert (second.type_code, second.display_size) == (1043, 7)
        array = connection.execute(f"SELECT '{positive}[]'::regtype::oid").fetchone()[0]
        assert third.type_code == array
    finally:
        connection.execute(f"DROP DOMAIN {positive}_code")


@pytest.mark.parametrize("in_binary", [False, True])
def test_parameters_of_its_oid(connection, positive, in_binary):
    oid = connection.execute(f"SELECT '{positive}'::regtype::oid").fetchone()[0]

    def send(value, text=b"SELECT $1, $1 + 1"):
        return connection.pgconn.exec_params(text, [value], param_types=[oid], param_formats=[int(in_binary)],
                                             result_format=int(in_binary))

    def number(value):
        return value.to_bytes(4, "big", signed=True) if in_binary else str(value).encode()

    result = send(number(7))
    assert result.status == psycopg.pq.ExecStatus.TUPLES_OK, result.error_message
    assert [result.get_value(0, i) for i in (0, 1)] == [number(7), number(8)]
    assert [result.ftype(i) for i in (0, 1)] == [INTEGER, INTEGER]
    assert send(None).get_value(0, 0) is None
    result = send(number(-7))
    field = psycopg.pq.DiagnosticField
    assert result.error_field(field.SQLSTATE) == b"23514"
    assert result.error_field(field.DATATYPE_NAME).decode() == positive
    assert result.error_field(field.CONSTRAINT_NAME).decode() == f"{positive}_check"
    connection.execute(f"ALTER DOMAIN {positive} SET NOT NULL")
    assert send(None).error_field(field.SQLSTATE) == b"23502"


def test_the_type_of_a_parameter_is_the_domain(connection, positive):
    connection.execute(f"CREATE TABLE t_{positive} (a {positive})")
    oid = connection.execute(f"SELECT '{positive}'::regtype::oid").fetchone()[0]
    connection.pgconn.prepare(b"typed", f"INSERT INTO t_{positive} VALUES ($1)".encode())
    assert connection.pgconn.describe_prepared(b"typed").param_type(0) == oid
    result = connection.pgconn.exec_prepared(b"typed", [b"0"])
    assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"23514"
    assert connection.pgconn.exec_prepared(b"typed", [b"3"]).status == psycopg.pq.ExecStatus.COMMAND_OK


def test_asyncpg_round_trip(server, connection, positive):
    async def go():
        client = await asyncpg.connect(host="127.0.0.1", port=server.port, user="shale", database="shale")
        try:
            assert await client.fetchval(f"SELECT $1::{positive}", 5) == 5
            with pytest.raises(asyncpg.CheckViolationError):
                await client.fetchval(f"SELECT $1::{positive}", -5)
            assert await client.fetchval(f"SELECT $1::{positive}[]", [1, None, 3]) == [1, None, 3]
            with pytest.raises(asyncpg.CheckViolationError):
                await client.fetchval(f"SELECT $1::{positive}[]", [1, 0])
            await client.execute(f"CREATE TABLE copied_{positive} (a {positive}, b {positive}[])")
            await client.copy_records_to_table(f"copied_{positive}", records=[(1, [2, 3]), (None, [])])
            with pytest.raises(asyncpg.CheckViolationError):
                await client.copy_records_to_table(f"copied_{positive}", records=[(1, [2]), (0, [])])
            rows = await client.fetch(f"SELECT * FROM copied_{positive} ORDER BY a")
            assert [tuple(row) for row in rows] == [(1, [2, 3]), (None, [])]
        finally:
            await client.close()
    asyncio.run(go())


def test_copy_in_binary(connection, positive):
    table = f"binary_{positive}"
    connection.execute(f"CREATE TABLE {table} (a {positive}, b {positive}[])")
    connection.execute(f"INSERT INTO {table} VALUES (1, '{{2,NULL}}'), (NULL, NULL), (30, '{{}}')")
    cursor = connection.cursor()
    with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
        data = b"".join(bytes(part) for part in copy)
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.write(data)
    assert connection.execute(f"SELECT count(*), sum(a), count(b) FROM {table}").fetchone() == (6, 62, 4)
    connection.execute(f"CREATE DOMAIN {positive}_small AS {positive} CHECK (VALUE < 10)")
    connection.execute(f"CREATE TABLE {table}_small (a {positive}_small, b {positive}[])")
    with pytest.raises(psycopg.errors.CheckViolation):
        with cursor.copy(f"COPY {table}_small FROM STDIN (FORMAT binary)") as copy:
            copy.write(data)
    connection.execute(f"DROP DOMAIN {positive}_small CASCADE")


def test_prepared_statements_follow_the_domain(server, connection, positive):
    connection.execute(f"CREATE TABLE t_{positive} (a {positive})")
    with psycopg.connect(server.dsn, autocommit=True, prepare_threshold=0) as other:
        insert = lambda value: other.execute(f"INSERT INTO t_{positive} VALUES (%s::integer)", [value])
        default = lambda: other.execute(f"INSERT INTO t_{positive} DEFAULT VALUES RETURNING a").fetchone()[0]
        insert(1)
        assert default() is None
        with pytest.raises(psycopg.errors.CheckViolation):
            insert(0)
        connection.execute(f"ALTER DOMAIN {positive} DROP CONSTRAINT {positive}_check")
        insert(0)
        connection.execute(f"ALTER DOMAIN {positive} SET DEFAULT 5")
        assert default() == 5
        connection.execute(f"ALTER DOMAIN {positive} ADD CONSTRAINT odd CHECK (VALUE % 2 = 1) NOT VALID")
        with pytest.raises(psycopg.errors.CheckViolation):
            insert(4)
        insert(3)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_it_outlives_the_server(make_server, end):
    server = make_server()
    run(server.dsn, "CREATE SCHEMA s", "CREATE TYPE s.mood AS ENUM ('sad', 'happy')",
        "CREATE DOMAIN s.feeling AS s.mood DEFAULT 'happy' CHECK (VALUE <> 'sad')",
        "CREATE DOMAIN s.code AS varchar(3) NOT NULL CONSTRAINT low CHECK (VALUE = lower(VALUE))",
        "CREATE DOMAIN s.shorter AS s.code DEFAULT 'x' CHECK (length(VALUE) < 3)",
        "CREATE DOMAIN s.codes AS s.code[]",
        "CREATE TABLE t (c s.code PRIMARY KEY, f s.feeling, x s.shorter, cs s.codes, few s.shorter[])",
        "CREATE INDEX t_x ON t (x) WHERE f IS NOT NULL",
        "CREATE VIEW v AS SELECT c::s.shorter AS c FROM t",
        "INSERT INTO t VALUES ('a', DEFAULT, DEFAULT, '{a,b}', '{y}')",
        "ALTER TABLE t ADD COLUMN late s.feeling DEFAULT 'happy'",
        "INSERT INTO t (c) VALUES ('b')", "ANALYZE t",
        "COMMENT ON DOMAIN s.code IS 'short'", "COMMENT ON CONSTRAINT low ON DOMAIN s.code IS 'no capitals'",
        "ALTER DOMAIN s.code RENAME TO mark", "ALTER TYPE s.mood RENAME VALUE 'sad' TO 'blue'",
        "CREATE DOMAIN gone AS integer", "DROP DOMAIN gone")
    with contextlib.closing(psycopg.connect(server.dsn)) as prepared:
        prepared.tpc_begin(prepared.xid(0, "types", "branch"))
        prepared.execute("CREATE DOMAIN later AS integer DEFAULT 2 CHECK (VALUE > 1)")
        prepared.execute("CREATE TABLE latest (l later)")
        prepared.execute("INSERT INTO latest DEFAULT VALUES")
        prepared.tpc_prepare()
    server.stop() if end == "stop" else server.kill()
    server.start()
    assert run(server.dsn, "SELECT c, f::text, x, cs::text, few::text, late::text FROM t ORDER BY c") == [
        ("a", "happy", "x", "{a,b}", "{y}", "happy"), ("b", "happy", "x", None, None, "happy")]
    assert run(server.dsn, "SELECT c FROM v WHERE c > 'a'") == [("b",)]
    for bad, constraint in [("('A')", "low"), ("('c', 'blue')", "feeling_check"), ("('c', 'happy', 'xyz')", "shorter_check"),
                            ("('c', 'happy', 'x', '{a,B}')", "low")]:
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            run(server.dsn, f"INSERT INTO t VALUES {bad}")
        assert refused.value.diag.constraint_name == constraint
    assert run(server.dsn, "SELECT obj_description('s.mark'::regtype), obj_description(oid, 'pg_constraint'), conname "
               "FROM pg_constraint WHERE contypid = 's.mark'::regtype") == [("short", "no capitals", "low")]
    assert run(server.dsn, "COMMIT PREPARED '0_dHlwZXM=_YnJhbmNo'", "SELECT l FROM latest") == [(2,)]
    with pytest.raises(psycopg.errors.CheckViolation):
        run(server.dsn, "INSERT INTO latest VALUES (1)")
    run(server.dsn, "DROP DOMAIN later CASCADE", "DROP SCHEMA s CASCADE")
    server.stop()
    server.start()
    assert run(server.dsn, "SELECT count(*) FROM t") == [(2,)]
    assert run(server.dsn, "SELECT count(*) FROM pg_type WHERE typtype = 'd'") == [(0,)]


def test_checks_that_ask_for_themselves(connection, positive):
    connection.execute(f"ALTER DOMAIN {positive} ADD CHECK ((VALUE::{positive}) < 100)")
    for value in (f"5::{positive}", f"'{{5}}'::text::{positive}[]"):
        with pytest.raises(psycopg.errors.StatementTooComplex):
            connection.execute(f"SELECT {value}")
    connection.execute(f"CREATE TYPE {positive}_row AS (a {positive})")
    connection.execute(f"DROP TYPE {positive}_row")
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_defaults_that_use_each_other(connection):
    first, second = next(names), next(names)
    connection.execute(f"CREATE DOMAIN {first} AS integer")
    connection.execute(f"CREATE DOMAIN {second} AS {first} CHECK (VALUE > 0)")
    connection.execute(f"ALTER DOMAIN {first} SET DEFAULT (1::{second})")
    with pytest.raises(psycopg.errors.DependentObjectsStillExist):
        connection.execute(f"DROP DOMAIN {first}")
    connection.execute(f"DROP DOMAIN {first} CASCADE")
    assert connection.execute("SELECT count(*) FROM pg_type WHERE typname IN (%s, %s)",
                              (first, second)).fetchone() == (0,)


def test_attributes_that_checks_name(connection):
    row, domain = next(names), next(names)
    connection.execute(f"CREATE TYPE {row} AS (a integer, b integer)")
    connection.execute(f"CREATE DOMAIN {domain} AS {row} CHECK ((VALUE).a > 0)")
    with pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(f"SELECT json_populate_record(NULL::{domain}, '{{\"a\": -1}}')")
    for change in ("RENAME ATTRIBUTE a TO z", "DROP ATTRIBUTE a", "ALTER ATTRIBUTE a TYPE text"):
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.execute(f"ALTER TYPE {row} {change}")
    assert connection.execute(f"SELECT ROW(1, 2)::{domain}::text").fetchone() == ("(1,2)",)
    connection.execute(f"DROP TYPE {row} CASCADE")


def test_texts_of_domains_are_read_by_their_session(connection, positive):
    """Their checks belong to it: no other thread may look at them."""
    connection.execute(f"CREATE TABLE {positive}_texts AS SELECT '{{1}}'::text AS t FROM generate_series(1, 5000)")
    try:
        connection.execute("ANALYZE")
        for setting in ("min_parallel_table_scan_size", "parallel_setup_cost", "parallel_tuple_cost"):
            connection.execute(f"SET {setting} = 0")

        def plan(element):
            rows = connection.execute(f"EXPLAIN SELECT count(*) FROM {positive}_texts WHERE t::{element}[] IS NOT NULL")
            return "\n".join(line for line, in rows)

        assert "Gather" in plan("integer")
        assert "Gather" not in plan(positive)
    finally:
        connection.execute("RESET ALL")
        connection.execute(f"DROP TABLE {positive}_texts")
