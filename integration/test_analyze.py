"""Statistics: made by themselves after many changes, there again after a crash, gone with their table; plans follow
them. Method: a server that looks for changed tables five times a second; EXPLAIN."""

import re
import threading
import time

import psycopg
import pytest

WAIT_SECONDS_MAX = 30


@pytest.fixture
def quick_server(make_server):
    return make_server("--autovacuum-naptime", "200ms")


@pytest.fixture
def manual_server(make_server):
    return make_server("--autovacuum", "off")


def rows_known(connection, table):
    return connection.execute("SELECT reltuples FROM pg_class WHERE relname = %s", (table,)).fetchone()[0]


def wait_for_rows(connection, table, rows):
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while (known := rows_known(connection, table)) != rows:
        assert time.monotonic() < deadline, f"{known} rows are known, not {rows}"
        time.sleep(0.05)


def rows_estimated(connection, query):
    return int(re.search(r"rows=(\d+)", connection.execute(f"EXPLAIN {query}").fetchone()[0])[1])


def test_tables_that_change_are_analyzed(quick_server):
    with psycopg.connect(quick_server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v int)")
        assert rows_known(connection, "t") == -1
        connection.execute("INSERT INTO t SELECT i, i % 10 FROM generate_series(1, 1000) i")
        wait_for_rows(connection, "t", 1000)
        assert rows_estimated(connection, "SELECT * FROM t WHERE v = 3") == 100
        connection.execute("DELETE FROM t WHERE id > 500")
        wait_for_rows(connection, "t", 500)
        with connection.cursor().copy("COPY t FROM STDIN") as copy:
            for i in range(10_000, 12_000):
                copy.write_row((i, 3))
        wait_for_rows(connection, "t", 2500)
        connection.execute("UPDATE t SET v = 4")
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while connection.execute("SELECT n_distinct FROM pg_stats WHERE tablename = 't' AND attname = 'v'"
                                 ).fetchone()[0] != 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_few_changes_are_not_enough(quick_server):
    with psycopg.connect(quick_server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
        connection.execute("INSERT INTO t SELECT i FROM generate_series(1, 40) i")
        time.sleep(1)
        assert rows_known(connection, "t") == -1


def test_statistics_outlive_a_crash(manual_server):
    with psycopg.connect(manual_server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        connection.execute("INSERT INTO t SELECT i, CASE WHEN i % 4 = 0 THEN 'a' END FROM generate_series(1, 1000) i")
        connection.execute("ALTER TABLE t ALTER id SET STATISTICS 5")
        connection.execute("ANALYZE t")
        stats = connection.execute("SELECT * FROM pg_stats WHERE tablename = 't' ORDER BY attname").fetchall()
    manual_server.kill()
    manual_server.start()
    with psycopg.connect(manual_server.dsn, autocommit=True) as connection:
        assert connection.execute("SELECT * FROM pg_stats WHERE tablename = 't' ORDER BY attname").fetchall() == stats
        assert rows_known(connection, "t") == 1000
        assert rows_estimated(connection, "SELECT * FROM t WHERE v = 'a'") == 250
        assert connection.execute("SELECT attstattarget FROM pg_attribute WHERE attname = 'id' AND attrelid = "
                                  "'t'::regclass").fetchone()[0] == 5


def test_plans_follow_statistics(manual_server):
    with psycopg.connect(manual_server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v int)")
        connection.execute("CREATE INDEX t_v ON t (v)")
        connection.execute("INSERT INTO t SELECT i, i FROM generate_series(1, 50000) i")
        connection.execute("ANALYZE t")
        plan = "\n".join(row[0] for row in connection.execute("EXPLAIN SELECT * FROM t WHERE v = 7"))
        assert "Index Scan using t_v" in plan
        connection.execute("UPDATE t SET v = 7")
        connection.execute("ANALYZE t")
        plan = "\n".join(row[0] for row in connection.execute("EXPLAIN SELECT * FROM t WHERE v = 7"))
        assert "Seq Scan" in plan
        assert connection.execute("SELECT count(*) FROM t WHERE v = 7").fetchone()[0] == 50_000


def test_large_tables_are_sampled(manual_server):
    """From 600,000 rows on it is not read whole; what is found is about right."""
    rows = 1_000_000
    with psycopg.connect(manual_server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v int, w text)")
        connection.execute(f"INSERT INTO t SELECT i, i % 1000, 'some text ' || i FROM generate_series(1, {rows}) i")
        connection.execute("VACUUM FULL t")
        connection.execute("ANALYZE t")
        assert abs(rows_known(connection, "t") / rows - 1) < 0.1
        found = dict(connection.execute("SELECT attname, n_distinct FROM pg_stats WHERE tablename = 't'").fetchall())
        assert found["id"] == -1
        assert 900 <= found["v"] <= 1100
        assert abs(rows_estimated(connection, "SELECT * FROM t WHERE id <= 250000") / 250_000 - 1) < 0.2


def test_analyze_beside_writers_and_changes_of_the_table(manual_server):
    """Nobody fails, and what is known in the end is true."""
    stop = threading.Event()
    failures = []

    def run(*statements):
        try:
            with psycopg.connect(manual_server.dsn, autocommit=True) as connection:
                while not stop.is_set():
                    for statement in statements:
                        connection.execute(statement)
        except psycopg.Error as error:
            failures.append(error)

    with psycopg.connect(manual_server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id serial PRIMARY KEY, v int)")
        threads = [threading.Thread(target=run, args=statements) for statements in (
            ("INSERT INTO t (v) SELECT i FROM generate_series(1, 100) i",), ("ANALYZE t",), ("ANALYZE",),
            ("ALTER TABLE t ADD COLUMN more int DEFAULT 1", "ALTER TABLE t DROP COLUMN more"),
            ("SELECT count(*) FROM t WHERE v < 50",))]
        for thread in threads:
            thread.start()
        time.sleep(3)
        stop.set()
        for thread in threads:
            thread.join()
        assert not failures, failures
        connection.execute("ANALYZE t")
        assert rows_known(connection, "t") == connection.execute("SELECT count(*) FROM t").fetchone()[0]


@pytest.mark.parametrize("shape", ["chain", "star"])
def test_twelve_tables_are_planned_in_no_time(manual_server, shape):
    tables = 12
    with psycopg.connect(manual_server.dsn, autocommit=True) as connection:
        for i in range(tables):
            connection.execute(f"CREATE TABLE t{i} (id int PRIMARY KEY, v int)")
            connection.execute(f"CREATE INDEX t{i}_v ON t{i} (v)")
            connection.execute(f"INSERT INTO t{i} SELECT i, i % {3 + i} FROM generate_series(1, {100 * (i + 1)}) i")
        connection.execute("ANALYZE")
        conditions = " AND ".join(f"t{i}.id = t{i - 1 if shape == 'chain' else 0}.v" for i in range(1, tables))
        query = (f"EXPLAIN (SUMMARY) SELECT count(*) FROM {', '.join(f't{i}' for i in range(tables))} "
                 f"WHERE {conditions} AND t5.v = 1")
        milliseconds = min(float(re.search(r"Planning Time: ([0-9.]+) ms", connection.execute(query).fetchall()[-1][0])[1])
                           for _ in range(5))
        assert milliseconds < 50
