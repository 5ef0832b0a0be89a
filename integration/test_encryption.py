"""Goal: an encrypted store starts with its key alone and its files tell nothing. Method: real processes,
every file of the data directory searched."""

import json
import secrets
import subprocess
import urllib.request

import psycopg
import pytest

from server import clean_environment

MARKER = "plaintext-marker-that-no-file-may-hold"


def key_file(folder, name, mode=0o600):
    path = folder / name
    path.write_text(secrets.token_hex(32) + "\n")
    path.chmod(mode)
    return path


def start_fails(server, *options):
    """Runs the server's command with these options alone, expecting it to end; gives what it said."""
    server.options = list(options)
    ended = subprocess.run(server.command(), env=clean_environment(), capture_output=True, text=True,
                           timeout=60)
    assert ended.returncode != 0
    return ended.stderr + ended.stdout


def files_with(server, text):
    return [path for path in server.data_dir.rglob("*")
            if path.is_file() and text.encode() in path.read_bytes()]


def post(server, path):
    request = urllib.request.Request(server.admin_url + path, data=b"{}", method="POST",
                                     headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def encryption_of(server):
    with urllib.request.urlopen(server.admin_url + "/v1/stats", timeout=60) as response:
        return json.load(response)["encryption"]


def fill(server):
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, body text)")
        for number in range(50):
            connection.execute("INSERT INTO t VALUES (%s, %s)", (number, f"{MARKER} {number}"))


def check(server):
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute(
            "SELECT count(*) FROM t WHERE body LIKE %s", (MARKER + " %",)).fetchone() == (50,)


@pytest.mark.parametrize("encrypted", [True, False])
def test_files_tell_nothing(make_server, tmp_path, encrypted):
    options = ["--encryption-key-file", str(key_file(tmp_path, "key"))] if encrypted else []
    server = make_server(*options, start=False)
    server.start()
    fill(server)
    assert bool(files_with(server, MARKER)) == (not encrypted)
    post(server, "/v1/flush")
    post(server, "/v1/compact")
    check(server)
    assert encryption_of(server)["enabled"] == int(encrypted)
    server.kill()
    server.start()
    check(server)
    assert server.stop() == 0
    assert encrypted or files_with(server, "SHALETBL")  # the search looks where tables are
    if encrypted:
        assert not files_with(server, MARKER)


def test_each_wrong_key_is_told_apart(make_server, tmp_path):
    key = key_file(tmp_path, "key")
    server = make_server("--encryption-key-file", str(key))
    fill(server)
    assert server.stop() == 0
    missing = start_fails(server)
    assert "the store is encrypted, but no encryption key was given" in missing
    assert "--encryption-key-file" in missing
    wrong = start_fails(server, "--encryption-key-file", str(key_file(tmp_path, "other")))
    assert "wrong encryption key" in wrong
    open_to_all = start_fails(server, "--encryption-key-file", str(key_file(tmp_path, "open", 0o644)))
    assert "group or world access" in open_to_all
    no_key = tmp_path / "text"
    no_key.write_text("a passphrase")
    no_key.chmod(0o600)
    assert "holds no key" in start_fails(server, "--encryption-key-file", str(no_key))
    for said in (missing, wrong, open_to_all):
        assert key.read_text().strip() not in said
    server.options = ["--encryption-key-file", str(key)]
    server.start()
    check(server)
    assert key.read_text().strip() not in server.log()


def test_a_key_for_a_plain_store_is_refused(make_server, tmp_path):
    server = make_server()
    fill(server)
    assert server.stop() == 0
    said = start_fails(server, "--encryption-key-file", str(key_file(tmp_path, "key")))
    assert "the store is not encrypted, but an encryption key was given" in said
    server.options = []
    server.start()
    check(server)


def test_keys_change(make_server, tmp_path):
    old, new = key_file(tmp_path, "old"), key_file(tmp_path, "new")
    server = make_server("--encryption-key-file", str(old))
    fill(server)
    post(server, "/v1/flush")
    assert encryption_of(server) == {
        "enabled": 1, "key_generation": 1, "tables_with_older_keys": 0, "value_files_with_older_keys": 0}
    assert post(server, "/v1/encryption/rotate") == {"status": "ok"}
    assert encryption_of(server)["key_generation"] == 2
    assert encryption_of(server)["tables_with_older_keys"] > 0
    post(server, "/v1/compact")
    assert encryption_of(server)["tables_with_older_keys"] == 0
    assert server.stop() == 0
    server.options = ["--encryption-key-file", str(new), "--encryption-old-key-file", str(old)]
    server.start()
    check(server)
    assert server.stop() == 0
    assert "wrong encryption key" in start_fails(server, "--encryption-key-file", str(old))
    server.options = ["--encryption-key-file", str(new)]
    server.start()
    check(server)
