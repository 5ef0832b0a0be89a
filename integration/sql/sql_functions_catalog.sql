-- What the catalog tells of functions and procedures, and what depends on them.
CREATE FUNCTION f1(a integer, b text DEFAULT 'x', OUT c integer, OUT d text) LANGUAGE sql IMMUTABLE STRICT AS 'SELECT a, b';
CREATE FUNCTION f2(integer, VARIADIC text[]) RETURNS SETOF integer LANGUAGE sql STABLE ROWS 50 COST 10 PARALLEL SAFE AS $$SELECT $1$$;
CREATE FUNCTION f3() RETURNS TABLE(x integer, y text) LANGUAGE sql AS $body$
  SELECT 1, 'a''b';
$body$;
CREATE FUNCTION f4(a anyelement) RETURNS anyarray LANGUAGE sql LEAKPROOF AS 'SELECT ARRAY[a]';
CREATE PROCEDURE p1(a integer, INOUT b integer DEFAULT 3) LANGUAGE sql AS 'SELECT b + 1';
SELECT proname, prokind, provolatile, proisstrict, proretset, proleakproof, proparallel, procost, prorows, pronargs, pronargdefaults,
       prorettype::regtype, array_length(proallargtypes, 1) AS all_types, proargmodes, proargnames, prosrc
  FROM pg_proc WHERE pronamespace = 'sql_sql_functions_catalog'::regnamespace ORDER BY proname;
SELECT proname, provariadic::regtype, prosecdef, l.lanname FROM pg_proc AS p JOIN pg_language AS l ON l.oid = prolang
 WHERE pronamespace = 'sql_sql_functions_catalog'::regnamespace ORDER BY proname;
SELECT proname, pg_get_function_arguments(oid), pg_get_function_identity_arguments(oid), pg_get_function_result(oid)
  FROM pg_proc WHERE pronamespace = 'sql_sql_functions_catalog'::regnamespace ORDER BY proname;
SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'sql_sql_functions_catalog'::regnamespace ORDER BY proname;
SELECT 'f1'::regproc, 'f1(integer,text)'::regprocedure, 'f2'::regproc::oid = 'f2(int,text[])'::regprocedure::oid AS same;
SELECT 'f1(integer)'::regprocedure;
SELECT 'nosuch'::regproc;
SELECT to_regproc('nosuch') IS NULL AS a, to_regprocedure('f4(anyelement)');
SELECT oid::regprocedure, pg_function_is_visible(oid) FROM pg_proc WHERE proname IN ('f1', 'p1') ORDER BY 1;
SELECT routine_name, routine_type, data_type, routine_body, is_deterministic, security_type FROM information_schema.routines WHERE routine_schema = 'sql_sql_functions_catalog' ORDER BY 1;
SELECT parameter_name, parameter_mode, data_type, ordinal_position FROM information_schema.parameters WHERE specific_schema = 'sql_sql_functions_catalog' AND specific_name LIKE 'f1%' ORDER BY ordinal_position;
\df
\df f2
-- Views.
CREATE TABLE t (a integer);
INSERT INTO t VALUES (1), (2);
CREATE FUNCTION inc(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
CREATE VIEW v AS SELECT inc(a) AS b FROM t;
CREATE VIEW w AS SELECT b FROM v;
DROP FUNCTION inc(integer);
ALTER FUNCTION inc(integer) RENAME TO increment;
SELECT * FROM v ORDER BY b;
SELECT pg_get_viewdef('v'::regclass);
CREATE OR REPLACE FUNCTION increment(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 100';
SELECT * FROM w ORDER BY b;
DROP FUNCTION increment(integer) CASCADE;
SELECT * FROM v;
-- Tables.
CREATE FUNCTION dflt() RETURNS integer LANGUAGE sql AS 'SELECT 7';
CREATE FUNCTION chk(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
CREATE FUNCTION idx(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE TABLE u (a integer DEFAULT dflt(), b integer CONSTRAINT positive CHECK (chk(b)));
CREATE INDEX u_idx ON u (idx(a));
DROP FUNCTION dflt();
DROP FUNCTION chk(integer);
DROP FUNCTION idx(integer);
DROP FUNCTION dflt, chk, idx;
INSERT INTO u (b) VALUES (1);
INSERT INTO u VALUES (1, -1);
SELECT * FROM u WHERE idx(a) = 14;
DROP FUNCTION dflt() CASCADE;
DROP FUNCTION chk(integer) CASCADE;
DROP FUNCTION idx(integer) CASCADE;
INSERT INTO u (b) VALUES (-1);
SELECT * FROM u ORDER BY b;
-- Bodies: a string depends on nothing, SQL's own form on what it names.
CREATE FUNCTION loose() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t';
CREATE FUNCTION bound() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM t; END;
SELECT loose(), bound();
DROP TABLE t;
ALTER TABLE t RENAME TO t2;
SELECT bound();
SELECT loose();
CREATE FUNCTION caller() RETURNS bigint RETURN bound();
DROP FUNCTION bound();
DROP TABLE t2 CASCADE;
SELECT loose();
SELECT caller();
DROP FUNCTION loose();
DROP FUNCTION lower(text);
-- Transactions.
BEGIN;
CREATE FUNCTION gone() RETURNS integer LANGUAGE sql AS 'SELECT 1';
SELECT gone();
ROLLBACK;
SELECT gone();
BEGIN;
CREATE FUNCTION kept() RETURNS integer LANGUAGE sql AS 'SELECT 1';
SAVEPOINT s;
CREATE OR REPLACE FUNCTION kept() RETURNS integer LANGUAGE sql AS 'SELECT 2';
SELECT kept();
ROLLBACK TO s;
SELECT kept();
COMMIT;
SELECT kept();
DROP FUNCTION f1, f2, f3, f4;
DROP FUNCTION f1;
DROP PROCEDURE p1;
