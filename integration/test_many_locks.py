"""Goal: a transaction that has locked very many rows, and keeps the locks in little memory, holds just those rows."""

import threading

import psycopg
import pytest

ROWS = 60_000
LOCKED = 50_000


def connect(server):
    return psycopg.connect(server.dsn, autocommit=True)


def make_table(connection):
    connection.execute("CREATE TABLE many (id integer PRIMARY KEY, n integer NOT NULL)")
    connection.execute(f"INSERT INTO many SELECT i, 0 FROM generate_series(1, {ROWS}) i")


def is_locked(connection, row):
    try:
        connection.execute("SELECT 1 FROM many WHERE id = %s FOR UPDATE NOWAIT", (row,))
    except psycopg.errors.LockNotAvailable:
        return True
    return False


def first_free(connection):
    return connection.execute("SELECT id FROM many ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED").fetchone()[0]


LOCKING = [f"UPDATE many SET n = n + 1 WHERE id <= {LOCKED}", f"DELETE FROM many WHERE id <= {LOCKED}"]


@pytest.mark.parametrize("statement", LOCKING)
def test_others_wait_for_these_rows_alone(make_server, statement):
    server = make_server()
    with connect(server) as large, connect(server) as other, connect(server) as third:
        make_table(other)
        large.execute("BEGIN")
        large.execute("SELECT 1 FROM many WHERE id = 59999 FOR UPDATE")
        large.execute("SAVEPOINT s")
        large.execute(statement)
        for row in (1, 777, 16_384, 40_000, LOCKED, 59_999):
            assert is_locked(other, row), row
        for row in (LOCKED + 1, 55_555, ROWS):
            assert not is_locked(other, row), row
        assert first_free(other) == LOCKED + 1
        other.execute("UPDATE many SET n = 5 WHERE id > 55000 AND id < 59000")
        waiting = threading.Thread(target=third.execute, args=("UPDATE many SET n = n + 100 WHERE id = 777",))
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
        large.execute("ROLLBACK TO SAVEPOINT s")
        waiting.join(20)
        assert not waiting.is_alive()
        assert first_free(other) == 1 and is_locked(other, 59_999)
        large.execute(statement)
        large.execute("SELECT count(*) FROM many WHERE id < 100")
        large.execute("COMMIT")
        assert first_free(other) == (1 if "UPDATE" in statement else LOCKED + 1)
        assert not is_locked(other, 59_999)


def test_rows_that_are_inserted(make_server):
    server = make_server()
    with connect(server) as large, connect(server) as other:
        make_table(other)
        large.execute("BEGIN")
        large.execute(f"INSERT INTO many SELECT {ROWS} + i, 0 FROM generate_series(1, {LOCKED}) i")
        other.execute("SET lock_timeout = '200ms'")
        for row in (ROWS + 1, ROWS + 20_000, ROWS + LOCKED):
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("INSERT INTO many VALUES (%s, 1)", (row,))
        other.execute("INSERT INTO many VALUES (%s, 1)", (ROWS + LOCKED + 1,))
        large.execute("ROLLBACK")
        other.execute("INSERT INTO many VALUES (%s, 1)", (ROWS + 20_000,))


def test_prepared(make_server):
    server = make_server()
    with connect(server) as large, connect(server) as other:
        make_table(other)
        for outcome, n in (("ROLLBACK", 0), ("COMMIT", 1)):
            large.execute("BEGIN")
            large.execute(LOCKING[0])
            large.execute("PREPARE TRANSACTION 'many'")
            assert is_locked(other, 12_345) and first_free(other) == LOCKED + 1
            other.execute(f"{outcome} PREPARED 'many'")
            assert first_free(other) == 1
            assert other.execute("SELECT n FROM many WHERE id = 12345").fetchone() == (n,)
        large.execute("BEGIN")
        large.execute(LOCKING[0])
        large.execute("PREPARE TRANSACTION 'many'")
    server.kill()
    server.start()
    with connect(server) as other:
        for row in (1, 777, 16_384, 40_000, LOCKED):
            assert is_locked(other, row), row
        assert first_free(other) == LOCKED + 1
        other.execute("COMMIT PREPARED 'many'")
        assert first_free(other) == 1
        assert other.execute("SELECT sum(n) FROM many").fetchone() == (2 * LOCKED,)
