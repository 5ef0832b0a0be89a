"""Enums through drivers, in both forms; over restarts, crashes and prepared transactions; prepared statements."""

import asyncio
import contextlib
import enum
import itertools

import asyncpg
import psycopg
import pytest
from psycopg import sql
from psycopg.types.enum import EnumInfo, register_enum

from server import run

names = (f"enum_{number}" for number in itertools.count())


class Mood(enum.Enum):
    sad = "sad"
    happy = "happy"


@pytest.fixture
def mood(connection):
    """A new type of three labels; its name."""
    name = next(names)
    connection.execute(f"CREATE TYPE {name} AS ENUM ('sad', 'ok', 'happy')")
    yield name
    connection.execute(f"DROP TYPE IF EXISTS {name} CASCADE")


@pytest.mark.parametrize("in_binary", [False, True])
def test_psycopg_knows_it_by_name(connection, mood, in_binary):
    info = EnumInfo.fetch(connection, mood)
    assert list(info.labels) == ["sad", "ok", "happy"]
    register_enum(info, connection, Mood)
    cursor = connection.cursor(binary=in_binary)
    form = "%b" if in_binary else "%t"
    row = cursor.execute(f"SELECT {form}::{mood}, {form}, 'sad'::{mood}, '{{sad,happy}}'::{mood}[]",
                         [Mood.happy, [Mood.happy, Mood.sad]]).fetchone()
    assert row == (Mood.happy, [Mood.happy, Mood.sad], Mood.sad, [Mood.sad, Mood.happy])


@pytest.mark.parametrize("in_binary", [False, True])
def test_parameters_of_its_oid(connection, mood, in_binary):
    oid = connection.execute(f"SELECT '{mood}'::regtype::oid").fetchone()[0]
    send = lambda value: connection.pgconn.exec_params(
        b"SELECT $1, $1::text, enum_send($1)", [value], param_types=[oid], param_formats=[int(in_binary)],
        result_format=int(in_binary))
    result = send(b"happy")
    assert result.status == psycopg.pq.ExecStatus.TUPLES_OK, result.error_message
    assert [result.get_value(0, i) for i in (0, 1)] == [b"happy", b"happy"]
    assert (result.ftype(0), result.fsize(0)) == (oid, 4)
    result = send(b"glad")
    assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"22P02"
    assert result.error_field(psycopg.pq.DiagnosticField.MESSAGE_PRIMARY).decode() == (
        f'invalid input value for enum {mood}: "glad"')


def test_asyncpg_round_trip(server, connection, mood):
    async def go():
        client = await asyncpg.connect(
            host="127.0.0.1", port=server.port, user="shale", database="shale")
        try:
            assert await client.fetchval(f"SELECT $1::{mood}", "ok") == "ok"
            assert await client.fetchval(f"SELECT $1::{mood}[]", ["ok", None, "sad"]) == ["ok", None, "sad"]
            with pytest.raises(asyncpg.InvalidTextRepresentationError):
                await client.fetchval(f"SELECT $1::{mood}", "glad")
            await client.execute(f"CREATE TABLE people_{mood} (id integer, m {mood}, ms {mood}[])")
            await client.copy_records_to_table(f"people_{mood}", records=[(1, "sad", ["ok"]), (2, "ok", [])])
            rows = await client.fetch(f"SELECT * FROM people_{mood} WHERE m >= $1 ORDER BY m DESC", "sad")
            assert [tuple(row) for row in rows] == [(2, "ok", []), (1, "sad", ["ok"])]
        finally:
            await client.close()
    asyncio.run(go())


def test_copy_in_binary(connection, mood):
    table = f"copied_{mood}"
    connection.execute(f"CREATE TABLE {table} (m {mood}, ms {mood}[])")
    connection.execute(f"INSERT INTO {table} VALUES ('sad', '{{ok,NULL}}'), (NULL, '{{}}'), ('happy', NULL)")
    cursor = connection.cursor()
    with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
        data = b"".join(copy)
    assert b"happy" in data
    connection.execute(f"ALTER TYPE {mood} ADD VALUE 'angry' BEFORE 'sad'")
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.write(bytes(data))
    rows = connection.execute(f"SELECT m::text, count(*), min(ms::text) FROM {table} AS t GROUP BY t.m ORDER BY t.m").fetchall()
    assert rows == [("sad", 2, "{ok,NULL}"), ("happy", 2, None), (None, 2, "{}")]


