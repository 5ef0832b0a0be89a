"""shale.as_of: reading what was, tables that were altered or dropped since included, within version_retention."""

import datetime
import time

import psycopg
import pytest

pytestmark = pytest.mark.slow

RETENTION_SECONDS = 60
MARK_SECONDS = 1.3  # times are told apart by about a second


def connect(server):
    return psycopg.connect(server.dsn, autocommit=True)


def rows(connection, text):
    return connection.execute(text).fetchall()


def fails(connection, text, sqlstate, message=None, detail=None):
    with pytest.raises(psycopg.Error) as raised:
        connection.execute(text)
    assert raised.value.sqlstate == sqlstate, raised.value
    if message:
        assert raised.value.diag.message_primary == message
    if detail:
        assert detail in raised.value.diag.message_detail
    return raised.value


def moment(connection):
    """A time that shows all that has been committed, and nothing of what follows."""
    time.sleep(MARK_SECONDS)
    now = rows(connection, "SELECT clock_timestamp()::text")[0][0]
    time.sleep(MARK_SECONDS)
    return now


@pytest.fixture(scope="module")
def history(tmp_path_factory, binary):
    from server import ShaleServer
    with ShaleServer(tmp_path_factory.mktemp("past"), "--version-retention", str(RETENTION_SECONDS)) as server:
        with connect(server) as one:
            times = {"empty": moment(one)}
            one.execute("CREATE TABLE account (id integer PRIMARY KEY, amount integer); "
                        "CREATE TABLE dropped (id integer PRIMARY KEY); CREATE TABLE emptied (id integer); "
                        "INSERT INTO account SELECT n, 100 FROM generate_series(1, 1000) n; "
                        "INSERT INTO dropped VALUES (1), (2); INSERT INTO emptied VALUES (7)")
            times["first"] = moment(one)
            one.execute("UPDATE account SET amount = amount + id; DELETE FROM account WHERE id > 900; "
                        "DROP TABLE dropped; TRUNCATE emptied; "
                        "ALTER TABLE account ADD COLUMN note text DEFAULT 'new'; ALTER TABLE account RENAME amount TO total; "
                        "CREATE TABLE later (id integer PRIMARY KEY)")
            times["second"] = moment(one)
            one.execute("DELETE FROM account; CHECKPOINT")
            one.execute("VACUUM")
        yield server, times


