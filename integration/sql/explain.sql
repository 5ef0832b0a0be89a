-- EXPLAIN answers with one text column; costs and node shapes are Shale's own, so only what does not depend on them is here.
CREATE TABLE t (id integer PRIMARY KEY, v text);
EXPLAIN SELECT nothing FROM t;
EXPLAIN (NOSUCH) SELECT 1;
EXPLAIN (FORMAT nosuch) SELECT 1;
EXPLAIN SELECT * FROM missing;
EXPLAIN (COSTS OFF) SELECT 1;
EXPLAIN (COSTS OFF) SELECT * FROM t WHERE v = 'x';
EXPLAIN (COSTS OFF) SELECT * FROM t LIMIT 1;
EXPLAIN (COSTS OFF) SELECT count(*) FROM t;
EXPLAIN (COSTS OFF) DELETE FROM t;
