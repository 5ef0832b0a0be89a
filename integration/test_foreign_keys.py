"""Foreign keys under concurrency and kills: whatever the isolation level, no row is left that refers to nothing.

Method: sessions insert, move and delete parents and children of three kinds (NO ACTION, CASCADE, deferred) for a while, at every
level, while the server is killed and started again; their own errors are part of it. Afterwards, and after each restart, no child
is without its parent. That the sessions have got anything done is checked too.
"""

import random
import threading
import time

import psycopg

SESSIONS = 6
ROUNDS = 3
ROUND_SECONDS = 4
PARENTS = 40
CHILDREN = 200
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
TABLES = ("checked", "cascaded", "deferred")
EXPECTED = (psycopg.errors.ForeignKeyViolation, psycopg.errors.UniqueViolation, psycopg.errors.SerializationFailure,
            psycopg.errors.DeadlockDetected)


def create(connection):
    connection.execute("CREATE TABLE parent (id integer PRIMARY KEY, n integer DEFAULT 0)")
    connection.execute("CREATE TABLE checked (id integer PRIMARY KEY, parent_id integer REFERENCES parent)")
    connection.execute("CREATE TABLE cascaded (parent_id integer REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE, "
                       "id integer, PRIMARY KEY (parent_id, id))")
    connection.execute("CREATE TABLE deferred (id integer PRIMARY KEY, "
                       "parent_id integer REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")


def statement(dice):
    parent = dice.randrange(PARENTS)
    child = dice.randrange(CHILDREN)
    table = dice.choice(TABLES)
    return dice.choice((
        f"INSERT INTO parent VALUES ({parent}) ON CONFLICT (id) DO NOTHING",
        f"INSERT INTO parent VALUES ({parent}) ON CONFLICT (id) DO UPDATE SET n = parent.n + 1",
        f"UPDATE parent SET n = n + 1 WHERE id = {parent}",
        f"UPDATE parent SET id = {dice.randrange(PARENTS)} WHERE id = {parent}",
        f"DELETE FROM parent WHERE id = {parent}",
        f"DELETE FROM parent WHERE id BETWEEN {parent} AND {parent + 5}",
        f"INSERT INTO {table} (id, parent_id) VALUES ({child}, {parent})",
        f"INSERT INTO {table} (id, parent_id) VALUES ({child}, {parent}), ({child + 1}, {parent})",
        f"UPDATE {table} SET parent_id = {parent} WHERE id = {child}",
        f"UPDATE {table} SET parent_id = {parent} WHERE id BETWEEN {child} AND {child + 10}",
        f"DELETE FROM {table} WHERE id = {child}",
    ))


def run_session(server, seed, stop, counts):
    dice = random.Random(seed)
    while not stop.is_set():
        try:
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                while not stop.is_set():
                    try:
                        connection.execute(f"BEGIN ISOLATION LEVEL {dice.choice(LEVELS)}")
                        for _ in range(dice.randint(1, 5)):
                            connection.execute(statement(dice))
                            if dice.random() < 0.1:
                                connection.execute("SAVEPOINT s")
                            elif dice.random() < 0.05:
                                connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
                        connection.execute("COMMIT")
                        counts["committed"] += 1
                    except EXPECTED as error:
                        counts[type(error).__name__] = counts.get(type(error).__name__, 0) + 1
                        connection.execute("ROLLBACK")
        except psycopg.OperationalError:
            time.sleep(0.05)  # killed


def orphans(connection):
    found = {}
    for table in TABLES:
        rows = connection.execute(f"SELECT c.id, c.parent_id FROM {table} c LEFT JOIN parent p ON p.id = c.parent_id "
                                  "WHERE c.parent_id IS NOT NULL AND p.id IS NULL").fetchall()
        if rows:
            found[table] = rows
    return found


def test_no_orphans(make_server):
    server = make_server()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        create(connection)
    stop = threading.Event()
    counts = [{"committed": 0} for _ in range(SESSIONS)]
    threads = [threading.Thread(target=run_session, args=(server, 1000 + number, stop, counts[number]))
               for number in range(SESSIONS)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(ROUNDS):
            time.sleep(ROUND_SECONDS)
            server.kill()
            server.start()
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                assert not orphans(connection)
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
    assert total.get("ForeignKeyViolation", 0) > 10
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        assert not orphans(connection)


def test_deferred_over_the_extended_protocol(make_server):
    """A deferred constraint fails the COMMIT, or the Sync that commits; the session goes on."""
    server = make_server()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        create(connection)
        for _ in range(2):
            try:
                connection.execute("INSERT INTO deferred VALUES (%s, %s)", (1, 1))
                raise AssertionError("committed")
            except psycopg.errors.ForeignKeyViolation as error:
                assert error.diag.constraint_name == "deferred_parent_id_fkey"
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        connection.execute("INSERT INTO parent VALUES (%s)", (1,))
        connection.execute("INSERT INTO deferred VALUES (%s, %s)", (1, 1))
    with psycopg.connect(server.dsn) as connection:
        connection.execute("INSERT INTO deferred VALUES (%s, %s)", (2, 2))
        try:
            connection.commit()
            raise AssertionError("committed")
        except psycopg.errors.ForeignKeyViolation:
            pass
        assert connection.execute("SELECT count(*) FROM deferred").fetchone() == (1,)


def test_very_many_events(make_server):
    """More rows than a statement keeps in its queue: immediate, deferred, of a table that refers to itself; and their deletion."""
    server = make_server()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        create(connection)
        connection.execute("CREATE TABLE tree (id integer PRIMARY KEY, parent_id integer REFERENCES tree ON DELETE CASCADE)")
        connection.execute("INSERT INTO parent SELECT g FROM generate_series(1, 1000) AS g")
        connection.execute("INSERT INTO checked SELECT g, 1 + g % 1000 FROM generate_series(1, 60000) AS g")
        connection.execute("INSERT INTO deferred SELECT g, 1 + g % 1000 FROM generate_series(1, 60000) AS g")
        connection.execute("INSERT INTO tree SELECT g, g / 2 FROM generate_series(2, 40000) AS g UNION ALL SELECT 1, NULL")
        with connection.cursor().copy("COPY cascaded FROM STDIN") as copy:
            for number in range(60000):
                copy.write_row((1 + number % 1000, number))
        for sql in ("INSERT INTO checked SELECT g, g FROM generate_series(70001, 130000) AS g",
                    "INSERT INTO deferred SELECT g, 1 + g % 1001 FROM generate_series(70001, 130000) AS g",
                    "DELETE FROM parent"):
            try:
                connection.execute(sql)
                raise AssertionError(sql)
            except psycopg.errors.ForeignKeyViolation:
                pass
        connection.execute("BEGIN")
        connection.execute("INSERT INTO deferred SELECT g, 5000 + g % 10 FROM generate_series(70001, 130000) AS g")
        connection.execute("SAVEPOINT s")
        connection.execute("INSERT INTO deferred SELECT g, 9999 FROM generate_series(140001, 180000) AS g")
        connection.execute("ROLLBACK TO s")
        connection.execute("INSERT INTO parent SELECT g FROM generate_series(5000, 5009) AS g")
        connection.execute("COMMIT")
        assert not orphans(connection)
        connection.execute("DELETE FROM tree WHERE id = 1")
        connection.execute("DELETE FROM checked")
        connection.execute("DELETE FROM deferred")
        connection.execute("DELETE FROM parent")
        for table in ("tree", "cascaded"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
