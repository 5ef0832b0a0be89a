"""Goal: the process starts, stops, dies and comes back as an operator expects. Method: real processes."""

import pathlib
import re
import subprocess
import urllib.request

import psycopg
import pytest

from server import clean_environment, free_ports


def run_to_end(server, *options, environment=None):
    """Runs the server's command with more options, expecting it to end by itself."""
    return subprocess.run([*server.command(), *options], env=clean_environment(environment),
                          capture_output=True, text=True, timeout=30)


def test_says_ready_and_stops_cleanly(make_server):
    server = make_server()
    assert "ready" in server.log()
    assert server.stop() == 0


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_committed_rows_survive(make_server, end):
    server = make_server()
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO t VALUES (1, 'one'), (2, NULL)")
    getattr(server, end)()
    server.start()
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT id, name FROM t ORDER BY id").fetchall() == [
            (1, "one"), (2, None)]


def test_the_heap_lies_on_huge_pages(make_server):
    if pathlib.Path("/proc/sys/vm/overcommit_memory").read_text().strip() == "2":
        pytest.skip("the system keeps strict account of memory: none is reserved")
    if not pathlib.Path("/sys/kernel/mm/transparent_hugepage").exists():
        pytest.skip("the system has no transparent huge pages")
    machine_kb = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1])
    server = make_server()
    maps = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", pathlib.Path(f"/proc/{server.pid}/smaps").read_text(),
                    flags=re.MULTILINE)
    wanted_kb = 0.4 * machine_kb
    heaps = [text for text in maps[1:] if int(re.search(r"^Size:\s+(\d+)", text, re.MULTILINE)[1]) > wanted_kb]
    assert len(heaps) == 1
    assert re.search(r"^VmFlags:.* hg\b", heaps[0], re.MULTILINE)
    assert int(re.search(r"^Rss:\s+(\d+)", heaps[0], re.MULTILINE)[1]) > 1024


def test_uncommitted_rows_do_not(make_server):
    server = make_server()
    connection = psycopg.connect(server.dsn, autocommit=True)
    connection.execute("CREATE TABLE t (id int PRIMARY KEY)")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO t VALUES (1)")
    server.kill()
    connection.close()
    server.start()
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_both_databases_exist(server):
    for database in ("shale", "postgres"):
        with psycopg.connect(server.dsn_of(database)) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == (database,)


def test_second_server_on_one_data_directory_is_refused(make_server):
    server = make_server()
    second = make_server(start=False)
    second.data_dir = server.data_dir
    ended = run_to_end(second)
    assert ended.returncode != 0
    assert str(server.data_dir) in ended.stderr + ended.stdout
    psycopg.connect(server.dsn).close()


def test_taken_port_is_named(make_server):
    server = make_server()
    second = make_server(start=False)
    second.port = server.port
    ended = run_to_end(second)
    assert ended.returncode != 0
    assert str(server.port) in ended.stderr + ended.stdout


def test_open_address_needs_a_password(make_server):
    server = make_server(start=False)
    port, admin_port = free_ports(2)
    ended = subprocess.run(
        [server.command()[0], "--data-dir", str(server.data_dir), "--listen", f"0.0.0.0:{port}",
         "--admin-listen", f"127.0.0.1:{admin_port}"],
        env=clean_environment(), capture_output=True, text=True, timeout=30)
    assert ended.returncode != 0
    assert "password" in ended.stderr + ended.stdout


def test_unknown_option_is_named(make_server):
    ended = run_to_end(make_server(start=False), "--no-such-option")
    assert ended.returncode != 0
    assert "no-such-option" in ended.stderr + ended.stdout


def test_admin_health(server):
    with urllib.request.urlopen(f"{server.admin_url}/v1/health", timeout=10) as response:
        assert response.status == 200
