"""Prepared statements and the catalog: a plan stays while what it was made from does, is made anew where that has
changed, and a promised result never changes.

Method: psycopg where it goes that far, a bare socket for portals; the statistics tell how many plans were made.
"""

import itertools
import json
import struct
import urllib.request

import psycopg
import pytest

from protocol import Protocol

ANSWER_SECONDS_MAX = 20

_numbers = itertools.count(1)


@pytest.fixture
def own(server):
    """A server's two connections and a schema of the test's own, first in the search path of both."""
    name = f"plans_{next(_numbers)}"
    with psycopg.connect(server.dsn, autocommit=True) as one, \
            psycopg.connect(server.dsn, autocommit=True) as other:
        for connection in (one, other):
            connection.prepare_threshold = 0
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name}", prepare=False)
            connection.execute(f"SET search_path = {name}_first, {name}", prepare=False)
        one.execute("CREATE TABLE t (id integer PRIMARY KEY, v text)", prepare=False)
        one.execute("INSERT INTO t VALUES (1, 'one'), (2, 'two')", prepare=False)
        yield name, one, other
        one.execute(f"DROP SCHEMA {name} CASCADE", prepare=False)


def plans_made(server):
    with urllib.request.urlopen(f"{server.admin_url}/v1/stats", timeout=ANSWER_SECONDS_MAX) as answer:
        stats = json.load(answer)
    value = stats
    for part in "statements.planned".split("."):
        value = value[part]
    return value


QUERIES = {
    "point": ("SELECT v FROM t WHERE id = %b", (1,), [("one",)]),
    "scan": ("SELECT count(*), max(v) FROM t WHERE v <> %b", ("",), [(2, "two")]),
    "insert": ("INSERT INTO t VALUES (%b, 'x') ON CONFLICT DO NOTHING RETURNING id", (1,), []),
    "update": ("UPDATE t SET v = v WHERE id = %b RETURNING v", (1,), [("one",)]),
    "regclass": ("SELECT ('t'::regclass)::oid = ('t'::regclass)::oid, %b::int", (1,), [(True, 1)]),
}


@pytest.mark.parametrize("query, parameters, expected", QUERIES.values(), ids=QUERIES.keys())
def test_a_plan_outlives_changes_elsewhere(server, own, query, parameters, expected):
    _, one, other = own
    assert one.execute(query, parameters).fetchall() == expected
    before = plans_made(server)
    for i in range(10):
        other.execute(f"CREATE TABLE elsewhere_{i} (id serial)", prepare=False)
        assert one.execute(query, parameters).fetchall() == expected
    made = plans_made(server) - before
    assert made == 0, f"{made} plans were made for one statement"
    other.execute("ALTER TABLE t ADD COLUMN more integer", prepare=False)
    if query.startswith("INSERT"):
        query = query.replace("'x')", "'x', 1)")
    assert one.execute(query, parameters).fetchall() == expected


def test_a_plan_without_an_index_that_was_too_young_is_made_anew(server, own):
    _, one, other = own
    one.execute("BEGIN ISOLATION LEVEL REPEATABLE READ", prepare=False)
    one.execute("SELECT count(*) FROM t", prepare=False)
    other.execute("CREATE INDEX ON t (v)", prepare=False)
    one.execute("PREPARE look AS SELECT id FROM t WHERE v = 'one'", prepare=False)
    made = []
    for end in (None, "COMMIT", None):
        if end:
            one.execute(end, prepare=False)
        before = plans_made(server)
        assert one.execute("EXECUTE look", prepare=False).fetchall() == [(1,)]
        made.append(plans_made(server) - before)
    assert made == [0, 1, 0]


def test_a_name_that_means_another_table_is_looked_up_again(own):
    name, one, other = own
    query, parameters = "SELECT v FROM t WHERE id = %b", (1,)
    assert one.execute(query, parameters).fetchall() == [("one",)]
    other.execute(f"CREATE SCHEMA {name}_first", prepare=False)
    other.execute(f"CREATE TABLE {name}_first.t (id integer PRIMARY KEY, v text)", prepare=False)
    assert one.execute(query, parameters).fetchall() == []
    other.execute(f"INSERT INTO {name}_first.t VALUES (1, 'first')", prepare=False)
    assert one.execute(query, parameters).fetchall() == [("first",)]
    other.execute(f"ALTER TABLE {name}_first.t RENAME TO u", prepare=False)
    assert one.execute(query, parameters).fetchall() == [("one",)]
    other.execute(f"DROP SCHEMA {name}_first CASCADE", prepare=False)
    assert one.execute(query, parameters).fetchall() == [("one",)]


def test_a_promised_result_does_not_change(own):
    _, one, other = own
    one.execute("PREPARE all_of_t AS SELECT * FROM t WHERE id = $1", prepare=False)
    one.execute("PREPARE v_of_t AS SELECT v FROM t WHERE id = $1", prepare=False)
    other.execute("ALTER TABLE t ADD COLUMN more integer", prepare=False)
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="cached plan must not change result type"):
        one.execute("EXECUTE all_of_t(1)", prepare=False)
    assert one.execute("EXECUTE v_of_t(1)", prepare=False).fetchall() == [("one",)]
    other.execute("ALTER TABLE t DROP COLUMN more", prepare=False)
    assert one.execute("EXECUTE all_of_t(1)", prepare=False).fetchall() == [(1, "one")]


@pytest.fixture
def protocol(server):
    client = Protocol(server)
    yield client
    client.socket.close()


def errors(messages):
    return [body for kind, body in messages if kind == b"E"]


CHANGED = ("0A000", "cached plan must not change result type")


@pytest.mark.parametrize("query, expected", [("SELECT * FROM {}.t", [CHANGED]), ("SELECT v FROM {}.t", [])],
                         ids=["result changes", "result stays"])
@pytest.mark.parametrize("bound", [False, True], ids=["parsed", "bound"])
def test_a_statement_parsed_or_bound_before_an_alter(own, protocol, query, expected, bound):
    name = own[0]
    protocol.query("BEGIN")
    protocol.parse(b"s", query.format(name).encode())
    if bound:
        protocol.bind(b"p", b"s")
    assert not errors(protocol.sync())
    assert not errors(protocol.query(f"ALTER TABLE {name}.t ADD COLUMN more integer DEFAULT 7"))
    if not bound:
        protocol.bind(b"p", b"s")
    protocol.execute(b"p")
    answers = protocol.sync()
    assert errors(answers) == expected
    assert [kind for kind, _ in answers].count(b"D") == (0 if expected else 2)
    protocol.query("ROLLBACK")
    # What the transaction changed is as it was, and so is what the statement promised.
    protocol.bind(b"", b"s")
    protocol.execute(b"")
    assert not errors(protocol.sync())


def test_the_same_text_parsed_again_promises_anew(own, protocol):
    name, one, _ = own
    text = f"SELECT * FROM {name}.t".encode()
    for columns in (2, 3):
        protocol.parse(b"", text)
        protocol.bind(b"", b"")
        protocol.send(b"D", b"P\0")
        protocol.execute(b"")
        answers = protocol.sync()
        assert not errors(answers)
        described = next(body for kind, body in answers if kind == b"T")
        assert struct.unpack("!h", described[:2])[0] == columns
        one.execute("ALTER TABLE t ADD COLUMN more integer", prepare=False) if columns == 2 else None
