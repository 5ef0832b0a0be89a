"""Types in the wire protocol's binary form: what PostgreSQL 15's send functions give for a value is what Shale sends,
and what Shale takes for a parameter.

The bytes are PostgreSQL's, recorded by `SELECT encode(inet_send('1.2.3.4'), 'hex')` and the like.
"""

import psycopg
import pytest

# (type, text, bytes)
VALUES = [
    ("bit(5)", "10101", "00000005a8"),
    ("bit(8)", "00000000", "0000000800"),
    ("varbit", "", "00000000"),
    ("varbit", "101", "00000003a0"),
    ("varbit", "111100001", "00000009f080"),
    ("inet", "1.2.3.4", "0220000401020304"),
    ("inet", "10.1.2.3/8", "020800040a010203"),
    ("inet", "::1", "0380001000000000000000000000000000000001"),
    ("inet", "2001:db8::5/32", "0320001020010db8000000000000000000000005"),
    ("cidr", "10.0.0.0/8", "020801040a000000"),
    ("cidr", "::/0", "0300011000000000000000000000000000000000"),
    ("macaddr", "08:00:2b:01:02:03", "08002b010203"),
    ("macaddr8", "08:00:2b:01:02:03:04:05", "08002b0102030405"),
    ("money", "$1,234.56", "000000000001e240"),
    ("money", "-$0.01", "ffffffffffffffff"),
    ("timetz", "12:34:56.789+05:30", "0000000a8be62608ffffb2a8"),
    ("timetz", "24:00:00-12", "000000141dd760000000a8c0"),
    ("xid", "42", "0000002a"),
    ("cid", "7", "00000007"),
    ("xid8", "18446744073709551615", "ffffffffffffffff"),
    ("tid", "(123456,7)", "0001e2400007"),
    ("pg_lsn", "16/B374D848", "00000016b374d848"),
    ("pg_snapshot", "10:20:10,14,15", "00000003000000000000000a0000000000000014000000000000000a000000000000000e000000000000000f"),
    ("txid_snapshot", "5:6:", "0000000000000000000000050000000000000006"),
    ("jsonpath", '$."a"[*]?(@ > 1)', "01242e2261225b2a5d3f2840203e203129"),
    ("int4range", "[1,5)", "0200000004000000010000000400000005"),
    ("int4range", "empty", "01"),
    ("int4range", "(,5)", "080000000400000005"),
    ("int8range", "[1,)", "12000000080000000000000001"),
    ("numrange", "(1.5,2.50]", "040000000c0002000000000001000113880000000c000200000000000200021388"),
    ("daterange", "[2020-01-01,2020-02-01)", "020000000400001c890000000400001ca8"),
    ("tsrange", '["2020-01-01 10:00:00",)', "120000000800023e0fe886c800"),
    ("tstzrange", '["2020-01-01 10:00:00+00","2020-01-02 00:00:00+00")', "020000000800023e0fe886c8000000000800023e1ba499c000"),
    ("int4multirange", "{[1,3),[5,7)}", "00000002000000110200000004000000010000000400000003000000110200000004000000050000000400000007"),
    ("int4multirange", "{}", "00000000"),
    ("nummultirange", "{[1.5,2.5]}", "0000000100000021060000000c0002000000000001000113880000000c000200000000000100021388"),
    ("datemultirange", "{[2020-01-01,2020-01-03)}", "0000000100000011020000000400001c890000000400001c8b"),
    ("refcursor", "abc", "616263"),
    ("bit(3)[]", "{101,NULL}", "00000001000000010000061800000002000000010000000500000003a0ffffffff"),
    ("inet[]", "{1.2.3.4,::1}", "0000000100000000000003650000000200000001000000080220000401020304000000140380001000000000000000000000000000000001"),
    ("int4range[]", '{"[1,2)",empty}', "000000010000000000000f4000000002000000010000001102000000040000000100000004000000020000000101"),
    ("money[]", "{$1.00,$2.00}", "00000001000000000000031600000002000000010000000800000000000000640000000800000000000000c8"),
    ("int4[]", "{{1,2},{3,NULL}}", "00000002000000010000001700000002000000010000000200000001000000040000000100000004000000020000000400000003ffffffff"),
    ("timetz[]", "{12:00:00+00}", "0000000100000000000004f200000001000000010000000c0000000a0eebb00000000000"),
    ("macaddr[]", "{08:00:2b:01:02:03}", "00000001000000000000033d00000001000000010000000608002b010203"),
    ("pg_lsn[]", "{0/1}", "000000010000000000000c940000000100000001000000080000000000000001"),
    ("xid8[]", "{1}", "0000000100000000000013cd0000000100000001000000080000000000000001"),
]
BAD_BYTES = [
    ("bit", "00000008ff00", "22P03"),
    ("bit", "0000", "08P01"),
    ("inet", "0520000401020304", "22P03"),
    ("inet", "0221000401020304", "22P03"),
    ("cidr", "0208010401020304", "22P03"),
    ("macaddr", "0800", "08P01"),
    ("money", "00", "08P01"),
    ("timetz", "ffffffffffffffff00000000", "22008"),
    ("timetz", "0000000000000000000f4240", "22009"),
    ("jsonpath", "0224", "XX000"),
    ("pg_snapshot", "00000000000000000000000500000000000000" + "01", "22P03"),
    ("int4range", "02", "08P01"),
    ("int4range", "020000000400000005" + "0000000400000001", "22000"),
    ("int4multirange", "00000001", "08P01"),
]


