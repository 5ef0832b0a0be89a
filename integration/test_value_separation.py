"""Goal: large values kept apart from the tables are there, whole, through the real server: after overwriting and
compacting, after a kill, in a backup, and a damaged one is named. Method: --value-separation, rows of a few KiB."""

import hashlib
import subprocess

import psycopg
import pytest

from server import binary_path, clean_environment
from test_admin import ask

ROWS = 300


def text_of(number, version):
    seed = hashlib.sha256(f"{number}/{version}".encode()).hexdigest()
    return seed * (20 + number % 60)


def check(server):
    with psycopg.connect(server.dsn) as connection:
        rows = connection.execute("SELECT id, body FROM documents ORDER BY id").fetchall()
        one = connection.execute("SELECT body FROM documents WHERE id = 7").fetchone()[0]
    assert [number for number, _ in rows] == list(range(ROWS))
    assert all(body == text_of(number, number % 2) for number, body in rows)
    assert one == text_of(7, 1)


def values(server):
    return sorted(server.data_dir.glob("blobs/values-*"))


@pytest.fixture
def server(make_server, tmp_path):
    """Every row was written, flushed, and every second one written again."""
    server = make_server("--value-separation", "1kB", "--backup-dir", str(tmp_path / "backups"))
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE documents (id int PRIMARY KEY, body text)")
        with connection.cursor() as cursor, cursor.copy("COPY documents FROM STDIN") as copy:
            for number in range(ROWS):
                copy.write_row((number, text_of(number, 0)))
        assert ask(server, "POST", "/v1/flush")[0] == 200
        for number in range(1, ROWS, 2):
            connection.execute("UPDATE documents SET body = %s WHERE id = %s", (text_of(number, 1), number))
        assert ask(server, "POST", "/v1/flush")[0] == 200
    return server


def test_values_outlive_compactions_and_kills(server):
    assert values(server)
    check(server)
    assert ask(server, "POST", "/v1/compact")[0] == 200
    check(server)
    server.kill()
    server.start()
    check(server)
    assert ask(server, "POST", "/v1/check")[0] == 200
    assert values(server)


def test_a_backup_has_them(server, tmp_path):
    assert ask(server, "POST", "/v1/backup", '{"path": "one"}')[0] == 200
    assert server.stop() == 0
    restored = tmp_path / "restored"
    ended = subprocess.run([binary_path(), "restore", "--from", str(tmp_path / "backups/one"), "--data-dir",
                            str(restored)],
                           env=clean_environment(), capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    server.data_dir = restored
    server.start()
    check(server)


def test_a_damaged_one_is_named(server):
    assert server.stop() == 0
    path = values(server)[0]
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 0x20
    path.write_bytes(contents)
    ended = subprocess.run([binary_path(), "check", "--data-dir", str(server.data_dir)], env=clean_environment(),
                           capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert path.name in ended.stdout + ended.stderr
