-- Statements that change rows in WITH.
CREATE TABLE t (id int PRIMARY KEY, v int);
CREATE TABLE log (id int, what text);
INSERT INTO t VALUES (1, 10), (2, 20), (3, 30);
WITH i AS (INSERT INTO t VALUES (4, 40) RETURNING id, v) SELECT * FROM i;
WITH i AS (INSERT INTO t VALUES (5, 50) RETURNING *) SELECT v * 2 AS d FROM i;
WITH u AS (UPDATE t SET v = v + 1 WHERE id <= 2 RETURNING *) SELECT * FROM u ORDER BY id;
WITH d AS (DELETE FROM t WHERE id = 5 RETURNING *) SELECT * FROM d;
SELECT * FROM t ORDER BY id;
-- All see the state of before.
WITH u AS (UPDATE t SET v = v + 100 RETURNING id, v) SELECT t.id, t.v AS old, u.v AS new FROM t JOIN u USING (id) ORDER BY 1;
WITH u AS (UPDATE t SET v = v - 100 WHERE id = 1 RETURNING id, v) SELECT t.v AS old, u.v AS new FROM t JOIN u ON t.id = u.id WHERE t.id = 1;
WITH d AS (DELETE FROM t WHERE id = 4 RETURNING *) SELECT count(*) FROM t;
SELECT count(*) FROM t;
WITH i AS (INSERT INTO t VALUES (6, 60)) SELECT count(*) FROM t;
WITH i AS (INSERT INTO t VALUES (7, 70) RETURNING id) SELECT t.id FROM t, i WHERE t.id = i.id;
WITH i AS (INSERT INTO t VALUES (8, 80) RETURNING id) SELECT i.id, x.v FROM i LEFT JOIN LATERAL (SELECT v FROM t WHERE t.id = i.id) x ON true;
SELECT * FROM t ORDER BY id;
-- Run to their end whether read or not.
WITH i AS (INSERT INTO log VALUES (1, 'a')) SELECT 'main';
WITH i AS (INSERT INTO log SELECT g, 'many' FROM generate_series(10, 14) g RETURNING id) SELECT id FROM i LIMIT 2;
WITH i AS (INSERT INTO log VALUES (2, 'b') RETURNING id) SELECT 1 WHERE false;
SELECT id, what FROM log ORDER BY id;
WITH i AS (INSERT INTO log VALUES (3, 'c') RETURNING id) SELECT count(*) FROM i x, i y;
SELECT count(*) FROM log WHERE id = 3;
-- Moves and archives.
CREATE TABLE archive (id int, v int);
WITH moved AS (DELETE FROM t WHERE id > 5 RETURNING *) INSERT INTO archive SELECT * FROM moved;
SELECT * FROM archive ORDER BY id;
SELECT * FROM t ORDER BY id;
WITH moved AS (DELETE FROM archive RETURNING *) INSERT INTO t SELECT * FROM moved RETURNING id, v;
WITH a AS (UPDATE t SET v = 0 WHERE id = 6 RETURNING id), b AS (DELETE FROM t WHERE id = 7 RETURNING id) INSERT INTO log SELECT id, 'upd' FROM a UNION ALL SELECT id, 'del' FROM b;
SELECT * FROM log WHERE what IN ('upd', 'del') ORDER BY id;
WITH a AS (INSERT INTO log VALUES (20, 'first') RETURNING id), b AS (INSERT INTO log SELECT id + 1, 'second' FROM a RETURNING id) SELECT * FROM b;
WITH a AS (INSERT INTO log VALUES (22, 'x') RETURNING id), b AS (INSERT INTO log SELECT id + 1, 'y' FROM a) SELECT 1;
SELECT * FROM log WHERE id >= 20 ORDER BY id;
WITH d AS (DELETE FROM log WHERE id >= 20 RETURNING id) UPDATE t SET v = d.id FROM d WHERE t.id = d.id - 19 RETURNING t.id, t.v;
WITH d AS (DELETE FROM log WHERE id < 3 RETURNING id) DELETE FROM t USING d WHERE t.id = d.id RETURNING t.*;
SELECT * FROM t ORDER BY id;
-- The order of those that nobody reads; sequences.
CREATE SEQUENCE s;
CREATE TABLE o (n int, who text);
WITH a AS (INSERT INTO o VALUES (nextval('s'), 'a')), b AS (INSERT INTO o VALUES (nextval('s'), 'b')), c AS (INSERT INTO o VALUES (nextval('s'), 'c')) SELECT 1;
SELECT * FROM o ORDER BY n;
WITH a AS (INSERT INTO o VALUES (nextval('s'), 'd') RETURNING n), b AS (INSERT INTO o VALUES (nextval('s'), 'e')) SELECT n FROM a;
SELECT * FROM o WHERE who > 'c' ORDER BY n;
WITH a AS (INSERT INTO o VALUES (nextval('s'), 'f')) INSERT INTO o VALUES (nextval('s'), 'main');
SELECT who FROM o ORDER BY n DESC LIMIT 2;
-- The same row twice: who comes first.
WITH a AS (UPDATE t SET v = 1000 WHERE id = 3 RETURNING v), b AS (UPDATE t SET v = 2000 WHERE id = 3 RETURNING v) SELECT count(*) FROM a;
SELECT v FROM t WHERE id = 3;
WITH a AS (UPDATE t SET v = 1 WHERE id = 3 RETURNING v) UPDATE t SET v = 2 WHERE id = 3;
SELECT v FROM t WHERE id = 3;
WITH a AS (DELETE FROM t WHERE id = 3 RETURNING v) UPDATE t SET v = 5 FROM a WHERE id = 3;
SELECT v FROM t WHERE id = 3;
INSERT INTO t VALUES (3, 33);
WITH a AS (INSERT INTO t VALUES (3, 1) ON CONFLICT (id) DO UPDATE SET v = t.v + 1 RETURNING v) SELECT * FROM a;
WITH a AS (INSERT INTO t VALUES (3, 1) ON CONFLICT DO NOTHING RETURNING v) SELECT count(*) FROM a;
WITH a AS (INSERT INTO t VALUES (90, 1)) INSERT INTO t VALUES (90, 2);
WITH a AS (INSERT INTO t VALUES (91, 1)), b AS (INSERT INTO t VALUES (91, 2)) SELECT 1;
SELECT count(*) FROM t WHERE id >= 90;
WITH a AS (UPDATE t SET id = 95 WHERE id = 3 RETURNING id) SELECT t.id FROM t WHERE id IN (3, 95);
SELECT id FROM t WHERE id IN (3, 95);
UPDATE t SET id = 3 WHERE id = 95;
-- Failures roll all of it back.
WITH a AS (INSERT INTO log VALUES (99, 'x')) SELECT 1 / 0;
WITH a AS (INSERT INTO log VALUES (99, 'x')) SELECT 1 / (id - 3) FROM t;
SELECT count(*) FROM log WHERE id = 99;
BEGIN;
WITH a AS (INSERT INTO log VALUES (98, 'x') RETURNING *) SELECT * FROM a;
SAVEPOINT p;
WITH a AS (DELETE FROM log WHERE id = 98), b AS (SELECT 1 / 0 AS x) SELECT * FROM b;
ROLLBACK TO p;
SELECT * FROM log WHERE id = 98;
WITH a AS (DELETE FROM log WHERE id = 98) SELECT count(*) FROM log WHERE id = 98;
SELECT count(*) FROM log WHERE id = 98;
ROLLBACK;
SELECT count(*) FROM log WHERE id = 98;
-- Own writes of the transaction so far are seen.
BEGIN;
INSERT INTO log VALUES (50, 'own');
UPDATE t SET v = 77 WHERE id = 3;
WITH a AS (UPDATE log SET what = 'changed' WHERE id = 50 RETURNING what), b AS (UPDATE t SET v = v + 1 WHERE id = 3 RETURNING v) SELECT log.what, a.what, t.v, b.v FROM log, a, t, b WHERE log.id = 50 AND t.id = 3;
SELECT what FROM log WHERE id = 50;
ROLLBACK;
-- Indexes and more rows than a batch.
CREATE TABLE big (id int PRIMARY KEY, k int, v text);
CREATE INDEX big_k ON big (k);
INSERT INTO big SELECT g, g % 10, 'v' || g FROM generate_series(1, 3000) g;
WITH u AS (UPDATE big SET k = k + 10 WHERE k = 3 RETURNING id) SELECT count(*) FROM big WHERE k = 3;
SELECT count(*) FROM big WHERE k = 13;
WITH u AS (UPDATE big SET k = k + 10 WHERE k < 3 RETURNING id, k) SELECT count(*), count(DISTINCT u.k) FROM big JOIN u ON big.id = u.id WHERE big.k < 3;
WITH d AS (DELETE FROM big WHERE k >= 10 RETURNING *), i AS (INSERT INTO big SELECT id + 10000, k - 10, v FROM d RETURNING id) SELECT count(*), min(i.id) FROM i;
SELECT count(*), count(*) FILTER (WHERE id > 10000) FROM big;
WITH d AS (DELETE FROM big RETURNING 1) SELECT count(*) FROM d;
SELECT count(*) FROM big;
-- Where they may not be, and what they do not give.
WITH i AS (INSERT INTO log VALUES (1, 'x')) SELECT * FROM i;
WITH u AS (UPDATE t SET v = 1 WHERE false) SELECT * FROM u;
SELECT * FROM (WITH i AS (INSERT INTO log VALUES (1, 'x') RETURNING *) SELECT * FROM i) s;
WITH a AS (WITH i AS (INSERT INTO log VALUES (1, 'x') RETURNING *) SELECT * FROM i) SELECT * FROM a;
INSERT INTO log WITH i AS (DELETE FROM t RETURNING *) SELECT id, 'x' FROM i;
WITH i(a, b, c) AS (INSERT INTO log VALUES (1, 'x') RETURNING *) SELECT * FROM i;
WITH i(a) AS (INSERT INTO log VALUES (60, 'x') RETURNING *) SELECT a, what FROM i;
WITH i AS (INSERT INTO nope VALUES (1)) SELECT 1;
WITH i AS (INSERT INTO log (zzz) VALUES (1)) SELECT 1;
WITH i AS (UPDATE log SET zzz = 1) SELECT 1;
WITH q AS (SELECT 1) INSERT INTO q VALUES (1);
WITH q AS (SELECT 1), r AS (DELETE FROM q) SELECT 1;
WITH a AS (WITH q AS (SELECT 61 AS id) INSERT INTO log SELECT id, 'nested' FROM q RETURNING id) SELECT * FROM a;
BEGIN READ ONLY;
WITH i AS (INSERT INTO log VALUES (1, 'x')) SELECT 1;
ROLLBACK;
-- WITH before INSERT, UPDATE, DELETE.
WITH q AS (SELECT 70 AS id, 'with' AS what) INSERT INTO log SELECT * FROM q;
WITH q AS (SELECT 71 AS id) INSERT INTO log WITH r AS (SELECT id + 1 AS id FROM q) SELECT id, 'both' FROM r RETURNING *;
WITH q AS (SELECT 70 AS id) UPDATE log SET what = 'updated' FROM q WHERE log.id = q.id RETURNING log.*;
WITH q AS (SELECT 70 AS id UNION SELECT 72), d AS (DELETE FROM log USING q WHERE log.id = q.id RETURNING log.id)
  SELECT id FROM d ORDER BY id;
WITH q AS (SELECT 1) DELETE FROM log WHERE id = 61;
WITH q AS MATERIALIZED (SELECT id FROM t WHERE id < 3) UPDATE t SET v = -1 FROM q x, q y WHERE t.id = x.id AND x.id = y.id;
SELECT * FROM t ORDER BY id;
PREPARE mv (int) AS WITH d AS (DELETE FROM t WHERE id = $1 RETURNING *) INSERT INTO archive SELECT * FROM d;
EXECUTE mv(1);
EXECUTE mv(1);
SELECT * FROM archive ORDER BY id;
