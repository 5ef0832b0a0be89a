-- NULL in comparisons, sorting, aggregates, DISTINCT.
CREATE TABLE maybe (id integer PRIMARY KEY, v integer, t text);
INSERT INTO maybe VALUES (1, 10, 'a'), (2, NULL, 'b'), (3, NULL, NULL), (4, 5, '');
SELECT id FROM maybe WHERE v = NULL;
SELECT id FROM maybe WHERE v IS NULL ORDER BY id;
SELECT id FROM maybe WHERE v <> 10;
SELECT id FROM maybe WHERE NOT (v = 10);
SELECT id FROM maybe WHERE v IS DISTINCT FROM 10 ORDER BY id;
SELECT id, v FROM maybe ORDER BY v, id;
SELECT id, v FROM maybe ORDER BY v DESC, id;
SELECT id, v FROM maybe ORDER BY v NULLS FIRST, id;
SELECT id, v FROM maybe ORDER BY v DESC NULLS LAST, id;
SELECT count(*), count(v), sum(v), avg(v), min(v), max(v) FROM maybe;
SELECT v, count(*) FROM maybe GROUP BY v ORDER BY v;
SELECT DISTINCT v FROM maybe ORDER BY 1;
SELECT v + 1, t || 'x', coalesce(t, '?'), length(t) FROM maybe ORDER BY id;
INSERT INTO maybe VALUES (NULL, 1, 'x');
INSERT INTO maybe VALUES (5, NULL, 'also');
INSERT INTO maybe VALUES (6, 10, 'twice');
UPDATE maybe SET v = NULL WHERE id = 1;
UPDATE maybe SET id = NULL WHERE id = 1;
SELECT a.id, b.id FROM maybe a JOIN maybe b ON a.v = b.v ORDER BY 1, 2;
SELECT sum(v), max(t), count(*) FROM maybe WHERE false;
SELECT NULL = NULL, NULL <> NULL, NULL + 1, NULL || 'a', NULL AND false, NULL OR true, NOT NULL;
SELECT CASE NULL WHEN NULL THEN 'equal' ELSE 'unknown' END;
\pset null (null)
SELECT * FROM maybe ORDER BY id;
