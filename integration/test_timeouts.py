"""Limits of time, as PostgreSQL has them: of statements, of waits for locks, of idle sessions, of transactions.

Method: each limit is set to a fraction of a second and runs out; the SQLSTATE, the text, and whether the connection lives on are
PostgreSQL's. transaction_timeout is PostgreSQL 17's.
"""

import itertools
import threading
import time

import psycopg
import pytest

from protocol import Protocol

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


@pytest.fixture
def client(server):
    """A client whose connection the server ends: drivers keep no SQLSTATE of that."""
    one = Protocol(server)
    yield one
    one.socket.close()


def ended(client):
    """The SQLSTATE and words with which the server ends the connection, soon."""
    began = time.monotonic()
    error = client.until(b"E")[-1][1]
    assert time.monotonic() - began < SOON_SECONDS_MAX
    assert client.socket.recv(1) == b""
    return error[0], error[1]


def start(client, statement):
    client.send(b"Q", statement.encode() + b"\0")


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


def test_idle_in_transaction_session_timeout(client):
    client.query(f"SET idle_in_transaction_session_timeout = '{LIMIT}'")
    client.query("BEGIN")
    assert ended(client) == ("25P03", "terminating connection due to idle-in-transaction timeout")


def test_idle_session_timeout(client):
    client.query(f"SET idle_session_timeout = '{LIMIT}'")
    assert ended(client) == ("57P05", "terminating connection due to idle-session timeout")


TRANSACTION_ENDED = ("25P04", "terminating connection due to transaction timeout")


def test_transaction_timeout_while_idle(client):
    client.query(f"SET transaction_timeout = '{LIMIT}'")
    time.sleep(0.3)
    client.query("SELECT 1")
    client.query("BEGIN")
    assert ended(client) == TRANSACTION_ENDED


def test_transaction_timeout_in_an_idle_pipeline(client):
    client.query(f"SET transaction_timeout = '{LIMIT}'")
    client.parse(b"", b"SELECT 1")
    client.bind(b"", b"")
    client.execute(b"")
    client.send(b"H")  # Flush, and no Sync follows
    assert ended(client) == TRANSACTION_ENDED


def test_transaction_timeout_of_one_statement(client):
    client.query(f"SET transaction_timeout = '{LIMIT}'")
    start(client, "SELECT pg_sleep(20)")
    assert ended(client) == TRANSACTION_ENDED


def test_transaction_timeout_of_one_message(client):
    client.query("SET transaction_timeout = '600ms'")
    start(client, "SELECT pg_sleep(0.3); " * 10)
    assert ended(client) == TRANSACTION_ENDED


def test_transaction_timeout_counts_from_the_beginning(client):
    client.query("SET transaction_timeout = '2s'")
    client.query("BEGIN")
    time.sleep(1)
    began = time.monotonic()
    start(client, "SELECT pg_sleep(20)")
    assert ended(client) == TRANSACTION_ENDED
    assert time.monotonic() - began < 1.8


@pytest.mark.parametrize("number", range(4))
def test_transaction_timeout_in_a_wait(held, client, number):
    client.query(f"SET transaction_timeout = '{LIMIT}'")
    client.query("BEGIN")
    start(client, waits(held)[number])
    assert ended(client) == TRANSACTION_ENDED


def test_the_shorter_limit_counts(client):
    client.query("SET transaction_timeout = '20s'")
    client.query(f"SET statement_timeout = '{LIMIT}'")
    assert client.query("SELECT pg_sleep(20)")[-2][1][0] == "57014"
    client.query(f"SET idle_in_transaction_session_timeout = '{LIMIT}'")
    client.query("BEGIN")
    assert ended(client)[0] == "25P03"


def test_deadlock_timeout_has_postgresqls_bounds(waiter):
    assert waiter.execute("SHOW deadlock_timeout").fetchone() == ("1s",)
    assert fails(waiter, "SET deadlock_timeout = 0") == \
        ("22023", "0 ms is outside the valid range for parameter \"deadlock_timeout\" (1 .. 2147483647)")
