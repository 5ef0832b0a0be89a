"""Goal: an index and its table never disagree, whatever is killed or goes on beside it.

Method: each value is counted twice, by the index (an equality is always read by one) and by reading the table (an
expression that no index has).
"""

import random
import threading
import time

import psycopg
import pytest

from protocol import Protocol

VALUES = 40


def make_table(connection, rows=3000):
    connection.execute("CREATE TABLE part (id integer PRIMARY KEY, value integer, name text UNIQUE, note text)")
    connection.execute(f"INSERT INTO part SELECT n, n % {VALUES}, 'n' || n, 'x' FROM generate_series(1, {rows}) AS g(n)")


def counts(connection, condition):
    return dict(connection.execute(f"SELECT value, count(*) FROM part WHERE {condition} GROUP BY value").fetchall())


def compare(connection, index="part_value"):
    """By the index and by the table, in one snapshot."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        plan = connection.execute("EXPLAIN SELECT count(note) FROM part WHERE value = 1").fetchall()
        assert any(f"using {index}" in line for (line,) in plan), plan
        whole = counts(connection, "value + 0 >= 0")
        for value in range(-1, VALUES + 1):
            found = connection.execute("SELECT count(note) FROM part WHERE value = %s", (value,)).fetchone()[0]
            assert found == whole.get(value, 0), f"value {value}"
        names = connection.execute("SELECT name FROM part WHERE name || '' > ''").fetchall()
        for (name,) in random.Random(1).sample(names, min(200, len(names))):
            assert connection.execute("SELECT count(note) FROM part WHERE name = %s", (name,)).fetchone()[0] == 1


def write_for_ever(dsn, number, stop):
    """Inserts, updates of indexed columns, of keys and of others, deletes; some rolled back."""
    source = random.Random(number)
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not stop.is_set():
                key = source.randrange(1, 6000)
                value = source.randrange(VALUES)
                statement, arguments = source.choice([
                    ("INSERT INTO part VALUES (%s, %s, %s, 'new') ON CONFLICT DO NOTHING", (key, value, f"n{key}")),
                    ("INSERT INTO part VALUES (%s, %s, %s, 'new') ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                     (key + 10000, value, f"n{key}")),
                    ("UPDATE part SET value = %s WHERE id = %s", (value, key)),
                    ("UPDATE part SET note = 'other' WHERE id = %s", (key,)),
                    ("UPDATE part SET name = %s WHERE id = %s", (f"m{key}", key)),
                    ("DELETE FROM part WHERE id = %s", (key,)),
                    ("UPDATE part SET value = value WHERE value = %s AND id < %s", (value, key // 20)),
                ])
                try:
                    with connection.transaction(force_rollback=source.random() < 0.2):
                        connection.execute(statement, arguments)
                except (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected):
                    pass
    except psycopg.OperationalError:
        pass  # the server was killed


def start_writers(dsn, count=4):
    stop = threading.Event()
    threads = [threading.Thread(target=write_for_ever, args=(dsn, number, stop)) for number in range(count)]
    for thread in threads:
        thread.start()

    def finish():
        stop.set()
        for thread in threads:
            thread.join()
    return finish


def connect(server):
    return psycopg.connect(server.dsn, autocommit=True)


def test_kills(make_server):
    server = make_server()
    with connect(server) as connection:
        make_table(connection)
        connection.execute("CREATE INDEX part_value ON part (value DESC)")
    source = random.Random(7)
    for _ in range(3):
        finish = start_writers(server.dsn)
        time.sleep(source.uniform(0.3, 1.0))
        server.kill()
        finish()
        server.start()
        with connect(server) as connection:
            compare(connection)


def test_concurrent_build_beside_writers(make_server):
    server = make_server()
    with connect(server) as connection:
        make_table(connection)
        finish = start_writers(server.dsn)
        time.sleep(0.3)
        try:
            connection.execute("CREATE INDEX CONCURRENTLY part_value ON part (value)")
            time.sleep(0.3)
        finally:
            finish()
        compare(connection)


@pytest.mark.parametrize("command", ["REINDEX TABLE CONCURRENTLY part", "REINDEX INDEX CONCURRENTLY part_value"])
def test_concurrent_reindex_beside_writers(make_server, command):
    server = make_server()
    with connect(server) as connection, connect(server) as reader:
        make_table(connection)
        connection.execute("CREATE INDEX part_value ON part (value)")
        finish = start_writers(server.dsn)
        time.sleep(0.3)
        try:
            for _ in range(3):
                connection.execute(command)
                compare(reader)
        finally:
            finish()
        compare(connection)
        assert connection.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'part' ORDER BY 1").fetchall() == [
            ("part_name_key",), ("part_pkey",), ("part_value",)]


def twin_of(connection, index):
    found = connection.execute("SELECT relname FROM pg_class WHERE relname LIKE %s", (index + "_cc%",)).fetchall()
    return found[0][0] if found else None


def await_twin(connection, name, index="part_value"):
    for _ in range(400):
        if twin_of(connection, index) == name:
            return
        time.sleep(0.05)
    raise AssertionError(f"{twin_of(connection, index)}, not {name}")


def test_concurrent_reindex_step_by_step(make_server):
    """Each step waits for who may not know of the one before, and for nobody else."""
    server = make_server()
    with connect(server) as connection, connect(server) as writer, connect(server) as reader, connect(server) as other:
        connection.execute("CREATE TABLE part (id integer PRIMARY KEY, value integer)")
        connection.execute("CREATE UNIQUE INDEX part_value ON part (value)")
        connection.execute("INSERT INTO part SELECT n, n FROM generate_series(1, 100) AS g(n)")
        before = connection.execute("SELECT 'part_value'::regclass::oid").fetchone()
        writer.execute("BEGIN")
        writer.execute("UPDATE part SET value = 1001 WHERE id = 1")
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert reader.execute("SELECT id FROM part WHERE value = 2").fetchall() == [(2,)]
        reindex = threading.Thread(target=connection.execute, args=("REINDEX INDEX CONCURRENTLY part_value",))
        reindex.start()
        await_twin(other, "part_value_ccnew")
        with pytest.raises(psycopg.errors.UniqueViolation, match='"part_value"'):
            other.execute("INSERT INTO part VALUES (102, 3)")
        other.execute("UPDATE part SET value = 1002 WHERE id = 2")
        other.execute("INSERT INTO part VALUES (101, 2)")
        writer.execute("INSERT INTO part VALUES (201, 201)")
        writer.execute("COMMIT")
        # The reader is waited for, and goes on without the index.
        await_twin(other, "part_value_ccold")
        assert reader.execute("SELECT id FROM part WHERE value = 2").fetchall() == [(2,)]
        assert other.execute("SELECT id FROM part WHERE value IN (2, 1001, 1002) ORDER BY 1").fetchall() == [(1,), (2,), (101,)]
        assert other.execute("SELECT c.relname, indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                             "WHERE indrelid = 'part'::regclass AND NOT indisprimary ORDER BY 1").fetchall() == [
            ("part_value", True), ("part_value_ccold", False)]
        with pytest.raises(psycopg.errors.UniqueViolation, match='"part_value"'):
            other.execute("INSERT INTO part VALUES (102, 1001)")
        writer.execute("BEGIN")
        writer.execute("DELETE FROM part WHERE value = 50")
        reader.execute("COMMIT")
        time.sleep(0.3)
        assert reindex.is_alive()
        writer.execute("INSERT INTO part VALUES (50, 50)")
        writer.execute("COMMIT")
        reindex.join(20)
        assert not reindex.is_alive() and twin_of(other, "part_value") is None
        assert other.execute("SELECT 'part_value'::regclass::oid").fetchone() == before
        for value in (2, 50, 201, 1001, 1002):
            assert len(other.execute("SELECT id FROM part WHERE value = %s", (value,)).fetchall()) == 1, value
        assert other.execute("SELECT count(*) FROM part WHERE value > 0").fetchone() == (102,)


def test_cancelled_concurrent_reindex(make_server):
    server = make_server()
    with connect(server) as connection, connect(server) as writer, connect(server) as reader:
        make_table(connection, rows=100)
        connection.execute("CREATE INDEX part_value ON part (value)")
        for begin, twin in (("INSERT INTO part VALUES (1000, 1, 'old', 'x')", "part_value_ccnew"),
                            ("SELECT count(*) FROM part", "part_value_ccold")):
            writer.execute("BEGIN")
            writer.execute(begin)
            connection.execute("SET statement_timeout = '1s'")
            with pytest.raises(psycopg.errors.QueryCanceled):
                connection.execute("REINDEX INDEX CONCURRENTLY part_value")
            connection.execute("RESET statement_timeout")
            assert twin_of(reader, "part_value") == twin
            writer.execute("UPDATE part SET value = 2 WHERE id < 10")
            writer.execute("COMMIT")
            compare(connection)
            connection.execute(f"DROP INDEX {twin}")
        connection.execute("REINDEX INDEX CONCURRENTLY part_value")
        compare(connection)
        assert twin_of(reader, "part_value") is None


def test_kills_within_a_concurrent_reindex(make_server):
    server = make_server()
    with connect(server) as connection:
        make_table(connection)
        connection.execute("CREATE INDEX part_value ON part (value)")
    source = random.Random(11)
    for _ in range(4):
        finish = start_writers(server.dsn)

        def reindex():
            try:
                with connect(server) as connection:
                    while True:
                        connection.execute("REINDEX TABLE CONCURRENTLY part")
            except psycopg.OperationalError:
                pass
        thread = threading.Thread(target=reindex)
        thread.start()
        time.sleep(source.uniform(0.2, 1.0))
        server.kill()
        finish()
        thread.join()
        server.start()
        with connect(server) as connection:
            compare(connection)
            left = connection.execute("SELECT relname FROM pg_class WHERE relname ~ '_cc(new|old)'").fetchall()
            connection.execute("UPDATE part SET value = (value + 1) %% %s WHERE id %% 3 = 0", (VALUES,))
            for (name,) in left:
                connection.execute(f"DROP INDEX {name}")
            compare(connection)


def test_concurrent_build_waits_for_older_writers_only(make_server):
    server = make_server()
    with connect(server) as connection, connect(server) as writer, connect(server) as other:
        make_table(connection, rows=100)
        writer.execute("BEGIN")
        writer.execute("INSERT INTO part VALUES (1000, 1, 'old', 'x')")
        build = threading.Thread(target=connection.execute,
                                 args=("CREATE INDEX CONCURRENTLY part_value ON part (value)",))
        build.start()
        time.sleep(0.3)
        assert build.is_alive()
        other.execute("INSERT INTO part VALUES (1001, 1, 'goes on', 'x')")
        assert other.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'part_value'::regclass"
                             ).fetchone() == (False,)
        writer.execute("INSERT INTO part VALUES (1002, 1, 'older still', 'x')")
        writer.execute("COMMIT")
        build.join()
        compare(connection)


def test_failed_concurrent_build_leaves_an_invalid_index(make_server):
    server = make_server()
    with connect(server) as connection:
        make_table(connection, rows=100)
        with pytest.raises(psycopg.errors.UniqueViolation) as failure:
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY part_value ON part (value)")
        assert failure.value.diag.message_primary == 'could not create unique index "part_value"'
        assert failure.value.diag.message_detail.startswith("Key (value)=(")
        assert connection.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'part_value'::regclass"
                                  ).fetchone() == (False,)
        connection.execute("DROP INDEX CONCURRENTLY part_value")
        connection.execute("INSERT INTO part VALUES (2000, 1, 'again', 'x')")
        with pytest.raises(psycopg.errors.ActiveSqlTransaction):
            with connection.transaction():
                connection.execute("CREATE INDEX CONCURRENTLY part_value ON part (value)")


def test_rows_beside_an_index_that_fails_for_them(make_server):
    server = make_server()
    with connect(server) as connection:
        connection.execute("CREATE TABLE part (id integer PRIMARY KEY, value integer)")
        connection.execute("INSERT INTO part VALUES (1, 0), (2, 0), (3, 5)")
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("CREATE INDEX CONCURRENTLY part_value ON part ((10 / value))")
        assert connection.execute("UPDATE part SET value = 2 WHERE id = 1").rowcount == 1
        assert connection.execute("DELETE FROM part WHERE id = 2").rowcount == 1
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("INSERT INTO part VALUES (4, 0)")
        connection.execute("REINDEX INDEX part_value")
        assert connection.execute("SELECT id FROM part WHERE 10 / value = 5").fetchall() == [(1,)]


def test_unique_keys_while_they_are_indexed(make_server):
    """A row that is not indexed yet leaves the entry of another row with its key alone."""
    server = make_server()
    with connect(server) as connection, connect(server) as writer, connect(server) as other:
        connection.execute("CREATE TABLE part (id integer PRIMARY KEY, value integer, note text)")
        connection.execute("INSERT INTO part VALUES (1, 10, 'x'), (2, 20, 'x'), (3, 30, 'x')")
        writer.execute("BEGIN")
        writer.execute("INSERT INTO part VALUES (100, 100, 'x')")
        build = threading.Thread(
            target=connection.execute,
            args=("CREATE UNIQUE INDEX CONCURRENTLY part_value ON part (value) INCLUDE (note)",))
        build.start()
        while not other.execute("SELECT 1 FROM pg_class WHERE relname = 'part_value'").fetchone():
            time.sleep(0.05)
        other.execute("INSERT INTO part VALUES (11, 10, 'y'), (12, 20, 'y'), (13, 30, 'y')")
        other.execute("DELETE FROM part WHERE id = 1")
        other.execute("UPDATE part SET value = 21 WHERE id = 2")
        with pytest.raises(psycopg.errors.UniqueViolation):
            other.execute("UPDATE part SET note = 'z' WHERE id = 3")
        other.execute("UPDATE part SET value = 31 WHERE id = 3")
        for value in (10, 20, 30):
            with pytest.raises(psycopg.errors.UniqueViolation):
                other.execute("INSERT INTO part VALUES (50, %s, 'x')", (value,))
        writer.execute("COMMIT")
        build.join()
        assert connection.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'part_value'::regclass"
                                  ).fetchone() == (True,)
        compare_unique = "SELECT id FROM part WHERE value = %s"
        found = [connection.execute(compare_unique, (value,)).fetchall() for value in (10, 20, 21, 30, 31, 100)]
        assert found == [[(11,)], [(12,)], [(2,)], [(13,)], [(3,)], [(100,)]]


def test_concurrent_build_and_who_waits_for_it(make_server):
    """A writer that the build waits for may want the table for itself: one of the two ends."""
    server = make_server()
    with connect(server) as connection, connect(server) as writer:
        make_table(connection, rows=100)
        writer.execute("BEGIN")
        writer.execute("INSERT INTO part VALUES (1000, 1, 'old', 'x')")
        failures = []

        def run():
            try:
                connection.execute("CREATE INDEX CONCURRENTLY part_value ON part (value)")
            except psycopg.Error as error:
                failures.append(error)
        build = threading.Thread(target=run)
        build.start()
        time.sleep(0.3)
        writer.execute("SET LOCAL statement_timeout = '20s'")
        writer.execute("ALTER TABLE part ADD COLUMN other integer")
        writer.execute("COMMIT")
        build.join()
        assert [type(failure) for failure in failures] == [psycopg.errors.DeadlockDetected]
        connection.execute("REINDEX INDEX part_value")
        compare(connection)


def test_concurrent_build_holds_no_row_while_it_waits(make_server):
    server = make_server()
    with connect(server) as connection, connect(server) as older, connect(server) as writer:
        connection.execute("CREATE TABLE part (id integer PRIMARY KEY, value integer)")
        connection.execute("INSERT INTO part VALUES (1, 10), (2, 20)")
        older.execute("BEGIN")
        older.execute("INSERT INTO part VALUES (100, 100)")
        build = threading.Thread(target=connection.execute,
                                 args=("CREATE UNIQUE INDEX CONCURRENTLY part_value ON part (value)",))
        build.start()
        time.sleep(0.5)
        writer.execute("BEGIN")
        writer.execute("INSERT INTO part VALUES (11, 10)")  # row 1 has no entry yet
        older.execute("COMMIT")
        time.sleep(0.5)
        assert build.is_alive()
        writer.execute("SET LOCAL lock_timeout = '300ms'")
        writer.execute("UPDATE part SET value = 9 WHERE id = 1")
        writer.execute("COMMIT")
        build.join()
        rows = [connection.execute("SELECT id FROM part WHERE value = %s", (value,)).fetchall()
                for value in (9, 10, 20, 100)]
        assert rows == [[(1,)], [(11,)], [(2,)], [(100,)]]


PORTALS = [
    "SELECT value, id FROM part WHERE value IN (1, 2)",
    "SELECT value, id FROM part WHERE value IN (1, 2) AND note = 'x'",
    "SELECT a.value, a.id FROM part b JOIN part a ON a.value = b.id WHERE b.id IN (1, 2)",
]


@pytest.mark.parametrize("query", PORTALS)
def test_portals_go_on_as_they_began(make_server, query):
    """What the transaction does between two parts of a query's rows does not show in the second."""
    server = make_server()
    with connect(server) as connection:
        make_table(connection)
        connection.execute("CREATE INDEX part_value ON part (value)")
        expected = sorted(connection.execute(query).fetchall())
        assert len(expected) == 2 * 3000 // VALUES
    protocol = Protocol(server)
    protocol.query("BEGIN")
    protocol.parse(b"", query.encode())
    protocol.bind(b"rows", b"")
    protocol.execute(b"rows", rows_max=10)
    messages = protocol.sync()
    assert protocol.query("UPDATE part SET value = value + 1 WHERE value IN (1, 2)")[0] == (b"C", b"UPDATE 150\0")
    protocol.query("DELETE FROM part WHERE value = 3 AND id % 2 = 0")
    protocol.execute(b"rows", rows_max=20)
    messages += protocol.sync()
    protocol.execute(b"rows")
    messages += protocol.sync()
    rows = [body for kind, body in messages if kind == b"D"]
    assert sorted(read_row(body) for body in rows) == expected


