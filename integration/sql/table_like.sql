-- CREATE TABLE (LIKE ...).
CREATE SEQUENCE sq;
CREATE TABLE src (
  id serial PRIMARY KEY,
  a int DEFAULT 5 NOT NULL,
  b text UNIQUE,
  c int GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 5),
  d varchar(7),
  e numeric(6, 2) DEFAULT 1.5
);
CREATE INDEX ON src (lower(b)) WHERE a > 1;
CREATE INDEX named ON src (a DESC) INCLUDE (b);
INSERT INTO src (b) VALUES ('x'), ('y');
-- Columns, types and NOT NULL.
CREATE TABLE plain (LIKE src);
SELECT attname, format_type(atttypid, atttypmod), attnotnull, atthasdef, attidentity
  FROM pg_attribute WHERE attrelid = 'plain'::regclass AND attnum > 0 ORDER BY attnum;
SELECT count(*) FROM plain;
INSERT INTO plain (a) VALUES (1);
INSERT INTO plain (id, a, c) VALUES (1, 1, 1), (1, 1, 1);
SELECT * FROM plain;
SELECT indexname FROM pg_indexes WHERE tablename = 'plain';
-- Between other columns.
CREATE TABLE mixed (x int, LIKE src, y text DEFAULT 'z');
SELECT attnum, attname FROM pg_attribute WHERE attrelid = 'mixed'::regclass AND attnum > 0 ORDER BY attnum;
CREATE TABLE two (q int, UNIQUE (q));
CREATE TABLE both_of (LIKE two, LIKE plain);
SELECT attnum, attname FROM pg_attribute WHERE attrelid = 'both_of'::regclass AND attnum > 0 ORDER BY attnum;
CREATE TABLE first_of (LIKE two, z int, PRIMARY KEY (q, z));
INSERT INTO first_of VALUES (1, 1);
INSERT INTO first_of VALUES (1, 1);
-- Defaults.
CREATE TABLE with_defaults (LIKE src INCLUDING DEFAULTS);
INSERT INTO with_defaults (b, c) VALUES ('q', 1) RETURNING a, b, c, d, e;
SELECT id > 2 AS goes_on FROM with_defaults;
CREATE TABLE without (LIKE src INCLUDING DEFAULTS EXCLUDING DEFAULTS);
INSERT INTO without (id, a, c) VALUES (1, 2, 3) RETURNING *;
CREATE TABLE all_but (LIKE src INCLUDING ALL EXCLUDING INDEXES EXCLUDING IDENTITY);
INSERT INTO all_but (id, c) VALUES (1, 1), (1, 1) RETURNING *;
-- Identity.
CREATE TABLE with_identity (LIKE src INCLUDING IDENTITY);
INSERT INTO with_identity (id, a) VALUES (1, 1), (2, 2) RETURNING id, c, e;
INSERT INTO with_identity (id, a, c) VALUES (1, 1, 1);
SELECT attname, attidentity FROM pg_attribute WHERE attrelid = 'with_identity'::regclass AND attnum > 0 ORDER BY attnum;
SELECT pg_get_serial_sequence('with_identity', 'c') IS NOT NULL AS owned, pg_get_serial_sequence('with_identity', 'id');
INSERT INTO src (b) VALUES ('z') RETURNING c;
-- Indexes.
CREATE TABLE indexed (z int, LIKE src INCLUDING INDEXES, y int);
SELECT indexname, replace(indexdef, 'sql_table_like.', '') FROM pg_indexes WHERE tablename = 'indexed' ORDER BY 1;
SELECT conname, contype FROM pg_constraint WHERE conrelid = 'indexed'::regclass ORDER BY 1;
INSERT INTO indexed (id, a, b, c) VALUES (1, 2, 'x', 1);
INSERT INTO indexed (id, a, b, c) VALUES (1, 2, 'y', 1);
INSERT INTO indexed (id, a, b, c) VALUES (2, 2, 'x', 1);
INSERT INTO indexed (id, a, b, c) VALUES (2, 2, 'X', 1);
SELECT id, b FROM indexed WHERE lower(b) = 'x' AND a > 1 ORDER BY id;
SELECT id FROM indexed WHERE b = 'X';
CREATE TABLE again (LIKE indexed INCLUDING ALL, UNIQUE (b));
SELECT indexname FROM pg_indexes WHERE tablename = 'again' ORDER BY 1;
ALTER TABLE src DROP COLUMN a;
CREATE TABLE fewer (LIKE src INCLUDING ALL);
SELECT attnum, attname FROM pg_attribute WHERE attrelid = 'fewer'::regclass AND attnum > 0 ORDER BY attnum;
SELECT indexname FROM pg_indexes WHERE tablename = 'fewer' ORDER BY 1;
-- Other relations.
CREATE VIEW vw AS SELECT b, d || 'x' AS dx FROM src;
CREATE TABLE of_view (LIKE vw INCLUDING ALL);
SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = 'of_view'::regclass AND attnum > 0 ORDER BY attnum;
CREATE MATERIALIZED VIEW mat AS SELECT 1 AS one, 'x'::text AS t;
CREATE TABLE of_mat (LIKE mat);
INSERT INTO of_mat VALUES (2, 'y') RETURNING *;
CREATE TABLE of_itself (LIKE of_itself);
-- Errors.
CREATE TABLE l1 (LIKE nope);
CREATE TABLE l1 (LIKE sq);
CREATE TABLE l1 (LIKE named);
CREATE TABLE l1 (x int, LIKE src, b int);
CREATE TABLE l1 (b int, LIKE src);
CREATE TABLE l1 (LIKE src, LIKE src);
CREATE TABLE l1 (LIKE src INCLUDING ALL, PRIMARY KEY (b));
CREATE TABLE l1 (LIKE src INCLUDING NOTHING);
CREATE TABLE IF NOT EXISTS plain (LIKE nope);
CREATE TABLE plain (LIKE src);
SELECT count(*) FROM pg_class WHERE relname = 'l1';
BEGIN;
CREATE TABLE l1 (LIKE src INCLUDING ALL);
ROLLBACK;
SELECT count(*) FROM pg_class WHERE relname LIKE 'l1%';
