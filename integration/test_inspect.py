"""Goal: check and dump tell the truth about a data directory and leave it as it is. Method: real processes."""

import hashlib
import subprocess

import psycopg
import pytest

from server import binary_path, clean_environment
from test_admin import ask


def run(*arguments):
    return subprocess.run([binary_path(), *map(str, arguments)], env=clean_environment(),
                          capture_output=True, text=True, timeout=60)


def digests(folder):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def flip(path, offset):
    contents = bytearray(path.read_bytes())
    contents[offset] ^= 0x20
    path.write_bytes(contents)


@pytest.fixture
def stopped(make_server):
    """A server that was stopped, with rows in tables and in the log."""
    server = make_server()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO t SELECT n, 'needle ' || n FROM generate_series(1, 500) n")
        assert ask(server, "POST", "/v1/flush")[0] == 200
        connection.execute("INSERT INTO t VALUES (501, 'in the log')")
    assert server.stop() == 0
    return server


def test_check_of_a_sound_directory_changes_nothing(stopped):
    before = digests(stopped.data_dir)
    ended = run("check", "--data-dir", stopped.data_dir)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "no problem found" in ended.stdout
    assert digests(stopped.data_dir) == before


def test_check_after_a_kill(make_server):
    server = make_server()
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
    server.kill()
    ended = run("check", "--data-dir", server.data_dir)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "not closed" in ended.stdout


@pytest.mark.parametrize("kind", ["blobs/table-*", "log/wal-*"])
def test_check_names_file_and_offset(stopped, kind):
    path = sorted(stopped.data_dir.glob(kind))[0]
    flip(path, 100)
    ended = run("check", "--data-dir", stopped.data_dir)
    assert ended.returncode == 1
    assert path.name in ended.stdout
    assert "offset" in ended.stdout


def test_check_of_a_running_server_is_refused(make_server):
    server = make_server()
    ended = run("check", "--data-dir", server.data_dir)
    assert ended.returncode == 1
    assert "in use" in ended.stderr


def test_check_of_no_data_directory(tmp_path):
    ended = run("check", "--data-dir", tmp_path / "none")
    assert ended.returncode == 1
    assert "none" in ended.stderr
    assert not (tmp_path / "none").exists()


def test_check_of_an_open_store(make_server):
    server = make_server()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
        connection.execute("INSERT INTO t SELECT g FROM generate_series(1, 1000) AS g")
        assert ask(server, "POST", "/v1/flush")[0] == 200
        assert ask(server, "POST", "/v1/check")[:3:2] == (200, {"status": "ok"})
        # Damaged behind the server's back: what it has in its cache does not hide that.
        table = sorted(server.data_dir.glob("blobs/table-*"))[0]
        flip(table, 40)
        status, _, document = ask(server, "POST", "/v1/check")
        assert status == 500
        assert document["error"]["sqlstate"] == "XX001"
        assert table.name in document["error"]["message"]


def test_dump_of_every_file(stopped):
    for path in [*stopped.data_dir.glob("blobs/*"), *stopped.data_dir.glob("log/*"),
                 *stopped.data_dir.glob("registers/*")]:
        ended = run("dump", path)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert path.name.split("~")[0] in ended.stdout
    table = sorted(stopped.data_dir.glob("blobs/table-*"))[0]
    assert run("dump", table).stdout.count("needle") > 100
    assert run("dump", table, "--entries", "3").stdout.count(" put ") <= 3


def test_dump_of_a_directory_of_a_running_server(server):
    ended = run("dump", server.data_dir)
    assert "manifest-" in ended.stdout
    assert "register" in ended.stdout


def test_dump_stops_at_damage(stopped):
    table = sorted(stopped.data_dir.glob("blobs/table-*"), key=lambda path: path.stat().st_size)[-1]
    flip(table, 60)
    ended = run("dump", table)
    assert ended.returncode == 1
    assert "STOPS" in ended.stdout and "offset" in ended.stdout
    assert table.name in ended.stderr


def test_dump_of_something_else(tmp_path):
    (tmp_path / "notes").write_text("hello")
    ended = run("dump", tmp_path / "notes")
    assert ended.returncode == 1
    assert "notes" in ended.stderr
