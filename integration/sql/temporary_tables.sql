-- Temporary tables and sequences: names, ON COMMIT, constraints, what they cannot be mixed with.
CREATE TABLE t (a integer, v text);
INSERT INTO t VALUES (1, 'permanent');
CREATE TEMP TABLE t (a integer PRIMARY KEY, v text);
INSERT INTO t VALUES (2, 'temporary');
SELECT * FROM t;
SELECT * FROM pg_temp.t;
SELECT * FROM sql_temporary_tables.t;
SELECT t.v, pg_temp.t.a FROM pg_temp.t;
SELECT 't'::regclass, 'pg_temp.t'::regclass = 't'::regclass, to_regclass('sql_temporary_tables.t');
SELECT relpersistence, relnamespace = pg_my_temp_schema(), pg_table_is_visible(oid) FROM pg_class WHERE relname IN ('t', 't_pkey') AND relnamespace IN (pg_my_temp_schema(), 'sql_temporary_tables'::regnamespace) ORDER BY 2, relname;
SELECT nspname LIKE 'pg\_temp\_%', pg_is_other_temp_schema(oid) FROM pg_namespace WHERE oid = pg_my_temp_schema();
SELECT current_schemas(false), array_length(current_schemas(true), 1), current_schema();
CREATE TEMP TABLE t (b integer);
CREATE TEMP TABLE IF NOT EXISTS t (b integer);
CREATE TEMP TABLE sql_temporary_tables.u (a integer);
CREATE TEMP TABLE nowhere.u (a integer);
CREATE TABLE pg_temp.u (a integer);
CREATE LOCAL TEMPORARY TABLE pg_temp.w (a integer);
SELECT count(*) FROM pg_temp.u, w;
DROP TABLE t;
SELECT * FROM t;
DROP TABLE pg_temp.t;
DROP TABLE IF EXISTS pg_temp.t;
DROP TABLE pg_temp.u, w;

-- In transactions.
BEGIN;
CREATE TEMP TABLE x (a integer);
INSERT INTO x VALUES (1);
SAVEPOINT s;
INSERT INTO x VALUES (2);
CREATE TEMP TABLE y (a integer);
ROLLBACK TO s;
SELECT * FROM x;
SELECT * FROM y;
ROLLBACK;
SELECT * FROM x;
BEGIN;
CREATE TEMP TABLE x (a integer);
INSERT INTO x VALUES (1), (2);
COMMIT;
SELECT * FROM x ORDER BY a;
BEGIN;
DROP TABLE x;
ROLLBACK;
UPDATE x SET a = a + 10;
DELETE FROM x WHERE a = 12;
SELECT * FROM x;
TRUNCATE x;
SELECT * FROM x;
INSERT INTO x SELECT g FROM generate_series(1, 1000) AS g;
ALTER TABLE x ADD COLUMN b integer DEFAULT 7;
ALTER TABLE x ALTER COLUMN a TYPE bigint;
ALTER TABLE x ADD PRIMARY KEY (a);
CREATE INDEX x_b ON x (b);
ANALYZE x;
SELECT reltuples FROM pg_class WHERE relname = 'x' AND relnamespace IN (pg_my_temp_schema(), 'sql_temporary_tables'::regnamespace);
SELECT sum(a), sum(b) FROM x;
ALTER TABLE x RENAME TO x2;
ALTER TABLE x2 RENAME COLUMN b TO c;
SELECT min(c) FROM x2;
ALTER TABLE x2 SET SCHEMA public;
ALTER TABLE sql_temporary_tables.t SET SCHEMA pg_temp;
ALTER TABLE x2 SET SCHEMA pg_temp;
DROP TABLE x2;
COPY (SELECT 1) TO STDOUT;
CREATE TEMP TABLE c (a integer, b text);
COPY c FROM STDIN;
1	one
2	two
\.
COPY c TO STDOUT;
DROP TABLE c;

