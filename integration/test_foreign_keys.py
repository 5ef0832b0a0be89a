"""Foreign keys under concurrency and kills: whatever the isolation level, no row is left that refers to nothing.

Method: sessions insert, move and delete parents and children of three kinds (NO ACTION, CASCADE, deferred) for a while, at every
level, while the server is killed and started again; their own errors are part of it. Afterwards, and after each restart, no child
is without its parent. That the sessions have got anything done is checked too.
"""

import random
import threading
import time

import psycopg
import pytest

SESSIONS = 6
ROUNDS = 3
ROUND_SECONDS = 4
PARENTS = 40
CHILDREN = 200
VALIDATIONS = 6
INTEGER = 23  # the OID of the type
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


def test_parameters_in_definitions(connection):
    """Nobody gives the parameters of a definition when it is used."""
    for sql in ("CREATE TABLE with_parameter (a integer CHECK (a > $1))", "CREATE TABLE with_parameter (a integer DEFAULT $1)",
                "ALTER TABLE without ADD CHECK (a > $1)", "ALTER TABLE without ALTER a SET DEFAULT $1"):
        connection.execute("CREATE TABLE IF NOT EXISTS without (a integer)")
        result = connection.pgconn.exec_params(sql.encode(), [b"1"], param_types=[INTEGER])
        assert result.error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"42P02", sql
        assert result.error_field(psycopg.pq.DiagnosticField.MESSAGE_PRIMARY) == b"there is no parameter $1", sql
    connection.execute("INSERT INTO without VALUES (-1)")
    connection.execute("DROP TABLE without")


def test_time_zones_are_no_part_of_a_key(connection):
    """Which timestamptz equals a timestamp is another matter in every session."""
    connection.execute("CREATE TABLE moment (v timestamptz PRIMARY KEY)")
    for column in ("timestamp", "date"):
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.execute(f"CREATE TABLE refers (v {column} REFERENCES moment)")
    connection.execute("DROP TABLE moment")


def check_that_waits_in_sync(server):
    """A thread whose Sync waits, for the deferred check, for a prepared transaction; its session, and the errors it ends with."""
    with psycopg.connect(server.dsn, autocommit=True) as blocker:
        create(blocker)
        blocker.execute("INSERT INTO parent VALUES (1)")
        blocker.execute("BEGIN")
        blocker.execute("DELETE FROM parent WHERE id = 1")
        blocker.execute("PREPARE TRANSACTION 'blocker'")
    waiter = psycopg.connect(server.dsn, autocommit=True)
    errors = []

    def insert():
        try:
            waiter.execute("INSERT INTO deferred VALUES (%s, %s)", (1, 1))
        except psycopg.Error as error:
            errors.append(error)

    thread = threading.Thread(target=insert)
    thread.start()
    with psycopg.connect(server.dsn, autocommit=True) as watcher:
        until = time.monotonic() + 20
        while not watcher.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
            assert time.monotonic() < until
            time.sleep(0.01)
    return thread, waiter, errors


def test_cancel_in_sync(make_server):
    thread, waiter, errors = check_that_waits_in_sync(make_server())
    waiter.cancel()
    thread.join(20)
    assert [type(error) for error in errors] == [psycopg.errors.QueryCanceled]
    # The cancel is used up, and nothing has been inserted.
    assert waiter.execute("SELECT count(*) FROM deferred WHERE id > %s", (0,)).fetchone() == (0,)
    waiter.execute("ROLLBACK PREPARED 'blocker'")
    waiter.execute("INSERT INTO deferred VALUES (%s, %s)", (1, 1))
    waiter.close()


def test_shutdown_in_sync(make_server):
    server = make_server()
    thread, _, errors = check_that_waits_in_sync(server)
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 20
    thread.join(20)
    assert len(errors) == 1


def test_validation_beside_cascades(make_server):
    """VALIDATE CONSTRAINT finds nothing wrong while keys and the rows that refer to them move together."""
    server = make_server()
    stop = threading.Event()
    moved = []
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        create(connection)
        connection.execute("INSERT INTO parent SELECT g FROM generate_series(1, 20) AS g")
        connection.execute("INSERT INTO cascaded SELECT 1 + g % 20, g FROM generate_series(1, 50000) AS g")
        for number in range(VALIDATIONS):
            connection.execute(f"ALTER TABLE cascaded ADD CONSTRAINT again{number} FOREIGN KEY (parent_id) REFERENCES parent "
                               "DEFERRABLE INITIALLY DEFERRED NOT VALID")

        def move():
            with psycopg.connect(server.dsn, autocommit=True) as mover:
                number = 20
                while not stop.is_set():
                    number += 1
                    mover.execute(f"UPDATE parent SET id = {number} WHERE id = {number - 20}")
                    moved.append(number)

        thread = threading.Thread(target=move)
        thread.start()
        try:
            for number in range(VALIDATIONS):
                connection.execute(f"ALTER TABLE cascaded VALIDATE CONSTRAINT again{number}")
        finally:
            stop.set()
            thread.join()
        assert moved
