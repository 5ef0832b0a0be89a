-- COPY's options, in both directions, and what is refused.
CREATE TABLE t (id integer, a text, b text);
INSERT INTO t VALUES (1, 'plain', 'x'), (2, NULL, ''), (3, 'with, comma', 'quote " and '' '), (4, E'line\nbreak', E'tab\there'), (5, E'back\\slash', E'\\.'), (6, E'\\N', 'NULL'), (7, ' spaces ', E'\r'), (8, E'\b\f\v', 'ä');
COPY t TO stdout;
COPY t TO stdout (FORMAT csv);
COPY t TO stdout (FORMAT csv, FORCE_QUOTE *);
COPY t TO stdout (FORMAT csv, FORCE_QUOTE (a, b));
COPY t TO stdout (FORMAT csv, HEADER true, NULL 'nil');
COPY t TO stdout (FORMAT csv, QUOTE '''', ESCAPE '\');
COPY t TO stdout (FORMAT csv, QUOTE '|', DELIMITER E'\t');
COPY t TO stdout (FORMAT csv, ESCAPE '!');
COPY t TO stdout (HEADER);
COPY t TO stdout (HEADER off);
COPY t TO stdout (HEADER 1, DELIMITER ',');
COPY t (b, id) TO stdout (HEADER, NULL 'none');
COPY t TO stdout (ENCODING 'UTF8');
COPY t TO stdout (ENCODING 'nosuch');
COPY t TO stdout WITH DELIMITER AS '|' NULL AS 'x';
COPY t TO stdout CSV HEADER QUOTE AS '"' ESCAPE AS '"' FORCE QUOTE id;
COPY t TO stdout (FORMAT csv, FORMAT text);
COPY t TO stdout (FORMAT text, QUOTE '"');
COPY t TO stdout (FORMAT csv, QUOTE 'ab');
COPY t TO stdout (FORMAT csv, QUOTE ',');
COPY t TO stdout (ESCAPE 'x');
COPY t TO stdout (DELIMITER '');
COPY t TO stdout (DELIMITER E'\n');
COPY t TO stdout (DELIMITER 'a');
COPY t TO stdout (DELIMITER '\');
COPY t TO stdout (NULL E'a\nb');
COPY t TO stdout (NULL 'a|b', DELIMITER '|');
COPY t TO stdout (FORMAT csv, NULL '"');
COPY t TO stdout (FORCE_QUOTE *);
COPY t TO stdout (FORMAT csv, FORCE_QUOTE (nothing));
COPY t (id, a) TO stdout (FORMAT csv, FORCE_QUOTE (b));
COPY t TO stdout (FORMAT csv, FORCE_QUOTE (a, a));
COPY t TO stdout (FORMAT csv, FORCE_NOT_NULL (a));
COPY t TO stdout (FORMAT csv, FORCE_NULL (a));
COPY t TO stdout (FORMAT binary, DELIMITER ',');
COPY t TO stdout (FORMAT binary, NULL 'x');
COPY t TO stdout (FORMAT binary, HEADER);
COPY t TO stdout (HEADER match);
COPY t TO stdout (HEADER 2);
COPY t TO stdout (HEADER 'perhaps');
COPY t TO stdout (NOSUCH);
COPY (SELECT a, b FROM t WHERE id < 3) TO stdout (FORMAT csv, HEADER, FORCE_QUOTE (a));
COPY (SELECT a FROM t) TO stdout (FORMAT csv, FORCE_QUOTE (b));
COPY (SELECT 1 AS one, 2 AS one) TO stdout (HEADER);
COPY (SELECT) TO stdout;
COPY (DELETE FROM t WHERE id = 99 RETURNING id) TO stdout;
COPY (UPDATE t SET a = a WHERE id = 1 RETURNING id, a) TO stdout;
COPY (DELETE FROM t WHERE id = 99) TO stdout;
COPY (INSERT INTO t VALUES (99)) TO stdout;
COPY (SELECT nothing FROM t) TO stdout;
COPY t (nothing) TO stdout;
COPY pg_database (datname) TO stdout WHERE true;
COPY (SELECT * FROM t) FROM stdin;
\.
CREATE TABLE r (id integer, a text, b text);
COPY r FROM stdin (FORMAT csv);
1,plain,x
2,,""
3,"with, comma","quote "" and '"
4,"line
break",	tab
5,back\slash,"\."
6,\N,"NULL"
7, spaces ," "
\.
SELECT id, a, b, a IS NULL AS a_null, b IS NULL AS b_null FROM r ORDER BY id;
DELETE FROM r;
COPY r FROM stdin (FORMAT csv, NULL 'nil', FORCE_NOT_NULL (a), FORCE_NULL (b));
1,nil,nil
2,"nil","nil"
3,,
\.
SELECT id, a, b, a IS NULL AS a_null, b IS NULL AS b_null FROM r ORDER BY id;
DELETE FROM r;
COPY r FROM stdin (FORMAT csv, QUOTE '''', ESCAPE '\');
1,'it\'s','a \\ b'
2,'x',y'z'
\.
SELECT * FROM r ORDER BY id;
DELETE FROM r;
COPY r FROM stdin (FORMAT csv, HEADER match);
id,a,b
1,x,y
\.
COPY r FROM stdin (FORMAT csv, HEADER match);
id,b,a
1,x,y
\.
COPY r FROM stdin (FORMAT csv, HEADER match);
id,a
1,x
\.
COPY r (a, id) FROM stdin (HEADER match);
a	id
x	2
\.
COPY r (a, id) FROM stdin (HEADER match);
\N	id
x	2
\.
SELECT * FROM r ORDER BY id;
COPY r FROM stdin (FORMAT csv, FORCE_NULL (nothing));
\.
COPY r (id, a) FROM stdin (FORMAT csv, FORCE_NULL (b));
\.
COPY r (id, a) FROM stdin (FORMAT csv, FORCE_NOT_NULL (b));
\.
COPY r FROM stdin (FORMAT csv, FORCE_QUOTE (a));
\.
COPY r FROM stdin (FORMAT csv, HEADER match, HEADER);
\.
COPY r FROM stdin (FREEZE);
1	x	y
\.
BEGIN;
CREATE TABLE fresh (id integer);
COPY fresh FROM stdin (FREEZE);
1
2
\.
SELECT count(*) FROM fresh;
ROLLBACK;
BEGIN;
TRUNCATE r;
COPY r FROM stdin (FREEZE on);
1	x	y
\.
COMMIT;
SELECT * FROM r;
COPY r FROM stdin (DELIMITER ',', NULL '');
2,,a\,b
3,\x41\101\t\\,\N
\.
SELECT * FROM r ORDER BY id;
DELETE FROM r;
COPY r (a) FROM stdin WHERE a <> 'b';
a
b
c
\.
SELECT a FROM r ORDER BY a;
COPY r FROM stdin WHERE nothing > 1;
\.
COPY r FROM stdin WHERE count(*) > 1;
\.
COPY r FROM stdin WHERE id;
\.
COPY r (id) FROM stdin WHERE r.id BETWEEN 2 AND 3 AND a IS NULL;
1
2
3
4
\.
SELECT id FROM r WHERE id IS NOT NULL ORDER BY id;
