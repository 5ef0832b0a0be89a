"""Goal: what was backed up under load comes back, to the moment asked for. Method: real processes, sums that must agree."""

import datetime
import subprocess
import threading
import time

import psycopg
import pytest

from server import ShaleServer, binary_path, clean_environment
from test_admin import ask, stats

ACCOUNTS = 200


def run(*arguments):
    return subprocess.run([binary_path(), *map(str, arguments)], env=clean_environment(),
                          capture_output=True, text=True, timeout=120)


class Load:
    """Clients that move money between accounts and journal each move; the sum never changes."""

    def __init__(self, server, clients=3):
        self.server = server
        self.stopping = threading.Event()
        self.moves = 0
        self.errors = []
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(clients)]

    def _run(self, number):
        try:
            with psycopg.connect(self.server.dsn) as connection:
                n = 0
                while not self.stopping.is_set():
                    n += 1
                    a, b = sorted(((n * 7 + number) % ACCOUNTS, (n * 13 + number * 5 + 1) % ACCOUNTS))
                    connection.execute("UPDATE accounts SET balance = balance - 1 WHERE id = %s", (a,))
                    connection.execute("UPDATE accounts SET balance = balance + 1 WHERE id = %s", (b,))
                    connection.execute("INSERT INTO moves VALUES (%s, %s, %s, %s)", (number, n, a, b))
                    connection.commit()
                    self.moves += 1
        except psycopg.Error as error:
            self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        assert not self.errors


def prepare(server):
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL)")
        connection.execute("CREATE TABLE moves (client int, n int, a int, b int, PRIMARY KEY (client, n))")
        for number in range(ACCOUNTS):
            connection.execute("INSERT INTO accounts VALUES (%s, 1000)", (number,))


def moves_of(dsn):
    """How many moves are in, after checking that they explain every balance."""
    with psycopg.connect(dsn) as connection:
        balances = dict(connection.execute("SELECT id, balance FROM accounts").fetchall())
        assert sum(balances.values()) == 1000 * ACCOUNTS
        expected = dict.fromkeys(range(ACCOUNTS), 1000)
        moves = connection.execute("SELECT a, b FROM moves").fetchall()
        for a, b in moves:
            expected[a] -= 1
            expected[b] += 1
        assert balances == expected
        return len(moves)


