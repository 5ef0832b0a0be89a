"""Goal: databases are apart from each other, are made and dropped whole, and are there after a restart. Method: many
connections, kills, and PostgreSQL's own tools (createdb, dropdb, psql). What one connection sees of them is in
sql/databases.sql."""

import json
import subprocess
import threading
import time
import urllib.error
import urllib.request

import psycopg
import pytest

from server import clean_environment, run


def connect(server, database):
    return psycopg.connect(server.dsn_of(database), autocommit=True)


def value(connection, text):
    return connection.execute(text).fetchone()[0]


def fails(server, text, sqlstate, message, detail=None, database="shale"):
    with connect(server, database) as connection, pytest.raises(psycopg.Error) as error:
        connection.execute(text)
    diagnostics = error.value.diag
    assert (diagnostics.sqlstate, diagnostics.message_primary, diagnostics.message_detail) == (sqlstate, message, detail)


def refused(server, database):
    """The message that a connection to the database ends with."""
    with pytest.raises(psycopg.OperationalError) as error:
        connect(server, database)
    return str(error.value)


@pytest.fixture
def database(server, request):
    """A new database of the shared server, dropped after the test."""
    name = request.node.name.split("[")[0]
    run(server.dsn, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    yield name
    run(server.dsn, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_a_connection_is_to_one_that_exists(server, database):
    assert 'FATAL:  database "nowhere" does not exist' in refused(server, "nowhere")
    assert 'FATAL:  database "template0" is not currently accepting connections' in refused(server, "template0")
    run(server.dsn, f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
    assert "is not currently accepting connections" in refused(server, database)


def test_used_ones_stay(server, database):
    name = f'"{database}"'
    with connect(server, database), connect(server, database):
        detail = "There are 2 other sessions using the database."
        used = f"database {name} is being accessed by other users"
        started = time.monotonic()
        fails(server, f"DROP DATABASE {database}", "55006", used, detail)
        assert 4 < time.monotonic() - started < 15
        fails(server, f"ALTER DATABASE {database} RENAME TO other", "55006", used, detail)
        fails(server, f"CREATE DATABASE other TEMPLATE {database}", "55006", f"source {used}", detail)
    run(server.dsn, f"ALTER DATABASE {database} RENAME TO other", f"ALTER DATABASE other RENAME TO {database}")


def test_those_who_leave_are_waited_for(server, database):
    connection = connect(server, database)
    dropping = threading.Thread(target=run, args=(server.dsn, f"DROP DATABASE {database}"))
    dropping.start()
    time.sleep(0.3)
    connection.close()
    dropping.join()
    assert "does not exist" in refused(server, database)


def test_one_that_becomes_a_template_stays(server, database):
    with connect(server, "shale") as altering, connect(server, "shale") as watching:
        altering.execute("BEGIN")
        altering.execute(f"ALTER DATABASE {database} IS_TEMPLATE true")
        dropping = threading.Thread(target=fails, args=(
            server, f"DROP DATABASE {database}", "42809", "cannot drop a template database"))
        dropping.start()
        deadline = time.monotonic() + 10
        while not value(watching, "SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        altering.execute("COMMIT")
        dropping.join()
        assert value(watching, f"SELECT count(*) FROM pg_database WHERE datname = '{database}'") == 1
        watching.execute(f"ALTER DATABASE {database} IS_TEMPLATE false")


def test_force_ends_sessions(server, database):
    with connect(server, database) as connection:
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE t (a int)")
        run(server.dsn, f"DROP DATABASE {database} WITH (FORCE)")
        with pytest.raises(psycopg.OperationalError) as error:
            connection.execute("SELECT 1")
        assert error.value.diag.sqlstate in ("57P01", None)


def test_prepared_transactions_are_of_their_database(server, database):
    with connect(server, database) as connection:
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE t (a int)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute(f"PREPARE TRANSACTION '{database}'")
        assert value(connection, f"SELECT database FROM pg_prepared_xacts WHERE gid = '{database}'") == database
    fails(server, f"COMMIT PREPARED '{database}'", "0A000", "prepared transaction belongs to another database")
    fails(server, f"DROP DATABASE {database}", "55006", f'database "{database}" is being accessed by other users',
          "There is 1 prepared transaction using the database.")
    fails(server, f"DROP DATABASE {database} WITH (FORCE)", "55006",
          f'database "{database}" is being used by prepared transactions',
          "There is 1 prepared transaction using the database.")
    assert run(server.dsn_of(database), f"COMMIT PREPARED '{database}'", "SELECT * FROM t") == [(1,)]


def test_locks_are_of_their_database(server, database):
    """The copy has tables of the same OIDs: their locks must not meet."""
    run(server.dsn_of(database), "CREATE TABLE t (id serial PRIMARY KEY, v int)", "INSERT INTO t (v) VALUES (1)")
    copy = f"{database}_copy"
    run(server.dsn, f"CREATE DATABASE {copy} TEMPLATE {database}")
    with connect(server, database) as one, connect(server, copy) as two:
        two.execute("SET lock_timeout = '2s'")
        one.execute("BEGIN")
        one.execute("LOCK TABLE t")
        one.execute("UPDATE t SET v = 2")
        one.execute("SELECT pg_advisory_lock(1), pg_advisory_lock(1, 2)")
        one.execute("CREATE TABLE made (a int)")
        two.execute("BEGIN")
        two.execute("LOCK TABLE t")
        two.execute("UPDATE t SET v = 3")
        assert value(two, "SELECT pg_try_advisory_lock(1) AND pg_try_advisory_lock(1, 2)")
        two.execute("CREATE TABLE made (b text)")
        two.execute("ALTER TABLE t ADD COLUMN w int DEFAULT 7")
        databases = {name for name, in two.execute(
            "SELECT datname FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE mode = 'AccessExclusiveLock'")}
        assert {database, copy} <= databases
        one.execute("COMMIT")
        two.execute("COMMIT")
        assert one.execute("SELECT * FROM t").fetchall() == [(1, 2)]
        assert two.execute("SELECT * FROM t").fetchall() == [(1, 3, 7)]
        assert value(one, "SELECT nextval('t_id_seq')") == value(two, "SELECT nextval('t_id_seq')") == 2
    run(server.dsn, f"DROP DATABASE {copy}")
    assert run(server.dsn_of(database), "SELECT * FROM t") == [(1, 2)]


def test_making_one_at_a_time_and_many_at_once(server, database):
    """Of those who make one of the same name, one does; different ones do not wait for each other."""
    outcomes = []

    def make(name):
        try:
            run(server.dsn, f"CREATE DATABASE {name} TEMPLATE {database}")
            outcomes.append(None)
        except psycopg.Error as error:
            outcomes.append(error.diag.sqlstate)

    names = [f"{database}_{number}" for number in range(4)]
    threads = [threading.Thread(target=make, args=(name,)) for name in [*names, names[0], names[0]]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == ["42P04", "42P04", None, None, None, None]
    assert run(server.dsn, f"SELECT count(*) FROM pg_database WHERE datname LIKE '{database}_%'") == [(4,)]
    for name in names:
        run(server.dsn, f"DROP DATABASE {name}")


def test_temporary_tables_are_not_copied(server, database):
    with connect(server, database) as own:
        own.execute("CREATE TEMP TABLE t (a int)")
        own.execute("COMMENT ON TABLE t IS 'of a session'")
        own.execute("COMMENT ON COLUMN t.a IS 'of a session'")
        own.execute("CREATE TABLE u (a int)")
        own.execute(f"CREATE DATABASE {database}_copy TEMPLATE {database}")
        assert value(own, "SELECT count(*) FROM t") == 0
    assert run(server.dsn_of(f"{database}_copy"), "SELECT relname FROM pg_class WHERE relname IN ('t', 'u')") == [("u",)]
    assert run(server.dsn_of(f"{database}_copy"), "SELECT * FROM pg_description WHERE description = 'of a session'") == []
    run(server.dsn, f"DROP DATABASE {database}_copy")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_restarts(make_server, end):
    server = make_server()
    run(server.dsn, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)", "CREATE DATABASE one", "CREATE DATABASE gone")
    run(server.dsn_of("one"), "CREATE TABLE t (id serial PRIMARY KEY, b text)", "INSERT INTO t (b) VALUES ('x'), ('y')",
        "CREATE TYPE mood AS ENUM ('a', 'b')", "CREATE TABLE moods (m mood)", "INSERT INTO moods VALUES ('b')",
        "CREATE INDEX ON t (b)", "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1")
    run(server.dsn, "CREATE DATABASE two TEMPLATE one", "DROP DATABASE gone",
        "ALTER DATABASE two SET work_mem = '3MB'", "COMMENT ON DATABASE two IS 'the second'")
    run(server.dsn_of("two"), "INSERT INTO t (b) VALUES ('z')", "ALTER TYPE mood ADD VALUE 'c'",
        "INSERT INTO moods VALUES ('c')")
    getattr(server, end)()
    server.start()
    assert run(server.dsn, "SELECT * FROM t") == [(1,)]
    assert run(server.dsn_of("one"), "SELECT b, f() FROM t ORDER BY b") == [("x", 1), ("y", 1)]
    assert run(server.dsn_of("two"), "SELECT id, b FROM t ORDER BY b")[:2] == [(1, "x"), (2, "y")]
    assert run(server.dsn_of("two"), "SELECT m::text FROM moods ORDER BY 1") == [("b",), ("c",)]
    assert run(server.dsn_of("one"), "SELECT m::text FROM moods ORDER BY 1") == [("b",)]
    assert run(server.dsn_of("two"), "SHOW work_mem") == [("3MB",)]
    assert run(server.dsn, "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database ORDER BY 1") == [
        ("one", None), ("postgres", "default administrative connection database"), ("shale", None),
        ("template0", "unmodifiable empty database"), ("template1", "default template for new databases"),
        ("two", "the second")]
    assert "does not exist" in refused(server, "gone")


def test_killed_while_copying(make_server):
    """A copy is there whole or not at all, and what a broken one has written is nowhere to be seen."""
    server = make_server()
    run(server.dsn, "CREATE DATABASE big")
    run(server.dsn_of("big"), "CREATE TABLE t (id int PRIMARY KEY, b text)",
        "INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 100000) i")
    copying = threading.Thread(target=lambda: pytest.raises(
        psycopg.Error, run, server.dsn, *(f"CREATE DATABASE copy{i} TEMPLATE big" for i in range(1000))))
    copying.start()
    time.sleep(1)
    server.kill()
    copying.join()
    server.start()
    copies = [name for name, in run(server.dsn, "SELECT datname FROM pg_database WHERE datname LIKE 'copy%'")]
    for name in copies:
        assert run(server.dsn_of(name), "SELECT count(*), max(id) FROM t") == [(100000, 100000)]
    run(server.dsn, f"CREATE DATABASE copy{len(copies)} TEMPLATE big")


def test_postgresqls_tools(server, tmp_path):
    connection = ["-h", server.host, "-p", str(server.port), "-U", "shale"]

    def tool(*command, succeeds=True):
        ended = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=60)
        assert (ended.returncode == 0) == succeeds, ended.stderr
        return ended.stdout + ended.stderr

    tool("createdb", *connection, "tools", "made by createdb")
    assert 'database "tools" already exists' in tool("createdb", *connection, "tools", succeeds=False)
    assert "tools|shale|UTF8|C|C.UTF-8" in tool("psql", "-X", *connection, "-Atl", "shale")
    script = tmp_path / "script.sql"
    script.write_text("\\c tools\nCREATE TABLE t (id serial PRIMARY KEY, name text NOT NULL UNIQUE);\n"
                      "INSERT INTO t (name) VALUES ('one'), ('two');\nCREATE VIEW v AS SELECT name FROM t;\n"
                      "ALTER DATABASE tools SET work_mem = '2MB';\n\\c postgres\nSELECT count(*) FROM t;\n")
    said = tool("psql", "-X", *connection, "-f", str(script), "shale")
    assert 'You are now connected to database "tools"' in said and 'relation "t" does not exist' in said
    tool("dropdb", *connection, "tools")
    assert 'database "tools" does not exist' in tool("dropdb", *connection, "tools", succeeds=False)
    tool("dropdb", *connection, "--if-exists", "tools")
    tool("createdb", *connection, "-T", "postgres", "-O", "shale", "-E", "UTF8", "tools")
    with connect(server, "tools"):
        tool("dropdb", *connection, "--force", "tools")


def test_admin_api_names_the_database(server, database):
    run(server.dsn_of(database), "CREATE TABLE of_another (a int)")

    def compact(**body):
        request = urllib.request.Request(f"{server.admin_url}/v1/compact", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert compact(database=database, table="of_another") == 200
    assert compact(table="of_another") == 404
    assert compact(database="nowhere", table="of_another") == 404
