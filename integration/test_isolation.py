"""Transactions against each other, as PostgreSQL has them: what waits, for whom, and what fails with which SQLSTATE.

Method: two or three connections; a statement that must wait runs in a thread, and the test looks at it before
and after the other side ends its transaction.
"""

import concurrent.futures
import contextlib
import itertools
import threading
import time

import psycopg
import pytest

from protocol import Protocol

WAITS_SECONDS = 0.3  # a statement that has not answered by then is waiting
ANSWER_SECONDS_MAX = 20

_numbers = itertools.count(1)


@pytest.fixture
def table(connection):
    name = f"isolation_{next(_numbers)}"
    connection.execute(f"CREATE TABLE {name} (id integer PRIMARY KEY, v integer NOT NULL)")
    connection.execute(f"INSERT INTO {name} VALUES (1, 10), (2, 20), (3, 30)")
    yield name
    connection.execute(f"DROP TABLE IF EXISTS {name}")


class Client:
    """A connection with explicit BEGIN and COMMIT, whose statements can be left waiting."""

    def __init__(self, dsn):
        self.connection = psycopg.connect(dsn, autocommit=True)
        self.thread = concurrent.futures.ThreadPoolExecutor(1)

    def run(self, statement):
        cursor = self.connection.execute(statement)
        return cursor.fetchall() if cursor.description else cursor.statusmessage

    def start(self, statement):
        """Runs the statement in the background: a future."""
        return self.thread.submit(self.run, statement)

    def fails(self, statement):
        with pytest.raises(psycopg.Error) as raised:
            self.run(statement)
        return raised.value.sqlstate

    def close(self):
        self.connection.close()
        self.thread.shutdown()


@pytest.fixture
def clients(server, table):
    with contextlib.ExitStack() as stack:
        def make(count):
            made = [Client(server.dsn) for _ in range(count)]
            for one in made:
                stack.callback(one.close)
            return made
        yield make


def must_wait(future):
    with pytest.raises(concurrent.futures.TimeoutError):
        future.result(WAITS_SECONDS)


def answer(future):
    return future.result(ANSWER_SECONDS_MAX)


def sqlstate(future):
    with pytest.raises(psycopg.Error) as raised:
        answer(future)
    return raised.value.sqlstate


