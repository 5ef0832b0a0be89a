"""Goal: the server runs on an engine from a shared object, and refuses what is none. Method: the model store built as a plugin."""

import pathlib
import subprocess

import psycopg
import pytest

from server import binary_path, clean_environment

PLUGIN = pathlib.Path(binary_path()).resolve().parent / "plugins/model_plugin.so"


@pytest.mark.skipif(not PLUGIN.parent.exists(), reason="the tests' plugins are not built")
def test_the_server_runs_on_a_plugin(make_server):
    server = make_server("--engine-plugin", str(PLUGIN), "--engine", "model-plugin")
    assert "model-plugin" in server.log()
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO t VALUES (1, 'one'), (2, 'two')")
        connection.execute("UPDATE t SET name = 'three' WHERE id = 2")
        connection.commit()
        # More rows than one page of a scan.
        connection.execute("INSERT INTO t SELECT n, 'x' FROM generate_series(3, 5000) n")
        assert connection.execute("SELECT count(*), max(name) FROM t").fetchone() == (5000, "x")
        connection.rollback()
        assert connection.execute("SELECT name FROM t ORDER BY id").fetchall() == [("one",), ("three",)]
    assert server.stop() == 0


@pytest.mark.parametrize("arguments, text", [
    (["--engine-plugin", "/nowhere/plugin.so"], "does not exist"),
    (["--engine-plugin", "/etc/hostname"], "could not load"),
    (["--engine", "model-plugin"], "does not exist"),
])
def test_what_is_no_plugin_is_named(make_server, arguments, text):
    server = make_server(start=False)
    ended = subprocess.run([*server.command(), *arguments], env=clean_environment(),
                           capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert text in ended.stderr