def read_row(body):
    """A DataRow of two integers."""
    size = int.from_bytes(body[2:6], "big")
    return int(body[6:6 + size]), int(body[10 + size:])


def test_kill_within_a_concurrent_build(make_server):
    server = make_server()
    connection, writer = connect(server), connect(server)
    make_table(connection, rows=100)
    writer.execute("BEGIN")
    writer.execute("INSERT INTO part VALUES (1000, 1, 'old', 'x')")

    def build():
        with pytest.raises(psycopg.OperationalError):
            connection.execute("CREATE INDEX CONCURRENTLY part_value ON part (value)")
    building = threading.Thread(target=build)
    building.start()
    time.sleep(0.3)
    server.kill()
    building.join()
    connection.close()
    writer.close()
    server.start()
    with connect(server) as connection:
        assert connection.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'part_value'::regclass"
                                  ).fetchone() == (False,)
        connection.execute("INSERT INTO part VALUES (2000, 1, 'after', 'x')")
        connection.execute("REINDEX INDEX part_value")
        compare(connection)


PLANS = [
    ("SELECT note FROM part WHERE value = 1", "Index Scan using part_value on part"),
    ("SELECT note FROM part WHERE value = 1", "  Index Cond: (value = 1)"),
    ("SELECT value FROM part WHERE value = 1", "Index Only Scan using part_value on part"),
    ("SELECT * FROM part WHERE name = 'n1'", "Index Scan using part_name_key on part"),
    ("SELECT * FROM part ORDER BY value LIMIT 5", "  ->  Index Scan using part_value on part"),
    ("SELECT * FROM part ORDER BY value DESC NULLS FIRST LIMIT 5", "  ->  Index Scan Backward using part_value on part"),
    ("SELECT note FROM part WHERE value IN (1, 2)", "Index Scan using part_value on part"),
    ("SELECT note FROM part WHERE value IS NULL", "  Index Cond: (value IS NULL)"),
    ("SELECT note FROM part WHERE lower(note) = 'x' AND value > 3", "Index Scan using part_lower on part"),
    ("SELECT id FROM part WHERE id + 0 = 1", "Seq Scan on part"),
    ("SELECT a.id FROM part a JOIN part b ON b.name = a.note WHERE a.id = 1", "Nested Loop"),
    ("UPDATE part SET note = 'y' WHERE value = 1", "  ->  Index Scan using part_value on part"),
]


@pytest.fixture(scope="module")
def planned(server):
    with connect(server) as connection:
        connection.execute("DROP TABLE IF EXISTS part")
        make_table(connection)
        connection.execute("CREATE INDEX part_value ON part (value)")
        connection.execute("CREATE INDEX part_lower ON part (lower(note)) WHERE value > 2")
        yield connection
        connection.execute("DROP TABLE part")


@pytest.mark.parametrize("query,line", PLANS)
def test_plans(planned, query, line):
    lines = [row[0] for row in planned.execute(f"EXPLAIN (COSTS OFF) {query}").fetchall()]
    assert line in lines
