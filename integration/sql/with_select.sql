-- Common table expressions of queries.
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
INSERT INTO t VALUES (1, 10, 'one'), (2, 20, 'two'), (3, NULL, 'three'), (4, 40, NULL);
WITH q AS (SELECT 1) SELECT * FROM q;
WITH q AS (SELECT 1 AS x, 'a' AS y) SELECT y, x FROM q;
WITH q(p, r) AS (SELECT 1, 2) SELECT r, p FROM q;
WITH q(p) AS (SELECT 1, 2 AS z) SELECT * FROM q;
WITH q(p, r, s) AS (SELECT 1, 2) SELECT * FROM q;
WITH q AS (SELECT * FROM t) SELECT * FROM q ORDER BY id;
WITH q AS (SELECT id, a FROM t WHERE a IS NOT NULL) SELECT q.id, q.a + 1 AS n FROM q ORDER BY 1;
WITH q AS (SELECT * FROM t) SELECT x.id, y.b FROM q x JOIN q y ON x.id = y.id + 1 ORDER BY 1;
WITH q AS (VALUES (1, 'x'), (2, 'y')) SELECT * FROM q;
WITH q(n, s) AS (VALUES (1, 'x'), (2, 'y')) SELECT s FROM q WHERE n = 2;
WITH q AS (VALUES (1, 'x'), (2, 'y')) SELECT column2 FROM q ORDER BY column1 DESC;
-- Earlier ones, nesting, shadowing.
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a), c AS (SELECT x, y FROM a, b) SELECT * FROM c;
WITH a AS (SELECT 1 AS x) SELECT * FROM (WITH b AS (SELECT x + 1 AS y FROM a) SELECT * FROM b) s;
WITH a AS (SELECT 1 AS x) SELECT * FROM (WITH a AS (SELECT 2 AS x) SELECT * FROM a) s, a;
WITH a AS (WITH b AS (SELECT 5 AS z) SELECT z FROM b) SELECT * FROM a;
WITH a AS (WITH a AS (SELECT 6 AS z) SELECT z FROM a) SELECT * FROM a;
WITH t AS (SELECT 99 AS id) SELECT * FROM t;
WITH t AS (SELECT id FROM t WHERE id < 3) SELECT * FROM t ORDER BY 1;
WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a;
WITH a AS (SELECT * FROM a) SELECT * FROM a;
WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a;
WITH a AS (SELECT 1) SELECT * FROM b;
WITH a AS (SELECT 1) SELECT * FROM public.a;
WITH a AS (SELECT 1 AS x) SELECT y FROM a;
WITH a AS (SELECT 1 AS x) SELECT a.y FROM a;
WITH a AS (SELECT nope FROM t) SELECT 1;
WITH a AS (SELECT 1 AS x), b AS (SELECT 2 AS x) SELECT x FROM a, b;
WITH a AS (SELECT 1 AS x) SELECT * FROM a AS z(w);
WITH a AS (SELECT 1 AS x) SELECT * FROM a AS z(w, v);
WITH a AS (SELECT 1 AS x) SELECT a.x FROM a z;
-- Types.
WITH q AS (SELECT NULL AS n, 'text' AS s, 1.5 AS d) SELECT pg_typeof(n), pg_typeof(s), pg_typeof(d) FROM q;
WITH q AS (SELECT 'x' UNION ALL SELECT 'y') SELECT * FROM q ORDER BY 1;
WITH q AS (SELECT CAST(1 AS numeric(5, 2)) AS n) SELECT n FROM q;
-- Set operations, grouping, ordering and limits over them.
WITH q AS (SELECT a FROM t) SELECT a FROM q UNION SELECT 10 ORDER BY 1;
WITH q AS (SELECT a FROM t) (SELECT a FROM q ORDER BY a LIMIT 1) UNION ALL (SELECT a FROM q ORDER BY a DESC NULLS LAST LIMIT 1);
WITH q AS (SELECT a FROM t) SELECT count(*), sum(a) FROM q;
WITH q AS (SELECT a % 20 AS m, id FROM t) SELECT m, count(*) FROM q GROUP BY m ORDER BY m NULLS FIRST;
WITH q AS (SELECT id FROM t ORDER BY id DESC LIMIT 2) SELECT * FROM q;
WITH q AS (SELECT id FROM t) SELECT * FROM q ORDER BY id LIMIT 2 OFFSET 1;
WITH q AS (SELECT DISTINCT a IS NULL AS n FROM t) SELECT * FROM q ORDER BY n;
WITH q AS (SELECT id FROM t) SELECT t.id, q.id FROM t LEFT JOIN q ON q.id = t.id + 2 ORDER BY 1;
WITH q AS (SELECT id FROM t) SELECT * FROM t NATURAL JOIN q ORDER BY id;
WITH q AS (SELECT id FROM t WHERE id > 2) SELECT count(*) FROM q FULL JOIN t USING (id);
-- Unreferenced ones are checked, and not run.
WITH q AS (SELECT 1 / 0) SELECT 2;
WITH q AS (SELECT 1 / (id - 1) AS bad FROM t) SELECT 3;
WITH q AS (SELECT 1 / (id - 1) AS bad FROM t) SELECT * FROM q;
WITH q AS MATERIALIZED (SELECT 1 / (id - 4) AS x FROM t ORDER BY id) SELECT * FROM q;
WITH q AS (SELECT generate_series(1, 3) AS g) SELECT sum(g) FROM q;
-- MATERIALIZED and not; computed once.
CREATE SEQUENCE s;
WITH q AS (SELECT nextval('s') AS n) SELECT x.n = y.n AS same FROM q x, q y;
SELECT currval('s');
WITH q AS (SELECT nextval('s') AS n) SELECT n FROM q;
WITH q AS NOT MATERIALIZED (SELECT nextval('s') AS n) SELECT x.n = y.n AS same FROM q x, q y;
WITH q AS MATERIALIZED (SELECT nextval('s') AS n) SELECT count(*) FROM q;
SELECT currval('s');
WITH q AS (SELECT nextval('s') AS n) SELECT 1;
SELECT currval('s');
WITH q AS MATERIALIZED (SELECT * FROM t) SELECT * FROM q WHERE id = 2;
WITH q AS NOT MATERIALIZED (SELECT * FROM t) SELECT * FROM q WHERE id = 2;
WITH q AS NOT MATERIALIZED (SELECT * FROM t) SELECT x.id FROM q x JOIN q y ON x.a = y.a * 2 ORDER BY 1;
WITH q AS NOT MATERIALIZED (SELECT id AS k FROM t), r AS NOT MATERIALIZED (SELECT x.k FROM q x, q y WHERE x.k = y.k) SELECT count(*) FROM r a, r b;
-- In VALUES, subqueries, LATERAL; columns of queries around.
WITH q AS (SELECT 7 AS x) VALUES (1), (2);
SELECT * FROM (WITH q AS (SELECT 7 AS x) SELECT x FROM q) s;
SELECT t.id, s.v FROM t, LATERAL (WITH q AS (SELECT t.id * 10 AS v) SELECT v FROM q) s ORDER BY 1;
SELECT t.id, s.v, s.w FROM t, LATERAL (WITH q AS MATERIALIZED (SELECT t.id * 10 AS v) SELECT x.v, y.v + 1 AS w FROM q x, q y) s ORDER BY 1;
SELECT t.id, s.n FROM t, LATERAL (WITH q AS MATERIALIZED (SELECT g FROM generate_series(1, t.id) g) SELECT count(*) AS n FROM q x, q y) s ORDER BY 1;
WITH q AS (SELECT id FROM t) SELECT t.id, s.n FROM t, LATERAL (SELECT count(*) AS n FROM q WHERE q.id <= t.id) s ORDER BY 1;
WITH q AS MATERIALIZED (SELECT id FROM t) SELECT t.id, s.n FROM t LEFT JOIN LATERAL (SELECT q.id AS n FROM q WHERE q.id > t.id ORDER BY q.id LIMIT 1) s ON true ORDER BY 1;
SELECT * FROM t, (WITH q AS (SELECT t.id) SELECT * FROM q) s;
-- Locking clauses pass them over.
BEGIN;
WITH q AS (SELECT id FROM t WHERE id = 1) SELECT t.id FROM t, q WHERE t.id = q.id FOR UPDATE OF t;
WITH q AS (SELECT id FROM t WHERE id = 1) SELECT * FROM q FOR UPDATE OF q;
ROLLBACK;
BEGIN;
WITH q AS (SELECT id FROM t WHERE id = 1 FOR UPDATE) SELECT * FROM q;
ROLLBACK;
-- Prepared, with parameters, more rows than a batch.
PREPARE p (int) AS WITH q AS (SELECT id FROM t WHERE id >= $1) SELECT count(*) FROM q;
EXECUTE p(2);
EXECUTE p(4);
PREPARE p2 AS WITH q AS (SELECT $1 AS x) SELECT x + 1 FROM q;
PREPARE p3 AS WITH q AS (SELECT $1::int AS x) SELECT x + 1 FROM q;
EXECUTE p3(41);
WITH q AS MATERIALIZED (SELECT g FROM generate_series(1, 5000) g) SELECT count(*), sum(x.g), min(y.g) FROM q x JOIN q y ON x.g = y.g;
WITH q AS MATERIALIZED (SELECT g, 'v' || g AS s FROM generate_series(1, 3000) g) SELECT x.s FROM q x JOIN q y ON x.g = y.g + 2990 ORDER BY x.g;
WITH empty AS (SELECT * FROM t WHERE false) SELECT * FROM empty;
WITH empty AS MATERIALIZED (SELECT * FROM t WHERE false) SELECT count(*) FROM empty a FULL JOIN empty b ON true;
WITH q AS (SELECT) SELECT count(*) FROM q;
WITH q AS (SELECT * FROM t FETCH FIRST 2 ROWS ONLY) SELECT count(*) FROM q;
-- EXPLAIN shows where they are computed.
EXPLAIN (COSTS OFF) WITH q AS MATERIALIZED (SELECT * FROM t) SELECT * FROM q;
EXPLAIN (COSTS OFF) WITH q AS (SELECT * FROM t) SELECT * FROM q;
EXPLAIN (COSTS OFF) WITH q AS MATERIALIZED (SELECT * FROM t) SELECT * FROM q AS w LIMIT 1;
