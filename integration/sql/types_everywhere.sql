-- All types in keys, constraints, views, subqueries, WITH, sets of rows and statistics.
SET client_min_messages = warning;
CREATE TABLE k_bit (k bit(4) PRIMARY KEY);
CREATE TABLE k_varbit (k varbit PRIMARY KEY);
CREATE TABLE k_inet (k inet PRIMARY KEY);
CREATE TABLE k_cidr (k cidr PRIMARY KEY);
CREATE TABLE k_mac (k macaddr PRIMARY KEY);
CREATE TABLE k_mac8 (k macaddr8 PRIMARY KEY);
CREATE TABLE k_money (k money PRIMARY KEY);
CREATE TABLE k_timetz (k timetz PRIMARY KEY);
CREATE TABLE k_range (k int4range PRIMARY KEY);
CREATE TABLE k_ranges (k datemultirange PRIMARY KEY);
CREATE TABLE k_jsonb (k jsonb PRIMARY KEY);
CREATE TABLE k_array (k int[] PRIMARY KEY);
CREATE TABLE k_lsn (k pg_lsn PRIMARY KEY);
CREATE TABLE k_json (k json PRIMARY KEY);
INSERT INTO k_bit VALUES ('0001'), ('1000'), ('0100');
INSERT INTO k_varbit VALUES ('1'), ('10'), ('');
INSERT INTO k_inet VALUES ('10.0.0.1'), ('10.0.0.0/8'), ('::1');
INSERT INTO k_cidr VALUES ('10.0.0.0/8'), ('192.168.0.0/16');
INSERT INTO k_mac VALUES ('08:00:2b:01:02:03'), ('00:00:00:00:00:01');
INSERT INTO k_mac8 VALUES ('08:00:2b:01:02:03:04:05'), ('00:00:00:00:00:00:00:01');
INSERT INTO k_money VALUES (1), (2.5), (-3);
INSERT INTO k_timetz VALUES ('10:00+02'), ('09:00+00'), ('10:00+00');
INSERT INTO k_range VALUES ('[1,5)'), ('empty'), ('(,3]');
INSERT INTO k_ranges VALUES ('{[2024-01-01,2024-02-01)}'), ('{}');
INSERT INTO k_jsonb VALUES ('{"a": 1}'), ('[1, 2]'), ('null');
INSERT INTO k_array VALUES ('{1,2}'), ('{}'), ('{3}');
INSERT INTO k_lsn VALUES ('0/10'), ('1/0');
-- Foreign keys and checks.
CREATE TABLE c_all (id int PRIMARY KEY, b bit(4) REFERENCES k_bit, v varbit REFERENCES k_varbit, i inet REFERENCES k_inet,
  m macaddr REFERENCES k_mac, mo money REFERENCES k_money, t timetz REFERENCES k_timetz, r int4range REFERENCES k_range ON DELETE CASCADE,
  j jsonb REFERENCES k_jsonb, a int[] REFERENCES k_array ON UPDATE CASCADE, l pg_lsn REFERENCES k_lsn,
  CHECK (masklen(i) <= 32), CHECK (r IS NULL OR isempty(r) OR r @> 1), CHECK (a[1] IS DISTINCT FROM 7), CHECK (num_nulls(VARIADIC a) = 0), CHECK (jsonb_extract_path_text(j, 'x', 'y') IS NULL));
