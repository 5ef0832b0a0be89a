"""Functions in SQL: they outlive the server, prepared transactions carry them, drivers call them with parameters, and
deep or unending recursion ends in an error."""

import psycopg
import pytest


def execute(dsn, text, *parameters):
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(text, parameters or None)
        return cursor.fetchall() if cursor.description else None


def error_of(dsn, text):
    with pytest.raises(psycopg.Error) as raised:
        execute(dsn, text)
    return raised.value.sqlstate


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_they_outlive_the_server(make_server, end):
    server = make_server()
    dsn = server.dsn
    execute(dsn, "CREATE TABLE t (a integer)")
    execute(dsn, "CREATE FUNCTION twice(x integer DEFAULT 4) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x * 2'")
    execute(dsn, "CREATE FUNCTION rows() RETURNS TABLE(n bigint, s text) BEGIN ATOMIC SELECT count(*), 's' FROM t; END")
    execute(dsn, "CREATE PROCEDURE add(x integer, INOUT y integer) LANGUAGE sql AS 'INSERT INTO t VALUES (x) RETURNING a + y'")
    execute(dsn, "CREATE VIEW v AS SELECT twice(a) AS b FROM t")
    execute(dsn, "ALTER TABLE t ADD CHECK (twice(a) < 100)")
    execute(dsn, "CREATE INDEX i ON t (twice(a))")
    getattr(server, end)()
    server.start()
    assert execute(dsn, "CALL add(3, 1)") == [(4,)]
    assert execute(dsn, "SELECT twice(), b FROM v") == [(8, 6)]
    assert execute(dsn, "SELECT * FROM rows()") == [(1, "s")]
    assert execute(dsn, "SELECT a FROM t WHERE twice(a) = 6") == [(3,)]
    assert error_of(dsn, "CALL add(50, 0)") == "23514"
    assert error_of(dsn, "DROP FUNCTION twice(integer)") == "2BP01"
    execute(dsn, "DROP TABLE t CASCADE")
    assert error_of(dsn, "SELECT * FROM rows()") == "42883"
    assert execute(dsn, "SELECT twice(21)") == [(42,)]


def test_prepared_transactions_carry_them(make_server):
    server = make_server()
    dsn = server.dsn
    execute(dsn, "BEGIN; CREATE FUNCTION late() RETURNS integer LANGUAGE sql AS 'SELECT 7'; PREPARE TRANSACTION 'late'")
    assert error_of(dsn, "SELECT late()") == "42883"
    server.kill()
    server.start()
    assert error_of(dsn, "SELECT late()") == "42883"
    execute(dsn, "COMMIT PREPARED 'late'")
    assert execute(dsn, "SELECT late()") == [(7,)]


def test_drivers_call_them(server):
    dsn = server.dsn
    execute(dsn, "CREATE FUNCTION greet(who text, times integer DEFAULT 1) RETURNS text LANGUAGE sql AS "
                 "$$ SELECT repeat('hi ' || who, times) $$")
    execute(dsn, "CREATE FUNCTION series(n integer) RETURNS SETOF integer LANGUAGE sql AS 'SELECT generate_series(1, n)'")
    execute(dsn, "CREATE PROCEDURE swap(INOUT a integer, INOUT b text) LANGUAGE sql AS $$ SELECT length(b), a::text $$")
    with psycopg.connect(dsn, autocommit=True) as connection:
        for prepare in (False, True):
            assert connection.execute("SELECT greet(%s, times => %s)", ("you", 2), prepare=prepare).fetchall() == \
                [("hi youhi you",)]
            assert len(connection.execute("SELECT * FROM series(%s)", (2500,), prepare=prepare).fetchall()) == 2500
            assert connection.execute("CALL swap(%s, %s)", (5, "abc"), prepare=prepare).fetchall() == [(3, "5")]
        connection.execute("CREATE OR REPLACE FUNCTION greet(who text, times integer DEFAULT 1) RETURNS text LANGUAGE sql "
                           "AS $$ SELECT 'bye' $$")
        assert connection.execute("SELECT greet(%s, times => %s)", ("you", 2), prepare=True).fetchall() == [("bye",)]
    execute(dsn, "DROP FUNCTION greet, series")
    execute(dsn, "DROP PROCEDURE swap")


