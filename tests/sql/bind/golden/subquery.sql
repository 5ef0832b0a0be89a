SELECT (SELECT 1), (SELECT max(a) FROM t), (SELECT x FROM u WHERE u.a = t.a) FROM t
SELECT (SELECT a AS other FROM t), (SELECT * FROM (SELECT 1 AS one) s), (VALUES (1)), (SELECT 1 AS one UNION SELECT 2)
SELECT EXISTS (SELECT 1), NOT EXISTS (SELECT FROM t), ARRAY(SELECT b FROM t), (SELECT b FROM t)::varchar(3)
SELECT a IN (SELECT x FROM u), a NOT IN (SELECT f FROM t), f = ANY (SELECT a FROM u), a > ALL (SELECT f FROM t) FROM t
SELECT (a, b) IN (SELECT x, b FROM u), (a, f) <> ALL (SELECT 1, 2), (a, f) < ANY (SELECT x, a FROM u) FROM t
SELECT (a, b) = (SELECT x, b FROM u), (a, f) >= (SELECT 1, 2) FROM t
SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a AND EXISTS (SELECT 1 FROM other.t o WHERE o.a = t.f AND o.z = u.b))
SELECT (SELECT (SELECT t.a + u.x)  FROM u) FROM t
SELECT (SELECT x.y FROM (SELECT t.a AS y) x) FROM t
SELECT x.m FROM t, LATERAL (SELECT (SELECT max(u.x) FROM u WHERE u.a = t.a) AS m) x
SELECT (SELECT max(t.a)), (SELECT count(*) FROM u WHERE u.x < sum(t.a)) FROM t
SELECT b, (SELECT sum(t.a + u.x) FROM u) FROM t GROUP BY b, a
SELECT b FROM t GROUP BY b HAVING EXISTS (SELECT 1 FROM u WHERE u.x = max(t.a))
SELECT (SELECT (SELECT max(t.a))) FROM t
SELECT (SELECT random()), (SELECT random() WHERE a > 1) FROM t
SELECT a FROM t ORDER BY (SELECT u.x FROM u WHERE u.a = t.a)
SELECT (SELECT x FROM u WHERE u.a = t.a), count(*) FROM t GROUP BY (SELECT x FROM u WHERE u.a = t.a)
SELECT a FROM t LIMIT (SELECT 1) OFFSET (SELECT count(*) FROM u)
SELECT $1 IN (SELECT a FROM t), ($2, $3) IN (SELECT a, b FROM t), (SELECT $4::text)
UPDATE t SET (a, b) = (SELECT x, b FROM u WHERE u.a = t.a), f = (SELECT max(a) FROM t)
DELETE FROM t WHERE a = (SELECT max(x) FROM u WHERE u.b = t.b) RETURNING (SELECT count(*) FROM u WHERE u.a = t.a)
INSERT INTO u VALUES ((SELECT max(a) FROM t), 1, 'x') RETURNING (SELECT u.a + 1)
SELECT (a, f) = (1, 2), (a, f) <> (1, 2), (a, f) < (1, 2), (a, f) <= (1, 2), ROW(a) > ROW(1) FROM t
SELECT (a, f) IS DISTINCT FROM (1, NULL), (a, f) IS NOT DISTINCT FROM (1, 2), ROW(a, b) IS NULL, (a, b) IS NOT NULL, ROW(1, ROW(2)) IS NULL FROM t
SELECT (a, f) IN ((1, 2), (3, 4)), (a, f) NOT IN ((1, 2)), (a, f) BETWEEN (1, 2) AND (3, 4) FROM t
SELECT (SELECT 1, 2)
SELECT (SELECT a FROM t WHERE z = 1)
SELECT (1, 2) IN (SELECT 1)
SELECT 1 IN (SELECT 1, 2)
SELECT 1 + ANY (SELECT 1)
SELECT (1, 2) = (1, 2, 3)
SELECT ('a', 'b') ~ ('a', 'b')
SELECT b, (SELECT t.a) FROM t GROUP BY b
SELECT a FROM t WHERE a = (SELECT max(t.a))
SELECT max((SELECT max(t.a))) FROM t
SELECT (SELECT max(max(t.a))) FROM t
SELECT a FROM t WHERE t.a IN (SELECT y.a FROM t x, (SELECT x.a) y)
UPDATE t SET (a, b) = (SELECT 1)
