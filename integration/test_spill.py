"""Goal: what statements put on disk beyond work_mem goes with them, tells nothing where the store is
encrypted, and is gone after a crash. Method: real processes, the folder of temporary files looked at while a
statement that needs them is held between two fetches."""

import secrets
import time

import psycopg
import pytest

MARKER = "marker-of-a-spilled-row"
# More than sockets hold.
ROWS = 200000
BIG_SORT = f"SELECT '{MARKER} ' || g || repeat('x', 150) FROM generate_series(1, {ROWS}) AS g ORDER BY g % 1000, g DESC"


def temporary_files(server):
    return sorted((server.data_dir / "scratch").iterdir())


class HeldQuery:
    """A sort whose first row has been read and whose files are there."""

    def __init__(self, server):
        self.connection = psycopg.connect(server.dsn)
        self.connection.execute("SET work_mem = '1MB'")
        self.rows = self.connection.cursor().stream(BIG_SORT)
        next(self.rows)
        deadline = time.monotonic() + 30
        while not temporary_files(server) and time.monotonic() < deadline:
            time.sleep(0.01)

    def end(self):
        self.rows.close()
        self.connection.close()


def wait_until_empty(server):
    deadline = time.monotonic() + 30
    while temporary_files(server):
        assert time.monotonic() < deadline, temporary_files(server)
        time.sleep(0.01)


def test_files_go_with_the_statement(make_server):
    server = make_server()
    query = HeldQuery(server)
    assert temporary_files(server)
    assert sum(1 for _ in query.rows) == ROWS - 1
    wait_until_empty(server)
    query.end()


def test_files_go_when_the_statement_is_cancelled(make_server):
    server = make_server()
    with psycopg.connect(server.dsn) as connection:
        connection.execute("SET work_mem = '64kB'")
        connection.execute("SET statement_timeout = '300ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT count(*) FROM (SELECT g FROM generate_series(1, 100000000) AS g ORDER BY g DESC) AS q")
    wait_until_empty(server)


def test_files_go_with_the_connection(make_server):
    server = make_server()
    query = HeldQuery(server)
    query.connection.close()
    wait_until_empty(server)


def test_files_go_at_the_start_after_a_crash(make_server):
    server = make_server()
    query = HeldQuery(server)
    assert temporary_files(server)
    server.kill()
    assert temporary_files(server)
    server.start()
    assert not temporary_files(server)
    query.connection.close()


def test_files_of_an_encrypted_store_tell_nothing(make_server, tmp_path):
    key = tmp_path / "key"
    key.write_text(secrets.token_hex(32) + "\n")
    key.chmod(0o600)
    for options, is_told in (((), True), (("--encryption-key-file", str(key)), False)):
        server = make_server(*options)
        query = HeldQuery(server)
        found = any(MARKER.encode() in path.read_bytes() for path in temporary_files(server))
        assert found == is_told
        query.end()
        server.stop()