def started_on(data_dir, tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    server = ShaleServer(folder)
    server.data_dir = data_dir
    return server


def wait_for(moves, load):
    goal = load.moves + moves
    deadline = time.monotonic() + 60
    while load.moves < goal and time.monotonic() < deadline and not load.errors:
        time.sleep(0.01)


def test_backup_under_load_restores(make_server, tmp_path):
    backups = tmp_path / "backups"
    server = make_server("--backup-dir", str(backups), "--memtable", "256kB")
    prepare(server)
    with Load(server) as load:
        wait_for(200, load)
        before = load.moves
        status, _, first = ask(server, "POST", "/v1/backup", '{"path": "nightly"}')
        assert status == 200, first
        assert first["files"] >= 1 and first["files_copied"] == first["files"]
        wait_for(200, load)
        status, _, linked = ask(server, "POST", "/v1/backup", '{"path": "clone/1", "link": true}')
        assert status == 200, linked
        assert linked["files_linked"] == linked["files"]
    total = moves_of(server.dsn)
    status, _, again = ask(server, "POST", "/v1/backup", '{"path": "nightly"}')
    assert status == 200, again
    assert again["sequence"] > linked["sequence"] > first["sequence"]
    assert ask(server, "POST", "/v1/check")[0] == 200

    # A copy restored, the linked one started in its place; both while the first server runs.
    ended = run("restore", "--from", backups / "nightly", "--data-dir", tmp_path / "restored")
    assert ended.returncode == 0, ended.stderr
    assert str(again["sequence"]) in ended.stdout
    assert run("check", "--data-dir", tmp_path / "restored").returncode == 0
    with started_on(tmp_path / "restored", tmp_path, "a") as restored:
        assert moves_of(restored.dsn) == total
    with started_on(backups / "clone" / "1", tmp_path, "b") as clone:
        assert before <= moves_of(clone.dsn) <= total
    assert moves_of(server.dsn) == total
    # The clone is a store now, and no backup.
    assert ask(server, "POST", "/v1/backup", '{"path": "clone/1"}')[0] == 409


@pytest.mark.parametrize("path", ["..", "../outside", "/etc/shale", "a/../../b", "", ".hidden"])
def test_backup_stays_below_its_directory(make_server, tmp_path, path):
    server = make_server("--backup-dir", str(tmp_path / "backups"))
    status, _, document = ask(server, "POST", "/v1/backup", '{"path": "%s"}' % path)
    assert status == 400
    assert document["error"]["sqlstate"] == "42602"


def test_backup_needs_a_directory(server):
    status, _, document = ask(server, "POST", "/v1/backup", '{"path": "x"}')
    assert status == 501
    assert document["error"]["sqlstate"] == "0A000"
    assert "--backup-dir" in document["error"]["hint"]


def test_damaged_backup_is_not_restored(make_server, tmp_path):
    backups = tmp_path / "backups"
    server = make_server("--backup-dir", str(backups))
    prepare(server)
    assert ask(server, "POST", "/v1/backup", '{"path": "b"}')[0] == 200
    table = sorted((backups / "b").glob("blobs/table-*"))[0]
    contents = bytearray(table.read_bytes())
    contents[50] ^= 1
    table.write_bytes(contents)
    ended = run("restore", "--from", backups / "b", "--data-dir", tmp_path / "restored")
    assert ended.returncode == 1
    assert table.name in ended.stderr


def test_recovery_to_a_moment(make_server, tmp_path):
    backups = tmp_path / "backups"
    archive = tmp_path / "archive"
    server = make_server("--backup-dir", str(backups), "--log-archive-dir", str(archive),
                         "--memtable", "256kB")
    prepare(server)
    status, _, backup = ask(server, "POST", "/v1/backup", '{"path": "base"}')
    assert status == 200, backup
    with Load(server) as load:
        wait_for(300, load)
    middle = moves_of(server.dsn)
    time.sleep(0.1)
    moment = datetime.datetime.now(datetime.timezone.utc)
    time.sleep(0.1)
    with psycopg.connect(server.dsn) as connection:
        connection.execute("DELETE FROM moves")  # the mistake
    assert stats(server)["wal"]["archive"]["failures"] == 0
    assert server.stop() == 0

    text = moment.strftime("%Y-%m-%d %H:%M:%S.%f")
    ended = run("restore", "--from", backups / "base", "--log-archive-dir", archive,
                "--data-dir", tmp_path / "before", "--until-time", text)
    assert ended.returncode == 0, ended.stderr
    with started_on(tmp_path / "before", tmp_path, "a") as restored:
        assert moves_of(restored.dsn) == middle
    ended = run("restore", "--from", backups / "base", "--log-archive-dir", archive,
                "--data-dir", tmp_path / "all")
    assert ended.returncode == 0, ended.stderr
    with started_on(tmp_path / "all", tmp_path, "b") as restored:
        with psycopg.connect(restored.dsn) as connection:
            assert connection.execute("SELECT count(*) FROM moves").fetchone() == (0,)
    # A moment before the backup, and another future of the same archive.
    ended = run("restore", "--from", backups / "base", "--log-archive-dir", archive,
                "--data-dir", tmp_path / "never", "--until-time", "2001-01-01 00:00:00")
    assert ended.returncode == 1
    assert "older backup" in ended.stderr
    again = started_on(tmp_path / "before", tmp_path, "c")
    ended = subprocess.run([*again.command(), "--log-archive-dir", str(archive)],
                           env=clean_environment(), capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "log archive" in ended.stderr
