"""Goal: the admin API tells the truth about a running server and obeys. Method: plain HTTP, real processes."""

import http.client
import json

import psycopg
import pytest


def ask(server, method, path, body=None, headers=None):
    """One request: (status, headers, document)."""
    connection = http.client.HTTPConnection(server.host, server.admin_port, timeout=60)
    try:
        sent = {"Content-Type": "application/json"} if body is not None else {}
        sent.update(headers or {})
        connection.request(method, path, body, sent)
        reply = connection.getresponse()
        content = reply.read()
        return reply.status, dict(reply.getheaders()), json.loads(content) if content else None
    finally:
        connection.close()


def stats(server):
    status, _, document = ask(server, "GET", "/v1/stats")
    assert status == 200
    return document


@pytest.fixture
def table(connection):
    connection.execute("CREATE TABLE admin_test (id int PRIMARY KEY, filler text)")
    yield "public.admin_test"
    connection.execute("DROP TABLE admin_test")


def test_health(server):
    status, headers, document = ask(server, "GET", "/v1/health")
    assert status == 200
    assert document["status"] == "ok"
    assert headers["Content-Type"] == "application/json"


def test_health_by_head(server):
    status, headers, document = ask(server, "HEAD", "/v1/health")
    assert status == 200
    assert int(headers["Content-Length"]) > 0
    assert document is None


def test_stats_count_what_happens(server, connection, table):
    before = stats(server)
    for number in range(20):
        connection.execute(f"INSERT INTO {table} VALUES (%s, 'x')", (number,))
    after = stats(server)
    assert after["transactions"]["committed"] >= before["transactions"]["committed"] + 20
    assert after["statements"]["total"] >= before["statements"]["total"] + 20
    assert after["wal"]["bytes"] > before["wal"]["bytes"]
    assert after["sessions"]["open"] >= 1
    assert after["latency"]["p99_ms"] >= after["latency"]["p50_ms"] > 0
    assert after["lsm"]["memtable"]["bytes"] > 0
    for name in ("hits", "misses", "bytes", "bytes_max"):
        assert after["cache"][name] >= 0


def test_flush_moves_the_memtable_to_files(server, connection, table):
    connection.execute(f"INSERT INTO {table} SELECT 1, 'to the disk'")
    before = stats(server)["lsm"]
    status, _, document = ask(server, "POST", "/v1/flush")
    assert (status, document) == (200, {"status": "ok"})
    after = stats(server)["lsm"]
    assert after["flushes"] > before["flushes"]
    assert after["files"] >= 1
    assert after["bytes"] > 0
    assert connection.execute(f"SELECT filler FROM {table}").fetchone() == ("to the disk",)


@pytest.mark.parametrize("body", ["{}", '{"table": "public.admin_test"}', '{"table": "admin_test"}'])
def test_compact_keeps_rows_and_drops_versions(server, connection, table, body):
    dropped = stats(server)["lsm"]["compaction"]["entries_dropped"]
    filler = "x" * 1000
    for _ in range(3):
        for number in range(50):
            connection.execute(f"DELETE FROM {table} WHERE id = %s", (number,))
            connection.execute(f"INSERT INTO {table} VALUES (%s, %s)", (number, filler))
        assert ask(server, "POST", "/v1/flush")[0] == 200
    status, _, document = ask(server, "POST", "/v1/compact", body)
    assert status == 200
    assert document["status"] == "ok"
    assert document["bytes_before"] >= 0 and document["bytes_after"] >= 0  # both rough
    assert stats(server)["lsm"]["compaction"]["entries_dropped"] >= dropped + 100
    assert connection.execute(f"SELECT count(*), min(id), max(id) FROM {table}").fetchone() == (50, 0, 49)


def test_compact_of_an_unknown_table(server):
    status, _, document = ask(server, "POST", "/v1/compact", '{"table": "public.nowhere"}')
    assert status == 404
    assert document["error"]["sqlstate"] == "42P01"
    assert "nowhere" in document["error"]["message"]


def test_sessions_show_who_does_what(server):
    with psycopg.connect(server.dsn, application_name="admin test") as connection:
        connection.execute("SELECT 42")  # begins a transaction, and leaves it open
        _, _, document = ask(server, "GET", "/v1/sessions")
        mine = [one for one in document["sessions"] if one["application_name"] == "admin test"]
        assert len(mine) == 1
        assert mine[0]["pid"] == connection.info.backend_pid
        assert mine[0]["user"] == "shale"
        assert mine[0]["state"] == "idle in transaction"
        assert mine[0]["query"] == "SELECT 42"


@pytest.mark.parametrize("method, path, body, headers, expected", [
    ("GET", "/", None, {}, 404),
    ("GET", "/v1/flush", None, {}, 405),
    ("DELETE", "/v1/stats", None, {}, 405),
    ("POST", "/v1/compact", "{", {}, 400),
    ("POST", "/v1/compact", "{}", {"Content-Type": "text/plain"}, 415),
    ("POST", "/v1/compact", " " * 100_000, {}, 413),
    ("GET", "/v1/stats", None, {"X": "x" * 60_000}, 431),
    ("GET", "/v1/stats", None, {"Host": "evil.example"}, 403),
    ("POST", "/v1/flush", None, {"Origin": "http://evil.example"}, 403),
])
def test_refusals(server, method, path, body, headers, expected):
    status, _, document = ask(server, method, path, body, headers)
    assert status == expected
    assert document["error"]["code"] and document["error"]["message"]
    assert ask(server, "GET", "/v1/health")[0] == 200


def test_token(make_server):
    server = make_server(environment={"SHALE_ADMIN_TOKEN": "open sesame"})
    assert ask(server, "GET", "/v1/health")[0] == 200
    assert ask(server, "GET", "/v1/stats")[0] == 401
    assert ask(server, "GET", "/v1/stats", headers={"Authorization": "Bearer open sesame"})[0] == 200
    assert "open sesame" not in server.log()


def test_stop_waits_for_a_flush_and_then_ends(make_server):
    server = make_server()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
        connection.execute("INSERT INTO t VALUES (1)")
    idle = http.client.HTTPConnection(server.host, server.admin_port, timeout=60)
    idle.request("POST", "/v1/flush")
    assert idle.getresponse().read()
    assert server.stop() == 0
    idle.close()