INSERT INTO c_all VALUES (1, '0001', '10', '10.0.0.1', '08:00:2b:01:02:03', 2.5, '10:00+02', '[1,5)', '{"a": 1}', '{1,2}', '0/10');
INSERT INTO c_all (id, b) VALUES (2, '1111');
INSERT INTO c_all (id, i) VALUES (2, '10.0.0.2');
INSERT INTO c_all (id, mo) VALUES (2, 7);
INSERT INTO c_all (id, t) VALUES (2, '10:00+03');
INSERT INTO c_all (id, r) VALUES (2, '[5,9)');
INSERT INTO c_all (id, r) VALUES (2, '[1,9)');
INSERT INTO c_all (id, a) VALUES (2, '{7}');
INSERT INTO c_all (id, j) VALUES (2, '{"x": {"y": 1}}');
INSERT INTO c_all (id, r) VALUES (3, 'empty');
DELETE FROM k_bit WHERE k = '0001';
DELETE FROM k_range WHERE k = 'empty';
UPDATE k_array SET k = '{9}' WHERE k = '{1,2}';
SELECT * FROM c_all ORDER BY id;
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'c_all'::regclass AND contype = 'c' ORDER BY conname;
-- Parts of arrays, through views as well.
CREATE TABLE arr (id int PRIMARY KEY, a int[], m int[][]);
CREATE VIEW arr_v AS SELECT id, a, a[2:3] AS part, m[1:2][2] AS side FROM arr;
INSERT INTO arr VALUES (1, '{1,2,3,4}', '{{1,2},{3,4}}'), (2, NULL, NULL);
UPDATE arr_v SET a[2] = 20, a[6] = 60 WHERE id = 1;
UPDATE arr_v SET a[1:2] = '{7,8}', a = '{1}' WHERE id = 1;
UPDATE arr SET a[1] = (SELECT max(id) FROM arr), m[2][1] = 33 WHERE id = 1;
UPDATE arr SET (a[3], m[1][1]) = (SELECT 300, 11) WHERE id = 1;
INSERT INTO arr VALUES (1, '{5}') ON CONFLICT (id) DO UPDATE SET a[4] = excluded.a[1] RETURNING *;
WITH u AS (UPDATE arr SET a[1] = 1 RETURNING id, a) SELECT * FROM u ORDER BY id;
SELECT * FROM arr_v ORDER BY id;
SELECT pg_get_viewdef('arr_v');
-- Subqueries and joins on the types.
SELECT k FROM k_inet WHERE k IN (SELECT i FROM c_all) ORDER BY k;
SELECT k FROM k_range WHERE NOT EXISTS (SELECT FROM c_all WHERE r = k) ORDER BY k;
SELECT k FROM k_money WHERE k > ALL (SELECT mo FROM c_all WHERE mo IS NOT NULL) ORDER BY k;
SELECT c.id, b.k, j.k FROM c_all c JOIN k_bit b ON b.k = c.b JOIN k_jsonb j ON j.k = c.j;
SELECT ARRAY(SELECT k FROM k_timetz ORDER BY k);
SELECT (SELECT max(k) FROM k_inet), (SELECT min(k) FROM k_money), (SELECT count(DISTINCT k) FROM k_ranges);
SELECT count(*) FROM k_timetz a, k_timetz b WHERE a.k < b.k;
WITH RECURSIVE r(n, b) AS (SELECT 1, B'0001' UNION ALL SELECT n + 1, b << 1 FROM r WHERE n < 4) SELECT * FROM r;
WITH RECURSIVE r(a) AS (SELECT inet '10.0.0.1' UNION ALL SELECT a + 1 FROM r WHERE a < '10.0.0.4') SELECT * FROM r;
-- Sets of rows.
SELECT * FROM unnest(ARRAY[int4range(1, 3), 'empty'], ARRAY[B'1', B'10']) WITH ORDINALITY;
SELECT unnest(ARRAY['10.0.0.1', '::1']::inet[]);
SELECT * FROM jsonb_each('{"a": 1, "b": [2]}') ORDER BY key;
SELECT * FROM jsonb_to_recordset('[{"r": "[1,2]", "m": "$1.50", "a": [1, 2]}]') AS x(r int4range, m money, a int[]);
SELECT regexp_split_to_table('a1b2', '\d');
SELECT (regexp_matches('a1b2', '([a-z])(\d)', 'g'))[1];
SELECT g, int4range(g, g + 2) FROM generate_series(1, 3) g;
-- Grouping, windows, set operations.
SELECT a, count(*), max(b::text) FROM (VALUES (int4range(1, 2), B'1'), (int4range(1, 2), B'0'), ('empty', NULL)) v(a, b) GROUP BY a ORDER BY a;
SELECT k, rank() OVER (ORDER BY k DESC), lag(k) OVER (ORDER BY k) FROM k_mac ORDER BY k;
SELECT k FROM k_cidr UNION SELECT '10.0.0.0/8' ORDER BY 1;
SELECT k::inet FROM k_cidr INTERSECT SELECT k FROM k_inet;
SELECT DISTINCT ON (masklen(k)) k FROM k_inet ORDER BY masklen(k), k;
-- Statistics.
ANALYZE k_bit, k_varbit, k_inet, k_cidr, k_mac, k_mac8, k_money, k_timetz, k_range, k_ranges, k_jsonb, k_array, k_lsn, c_all, arr;
SELECT tablename, attname, null_frac, n_distinct FROM pg_stats WHERE schemaname = 'sql_types_everywhere' AND tablename LIKE 'k\_%' AND tablename <> 'k_json' ORDER BY 1, 2;
SELECT k FROM k_range WHERE k && int4range(2, 3) ORDER BY k;
SELECT k FROM k_inet WHERE k << '10.0.0.0/8' OR k = '::1' ORDER BY k;
SELECT c.id FROM c_all c JOIN k_range r ON r.k = c.r JOIN k_array a ON a.k = c.a WHERE r.k @> 2;
CREATE MATERIALIZED VIEW mat AS SELECT id, r, i, a FROM c_all;
CREATE UNIQUE INDEX ON mat (id);
ANALYZE mat;
SELECT * FROM mat ORDER BY id;
CREATE TABLE copied AS SELECT * FROM mat;
CREATE TABLE liked (LIKE c_all INCLUDING ALL);
SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'liked'::regclass ORDER BY 1;