@pytest.mark.parametrize("name, text, encoded", VALUES, ids=lambda value: str(value)[:30])
def test_value_is_sent_as_postgresql_sends_it(connection, name, text, encoded):
    connection.execute("SET timezone = 'UTC'")
    cursor = connection.cursor(binary=True)
    literal = text.replace("'", "''")
    cursor.execute(f"SELECT '{literal}'::{name}")
    assert cursor.pgresult.get_value(0, 0).hex() == encoded


@pytest.mark.parametrize("name, text, encoded", VALUES, ids=lambda value: str(value)[:30])
def test_value_is_taken_as_a_parameter(connection, name, text, encoded):
    connection.execute("SET timezone = 'UTC'")
    base = name.split("(")[0] + ("[]" if name.endswith("[]") else "")
    oid = connection.execute(f"SELECT '{base}'::regtype::oid").fetchone()[0]
    result = connection.pgconn.exec_params(b"SELECT $1", [bytes.fromhex(encoded)], param_types=[oid],
                                           param_formats=[1])
    assert result.status == psycopg.pq.ExecStatus.TUPLES_OK, result.error_message
    assert result.get_value(0, 0).decode() == text


@pytest.mark.parametrize("name, encoded, sqlstate", BAD_BYTES)
def test_bad_bytes_are_refused(connection, name, encoded, sqlstate):
    oid = connection.execute(f"SELECT '{name}'::regtype::oid").fetchone()[0]
    result = connection.pgconn.exec_params(b"SELECT $1", [bytes.fromhex(encoded)], param_types=[oid],
                                           param_formats=[1])
    assert result.status == psycopg.pq.ExecStatus.FATAL_ERROR
    assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE).decode() == sqlstate


def test_values_survive_a_table(connection):
    """Each value goes in as binary, comes out of the store, and is found by its key where it may be one."""
    connection.execute("SET timezone = 'UTC'")
    for number, (name, text, encoded) in enumerate(VALUES):
        table = f"binary_type_{number}"
        connection.execute(f"CREATE TABLE {table} (i int, v {name})")
        try:
            base = name.split("(")[0] + ("[]" if name.endswith("[]") else "")
            oid = connection.execute(f"SELECT '{base}'::regtype::oid").fetchone()[0]
            inserted = connection.pgconn.exec_params(f"INSERT INTO {table} VALUES (1, $1)".encode(),
                                                     [bytes.fromhex(encoded)], param_types=[oid], param_formats=[1])
            assert inserted.status == psycopg.pq.ExecStatus.COMMAND_OK, inserted.error_message
            cursor = connection.cursor(binary=True)
            cursor.execute(f"SELECT v FROM {table}")
            assert cursor.pgresult.get_value(0, 0).hex() == encoded
        finally:
            connection.execute(f"DROP TABLE {table}")


def test_drivers_objects_round_trip(connection):
    """What psycopg makes of the types: ranges, addresses and arrays of them, in binary both ways."""
    from ipaddress import ip_interface, ip_network
    from psycopg.types.range import Range

    values = [Range(1, 5), [Range(1, 5), Range(empty=True)], ip_interface("10.1.2.3/8"), ip_network("10.0.0.0/8"),
              [[1, 2], [3, 4]]]
    casts = ["int4range", "int4range[]", "inet", "cidr", "int4[]"]
    cursor = connection.cursor(binary=True)
    for value, cast in zip(values, casts):
        cursor.execute(f"SELECT %s::{cast}", [value])
        assert cursor.fetchone()[0] == value