-- ON COMMIT.
CREATE TEMP TABLE keep (a integer) ON COMMIT PRESERVE ROWS;
CREATE TEMP TABLE clear (a integer PRIMARY KEY, b integer) ON COMMIT DELETE ROWS;
CREATE INDEX clear_b ON clear (b);
INSERT INTO keep VALUES (1);
INSERT INTO clear VALUES (1, 2);
SELECT * FROM keep;
SELECT * FROM clear;
BEGIN;
INSERT INTO keep VALUES (2);
INSERT INTO clear VALUES (1, 2), (2, 3);
SELECT * FROM clear WHERE b = 3;
COMMIT;
SELECT count(*) FROM keep;
SELECT count(*) FROM clear;
SELECT count(*) FROM clear WHERE b = 3;
INSERT INTO clear VALUES (1, 2);
BEGIN;
INSERT INTO clear VALUES (1, 2);
ROLLBACK;
BEGIN;
CREATE TEMP TABLE gone (a integer) ON COMMIT DROP;
CREATE TEMP VIEW of_gone AS SELECT * FROM gone;
INSERT INTO gone VALUES (1);
SELECT * FROM of_gone;
COMMIT;
SELECT * FROM gone;
SELECT * FROM of_gone;
CREATE TEMP TABLE gone (a integer) ON COMMIT DROP;
SELECT * FROM gone;
BEGIN;
CREATE TEMP TABLE gone ON COMMIT DROP AS SELECT 1 AS a;
SELECT * FROM gone;
SAVEPOINT s;
DROP TABLE gone;
ROLLBACK TO s;
COMMIT;
SELECT * FROM gone;
CREATE TEMP TABLE clear2 ON COMMIT DELETE ROWS AS SELECT 1 AS a;
SELECT * FROM clear2;
BEGIN;
CREATE TEMP TABLE referred (a integer PRIMARY KEY) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE refers (a integer REFERENCES referred);
COMMIT;
BEGIN;
CREATE TEMP TABLE referred (a integer PRIMARY KEY) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE refers (a integer REFERENCES referred) ON COMMIT DELETE ROWS;
INSERT INTO referred VALUES (1);
INSERT INTO refers VALUES (1);
COMMIT;
SELECT count(*) FROM referred, refers;
DROP TABLE refers, referred;
CREATE TABLE permanent (a integer) ON COMMIT DROP;
CREATE TABLE permanent ON COMMIT DELETE ROWS AS SELECT 1;

-- Constraints.
CREATE TABLE p (id integer PRIMARY KEY);
CREATE TEMP TABLE tp (id integer PRIMARY KEY, n integer UNIQUE CHECK (n > 0));
CREATE TEMP TABLE tc (id integer REFERENCES tp ON DELETE CASCADE);
CREATE TEMP TABLE bad (id integer REFERENCES p);
CREATE TABLE bad (id integer REFERENCES tp);
ALTER TABLE p ADD CONSTRAINT to_temporary FOREIGN KEY (id) REFERENCES tp;
ALTER TABLE tc ADD FOREIGN KEY (id) REFERENCES p;
INSERT INTO tp VALUES (1, 1);
\set VERBOSITY default
INSERT INTO tp VALUES (1, 2);
INSERT INTO tp VALUES (2, 1);
INSERT INTO tp VALUES (2, 0);
INSERT INTO tc VALUES (1), (1);
INSERT INTO tc VALUES (5);
\set VERBOSITY verbose
DELETE FROM tp WHERE id = 1;
SELECT * FROM tc;
DROP TABLE tp;
DROP TABLE tp CASCADE;
DROP TABLE tc, p;

