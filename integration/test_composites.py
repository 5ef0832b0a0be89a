"""Composite types through drivers, in both forms; over restarts, crashes and prepared transactions."""

import asyncio
import contextlib
import itertools

import asyncpg
import psycopg
import pytest
from psycopg.types.composite import CompositeInfo, register_composite

from server import run

names = (f"composite_{number}" for number in itertools.count())


@pytest.fixture
def pair(connection):
    """A new type of two attributes; its name."""
    name = next(names)
    connection.execute(f"CREATE TYPE {name} AS (a integer, b text)")
    yield name
    connection.execute(f"DROP TYPE IF EXISTS {name} CASCADE")


@pytest.mark.parametrize("in_binary", [False, True])
def test_psycopg_knows_it_by_name(connection, pair, in_binary):
    info = CompositeInfo.fetch(connection, pair)
    assert (list(info.field_names), list(info.field_types)) == (["a", "b"], [23, 25])
    register_composite(info, connection)
    cursor = connection.cursor(binary=in_binary)
    value = info.python_type(3, 'it"s, (x) \\')
    row = cursor.execute(f"SELECT ROW(1, 'x')::{pair}, '{{\"(2,y)\",NULL}}'::{pair}[], %s::{pair}, (%s::{pair}).b",
                         [value, value]).fetchone()
    assert row[:3] == ((1, "x"), [(2, "y"), None], value)
    assert row[3] == value.b


def test_the_wire_form(connection, pair):
    oid = connection.execute(f"SELECT '{pair}'::regtype::oid").fetchone()[0]

    def send(value):
        return connection.pgconn.exec_params(b"SELECT $1, ($1).b", [value], param_types=[oid], param_formats=[1],
                                             result_format=1)

    def field(type_oid, value):
        return type_oid.to_bytes(4, "big") + (b"\xff" * 4 if value is None else len(value).to_bytes(4, "big") + value)

    one = (2).to_bytes(4, "big") + field(23, (7).to_bytes(4, "big")) + field(25, b"x")
    result = send(one)
    assert result.status == psycopg.pq.ExecStatus.TUPLES_OK, result.error_message
    assert (result.get_value(0, 0), result.get_value(0, 1), result.ftype(0)) == (one, b"x", oid)
    null = (2).to_bytes(4, "big") + field(23, None) + field(25, None)
    assert send(null).get_value(0, 0) == null
    for wrong, state in [((1).to_bytes(4, "big") + field(23, None), b"42804"),
                         ((2).to_bytes(4, "big") + field(25, b"xxxx") + field(25, b"x"), b"42804")]:
        assert send(wrong).error_field(psycopg.pq.DiagnosticField.SQLSTATE) == state


def test_asyncpg_round_trip(server, connection, pair):
    async def go():
        client = await asyncpg.connect(host="127.0.0.1", port=server.port, user="shale", database="shale")
        try:
            assert tuple(await client.fetchval(f"SELECT $1::{pair}", (1, "x"))) == (1, "x")
            many = await client.fetchval(f"SELECT $1::{pair}[]", [(1, "x"), None, (None, None)])
            assert [one and tuple(one) for one in many] == [(1, "x"), None, (None, None)]
            await client.execute(f"CREATE TABLE copied_{pair} (p {pair}, ps {pair}[])")
            await client.copy_records_to_table(f"copied_{pair}", records=[((1, "x"), [(2, "y")]), (None, [])])
            rows = await client.fetch(f"SELECT (p).b, (ps[1]).a FROM copied_{pair} ORDER BY p")
            assert [tuple(row) for row in rows] == [("x", 2), (None, None)]
        finally:
            await client.close()
    asyncio.run(go())


