"""Goal: a statement far larger than the memory of a transaction works, with bounded memory, through the real
server. Method: COPY, INSERT ... SELECT, UPDATE and DELETE over a buffer of a few hundred kilobytes."""

import psycopg
import pytest

ROWS = 60_000
TEXT = "some text that is there to make rows a little longer " * 3


@pytest.fixture
def bulk_server(make_server):
    return make_server("--transaction-buffer", "256kB", "--memtable", "1MB")


def copy_rows(connection, table, numbers):
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for number in numbers:
                copy.write_row((number, TEXT))


def test_copy_goes_beyond_memory(bulk_server):
    with psycopg.connect(bulk_server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE ascending (id int PRIMARY KEY, t text)")
        connection.execute("CREATE TABLE descending (id int PRIMARY KEY, t text)")
        copy_rows(connection, "ascending", range(ROWS))
        copy_rows(connection, "descending", range(ROWS, 0, -1))
        for table in ("ascending", "descending"):
            count, rows = connection.execute(
                f"SELECT count(*), count(DISTINCT id) FROM {table} WHERE t = %s", (TEXT,)).fetchone()
            assert (count, rows) == (ROWS, ROWS)
        with pytest.raises(psycopg.errors.UniqueViolation):
            copy_rows(connection, "ascending", list(range(ROWS, ROWS + 20_000)) + [5])
        assert connection.execute("SELECT count(*) FROM ascending").fetchone()[0] == ROWS
    bulk_server.kill()
    bulk_server.start()
    with psycopg.connect(bulk_server.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM ascending").fetchone()[0] == ROWS
        assert connection.execute("SELECT count(*) FROM descending").fetchone()[0] == ROWS


def test_statements_of_one_transaction_see_what_was_spilled(bulk_server):
    with psycopg.connect(bulk_server.dsn) as connection:
        connection.execute("CREATE TABLE source (id int PRIMARY KEY, t text)")
        copy_rows(connection, "source", range(20_000))
        connection.execute("SAVEPOINT before")
        connection.execute("INSERT INTO source SELECT id + 20000, t FROM source")
        assert connection.execute("SELECT count(*) FROM source").fetchone()[0] == 40_000
        connection.execute("UPDATE source SET t = 'short' WHERE id % 2 = 0")
        connection.execute("DELETE FROM source WHERE id % 4 = 1")
        assert connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE t = 'short') FROM source").fetchone() == (30_000, 20_000)
        connection.execute("ROLLBACK TO before")
        assert connection.execute(
            "SELECT count(*), min(length(t)) FROM source").fetchone() == (20_000, len(TEXT))
        connection.execute("UPDATE source SET id = id + 100000 WHERE id < 10000")
        connection.commit()
        assert connection.execute(
            "SELECT count(*), min(id), max(id) FROM source").fetchone() == (20_000, 10_000, 109_999)