-- Sequences.
CREATE TEMP SEQUENCE q START 5;
SELECT nextval('q'), nextval('pg_temp.q'), currval('q');
SELECT last_value FROM (SELECT currval('q') AS last_value) AS s;
ALTER SEQUENCE q RESTART WITH 100;
SELECT nextval('q');
CREATE TEMP TABLE counted (id serial, other integer GENERATED ALWAYS AS IDENTITY, v text);
INSERT INTO counted (v) VALUES ('a'), ('b') RETURNING *;
SELECT relname, relkind FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relname LIKE 'counted%' ORDER BY relname;
SELECT pg_get_serial_sequence('counted', 'id') = 'pg_temp.counted_id_seq'::regclass::text;
TRUNCATE counted RESTART IDENTITY;
INSERT INTO counted (v) VALUES ('c') RETURNING *;
CREATE TEMP SEQUENCE sql_temporary_tables.q2;
CREATE SEQUENCE pg_temp.q3;
SELECT relpersistence FROM pg_class WHERE relname IN ('q', 'q3') AND relnamespace IN (pg_my_temp_schema(), 'sql_temporary_tables'::regnamespace) ORDER BY relname;
DROP SEQUENCE q, q3;
DROP TABLE counted;

-- SELECT INTO, LIKE, materialized views.
SELECT 1 AS a INTO TEMP made;
SELECT * INTO TEMPORARY TABLE made2 FROM made;
CREATE TEMP TABLE made3 (LIKE sql_temporary_tables.t INCLUDING ALL);
CREATE TABLE made4 (LIKE made);
SELECT relname, relpersistence FROM pg_class WHERE relname LIKE 'made_' AND relnamespace IN (pg_my_temp_schema(), 'sql_temporary_tables'::regnamespace) ORDER BY relname;
CREATE MATERIALIZED VIEW m AS SELECT * FROM made;
DROP TABLE made, made2, made3, made4;

-- Read-only transactions may write them.
CREATE TEMP TABLE r (a integer);
CREATE TEMP SEQUENCE rq;
CREATE SEQUENCE pq;
BEGIN READ ONLY;
INSERT INTO r VALUES (1), (nextval('rq'));
UPDATE r SET a = a + 1;
SELECT * FROM r ORDER BY a FOR UPDATE;
WITH gone AS (DELETE FROM r WHERE a = 2 RETURNING a) SELECT count(*) FROM gone;
SAVEPOINT s;
INSERT INTO t VALUES (1);
ROLLBACK TO s;
CREATE TEMP TABLE r2 (a integer);
ROLLBACK TO s;
TRUNCATE r;
ROLLBACK TO s;
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY;
INSERT INTO r VALUES (5);
SELECT count(*) FROM r;
COMMIT;
DROP TABLE r;
DROP SEQUENCE rq, pq;

-- Two-phase commit.
CREATE TEMP TABLE used (a integer);
BEGIN;
SELECT * FROM used;
PREPARE TRANSACTION 'temporary_1';
BEGIN;
CREATE TEMP TABLE used2 (a integer);
PREPARE TRANSACTION 'temporary_2';
BEGIN;
DROP TABLE used;
PREPARE TRANSACTION 'temporary_3';
SELECT count(*) FROM used;

-- The search path.
SET search_path = sql_temporary_tables, pg_temp;
CREATE TEMP TABLE t (a integer, v text);
SELECT * FROM t;
SET search_path = pg_temp, sql_temporary_tables;
SELECT * FROM t;
CREATE TABLE here (a integer);
SELECT relpersistence FROM pg_class WHERE relname = 'here' AND relnamespace IN (pg_my_temp_schema(), 'sql_temporary_tables'::regnamespace);
SELECT current_schema() LIKE 'pg\_temp\_%';
SET search_path = sql_temporary_tables;

-- information_schema.
SELECT table_name, table_type FROM information_schema.tables WHERE table_name IN ('t', 'here') AND (table_schema = 'sql_temporary_tables' OR table_type LIKE '%TEMP%') ORDER BY table_name, table_type;

-- DISCARD.
DISCARD TEMP;
SELECT * FROM t;
SELECT * FROM here;
CREATE TEMP TABLE here (a integer);
BEGIN;
DISCARD TEMP;
SELECT * FROM here;
ROLLBACK;
SELECT * FROM here;
DISCARD ALL;
SELECT * FROM here;
SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema();