def test_each_time_shows_what_was(history):
    server, times = history
    with connect(server) as one:
        assert rows(one, "SELECT count(*) FROM account") == [(0,)]
        one.execute(f"SET shale.as_of = '{times['second']}'")
        assert rows(one, "SELECT count(*), sum(total), max(note) FROM account") == [(900, 90000 + 900 * 901 // 2, "new")]
        assert rows(one, "SELECT total FROM account WHERE id = 5") == [(105,)]
        assert rows(one, "SELECT count(*) FROM later") == [(0,)]
        fails(one, "SELECT * FROM dropped", "42P01")
        one.execute(f"SET shale.as_of = '{times['first']}'")
        assert rows(one, "SELECT count(*), sum(amount) FROM account") == [(1000, 100000)]
        assert rows(one, "SELECT amount FROM account WHERE id = 950") == [(100,)]
        assert rows(one, "SELECT * FROM dropped ORDER BY id") == [(1,), (2,)]
        assert rows(one, "SELECT * FROM emptied") == [(7,)]
        fails(one, "SELECT total FROM account", "42703")
        fails(one, "SELECT * FROM later", "42P01")
        assert rows(one, "SELECT relname FROM pg_class WHERE relname IN ('dropped', 'later')") == [("dropped",)]
        with one.cursor() as cursor, cursor.copy("COPY dropped TO STDOUT") as copy:
            assert [row[0] for row in copy.rows()] == ["1", "2"]
        one.execute(f"SET shale.as_of = '{times['empty']}'")
        fails(one, "SELECT * FROM account", "42P01")
        one.execute("RESET shale.as_of")
        assert rows(one, "SELECT count(*) FROM account") == [(0,)]


def test_prepared_statements_go_with_the_time(history):
    server, times = history
    with connect(server) as one:
        for _ in range(2):
            for at, count in (("", 0), (times["second"], 900), (times["first"], 1000)):
                one.execute(f"SET shale.as_of = '{at}'")
                found = one.execute("SELECT count(*) FROM account WHERE id > %s", (0,), prepare=True).fetchall()
                assert found == [(count,)]


def test_a_transaction_reads_one_time(history):
    server, times = history
    with connect(server) as one:
        one.execute(f"BEGIN; SET LOCAL shale.as_of = '{times['first']}'")
        assert rows(one, "SHOW transaction_read_only") == [("on",)]
        assert rows(one, "SELECT count(*) FROM account") == [(1000,)]
        fails(one, f"SET LOCAL shale.as_of = '{times['second']}'", "25001", "shale.as_of must be set before any query")
        one.execute("ROLLBACK")
        assert rows(one, "SHOW shale.as_of") == [("",)]
        one.execute("BEGIN; SELECT 1")
        fails(one, f"SET LOCAL shale.as_of = '{times['second']}'", "25001")
        one.execute("ROLLBACK")
        one.execute(f"BEGIN; SELECT set_config('shale.as_of', '', true); COMMIT")
        # What has but been planned is of then, too.
        one.execute(f"BEGIN; SET LOCAL shale.as_of = '{times['first']}'; EXPLAIN SELECT * FROM account")
        fails(one, "SET LOCAL shale.as_of = ''", "25001", "shale.as_of must be set before any query")
        one.execute("ROLLBACK")
        one.execute(f"BEGIN; SET LOCAL shale.as_of = '{times['first']}'; COMMIT AND CHAIN")
        assert rows(one, "SHOW transaction_read_only") == [("off",)]
        one.execute("ROLLBACK")


@pytest.mark.parametrize("statement", [
    "INSERT INTO account VALUES (1, 1)", "UPDATE account SET amount = 0", "DELETE FROM account",
    "CREATE TABLE x (id integer)", "DROP TABLE account", "TRUNCATE account", "COPY account FROM STDIN",
    "SELECT * FROM account FOR UPDATE", "UPDATE account SET amount = 0 WHERE id = 1"])
def test_nothing_is_written_in_the_past(history, statement):
    server, times = history
    with connect(server) as one:
        one.execute(f"SET shale.as_of = '{times['first']}'")
        fails(one, statement, "25006")
        one.execute("BEGIN")
        fails(one, "SET TRANSACTION READ WRITE", "25006")


def test_times_that_cannot_be_read(history):
    server, times = history
    with connect(server) as one:
        tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        fails(one, f"SET shale.as_of = '{tomorrow.isoformat()}'", "22023", detail="The time lies in the future.")
        fails(one, "SET shale.as_of = 'infinity'", "22023")
        fails(one, "SET shale.as_of = 'no time'", "22023", 'invalid value for parameter "shale.as_of": "no time"')
        one.execute("SET shale.as_of = '2020-01-01'")
        assert rows(one, "SHOW shale.as_of") == [("2020-01-01 00:00:00+00",)]
        error = fails(one, "SELECT 1 FROM account", "72000", "shale.as_of is older than what is kept",
                      "The oldest time that can be read is ")
        oldest = error.diag.message_detail.removeprefix("The oldest time that can be read is ").rstrip(".")
        one.execute(f"SET shale.as_of = '{oldest}'")
        fails(one, "SELECT 1 FROM account", "42P01")
        one.execute("SET shale.as_of = ''; SET default_transaction_isolation = 'serializable'")
        one.execute(f"SET shale.as_of = '{times['first']}'")
        fails(one, "SELECT 1 FROM account", "0A000")


def test_without_retention_there_is_no_past(make_server):
    server = make_server()
    with connect(server) as one:
        assert rows(one, "SHOW version_retention") == [("0",)]
        one.execute("CREATE TABLE t (id integer)")
        one.execute("SET shale.as_of = 'now'")
        time.sleep(0.1)
        error = fails(one, "SELECT * FROM t", "72000")
        assert "--version-retention" in error.diag.message_hint


def test_it_ends_with_the_retention(make_server):
    server = make_server("--version-retention", "3")
    with connect(server) as one:
        assert rows(one, "SHOW version_retention") == [("3",)]
        one.execute("CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 0)")
        at = moment(one)
        one.execute("UPDATE t SET n = 1")
        one.execute(f"SET shale.as_of = '{at}'")
        assert rows(one, "SELECT n FROM t") == [(0,)]
        time.sleep(4)
        one.execute("RESET shale.as_of; UPDATE t SET n = 2; CHECKPOINT")
        one.execute("VACUUM")
        one.execute(f"SET shale.as_of = '{at}'")
        fails(one, "SELECT n FROM t", "72000", detail="The oldest time that can be read is ")


def test_the_past_outlives_a_restart(make_server):
    server = make_server("--version-retention", "600")
    with connect(server) as one:
        one.execute("CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 0)")
        at = moment(one)
        one.execute("UPDATE t SET n = 1; CHECKPOINT")
        time.sleep(MARK_SECONDS)
    for end in ("stop", "kill"):
        getattr(server, end)()
        server.start()
        with connect(server) as one:
            one.execute(f"SET shale.as_of = '{at}'")
            assert rows(one, "SELECT n FROM t") == [(0,)]
