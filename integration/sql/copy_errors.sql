-- Errors of COPY FROM, and the lines that they name.
CREATE TABLE t (id integer PRIMARY KEY, n smallint, d date, v varchar(3), x text NOT NULL DEFAULT 'x');
COPY t (id, n) FROM stdin;
1	1
2	70000
\.
COPY t (id, n) FROM stdin;
1	1
2	abc
\.
COPY t (id, d) FROM stdin;
1	2024-02-30
\.
COPY t (id, v) FROM stdin;
1	abc
2	abcd
\.
COPY t (id, x) FROM stdin;
1	\N
\.
COPY t (id) FROM stdin;
1
1
\.
COPY t (id) FROM stdin;

\.
COPY t (id) FROM stdin;
\N
\.
COPY t (id, x) FROM stdin;
1
\.
COPY t (id, x) FROM stdin;
1	a	b
\.
COPY t (id) FROM stdin;
1 2
\.
COPY t (x, id) FROM stdin;
a very long text that goes on and on and on, so that it is longer than the hundred bytes that PostgreSQL shows of it	not a number
\.
COPY t (id, x) FROM stdin (FORMAT csv);
1,"unterminated
2,x
\.
COPY t (id, x) FROM stdin (FORMAT csv);
1,"a"b
2
\.
COPY t (id, x) FROM stdin (FORMAT csv);
x,"a
b"
\.
COPY t (id, x) FROM stdin (FORMAT csv);
1,"a
b"
2,x
x,c
\.
COPY t (id, x) FROM stdin (FORMAT csv, HEADER);
id,x
1,a
one,a
\.
SELECT count(*) FROM t;
BEGIN;
COPY t (id) FROM stdin;
1
x
\.
SELECT 1;
ROLLBACK;
BEGIN;
SAVEPOINT s;
COPY t (id) FROM stdin;
1
x
\.
ROLLBACK TO s;
COPY t (id) FROM stdin;
1
2
\.
COMMIT;
SELECT id, x FROM t ORDER BY id;
BEGIN READ ONLY;
COPY t FROM stdin;
\.
ROLLBACK;
BEGIN READ ONLY;
COPY t (id) TO stdout;
ROLLBACK;
CREATE TABLE u (a integer, b integer, UNIQUE (a, b));
COPY u FROM stdin;
1	1
1	\N
1	\N
1	1
\.
COPY u (b, a) FROM stdin (DELIMITER ' ');
1 2
3 4
\.
SELECT * FROM u ORDER BY a, b;
CREATE SEQUENCE q;
COPY q FROM stdin;
\.
COPY q TO stdout;
COPY t (id, nothing) FROM stdin;
\.
COPY t (id, id) FROM stdin;
\.
COPY nosuch.t FROM stdin;
\.
CREATE TABLE g (id integer GENERATED ALWAYS AS IDENTITY, v text);
COPY g (v) FROM stdin;
a
b
\.
COPY g (id, v) FROM stdin;
50	c
\.
SELECT * FROM g ORDER BY v;
CREATE TABLE empty (a integer, b text);
COPY empty FROM stdin;
\.
COPY empty TO stdout;
COPY empty TO stdout (HEADER);
CREATE TABLE nothing ();
COPY nothing FROM stdin;


\.
SELECT count(*) FROM nothing;
COPY nothing TO stdout;
