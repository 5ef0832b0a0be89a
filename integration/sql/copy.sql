-- COPY from stdin and to stdout: text, csv, columns, errors.
CREATE TABLE t (id integer PRIMARY KEY, a text DEFAULT 'dflt', b numeric, c date);
COPY t FROM stdin;
1	one	1.50	2024-01-01
2	\N	\N	\N
3	tab\there\\ and\nnewline	3	2024-12-31
\.
COPY t (id, b) FROM stdin;
4	4
\.
COPY t TO stdout;
COPY t (a, id) TO stdout;
COPY (SELECT id, a FROM t WHERE id < 3 ORDER BY id DESC) TO stdout;
COPY t TO stdout (FORMAT csv, HEADER);
COPY t TO stdout WITH CSV DELIMITER ';' NULL 'nil' FORCE QUOTE a;
COPY t TO stdout (DELIMITER '|', NULL '');
COPY t FROM stdin (FORMAT csv);
10,"quoted, ""text""",1,2024-01-01
11,,,
12,"",2,
13,"line
break",3,2024-02-02
\.
COPY t FROM stdin (FORMAT csv, HEADER, DELIMITER ';', NULL 'nil');
id;a;b;c
20;x;nil;2024-01-01
\.
SELECT * FROM t ORDER BY id;
COPY t FROM stdin;
30	a	1	2024-01-01
30	b	1	2024-01-01
\.
COPY t FROM stdin;
x	a	1	2024-01-01
\.
COPY t FROM stdin;
31	a
\.
COPY t FROM stdin;
31	a	1	2024-01-01	extra
\.
COPY t FROM stdin (FORMAT csv);
\.
COPY t FROM stdin;
31	a	1	not a date
\.
COPY t FROM stdin;
\N	a	1	2024-01-01
\.
COPY t (nothing) FROM stdin;
COPY missing FROM stdin;
COPY missing TO stdout;
COPY t TO stdout (FORMAT nosuch);
COPY t TO stdout (NOSUCH 1);
COPY t TO stdout (DELIMITER 'ab');
COPY t (id, id) TO stdout;
SELECT count(*) FROM t;
BEGIN;
COPY t FROM stdin;
40	in transaction	1	2024-01-01
\.
SELECT count(*) FROM t;
ROLLBACK;
SELECT count(*) FROM t;
COPY t (id, a) FROM stdin WHERE id > 50;
50	no
51	yes
\.
SELECT id, a FROM t WHERE id >= 50;
COPY (VALUES (1, 'a'), (2, NULL)) TO stdout (FORMAT csv);
COPY (INSERT INTO t (id) VALUES (60) RETURNING id, a) TO stdout;
-- The line that an error names, when many lines have been read before it is met.
CREATE TABLE c (id int PRIMARY KEY, n int NOT NULL, d int DEFAULT 7, e text DEFAULT 'x');
COPY c (id, n) FROM stdin;
1	1
2	2
3	3
2	4
5	x
\.
COPY c (id, n) FROM stdin;
1	1
2	\N
3	x
\.
COPY c (id, n) FROM stdin;
1	1
1	2
3	\N
\.
COPY c (id, n) FROM stdin WHERE 10 / n > 1;
1	1
2	0
\.
COPY c (id, n) FROM stdin;
1	1
2
\.
COPY c FROM stdin (FORMAT csv);
1,1,1,"a
b"
2,,1,"žluťoučký kůň příliš žluťoučký kůň příliš žluťoučký kůň příliš žluťoučký kůň příliš žluťoučký kůň příliš"
\.
ALTER TABLE c ALTER COLUMN d SET DEFAULT (random() * 0)::int;
COPY c (id, n) FROM stdin;
1	1
1	2
3	x
\.
CREATE TABLE f (id int, q int DEFAULT 1 / (length(current_user) * 0));
COPY f (id) FROM stdin;
1
2
\.
SELECT count(*) FROM c;
CREATE SEQUENCE copy_sequence;
CREATE TABLE g (id int, a int DEFAULT nextval('copy_sequence'), b int DEFAULT nextval('copy_sequence') + nextval('copy_sequence'));
COPY g (id) FROM stdin;
1
2
\.
SELECT id, a > 0 AS a, b > 2 AS b FROM g ORDER BY id;
