SELECT 1, -1, 2147483647, 2147483648, 1.50, -1.5e3, .5
SELECT 'a''b', E'a\\b\n', $$dollar$$, U&'\00e9', B'101', X'1F'
SELECT TRUE, FALSE, NULL, true::bool
SELECT $1, $2::int, $1 + $3
SELECT 1 + 2 * 3 - -4, -a, +b, a || b, @ c, a OPERATOR(pg_catalog.+) b
SELECT a = b, a <> b, a != b, a >= b
SELECT a IS NULL, a IS NOT NULL, a ISNULL
SELECT a IS TRUE, a IS NOT TRUE, a IS FALSE, a IS NOT FALSE, a IS UNKNOWN, a IS NOT UNKNOWN
SELECT a IS DISTINCT FROM b, a IS NOT DISTINCT FROM b, NULLIF(a, b)
SELECT a IN (1, 2), a NOT IN (1), a IN (SELECT 1), a NOT IN (SELECT 1)
SELECT a BETWEEN 1 AND 2, a NOT BETWEEN 1 AND 2, a BETWEEN SYMMETRIC 1 AND 2, a NOT BETWEEN SYMMETRIC 2 AND 1
SELECT a LIKE 'x%', a NOT LIKE 'x', a ILIKE 'x', a LIKE 'x' ESCAPE '!', a NOT ILIKE 'x' ESCAPE ''
SELECT a SIMILAR TO 'x', a NOT SIMILAR TO 'x' ESCAPE '!'
SELECT a = ANY ('{1}'), a > ALL (b), a = ANY (SELECT 1), a < ALL (SELECT 1), a = SOME (b)
SELECT CASE WHEN a THEN 1 END, CASE a WHEN 1 THEN 2 WHEN 3 THEN 4 ELSE 5 END
SELECT COALESCE(a, b, 1), GREATEST(1, 2), LEAST(a, b)
SELECT f(), s.f(1), f(DISTINCT a), count(*), string_agg(a, ',' ORDER BY b DESC), sum(a) FILTER (WHERE b), f(VARIADIC a)
SELECT CAST(a AS int), a::varchar(10), a::numeric(10, 2), a::char, a::char(3), a::timestamp(3), a::timestamptz
SELECT a::int[], a::text[][3], a::double precision, a::bit varying(3), a::"char", a::myschema.mytype
SELECT interval '1' day, interval '1' year to month, interval '1.5' second(3), interval(3) '1', a::interval
SELECT date '2020-01-01', int4 '1', time with time zone '10:00'
SELECT a COLLATE "C", a COLLATE pg_catalog."default"
SELECT CURRENT_DATE, CURRENT_TIME, CURRENT_TIME(2), CURRENT_TIMESTAMP, CURRENT_TIMESTAMP(3), LOCALTIME, LOCALTIME(1), LOCALTIMESTAMP, LOCALTIMESTAMP(0)
SELECT CURRENT_ROLE, CURRENT_USER, USER, SESSION_USER, CURRENT_CATALOG, CURRENT_SCHEMA
SELECT (SELECT 1), EXISTS (SELECT 1), ARRAY(SELECT 1)
SELECT ROW(1, 2), (1, 2), ROW(), ARRAY[1, 2], ARRAY[[1], [2]], ARRAY[]::int[]
SELECT a[1], a[1:2], a[:2], a[1:], (a).b, (a).*, (a).b[1].c
SELECT EXTRACT(year FROM a), SUBSTRING(a FROM 1 FOR 2), TRIM(BOTH 'x' FROM a), POSITION('a' IN b), OVERLAY(a PLACING b FROM 1), a AT TIME ZONE 'UTC'
SELECT (1, 2) = (3, 4), (a, b) IN ((1, 2)), (a, b) OVERLAPS (c, d)
SELECT NOT a AND NOT (b OR c)
SELECT a AND b AND c OR d OR e
