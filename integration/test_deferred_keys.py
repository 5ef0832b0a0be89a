"""Deferrable keys under concurrency and kills, and with very many rows: none repeats once its transaction has committed.

Method: sessions insert, move and delete rows whose keys repeat within their transactions for a while, at every level, while the
server is killed and started again; their own errors are part of it. Afterwards, and after each restart, no key is there twice, by
the table and by the index. That the sessions have got anything done is checked too.
"""

import random
import threading
import time

import psycopg
import pytest

SESSIONS = 6
ROUNDS = 2
ROUND_SECONDS = 4
KEYS = 30
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
EXPECTED = (psycopg.errors.UniqueViolation, psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
MANY = 60000


def create(connection):
    connection.execute("CREATE TABLE keys (id integer PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, u integer UNIQUE DEFERRABLE, "
                       "n integer DEFAULT 0)")


def statement(dice):
    one, other = dice.randrange(KEYS), dice.randrange(KEYS)
    return dice.choice((
        f"INSERT INTO keys VALUES ({one}, {other})",
        f"INSERT INTO keys VALUES ({one}, {other}), ({one + 1}, {other + 1})",
        f"UPDATE keys SET id = {one} WHERE id = {other}",
        f"UPDATE keys SET id = id + 1 WHERE id BETWEEN {one} AND {one + 3}",
        f"UPDATE keys SET u = u + 1 WHERE u BETWEEN {one} AND {one + 3}",
        f"UPDATE keys SET u = {one}, id = {one} WHERE id = {other}",
        f"UPDATE keys SET n = n + 1 WHERE id = {one}",
        f"DELETE FROM keys WHERE id = {one}",
        f"DELETE FROM keys WHERE u BETWEEN {one} AND {one + 2}",
    ))


def run_session(server, seed, stop, counts):
    dice = random.Random(seed)
    while not stop.is_set():
        try:
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                while not stop.is_set():
                    try:
                        connection.execute(f"BEGIN ISOLATION LEVEL {dice.choice(LEVELS)}")
                        for _ in range(dice.randint(1, 4)):
                            connection.execute(statement(dice))
                            if dice.random() < 0.1:
                                connection.execute("SAVEPOINT s")
                                connection.execute(statement(dice))
                                connection.execute(dice.choice(("ROLLBACK TO s", "RELEASE s")))
                            elif dice.random() < 0.05:
                                connection.execute(f"SET CONSTRAINTS ALL {dice.choice(('IMMEDIATE', 'DEFERRED'))}")
                        connection.execute("COMMIT")
                        counts["committed"] += 1
                    except EXPECTED as error:
                        counts[type(error).__name__] = counts.get(type(error).__name__, 0) + 1
                        connection.execute("ROLLBACK")
        except psycopg.OperationalError:
            time.sleep(0.05)  # killed


def repeated(connection):
    found = {}
    for column in ("id", "u"):
        rows = connection.execute(f"SELECT {column}, count(*) FROM keys WHERE {column} IS NOT NULL GROUP BY {column} "
                                  "HAVING count(*) > 1").fetchall()
        by_index = [value for value in range(2 * KEYS)
                    if connection.execute(f"SELECT count(*) FROM keys WHERE {column} = {value}").fetchone()[0] > 1]
        if rows or by_index:
            found[column] = rows, by_index
    return found


def test_none_repeats(make_server):
    server = make_server()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        create(connection)
    stop = threading.Event()
    counts = [{"committed": 0} for _ in range(SESSIONS)]
    threads = [threading.Thread(target=run_session, args=(server, 2000 + number, stop, counts[number]))
               for number in range(SESSIONS)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(ROUNDS):
            time.sleep(ROUND_SECONDS)
            server.kill()
            server.start()
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                assert not repeated(connection)
        time.sleep(ROUND_SECONDS)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    total = {}
    for one in counts:
        for name, count in one.items():
            total[name] = total.get(name, 0) + count
    print(f"transactions: {total}")
    assert total["committed"] > 100
    assert total.get("UniqueViolation", 0) > 10
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        assert not repeated(connection)
        connection.execute("REINDEX TABLE keys")


def test_very_many_rows(make_server):
    """More rows than a statement keeps in its queue."""
    server = make_server()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        create(connection)
        connection.execute(f"INSERT INTO keys SELECT g, g FROM generate_series(1, {MANY}) AS g")
        connection.execute("UPDATE keys SET u = u + 1")
        connection.execute("UPDATE keys SET id = id + 1, u = u - 1")
        assert connection.execute("SELECT count(*), min(id), max(id), min(u), max(u) FROM keys").fetchone() == (
            MANY, 2, MANY + 1, 1, MANY)
        with pytest.raises(psycopg.errors.UniqueViolation) as raised:
            connection.execute(f"UPDATE keys SET u = CASE u WHEN {MANY} THEN 7 ELSE u + 1 END WHERE u > 3")
        assert raised.value.diag.constraint_name == "keys_u_key"
        connection.execute("BEGIN")
        connection.execute(f"INSERT INTO keys SELECT g, g + {MANY} FROM generate_series(2, {MANY}) AS g")
        connection.execute("SAVEPOINT s")
        connection.execute(f"UPDATE keys SET id = id + {MANY} WHERE u > {MANY}")
        connection.execute("ROLLBACK TO s")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("COMMIT")
        connection.execute("BEGIN")
        connection.execute(f"INSERT INTO keys SELECT g, g + {MANY} FROM generate_series(2, {MANY}) AS g")
        connection.execute(f"UPDATE keys SET id = id + {MANY} WHERE u > {MANY}")
        connection.execute("COMMIT")
        assert connection.execute("SELECT count(*) FROM keys").fetchone() == (2 * MANY - 1,)