def test_prepared_statements_follow_the_type(server, connection, mood):
    connection.execute(f"CREATE TABLE t_{mood} AS SELECT 'sad'::{mood} AS m")
    with psycopg.connect(server.dsn, autocommit=True, prepare_threshold=0) as other:
        read = lambda: other.execute(f"SELECT m, m < 'ok', enum_range(m)::text FROM t_{mood} WHERE m = 'sad'").fetchall()
        assert read() == [("sad", True, "{sad,ok,happy}")]
        connection.execute(f"ALTER TYPE {mood} ADD VALUE 'low' AFTER 'sad'")
        assert read() == [("sad", True, "{sad,low,ok,happy}")]
        other.execute(f"PREPARE by_label AS SELECT count(*) FROM t_{mood} WHERE m = 'low'")
        assert other.execute("EXECUTE by_label").fetchone() == (0,)
        connection.execute(f"INSERT INTO t_{mood} VALUES ('low')")
        assert other.execute("EXECUTE by_label").fetchone() == (1,)
        connection.execute(f"ALTER TYPE {mood} RENAME VALUE 'sad' TO 'blue'")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            read()
        connection.execute(f"ALTER TYPE {mood} RENAME VALUE 'blue' TO 'sad'")
        assert read() == [("sad", True, "{sad,low,ok,happy}")]
        connection.execute(f"DROP TYPE {mood} CASCADE")
        connection.execute(f"CREATE TYPE {mood} AS ENUM ('sad', 'x')")
        connection.execute(f"ALTER TABLE t_{mood} ADD COLUMN m {mood} DEFAULT 'sad'")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            read()
        assert other.execute(f"SELECT m FROM t_{mood} WHERE m = 'sad' LIMIT 1").fetchone() == ("sad",)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_it_outlives_the_server(make_server, end):
    server = make_server()
    run(server.dsn, "CREATE SCHEMA s", "CREATE TYPE s.mood AS ENUM ('sad', 'happy')",
        "CREATE TABLE person (m s.mood PRIMARY KEY DEFAULT 'happy', ms s.mood[] DEFAULT '{sad}', gone s.mood)",
        "CREATE INDEX person_ms ON person (ms) WHERE m > 'sad'",
        "CREATE VIEW glad AS SELECT m FROM person WHERE m <> 'sad'",
        "INSERT INTO person VALUES ('sad', '{}'), (DEFAULT, DEFAULT)",
        "ALTER TABLE person ADD COLUMN also s.mood DEFAULT 'sad'",
        "ANALYZE person",
        "ALTER TYPE s.mood ADD VALUE 'ok' BEFORE 'happy'", "ALTER TYPE s.mood RENAME VALUE 'sad' TO 'blue'",
        "INSERT INTO person VALUES ('ok')",
        "CREATE TYPE short AS ENUM ('a', 'b')", "CREATE TABLE brief (id integer PRIMARY KEY, s short, t short[])",
        "INSERT INTO brief VALUES (1, 'a', '{b}')", "ANALYZE brief",
        "CREATE INDEX brief_s ON brief (s)", "DROP TYPE short CASCADE")
    with contextlib.closing(psycopg.connect(server.dsn)) as prepared:
        prepared.tpc_begin(prepared.xid(0, "types", "branch"))
        prepared.execute("CREATE TYPE later AS ENUM ('one', 'two')")
        prepared.execute("CREATE TABLE latest (l later DEFAULT 'two')")
        prepared.execute("INSERT INTO latest DEFAULT VALUES")
        prepared.tpc_prepare()
    server.stop() if end == "stop" else server.kill()
    server.start()
    assert run(server.dsn, "SELECT m::text, ms::text, also::text FROM person ORDER BY person.m") == [
        ("blue", "{}", "blue"), ("ok", "{blue}", "blue"), ("happy", "{blue}", "blue")]
    assert run(server.dsn, "SELECT m::text FROM glad ORDER BY glad.m DESC") == [("happy",), ("ok",)]
    assert run(server.dsn, "SELECT * FROM brief") == [(1,)]
    assert run(server.dsn, "COMMIT PREPARED '0_dHlwZXM=_YnJhbmNo'", "SELECT l::text FROM latest") == [("two",)]
    run(server.dsn, "DROP TYPE later CASCADE", "DROP SCHEMA s CASCADE")
    server.stop()
    server.start()
    assert run(server.dsn, "SELECT count(*) FROM person") == [(3,)]
    assert run(server.dsn, "SELECT count(*) FROM pg_enum") == [(0,)]


def test_many_labels_at_one_place(connection, mood):
    """PostgreSQL numbers its labels anew where no number is left between two; keys never change here."""
    connection.execute(f"CREATE TABLE many_{mood} (m {mood} PRIMARY KEY)")
    connection.execute(f"INSERT INTO many_{mood} SELECT unnest(enum_range(NULL::{mood}))")
    expected = ["sad", "ok", "happy"]
    for number in range(100):
        where, neighbor = [("BEFORE", "ok"), ("AFTER", "sad"), ("BEFORE", expected[len(expected) // 2])][number % 3]
        label = f"i{number}"
        connection.execute(sql.SQL(f"ALTER TYPE {mood} ADD VALUE {{}} {where} {{}}").format(label, neighbor))
        expected.insert(expected.index(neighbor) + (where == "AFTER"), label)
        connection.execute(f"INSERT INTO many_{mood} VALUES (%s)", [label])
    labels = connection.execute(f"SELECT m::text FROM many_{mood} AS t ORDER BY t.m").fetchall()
    assert [label for label, in labels] == expected
    catalog = connection.execute(f"SELECT enumlabel FROM pg_enum WHERE enumtypid = '{mood}'::regtype "
                                 "ORDER BY enumsortorder").fetchall()
    assert [label for label, in catalog] == expected
