-- Which function a call means: overloads, defaults, names, schemas.
CREATE FUNCTION what(integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'integer' $$;
CREATE FUNCTION what(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'text' $$;
CREATE FUNCTION what(numeric) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'numeric' $$;
SELECT what(1), what('a'), what(1.5), what('a'::varchar), what(1::smallint), what(1::bigint);
SELECT what(true);
SELECT what(NULL);
CREATE FUNCTION what(integer) RETURNS text LANGUAGE sql AS $$ SELECT 'again' $$;
CREATE FUNCTION either(integer, bigint) RETURNS text LANGUAGE sql AS $$ SELECT 'integer, bigint' $$;
CREATE FUNCTION either(bigint, integer) RETURNS text LANGUAGE sql AS $$ SELECT 'bigint, integer' $$;
SELECT either(1, 2);
SELECT either(1, 2::bigint), either(1::bigint, 2);
-- Defaults and names.
CREATE FUNCTION defaults(a integer, b integer DEFAULT 2, c text DEFAULT 'c') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT a || ',' || b || ',' || c $$;
SELECT defaults(1), defaults(1, 3), defaults(1, 3, 'x');
SELECT defaults(1, c => 'y'), defaults(c => 'z', a => 9), defaults(a := 4, b := 5);
SELECT defaults();
SELECT defaults(1, d => 2);
SELECT defaults(1, a => 2);
SELECT defaults(a => 1, 2);
CREATE FUNCTION defaults(a integer) RETURNS text LANGUAGE sql AS $$ SELECT 'one' $$;
SELECT defaults(1);
SELECT defaults(1, 2);
DROP FUNCTION defaults(integer);
CREATE FUNCTION late(a timestamp DEFAULT now(), b text DEFAULT NULL) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT a = now()::timestamp AND b IS NULL';
SELECT late();
-- Schemas and built-in functions.
CREATE SCHEMA other_functions;
CREATE FUNCTION other_functions.what(integer) RETURNS text LANGUAGE sql AS $$ SELECT 'other' $$;
SELECT what(1), other_functions.what(1);
SELECT other_functions.what('a');
SELECT other_functions.nosuch(1);
SELECT nosuch_schema.what(1);
CREATE FUNCTION lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'mine' $$;
SELECT lower('ABC');
CREATE FUNCTION lower(integer) RETURNS text LANGUAGE sql AS $$ SELECT 'mine' $$;
SELECT lower(1), pg_catalog.lower('ABC');
BEGIN;
SET LOCAL search_path = other_functions, pg_catalog;
SELECT what(1);
COMMIT;
-- Calls that are none.
SELECT what(DISTINCT 1);
SELECT what(1) OVER ();
SELECT what(*);
SELECT what(1) FILTER (WHERE true);
SELECT what(1, 2);
SELECT nosuch(1, 'a', NULL);
-- Aggregates over them, and in them.
CREATE FUNCTION square(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x * x';
SELECT sum(square(n)), square(sum(n)::integer) FROM generate_series(1, 4) AS n;
SELECT square(n % 3) AS k, count(*) FROM generate_series(1, 10) AS n GROUP BY square(n % 3) ORDER BY k;
-- Renamed, moved, changed.
ALTER FUNCTION square(integer) RENAME TO squared;
SELECT squared(3);
SELECT square(3);
ALTER FUNCTION squared(integer) SET SCHEMA other_functions;
SELECT other_functions.squared(4);
ALTER FUNCTION other_functions.squared(integer) STABLE STRICT COST 5;
ALTER FUNCTION other_functions.squared(integer) RENAME TO what;
ALTER FUNCTION other_functions.squared(text) RENAME TO x;
ALTER FUNCTION nosuch RENAME TO x;
ALTER FUNCTION what RENAME TO x;
-- Replaced.
CREATE OR REPLACE FUNCTION defaults(a integer, b integer DEFAULT 7, c text DEFAULT 'q') RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'new ' || a || b || c $$;
SELECT defaults(1);
CREATE OR REPLACE FUNCTION defaults(a integer, b integer, c text) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;
CREATE OR REPLACE FUNCTION defaults(x integer, b integer DEFAULT 7, c text DEFAULT 'q') RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;
CREATE OR REPLACE FUNCTION defaults(a integer, b integer DEFAULT 7, c text DEFAULT 'q') RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;
CREATE OR REPLACE PROCEDURE defaults(a integer, b integer DEFAULT 7, c text DEFAULT 'q') LANGUAGE sql AS $$ SELECT 1 $$;
-- Dropped.
DROP FUNCTION what;
DROP FUNCTION what(integer), what(text);
SELECT what(1);
DROP FUNCTION what(boolean);
DROP FUNCTION IF EXISTS what(boolean);
DROP FUNCTION IF EXISTS nosuch;
DROP FUNCTION IF EXISTS nosuch(nosuchtype);
DROP FUNCTION nosuch(nosuchtype);
DROP ROUTINE what(numeric);
DROP PROCEDURE other_functions.what(integer);
DROP SCHEMA other_functions;
DROP SCHEMA other_functions CASCADE;