def test_copy_in_both_forms(connection, pair):
    table = f"both_{pair}"
    connection.execute(f"CREATE TABLE {table} (p {pair}, ps {pair}[])")
    connection.execute(f"INSERT INTO {table} VALUES ((1, 'a\tb'), ARRAY[(2, '\"')::{pair}]), (NULL, '{{}}'), ((NULL, ''), NULL)")
    cursor = connection.cursor()
    for form in ("text", "csv", "binary"):
        with cursor.copy(f"COPY {table} TO STDOUT (FORMAT {form})") as copy:
            data = b"".join(bytes(part) for part in copy)
        connection.execute(f"CREATE TABLE {table}_{form} (LIKE {table})")
        with cursor.copy(f"COPY {table}_{form} FROM STDIN (FORMAT {form})") as copy:
            copy.write(data)
        assert connection.execute(f"SELECT p::text, ps::text FROM {table}_{form} EXCEPT SELECT p::text, ps::text FROM {table}"
                                  ).fetchall() == []


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_it_outlives_the_server(make_server, end):
    server = make_server()
    run(server.dsn, "CREATE SCHEMA s", "CREATE TYPE s.mood AS ENUM ('sad', 'happy')",
        "CREATE TYPE s.pair AS (a integer, m s.mood)", "CREATE TYPE s.deep AS (p s.pair, l text[])",
        "CREATE DOMAIN s.good AS s.pair CHECK ((VALUE).a > 0)",
        "CREATE TABLE t (k s.pair PRIMARY KEY, d s.deep, ps s.pair[], g s.good)",
        "CREATE INDEX t_a ON t (((k).a))", "CREATE VIEW v AS SELECT (d).p AS p FROM t",
        "INSERT INTO t VALUES ((1, 'sad'), ((2, 'happy'), '{x}'), ARRAY[(3, 'sad')::s.pair], (4, 'happy')), ('(1,)', NULL, NULL, NULL)",
        "ALTER TABLE t ADD COLUMN late s.pair DEFAULT (5, 'sad')", "ANALYZE t",
        "COMMENT ON TYPE s.pair IS 'two'", "ALTER TYPE s.mood RENAME VALUE 'sad' TO 'blue'",
        "CREATE TYPE free AS (a integer)", "ALTER TYPE free ADD ATTRIBUTE b s.mood", "ALTER TYPE free DROP ATTRIBUTE a",
        "CREATE TYPE gone AS (a integer)", "DROP TYPE gone")
    with contextlib.closing(psycopg.connect(server.dsn)) as prepared:
        prepared.tpc_begin(prepared.xid(0, "types", "branch"))
        prepared.execute("CREATE TYPE later AS (a integer, b text)")
        prepared.execute("CREATE TABLE latest (l later DEFAULT (1, 'x'))")
        prepared.execute("INSERT INTO latest DEFAULT VALUES")
        prepared.tpc_prepare()
    server.stop() if end == "stop" else server.kill()
    server.start()
    assert run(server.dsn, "SELECT k::text, d::text, ps::text, g::text, late::text FROM t ORDER BY t.k") == [
        ("(1,blue)", '("(2,happy)",{x})', '{"(3,blue)"}', "(4,happy)", "(5,blue)"), ("(1,)", None, None, None, "(5,blue)")]
    assert run(server.dsn, "SELECT (p).m::text FROM v WHERE p IS NOT NULL") == [("happy",)]
    assert run(server.dsn, "SELECT d::text FROM t WHERE k = (1, 'blue')::s.pair") == [('("(2,happy)",{x})',)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(server.dsn, "INSERT INTO t VALUES ('(1,blue)')")
    with pytest.raises(psycopg.errors.CheckViolation):
        run(server.dsn, "UPDATE t SET g.a = 0")
    assert run(server.dsn, "SELECT '(happy)'::free::text, obj_description('s.pair'::regtype)") == [("(happy)", "two")]
    assert run(server.dsn, "COMMIT PREPARED '0_dHlwZXM=_YnJhbmNo'", "SELECT (l).b FROM latest") == [("x",)]
    run(server.dsn, "DROP TABLE t CASCADE", "DROP SCHEMA s CASCADE", "DROP TYPE later CASCADE")
    server.stop()
    server.start()
    assert run(server.dsn, "SELECT typname FROM pg_type JOIN pg_class c ON c.oid = typrelid WHERE relkind = 'c'") == [("free",)]


def test_a_type_stays_as_it_is_within_what_a_default_has_as_text(connection):
    name = next(names)
    connection.execute(f"CREATE TYPE {name} AS (a integer)")
    connection.execute(f"CREATE TYPE {name}_outer AS (x {name})")
    connection.execute(f"""CREATE TABLE {name}_t (c {name}_outer DEFAULT '("(1)")')""")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="defaults use"):
        connection.execute(f"ALTER TYPE {name} ADD ATTRIBUTE b integer")
    connection.execute(f"INSERT INTO {name}_t DEFAULT VALUES")
    connection.execute(f"DROP TABLE {name}_t")
    connection.execute(f"ALTER TYPE {name} ADD ATTRIBUTE b integer")
    connection.execute(f"DROP TYPE {name}_outer")
    connection.execute(f"DROP TYPE {name}")
