SELECT over(1), over('x'::text), over(a), over(b) FROM t
SELECT over('x')
SELECT over(1.5)
SELECT over(x => 1), over(y => 1)
SELECT public.over(1), pg_catalog.over(1)
SELECT with_defaults(1), with_defaults(1, 2), with_defaults(1, c => 'z')
SELECT with_defaults(), 1
SELECT same(1), same(b), same(NULL::date) FROM t
SELECT same('x')
SELECT several(1, 2, 3), several(VARIADIC ARRAY[1])
SELECT several()
SELECT lower('X')
SELECT ids(a), over(ids(2)) FROM t
SELECT * FROM ids(3)
SELECT i FROM t, ids(t.a) AS i
SELECT p.name, p.id FROM t LEFT JOIN LATERAL pairs(t.a) AS p ON true
SELECT * FROM pairs(1) WITH ORDINALITY AS p(x, y, z)
SELECT * FROM pairs(1) AS p(x int, y text)
SELECT pairs(1)
SELECT a FROM t WHERE ids(a) = 1
SELECT proc(1, 2)
SELECT over(DISTINCT 1)
SELECT over(1) OVER ()
SELECT sum(over(a)), over(count(*)::int) FROM t
SELECT $1 = over($2)
CALL proc(1, 2)
CALL proc(b => $1, a => 3)
CALL proc(1)
CALL over(1)
CALL proc(a, 1)
CALL proc((SELECT 1), 1)
CALL proc(sum(1), 1)
SELECT a FROM t WHERE over(a) = 1 FOR UPDATE
SELECT s.a FROM (SELECT a FROM t) AS s, u FOR UPDATE OF s
