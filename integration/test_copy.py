"""COPY: the binary format byte for byte, chunks that end anywhere, clients that give up.

Method: psycopg's copy(), which sends the bytes as they are given, in the pieces that are given. What the bytes must be
is in PostgreSQL's manual (COPY, "Binary Format"), or was recorded from PostgreSQL 15.
"""

import itertools
import struct

import psycopg
import pytest

_numbers = itertools.count(1)

HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
TRAILER = struct.pack("!h", -1)


@pytest.fixture
def own(server):
    """A connection with a schema of the test's own first in its search path."""
    name = f"copy_{next(_numbers)}"
    with psycopg.connect(server.dsn, autocommit=True) as one:
        one.execute(f"CREATE SCHEMA {name}")
        one.execute(f"SET search_path = {name}")
        yield one
        one.execute(f"DROP SCHEMA {name} CASCADE")


def field(data):
    return struct.pack("!i", -1) if data is None else struct.pack("!i", len(data)) + data


def row(*fields):
    return struct.pack("!h", len(fields)) + b"".join(field(data) for data in fields)


def copy_out(connection, text):
    with connection.cursor().copy(text) as copy:
        return b"".join(bytes(data) for data in copy)


def copy_in(connection, text, data, size=None):
    with connection.cursor().copy(text) as copy:
        size = size or max(len(data), 1)
        for at in range(0, len(data), size):
            copy.write(data[at:at + size])


def test_binary_rows_are_postgresqls(own):
    assert copy_out(own, "COPY (SELECT 1::int, NULL::text, 'ä'::text, 2::int8, true) TO STDOUT (FORMAT binary)") == (
        HEADER + row(struct.pack("!i", 1), None, "ä".encode(), struct.pack("!q", 2), b"\x01") + TRAILER)
    assert copy_out(own, "COPY (SELECT 1 WHERE false) TO STDOUT (FORMAT binary)") == HEADER + TRAILER


VALUES = {
    "boolean": ["true", "false"],
    "smallint": ["-32768", "7"],
    "integer": ["-1", "2147483647"],
    "bigint": ["-9223372036854775808", "5"],
    "real": ["1.5", "NaN", "-Infinity"],
    "double precision": ["-2.25", "Infinity"],
    "numeric": ["0", "-12345.6789", "NaN", "1e20", "0.0001"],
    "text": ["", "with \t and \n"],
    "varchar(5)": ["abc"],
    "char(5)": ["abc"],
    "name": ["a_name"],
    "bytea": ["\\x00ff", ""],
    "date": ["2024-02-29", "infinity"],
    "time": ["12:34:56.789"],
    "timestamp": ["2024-02-29 12:34:56.789012", "-infinity"],
    "timestamptz": ["2024-02-29 12:34:56+02"],
    "interval": ["1 year -2 days 03:04:05.6"],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "json": ['{"a": [1, 2]}'],
    "jsonb": ['{"a": [1, 2]}'],
    "oid": ["12345"],
    "integer[]": ["{1,NULL,3}", "{}"],
    "text[]": ['{a,"b c",NULL}'],
}


@pytest.mark.parametrize("type_name", VALUES)
def test_a_type_goes_out_and_comes_back(own, type_name):
    own.execute(f"CREATE TABLE t (i integer, v {type_name})")
    own.execute(f"CREATE TABLE back (i integer, v {type_name})")
    for i, value in enumerate(VALUES[type_name] + [None]):
        own.execute("INSERT INTO t VALUES (%s, %s)", (i, value), prepare=False)
    data = copy_out(own, "COPY t TO STDOUT (FORMAT binary)")
    copy_in(own, "COPY back FROM STDIN (FORMAT binary)", data)
    assert own.execute("SELECT i, v::text FROM back ORDER BY i").fetchall() == own.execute(
        "SELECT i, v::text FROM t ORDER BY i").fetchall()
    assert copy_out(own, "COPY back TO STDOUT (FORMAT binary)") == data


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
@pytest.mark.parametrize("options", ["text", "csv", "binary"])
def test_chunks_end_anywhere(own, options, size):
    own.execute("CREATE TABLE t (id integer PRIMARY KEY, v text)")
    own.execute("CREATE TABLE back (id integer PRIMARY KEY, v text)")
    own.execute("""INSERT INTO t SELECT i, CASE WHEN i % 7 = 0 THEN NULL WHEN i % 3 = 0 THEN E'a "b"\\n,\\t\\\\'
                   ELSE repeat('ä', i) END FROM generate_series(1, 60) AS g(i)""")
    data = copy_out(own, f"COPY t TO STDOUT (FORMAT {options})")
    copy_in(own, f"COPY back FROM STDIN (FORMAT {options})", data, size)
    assert own.execute("SELECT * FROM back ORDER BY id").fetchall() == own.execute(
        "SELECT * FROM t ORDER BY id").fetchall()


