"""pg_cancel_backend and pg_terminate_backend, and functions that wait."""

import threading
import time

import psycopg
import pytest

SECONDS_MAX = 20


def connect(server):
    return psycopg.connect(host=server.host, port=server.port, user="shale", dbname="shale", autocommit=True)


def in_background(connection, statement):
    """Runs it; the list holds its error, or None, once it has ended."""
    ended = []

    def run():
        try:
            connection.execute(statement)
            ended.append(None)
        except psycopg.Error as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, ended


def await_active(watcher, pid, text):
    began = time.monotonic()
    while time.monotonic() - began < SECONDS_MAX:
        row = watcher.execute("SELECT state, query FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()
        if row and row[0] == "active" and text in row[1]:
            return
        time.sleep(0.01)
    raise AssertionError(f"session {pid} does not run {text}")


def test_cancel_interrupts_the_statement_only(server):
    with connect(server) as watcher, connect(server) as other:
        pid = other.info.backend_pid
        thread, ended = in_background(other, "SELECT pg_sleep(60)")
        await_active(watcher, pid, "pg_sleep")
        assert watcher.execute("SELECT pg_cancel_backend(%s)", (pid,)).fetchone() == (True,)
        thread.join(SECONDS_MAX)
        assert isinstance(ended[0], psycopg.errors.QueryCanceled)
        assert other.execute("SELECT 1").fetchone() == (1,)


def test_cancel_reaches_large_values(server):
    """A batch of rows, each of which takes long to be made."""
    with connect(server) as watcher, connect(server) as other:
        pid = other.info.backend_pid
        other.execute("CREATE TABLE large_values (j jsonb)")
        other.execute("INSERT INTO large_values SELECT '[]' FROM generate_series(1, 400)")
        thread, ended = in_background(other, "UPDATE large_values SET j[400000] = '1'")
        await_active(watcher, pid, "UPDATE large_values")
        time.sleep(0.1)
        started = time.monotonic()
        watcher.execute("SELECT pg_cancel_backend(%s)", (pid,))
        thread.join(SECONDS_MAX)
        assert time.monotonic() - started < 0.5
        assert isinstance(ended[0], psycopg.errors.QueryCanceled)
        other.execute("DROP TABLE large_values")


@pytest.mark.parametrize("statement", ["SELECT pg_sleep(60)", "SELECT pg_advisory_lock(77)", None],
                         ids=["running", "waiting for a lock", "idle in a transaction"])
def test_terminate_ends_the_session(server, statement):
    with connect(server) as watcher:
        other = connect(server)
        pid = other.info.backend_pid
        other.execute("BEGIN")
        other.execute("CREATE TABLE of_the_terminated (id int)")
        watcher.execute("SELECT pg_advisory_lock(77)")
        if statement:
            thread, ended = in_background(other, statement)
            await_active(watcher, pid, statement.split("(")[0].split()[-1])
        assert watcher.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,)).fetchone() == (True,)
        if statement:
            thread.join(SECONDS_MAX)
            assert isinstance(ended[0], (psycopg.errors.AdminShutdown, psycopg.OperationalError)), ended
        assert watcher.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone() == (0,)
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")
        # What it had not committed is gone.
        assert watcher.execute("SELECT to_regclass('of_the_terminated')").fetchone() == (None,)
        watcher.execute("SELECT pg_advisory_unlock(77)")


def test_a_session_may_end_itself(server):
    with connect(server) as one:
        with pytest.raises((psycopg.errors.AdminShutdown, psycopg.OperationalError)):
            one.execute("SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(60)")


def test_no_such_session(server):
    with connect(server) as one:
        notices = []
        one.add_notice_handler(lambda notice: notices.append((notice.sqlstate, notice.message_primary)))
        assert one.execute("SELECT pg_cancel_backend(1), pg_terminate_backend(1)").fetchone() == (False, False)
        assert notices == [("01000", "PID 1 is not a PostgreSQL backend process")] * 2
        with pytest.raises(psycopg.errors.NumericValueOutOfRange):
            one.execute("SELECT pg_terminate_backend(1, -1)")


def test_sleeping(server):
    with connect(server) as one:
        began = time.monotonic()
        one.execute("SELECT pg_sleep_for('0.2 s'), pg_sleep_until(clock_timestamp() + '0.2 s')")
        assert time.monotonic() - began >= 0.3
        one.execute("SELECT pg_sleep_for('-1 day'), pg_sleep_until('2000-01-01'), pg_sleep_until('-infinity')")