def test_no_update_is_lost_under_read_committed(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = v + 1 WHERE id = 1")
    waiting = b.start(f"UPDATE {table} SET v = v + 100 WHERE id = 1")
    must_wait(waiting)
    a.run("COMMIT")
    assert answer(waiting) == "UPDATE 1"
    assert a.run(f"SELECT v FROM {table} WHERE id = 1") == [(111,)]


def test_the_condition_is_checked_again_after_a_wait(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = 0 WHERE id = 1")
    waiting = b.start(f"UPDATE {table} SET v = -1 WHERE v >= 10")
    must_wait(waiting)
    a.run("COMMIT")
    assert answer(waiting) == "UPDATE 2"
    assert a.run(f"SELECT v FROM {table} ORDER BY id") == [(0,), (-1,), (-1,)]


def test_a_row_deleted_meanwhile_is_passed_over(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"DELETE FROM {table} WHERE id = 2")
    waiting = b.start(f"UPDATE {table} SET v = 0 WHERE id = 2")
    must_wait(waiting)
    a.run("COMMIT")
    assert answer(waiting) == "UPDATE 0"


def test_a_rollback_leaves_the_row_to_who_waits(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = 99 WHERE id = 1")
    waiting = b.start(f"UPDATE {table} SET v = v + 1 WHERE id = 1 RETURNING v")
    must_wait(waiting)
    a.run("ROLLBACK")
    assert answer(waiting) == [(11,)]


def test_readers_do_not_wait_and_see_what_is_committed(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = 99 WHERE id = 1")
    assert b.run(f"SELECT v FROM {table} WHERE id = 1") == [(10,)]
    a.run("COMMIT")
    assert b.run(f"SELECT v FROM {table} WHERE id = 1") == [(99,)]


def test_read_committed_sees_each_commit_repeatable_read_none(clients, table):
    a, b, c = clients(3)
    a.run("BEGIN")
    b.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
    total = f"SELECT sum(v)::int FROM {table}"
    assert a.run(total) == b.run(total) == [(60,)]
    c.run(f"INSERT INTO {table} VALUES (4, 40)")
    assert a.run(total) == [(100,)]
    assert b.run(total) == [(60,)]
    b.run("COMMIT")
    assert b.run(total) == [(100,)]


def test_repeatable_read_gives_40001_for_a_row_changed_since(clients, table):
    a, b = clients(2)
    b.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
    b.run(f"SELECT * FROM {table}")
    a.run(f"UPDATE {table} SET v = 11 WHERE id = 1")
    assert b.fails(f"UPDATE {table} SET v = 12 WHERE id = 1") == "40001"
    assert b.fails("SELECT 1") == "25P02"
    assert b.run("COMMIT") == "ROLLBACK"


def test_repeatable_read_gives_40001_after_a_wait(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = 11 WHERE id = 1")
    b.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
    b.run(f"SELECT * FROM {table}")
    waiting = b.start(f"DELETE FROM {table} WHERE id = 1")
    must_wait(waiting)
    a.run("COMMIT")
    assert sqlstate(waiting) == "40001"
    b.run("ROLLBACK")


def test_repeatable_read_goes_on_where_the_other_rolled_back(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = 11 WHERE id = 1")
    b.run("BEGIN ISOLATION LEVEL REPEATABLE READ")
    b.run(f"SELECT * FROM {table}")
    waiting = b.start(f"UPDATE {table} SET v = v + 5 WHERE id = 1 RETURNING v")
    must_wait(waiting)
    a.run("ROLLBACK")
    assert answer(waiting) == [(15,)]
    b.run("COMMIT")


def test_nowait_and_skip_locked(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"SELECT * FROM {table} WHERE id = 2 FOR UPDATE")
    assert b.fails(f"SELECT * FROM {table} WHERE id = 2 FOR UPDATE NOWAIT") == "55P03"
    assert b.run(f"SELECT id FROM {table} ORDER BY id FOR UPDATE SKIP LOCKED") == [(1,), (3,)]
    assert b.run(f"SELECT id FROM {table} WHERE id = 2") == [(2,)]
    a.run("COMMIT")


def test_row_strengths(clients, table):
    a, b = clients(2)
    one = f"SELECT id FROM {table} WHERE id = 1"
    goes_with = {
        "FOR UPDATE": [],
        "FOR NO KEY UPDATE": ["FOR KEY SHARE"],
        "FOR SHARE": ["FOR SHARE", "FOR KEY SHARE"],
        "FOR KEY SHARE": ["FOR NO KEY UPDATE", "FOR SHARE", "FOR KEY SHARE"],
    }
    for held, allowed in goes_with.items():
        a.run("BEGIN")
        a.run(f"{one} {held}")
        for asked in goes_with:
            b.run("BEGIN")
            if asked in allowed:
                assert b.run(f"{one} {asked} NOWAIT") == [(1,)], (held, asked)
            else:
                assert b.fails(f"{one} {asked} NOWAIT") == "55P03", (held, asked)
            b.run("ROLLBACK")
        a.run("COMMIT")


def test_a_locking_read_sees_the_row_as_it_is_after_the_wait(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = 77 WHERE id = 1")
    waiting = b.start(f"SELECT v FROM {table} WHERE id = 1 FOR UPDATE")
    must_wait(waiting)
    a.run("COMMIT")
    assert answer(waiting) == [(77,)]


def test_a_deadlock_ends_one_and_lets_the_other_go_on(clients, table):
    a, b = clients(2)
    for one, row in ((a, 1), (b, 2)):
        one.run("BEGIN")
        one.run(f"UPDATE {table} SET v = v + 1 WHERE id = {row}")
    first = a.start(f"UPDATE {table} SET v = v + 1 WHERE id = 2")
    must_wait(first)
    second = b.start(f"UPDATE {table} SET v = v + 1 WHERE id = 1")
    outcomes = []
    for one, future in ((a, first), (b, second)):
        try:
            outcomes.append(answer(future))
        except psycopg.Error as error:
            outcomes.append(error.sqlstate)
            one.run("ROLLBACK")
    assert sorted(outcomes) == ["40P01", "UPDATE 1"]
    for one in (a, b):
        one.run("COMMIT")
    assert a.run(f"SELECT v FROM {table} WHERE id < 3 ORDER BY id") == [(11,), (21,)]


def test_a_duplicate_key_waits_for_who_inserted_it_first(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"INSERT INTO {table} VALUES (9, 1)")
    waiting = b.start(f"INSERT INTO {table} VALUES (9, 2)")
    must_wait(waiting)
    a.run("COMMIT")
    assert sqlstate(waiting) == "23505"

    a.run("BEGIN")
    a.run(f"INSERT INTO {table} VALUES (10, 1)")
    waiting = b.start(f"INSERT INTO {table} VALUES (10, 2)")
    must_wait(waiting)
    a.run("ROLLBACK")
    assert answer(waiting) == "INSERT 0 1"


def test_on_conflict_do_nothing_waits_and_does_nothing(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"INSERT INTO {table} VALUES (9, 1)")
    waiting = b.start(f"INSERT INTO {table} VALUES (9, 2) ON CONFLICT DO NOTHING")
    must_wait(waiting)
    a.run("COMMIT")
    assert answer(waiting) == "INSERT 0 0"


def test_a_key_freed_by_a_delete_waits_for_its_commit(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"DELETE FROM {table} WHERE id = 1")
    waiting = b.start(f"INSERT INTO {table} VALUES (1, 2)")
    must_wait(waiting)
    a.run("COMMIT")
    assert answer(waiting) == "INSERT 0 1"


def test_alter_waits_for_readers_and_then_readers_wait_for_it(clients, table):
    a, b, c = clients(3)
    a.run("BEGIN")
    a.run(f"SELECT * FROM {table}")
    altering = b.start(f"ALTER TABLE {table} ADD COLUMN extra integer DEFAULT 5")
    must_wait(altering)
    reading = c.start(f"SELECT v FROM {table} WHERE id = 1")
    must_wait(reading)  # behind ALTER in the queue
    a.run("COMMIT")
    assert answer(altering) == "ALTER TABLE"
    assert answer(reading) == [(10,)]


def test_statements_wait_for_ddl_that_is_not_committed(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"ALTER TABLE {table} ADD COLUMN extra integer DEFAULT 5")
    waiting = b.start(f"SELECT * FROM {table} WHERE id = 1")
    must_wait(waiting)
    a.run("COMMIT")
    assert answer(waiting) == [(1, 10, 5)]


def test_a_dropped_table_is_gone_for_who_waited(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"DROP TABLE {table}")
    waiting = b.start(f"SELECT * FROM {table}")
    must_wait(waiting)
    a.run("COMMIT")
    assert sqlstate(waiting) == "42P01"


def test_lock_table_and_its_nowait(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"LOCK TABLE {table} IN SHARE MODE")
    assert b.run(f"SELECT count(*) FROM {table}") == [(3,)]
    b.run("BEGIN")
    assert b.fails(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE NOWAIT") == "55P03"
    b.run("ROLLBACK")
    waiting = b.start(f"UPDATE {table} SET v = 0 WHERE id = 1")
    must_wait(waiting)
    a.run("COMMIT")
    assert answer(waiting) == "UPDATE 1"


def test_truncate_waits_and_is_undone(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"TRUNCATE {table}")
    waiting = b.start(f"SELECT count(*) FROM {table}")
    must_wait(waiting)
    a.run("ROLLBACK")
    assert answer(waiting) == [(3,)]


def test_readers_without_locks_see_no_half_of_a_truncate_or_alter(clients, table):
    """Point lookups outside a block take no lock where nobody holds an exclusive one."""
    writer, *readers = clients(4)
    done = threading.Event()

    def read(client):
        count = 0
        while not done.is_set():
            rows = client.connection.execute(f"SELECT v, w FROM {table} WHERE id = %s", (2,), prepare=True).fetchall()
            assert len(rows) == 1 and rows[0][1] == rows[0][0] + 1, rows
            count += 1
        return count

    writer.run(f"ALTER TABLE {table} ADD COLUMN w integer DEFAULT 21")
    reading = [client.thread.submit(read, client) for client in readers]
    for i in range(100):
        with writer.connection.transaction():
            writer.run(f"TRUNCATE {table}")
            writer.run(f"INSERT INTO {table} (id, v, w) VALUES (2, {i}, {i + 1})")
        with writer.connection.transaction():
            writer.run(f"ALTER TABLE {table} DROP COLUMN w")
            writer.run(f"ALTER TABLE {table} ADD COLUMN w integer DEFAULT {i + 1}")
    done.set()
    assert all(future.result(ANSWER_SECONDS_MAX) > 100 for future in reading)


def test_what_waited_sees_the_first_change_after_a_restart(make_server):
    server = make_server()
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE t (id integer PRIMARY KEY, v integer)")
        connection.execute("INSERT INTO t VALUES (1, 10)")
    server.stop()
    server.start()
    a, b, c = (Client(server.dsn) for _ in range(3))
    a.run("BEGIN")
    a.run("TRUNCATE t")
    a.run("INSERT INTO t VALUES (2, 20)")
    inserting = b.start("INSERT INTO t VALUES (3, 30)")
    altering = c.start("ALTER TABLE t ADD COLUMN w integer DEFAULT 7")
    must_wait(inserting)
    must_wait(altering)
    a.run("COMMIT")
    assert answer(inserting) == "INSERT 0 1"
    assert answer(altering) == "ALTER TABLE"
    assert a.run("SELECT id, v, w FROM t ORDER BY id") == [(2, 20, 7), (3, 30, 7)]


def test_create_of_the_same_name_waits(clients, server):
    a, b = clients(2)
    a.run("BEGIN")
    a.run("CREATE TABLE isolation_made_twice (id integer)")
    waiting = b.start("CREATE TABLE isolation_made_twice (id integer)")
    must_wait(waiting)
    a.run("COMMIT")
    # PostgreSQL finds it in its catalog's unique index (23505) or, later, by name.
    assert sqlstate(waiting) in ("23505", "42P07")
    a.run("DROP TABLE isolation_made_twice")


def test_an_error_ends_the_block_until_rollback(clients, table):
    (a,) = clients(1)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = 0")
    assert a.fails("SELECT 1/0") == "22012"
    assert a.fails(f"SELECT * FROM {table}") == "25P02"
    assert a.run("ROLLBACK") == "ROLLBACK"
    assert a.run(f"SELECT sum(v)::int FROM {table}") == [(60,)]


def test_a_savepoint_gives_its_locks_back(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run("SAVEPOINT s")
    a.run(f"UPDATE {table} SET v = 0 WHERE id = 1")
    waiting = b.start(f"UPDATE {table} SET v = 5 WHERE id = 1")
    must_wait(waiting)
    a.run("ROLLBACK TO SAVEPOINT s")
    assert answer(waiting) == "UPDATE 1"
    a.run("COMMIT")


def test_lock_timeout(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = 0 WHERE id = 1")
    b.run("SET lock_timeout = '200ms'")
    assert b.fails(f"UPDATE {table} SET v = 1 WHERE id = 1") == "55P03"
    assert b.fails(f"DROP TABLE {table}") == "55P03"
    a.run("ROLLBACK")
    assert b.run(f"UPDATE {table} SET v = 1 WHERE id = 1") == "UPDATE 1"


def test_statement_timeout_while_waiting_and_while_working(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = 0 WHERE id = 1")
    b.run("SET statement_timeout = '200ms'")
    assert b.fails(f"UPDATE {table} SET v = 1 WHERE id = 1") == "57014"
    assert b.fails("SELECT pg_sleep(10)") == "57014"
    assert b.fails("SELECT count(*) FROM generate_series(1, 100000000000) g WHERE g < 0") == "57014"
    assert b.run("SELECT 1") == [(1,)]
    a.run("ROLLBACK")


@pytest.mark.parametrize("statement", [
    "UPDATE {table} SET v = 1 WHERE id = 1",
    "SELECT pg_sleep(30)",
    "SELECT count(*) FROM generate_series(1, 100000000000) g WHERE g < 0",
    "TRUNCATE {table}",
], ids=["row lock", "sleep", "work", "table lock"])
def test_cancel(clients, table, statement):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = 0 WHERE id = 1")
    waiting = b.start(statement.format(table=table))
    must_wait(waiting)
    started = time.monotonic()
    b.connection.cancel()
    assert sqlstate(waiting) == "57014"
    assert time.monotonic() - started < 5
    assert b.run("SELECT 1") == [(1,)]
    a.run("ROLLBACK")


def test_a_closed_connection_rolls_back_and_frees_its_locks(clients, table):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = 0 WHERE id = 1")
    waiting = b.start(f"UPDATE {table} SET v = v + 1 WHERE id = 1 RETURNING v")
    must_wait(waiting)
    a.connection.close()
    assert answer(waiting) == [(11,)]


@pytest.mark.parametrize("statement", ["SELECT pg_sleep(60)", "SELECT count(*) FROM generate_series(1, 1000000000)",
                                       "UPDATE {table} SET v = 1 WHERE id = 2"], ids=["sleep", "work", "row lock"])
def test_a_client_that_vanished_ends_its_statement(clients, table, server, statement):
    a, b = clients(2)
    a.run("BEGIN")
    a.run(f"UPDATE {table} SET v = 0 WHERE id = 2")
    gone = Protocol(server)
    gone.query("BEGIN")
    gone.query(f"UPDATE {table} SET v = 0 WHERE id = 1")
    gone.send(b"Q", statement.format(table=table).encode() + b"\0")
    waiting = b.start(f"UPDATE {table} SET v = v + 1 WHERE id = 1 RETURNING v")
    must_wait(waiting)
    gone.socket.close()
    assert answer(waiting) == [(11,)]
    a.run("ROLLBACK")


def test_an_idle_transaction_is_ended(clients, table, server):
    b, = clients(1)
    a = Protocol(server)
    a.query("SET idle_in_transaction_session_timeout = '300ms'")
    time.sleep(0.6)  # outside of a transaction nothing happens
    a.query("BEGIN")
    a.query(f"UPDATE {table} SET v = 0 WHERE id = 1")
    assert answer(b.start(f"UPDATE {table} SET v = v + 1 WHERE id = 1 RETURNING v")) == [(11,)]
    assert a.until(b"E")[-1][1][0] == "25P03"
    assert a.socket.recv(1) == b""


def test_an_idle_session_is_ended(server):
    a = Protocol(server)
    a.query("SET idle_session_timeout = 300")
    a.query("BEGIN")
    time.sleep(0.6)  # in a transaction the other limit holds
    a.query("COMMIT")
    assert a.until(b"E")[-1][1][0] == "57P05"
    assert a.socket.recv(1) == b""


def test_many_writers_of_one_row_lose_nothing(clients, table):
    everyone = clients(6)
    futures = [one.thread.submit(lambda one=one: [one.run(f"UPDATE {table} SET v = v + 1 WHERE id = 1")
                                                  for _ in range(25)]) for one in everyone]
    for future in futures:
        answer(future)
    assert everyone[0].run(f"SELECT v FROM {table} WHERE id = 1") == [(10 + 6 * 25,)]


def test_activity_shows_who_waits_for_whom(server, table, clients):
    holder, waiter = clients(2)
    holder.run("BEGIN")
    holder.run(f"UPDATE {table} SET v = 11 WHERE id = 1")
    waiting = waiter.start(f"UPDATE {table} SET v = 12 WHERE id = 1")
    pids = {name: client.connection.info.backend_pid for name, client in (("holder", holder), ("waiter", waiter))}
    with psycopg.connect(server.dsn, autocommit=True) as other:
        def activity(name):
            return other.execute("SELECT state, wait_event_type, wait_event, query, pg_blocking_pids(pid), "
                                 "xact_start <= query_start, query_start <= now() FROM pg_stat_activity "
                                 "WHERE pid = %s", (pids[name],)).fetchone()
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while activity("waiter")[1] != "Lock" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert activity("waiter")[:5] == ("active", "Lock", "transactionid",
                                          f"UPDATE {table} SET v = 12 WHERE id = 1", [pids["holder"]])
        assert activity("holder")[:3] == ("idle in transaction", "Client", "ClientRead")
        assert activity("holder")[4:] == ([], True, True)
        holder.run("COMMIT")
        waiting.result(ANSWER_SECONDS_MAX)
        assert activity("waiter")[:3] == ("idle", "Client", "ClientRead")
        assert other.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = pg_backend_pid() AND state = 'active' "
                             "AND backend_xid IS NULL").fetchone() == (1,)
