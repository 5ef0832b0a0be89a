"""Goal: a statement far larger than the memory of a transaction works, with bounded memory, through the real
server. Method: COPY, INSERT ... SELECT, UPDATE and DELETE over a buffer of a few hundred kilobytes; savepoints between
loads; loads of the same keys beside each other."""

import random
import threading

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


def test_savepoints_between_loads(bulk_server):
    with psycopg.connect(bulk_server.dsn) as connection:
        connection.execute("CREATE TABLE loads (id int PRIMARY KEY, t text)")
        connection.commit()
        copy_rows(connection, "loads", range(20_000))
        connection.execute("SAVEPOINT before")
        copy_rows(connection, "loads", range(20_000, 30_000))
        with pytest.raises(psycopg.errors.UniqueViolation, match="duplicate key"):
            copy_rows(connection, "loads", list(range(30_000, 45_000)) + [19_999])
        connection.execute("ROLLBACK TO before")
        assert connection.execute("SELECT count(*), max(id) FROM loads").fetchone() == (20_000, 19_999)
        copy_rows(connection, "loads", range(25_000, 40_000))
        connection.execute("SAVEPOINT after")
        copy_rows(connection, "loads", range(40_000, 40_010))
        connection.execute("ROLLBACK TO after")
        assert connection.execute("SELECT count(*) FROM loads WHERE id >= 30000").fetchone()[0] == 10_000
        connection.commit()
        copy_rows(connection, "loads", range(50_000, 70_000))
        connection.rollback()
    bulk_server.kill()
    bulk_server.start()
    with psycopg.connect(bulk_server.dsn) as connection:
        assert connection.execute(
            "SELECT count(*), count(DISTINCT id), max(id) FROM loads").fetchone() == (35_000, 35_000, 39_999)


@pytest.mark.parametrize("first_commits", [True, False])
def test_a_load_waits_for_another_of_its_keys(bulk_server, first_commits):
    with psycopg.connect(bulk_server.dsn) as first, psycopg.connect(bulk_server.dsn) as second:
        first.execute("CREATE TABLE loads (id int PRIMARY KEY, t text)")
        first.commit()
        copy_rows(first, "loads", range(30_000))
        errors = []

        def load():
            try:
                copy_rows(second, "loads", range(29_500, 60_000))
                second.commit()
            except psycopg.Error as error:
                errors.append(error)

        waiting = threading.Thread(target=load)
        waiting.start()
        waiting.join(1)
        assert waiting.is_alive()
        first.commit() if first_commits else first.rollback()
        waiting.join(60)
        assert not waiting.is_alive()
        second.rollback()
        count = second.execute("SELECT count(*) FROM loads").fetchone()[0]
        if first_commits:
            assert [error.diag.message_detail for error in errors] == ["Key (id)=(29500) already exists."]
            assert count == 30_000
        else:
            assert not errors and count == 30_500


def test_loads_of_the_same_keys_beside_each_other(bulk_server):
    """Each takes its keys in their order, so none of them is in a deadlock; a load is there as a whole or not at all."""
    with psycopg.connect(bulk_server.dsn) as connection:
        connection.execute("CREATE TABLE loads (id int PRIMARY KEY, loader text)")
    loaded = []
    failed = []

    def load(number):
        chosen = random.Random(number)
        with psycopg.connect(bulk_server.dsn) as connection:
            for attempt in range(6):
                first = chosen.randrange(200_000)
                loader = f"{number}.{attempt}"
                try:
                    with connection.cursor() as cursor, cursor.copy("COPY loads FROM STDIN") as copy:
                        copy.write("".join(f"{row}\t{loader}\n" for row in range(first, first + 15_000)))
                    connection.commit()
                    loaded.append((loader, first))
                except psycopg.errors.UniqueViolation:
                    connection.rollback()
                except psycopg.Error as error:
                    failed.append(error)
                    return

    threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert loaded
    with psycopg.connect(bulk_server.dsn) as connection:
        rows = connection.execute("SELECT loader, count(*), min(id), max(id) FROM loads GROUP BY loader").fetchall()
        assert sorted(rows) == sorted((loader, 15_000, first, first + 14_999) for loader, first in loaded)
