SELECT 1, -1, 2147483648, 99999999999999999999, 1.5, 'x', NULL, true
SELECT a, t.a, public.t.a, b AS "B" FROM t
SELECT * FROM t
SELECT t.*, u.x FROM t, u
SELECT * FROM t x
SELECT p, q, c FROM t AS x(p, q)
SELECT a + 1, a + f, a * c, a / 2.0, -a, b || 'x', v || b FROM t
SELECT a = 1, f = 1, c = 1, b = 'x', v = 'x', a = '5', d = '2024-01-01' FROM t
SELECT a::text, '5'::int, a::bigint, CAST(b AS varchar(3)), '1.5'::numeric(3,1), a::float8 FROM t
SELECT a IN (1, 2), a IN (1, 2.5), f IN (1, '2'), b NOT IN ('x', 'y'), v IN ('a') FROM t
SELECT a BETWEEN 1 AND 2, a NOT BETWEEN SYMMETRIC 1 AND 2 FROM t
SELECT b LIKE 'x%', b NOT LIKE 'x', b ILIKE 'x' FROM t
SELECT a IS NULL, b IS NOT NULL, e IS TRUE, e IS NOT UNKNOWN FROM t
SELECT a IS DISTINCT FROM 1, a IS NOT DISTINCT FROM f, a IS DISTINCT FROM NULL FROM t
SELECT CASE WHEN e THEN 1 ELSE 2.5 END, CASE a WHEN 1 THEN 'one' ELSE b END, CASE WHEN e THEN NULL END FROM t
SELECT COALESCE(a, f), COALESCE(b, 'x'), NULLIF(a, 0), GREATEST(a, f, 1.5), LEAST(1, 2) FROM t
SELECT count(*), sum(a), sum(f), avg(a), min(b), max(d), count(DISTINCT b), sum(a) FILTER (WHERE e) FROM t
SELECT b, count(*) FROM t GROUP BY b HAVING count(*) > 1 ORDER BY count(*) DESC, b
SELECT b AS x, count(*) FROM t GROUP BY x ORDER BY 2
SELECT a + 1, count(*) FROM t GROUP BY a + 1 ORDER BY a + 1
SELECT a, b, count(*) FROM t GROUP BY a
SELECT DISTINCT b FROM t ORDER BY b
SELECT a FROM t ORDER BY b, a DESC, f NULLS FIRST, c DESC NULLS LAST
SELECT a AS b FROM t ORDER BY b
SELECT a FROM t LIMIT 10 OFFSET '5'
SELECT a FROM t LIMIT ALL
SELECT * FROM t JOIN u ON t.a = u.a
SELECT * FROM t JOIN u USING (a)
SELECT a, t.a, u.a FROM t LEFT JOIN u USING (a)
SELECT a FROM t RIGHT JOIN u USING (a)
SELECT a FROM t FULL JOIN u USING (a, b)
SELECT * FROM u NATURAL JOIN other.t
SELECT * FROM t CROSS JOIN u WHERE t.a = u.x
SELECT j.a, j.x FROM (t JOIN u USING (a)) AS j
SELECT s.n FROM (SELECT a + 1 AS n, 'x' AS k FROM t ORDER BY b) AS s WHERE s.k = 'x'
SELECT * FROM (VALUES (1, 'a'), (2.5, NULL)) AS v(n, s)
VALUES (1), (2) ORDER BY 1 DESC LIMIT 1
SELECT * FROM generate_series(1, 10)
SELECT n FROM generate_series(1, 10, 2) AS g(n)
SELECT * FROM now()
SELECT 1 UNION SELECT 2.5
SELECT a FROM t UNION ALL SELECT f FROM t ORDER BY a LIMIT 3
SELECT 'x' UNION SELECT b FROM t
SELECT NULL UNION SELECT 1 EXCEPT SELECT 2
SELECT DISTINCT a FROM t UNION SELECT f FROM t
SELECT a FROM t WHERE a = 1 FOR UPDATE
SELECT t.a FROM t, u FOR SHARE OF t NOWAIT FOR KEY SHARE OF u SKIP LOCKED
SELECT $1, $2 + 1, $3::text
SELECT a FROM t WHERE a = $1 AND b = $2 AND f > $3
SELECT a FROM t WHERE a IN ($1, $2) LIMIT $3 OFFSET $4
SELECT $1::int + $1
SELECT CASE WHEN $1 THEN a ELSE $2 END FROM t
SELECT COALESCE($1, 1), $2 || 'x', $3 LIKE 'a'
SELECT current_date, current_timestamp, localtimestamp(2), current_user, user
SELECT lower(b), length(b), abs(a), now() FROM t
SELECT 'u'::regclass, 'other.t'::regclass, '"t"'::regclass
SELECT (a, b) = (1, 'x'), (a, f) IN ((1, 2), (3, 4)) FROM t
SELECT b COLLATE "C" FROM t
SELECT other.t.z, t.a FROM other.t
SELECT FROM t
SELECT string_agg(b, ',' ORDER BY a DESC) FROM t
SELECT upper(b) AS u FROM t GROUP BY upper(b) ORDER BY u
SELECT interval '1 day', date '2024-01-31' + 1, timestamp '2024-01-01' - interval '1 hour'
SELECT e AND a > 1 OR NOT e FROM t
SELECT float8(a), int4('5') FROM t
SELECT ARRAY[1, 2.5, NULL], ARRAY[['a'], ['b']], ARRAY[]::int[], ARRAY[a, 1] FROM t
SELECT a = ANY ('{1,2}'), a <> ALL ($1), $2 = ANY (ARRAY[a]) FROM t
SELECT (ARRAY[a, 2])[1], array_append(ARRAY[a], NULL) || 3 FROM t
SELECT s.x FROM t, LATERAL (SELECT t.a + 1) s(x)
SELECT * FROM t LEFT JOIN LATERAL (SELECT a FROM t u WHERE u.a = t.a) s ON true
SELECT g FROM t, generate_series(1, t.a) g
WITH q AS (SELECT a, b FROM t) SELECT * FROM q
WITH q(x) AS (SELECT a FROM t), r AS (SELECT x + 1 AS y FROM q) SELECT q.x, r.y FROM q, r
WITH q AS MATERIALIZED (SELECT 'x' AS s) SELECT * FROM q x, q y
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r
WITH d AS (DELETE FROM t WHERE a = 1 RETURNING a, b) SELECT b FROM d
SELECT generate_series(1, 3), a FROM t
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a']) WITH ORDINALITY AS u(x, y, n)
SELECT * FROM ROWS FROM (generate_series(1, 2), json_each('{}')) AS r
SELECT * FROM json_to_recordset('[]') AS r(a int, b text)
SELECT t, t.*, (t).a, row_to_json(t) FROM t
SELECT ROW(a, b), (ROW(a, b)).f2, ROW(t.*, 1) FROM t
SELECT * FROM ident_id_seq