def test_recursion_ends(server):
    dsn = server.dsn
    execute(dsn, "CREATE FUNCTION down(n integer) RETURNS integer LANGUAGE sql AS "
                 "'SELECT CASE WHEN n = 0 THEN 0 ELSE down(n - 1) + 1 END'")
    execute(dsn, "CREATE FUNCTION forever(n integer) RETURNS SETOF integer LANGUAGE sql AS 'SELECT * FROM forever(n + 1)'")
    assert execute(dsn, "SELECT down(200)") == [(200,)]
    assert error_of(dsn, "SELECT down(100000)") == "54001"
    assert error_of(dsn, "SELECT * FROM forever(1)") == "54001"
    assert execute(dsn, "SELECT down(3)") == [(3,)]
    execute(dsn, "DROP FUNCTION down, forever")


# Each calls the one before it twice: inlined without end they would be millions of expressions.
def test_bodies_do_not_grow_without_end(server):
    dsn = server.dsn
    execute(dsn, "CREATE FUNCTION grow0(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x + 1'")
    for i in range(1, 16):
        execute(dsn, f"CREATE FUNCTION grow{i}(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS "
                     f"'SELECT greatest(grow{i - 1}(x), grow{i - 1}(x))'")
    assert execute(dsn, "SELECT grow15(1)") == [(2,)]
    for i in range(16):
        execute(dsn, f"DROP FUNCTION grow{i}")


def test_a_record_that_is_not_the_row_asked_for(server):
    dsn = server.dsn
    assert error_of(dsn, "CREATE FUNCTION few(OUT a text, OUT b text) LANGUAGE sql AS 'SELECT row(1)'") == "42804"
    execute(dsn, "CREATE FUNCTION other(OUT a text, OUT b text) LANGUAGE sql AS 'SELECT row(1, 2)'")
    execute(dsn, "CREATE FUNCTION any_row() RETURNS record LANGUAGE sql AS 'SELECT row(123456789, 7)'")
    assert error_of(dsn, "SELECT * FROM other()") == "42804"
    assert error_of(dsn, "SELECT * FROM any_row() AS (a text, b text)") == "42804"
    assert error_of(dsn, "SELECT * FROM any_row() AS (a integer, b integer, c integer)") == "42804"
    assert execute(dsn, "SELECT * FROM any_row() AS (a integer, b integer)") == [(123456789, 7)]
    execute(dsn, "DROP FUNCTION other, any_row")


def test_a_view_of_a_row_that_loses_a_column(server):
    dsn = server.dsn
    execute(dsn, "CREATE TABLE lost (a integer, b text)")
    execute(dsn, "CREATE FUNCTION losing() RETURNS lost LANGUAGE sql VOLATILE AS 'SELECT NULL::lost'")
    execute(dsn, "CREATE VIEW lost_view AS SELECT g.* FROM losing() g")
    execute(dsn, "ALTER TABLE lost ADD COLUMN c text")
    assert error_of(dsn, "ALTER TABLE lost DROP COLUMN a") == "2BP01"
    execute(dsn, "ALTER TABLE lost DROP COLUMN c")
    execute(dsn, "SELECT * FROM lost_view")
    execute(dsn, "ALTER TABLE lost DROP COLUMN a CASCADE")
    assert error_of(dsn, "SELECT * FROM lost_view") == "42P01"
    execute(dsn, "DROP TABLE lost CASCADE")


def test_functions_of_assignments_have_no_name(server):
    for call in ("jsonb_assign('{}'::jsonb, '1'::jsonb, false, 5)", "array_assign(ARRAY[1, 2], 5, 'e', 1)",
                 "record_change(row(1), 'integer'::regtype, -1, 23::oid, -1)"):
        assert error_of(server.dsn, f"SELECT {call}") == "42883"