BAD = [
    (b"PGCOPX\n\xff\r\n\0" + bytes(8), "COPY file signature not recognized", None),
    (HEADER[:13], r"invalid COPY file header \(missing flags\)", None),
    (HEADER[:11] + struct.pack("!ii", 1 << 16, 0), r"invalid COPY file header \(WITH OIDS\)", None),
    (HEADER[:11] + struct.pack("!ii", 1 << 20, 0), "unrecognized critical flags in COPY file header", None),
    (HEADER[:17], r"invalid COPY file header \(missing length\)", None),
    (HEADER[:15] + struct.pack("!i", 9) + b"abc", r"invalid COPY file header \(wrong length\)", None),
    (HEADER + struct.pack("!h", 3), "row field count is 3, expected 2", "COPY t, line 1"),
    (HEADER + row(b"\0\0\0\1", b"x") + row(b"\0\0\0\2", b"y")[:-1], "unexpected EOF in COPY data",
     "COPY t, line 2, column v"),
    (HEADER + row(b"\0\0\0\1", b"x") + struct.pack("!hi", 2, -5), "invalid field size", "COPY t, line 2, column id"),
    (HEADER + row(b"\0\0\1", b"x"), "insufficient data left in message", "COPY t, line 1, column id"),
    (HEADER + row(b"\0\0\0\0\1", b"x"), "incorrect binary data format", "COPY t, line 1, column id"),
    (HEADER + row(b"\0\0\0\1", b"\xff"), 'invalid byte sequence for encoding "UTF8": 0xff', "COPY t, line 1, column v"),
    (HEADER + TRAILER + b"more", "received copy data after EOF marker", "COPY t, line 1"),
    (HEADER + row(None, b"x"), 'null value in column "id"', None),
]


@pytest.mark.parametrize("data, message, context", BAD, ids=[str(i) for i in range(len(BAD))])
def test_bad_binary_data(own, data, message, context):
    own.execute("CREATE TABLE t (id integer PRIMARY KEY, v text)")
    with pytest.raises(psycopg.Error, match=message) as caught:
        copy_in(own, "COPY t FROM STDIN (FORMAT binary)", data)
    if context is not None:
        assert caught.value.diag.context == context
    assert own.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_binary_header_with_an_extension_and_no_trailer(own):
    own.execute("CREATE TABLE t (id integer, v text)")
    data = HEADER[:15] + struct.pack("!i", 3) + b"abc" + row(b"\0\0\0\1", b"x") + row(None, None)
    copy_in(own, "COPY t FROM STDIN (FORMAT binary)", data, 5)
    assert own.execute("SELECT * FROM t ORDER BY id").fetchall() == [(1, "x"), (None, None)]


def test_columns_and_where_of_binary(own):
    own.execute("CREATE TABLE t (id integer, v text DEFAULT 'default', n integer)")
    data = HEADER + b"".join(row(struct.pack("!i", i), struct.pack("!i", -i)) for i in range(5)) + TRAILER
    copy_in(own, "COPY t (n, id) FROM STDIN (FORMAT binary) WHERE n > 2", data)
    assert own.execute("SELECT * FROM t ORDER BY n").fetchall() == [(-3, "default", 3), (-4, "default", 4)]


def test_a_client_that_gives_up(own):
    own.execute("CREATE TABLE t (id integer)")
    with pytest.raises(psycopg.errors.QueryCanceled, match="COPY from stdin failed: .*ZeroDivisionError"):
        with own.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write(b"1\n2\n")
            raise ZeroDivisionError
    assert own.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_files_of_the_server_are_refused(own):
    own.execute("CREATE TABLE t (id integer)")
    for text in ("COPY t FROM '/etc/passwd'", "COPY t TO '/tmp/x'", "COPY t FROM PROGRAM 'ls'", "COPY t TO PROGRAM 'cat'"):
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            own.execute(text)
