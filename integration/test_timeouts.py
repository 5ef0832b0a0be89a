"""Limits of time, as PostgreSQL has them: of statements, of waits for locks, of idle sessions, of transactions.

Method: each limit is set to a fraction of a second and runs out; the SQLSTATE, the text, and whether the connection lives on are
PostgreSQL's. transaction_timeout is PostgreSQL 17's.
"""

import itertools
import threading
import time

import psycopg
import pytest

LIMIT = "100ms"
SOON_SECONDS_MAX = 10

_numbers = itertools.count(1)


@pytest.fixture
def held(server, connection):
    """The name of a table whose one row another transaction has locked, with an advisory lock of the same number."""
    name = f"timeout_{next(_numbers)}"
    number = 5000 + next(_numbers)
    connection.execute(f"CREATE TABLE {name} (id integer PRIMARY KEY)")
    connection.execute(f"INSERT INTO {name} VALUES (1)")
    with psycopg.connect(server.dsn) as holder:
        holder.execute(f"SELECT * FROM {name} FOR UPDATE")
        holder.execute(f"SELECT pg_advisory_xact_lock({number})")
        yield name, number
        holder.rollback()
    connection.execute(f"DROP TABLE {name}")


@pytest.fixture
def waiter(server):
    one = psycopg.connect(server.dsn, autocommit=True)
    yield one
    one.close()


def waits(held):
    table, number = held
    return [f"SELECT * FROM {table} FOR UPDATE", f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
            f"SELECT pg_advisory_lock({number})", f"SELECT pg_advisory_xact_lock({number})"]


def fails(connection, statement):
    began = time.monotonic()
    with pytest.raises(psycopg.Error) as raised:
        connection.execute(statement)
    assert time.monotonic() - began < SOON_SECONDS_MAX
    return raised.value.sqlstate, str(raised.value).splitlines()[0]


def is_gone(connection):
    """Whether the server has closed the connection, and with which words."""
    deadline = time.monotonic() + SOON_SECONDS_MAX
    while time.monotonic() < deadline:
        try:
            time.sleep(0.3)
            connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            return error.sqlstate, str(error).splitlines()[0]
    return None


@pytest.mark.parametrize("number", range(4))
def test_lock_timeout(held, waiter, number):
    waiter.execute(f"SET lock_timeout = '{LIMIT}'")
    waiter.execute("BEGIN")
    assert fails(waiter, waits(held)[number]) == ("55P03", "canceling statement due to lock timeout")
    waiter.execute("ROLLBACK")
    assert waiter.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("number", range(4))
def test_statement_timeout_in_a_wait(held, waiter, number):
    waiter.execute(f"SET statement_timeout = '{LIMIT}'")
    waiter.execute("BEGIN")
    assert fails(waiter, waits(held)[number]) == ("57014", "canceling statement due to statement timeout")
    waiter.execute("ROLLBACK")
    assert waiter.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("number", range(4))
def test_cancel_in_a_wait(held, waiter, number):
    waiter.execute("BEGIN")
    waiter.execute("SET LOCAL statement_timeout = '10s'")
    with waiter.cursor() as cursor:
        timer = threading.Timer(0.3, waiter.cancel)
        timer.start()
        with pytest.raises(psycopg.errors.QueryCanceled) as raised:
            cursor.execute(waits(held)[number])
        timer.join()
    assert str(raised.value).splitlines()[0] == "canceling statement due to user request"
    waiter.execute("ROLLBACK")


def test_idle_in_transaction_session_timeout(waiter):
    waiter.execute(f"SET idle_in_transaction_session_timeout = '{LIMIT}'")
    assert waiter.execute("SELECT 1").fetchone() == (1,)
    waiter.execute("BEGIN")
    assert is_gone(waiter) == ("25P03", "terminating connection due to idle-in-transaction timeout")


def test_idle_session_timeout(waiter):
    waiter.execute(f"SET idle_session_timeout = '{LIMIT}'")
    assert is_gone(waiter) == ("57P05", "terminating connection due to idle-session timeout")


TRANSACTION_ENDED = ("25P04", "terminating connection due to transaction timeout")


def test_transaction_timeout_while_idle(waiter):
    waiter.execute(f"SET transaction_timeout = '{LIMIT}'")
    time.sleep(0.3)
    assert waiter.execute("SELECT 1").fetchone() == (1,)
    waiter.execute("BEGIN")
    assert is_gone(waiter) == TRANSACTION_ENDED


def test_transaction_timeout_of_one_statement(waiter):
    waiter.execute(f"SET transaction_timeout = '{LIMIT}'")
    assert fails(waiter, "SELECT pg_sleep(20)") == TRANSACTION_ENDED
    assert waiter.closed


def test_transaction_timeout_counts_from_the_beginning(waiter):
    waiter.execute("SET transaction_timeout = '600ms'")
    waiter.execute("BEGIN")
    time.sleep(0.2)
    began = time.monotonic()
    assert fails(waiter, "SELECT pg_sleep(20)") == TRANSACTION_ENDED
    assert time.monotonic() - began < 0.6


@pytest.mark.parametrize("number", range(4))
def test_transaction_timeout_in_a_wait(held, waiter, number):
    waiter.execute(f"SET transaction_timeout = '{LIMIT}'")
    waiter.execute("BEGIN")
    assert fails(waiter, waits(held)[number]) == TRANSACTION_ENDED


def test_the_shorter_limit_counts(waiter):
    waiter.execute("SET transaction_timeout = '20s'")
    waiter.execute(f"SET statement_timeout = '{LIMIT}'")
    assert fails(waiter, "SELECT pg_sleep(20)")[0] == "57014"
    waiter.execute(f"SET idle_in_transaction_session_timeout = '{LIMIT}'")
    waiter.execute("BEGIN")
    assert is_gone(waiter)[0] == "25P03"


def test_deadlock_timeout_has_postgresqls_bounds(waiter):
    assert waiter.execute("SHOW deadlock_timeout").fetchone() == ("1s",)
    assert fails(waiter, "SET deadlock_timeout = 0") == \
        ("22023", "0 ms is outside the valid range for parameter \"deadlock_timeout\" (1 .. 2147483647)")
