-- Many rows in one statement: which is refused first, and what MERGE inserts in place of what it has deleted.
CREATE TABLE r (id int PRIMARY KEY, v int NOT NULL CHECK (v < 10));
INSERT INTO r VALUES (3, 3);
COPY r FROM stdin;
1	1
2	2
3	0
4	10
\.
COPY r FROM stdin;
1	1
2	2
4	10
3	0
\.
COPY r FROM stdin;
1	1
2	2
3	0
5	\N
\.
COPY r FROM stdin;
1	1
2	2
5	\N
3	0
\.
COPY r FROM stdin;
1	1
2	2
2	3
5	10
\.
COPY r FROM stdin;
1	10
3	0
\.
COPY r FROM stdin;
1	1
2	2
4	4
\.
SELECT * FROM r ORDER BY id;
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (pid int REFERENCES p);
INSERT INTO p SELECT i FROM generate_series(1, 30000) i;
INSERT INTO c VALUES (1), (2);
MERGE INTO p USING (SELECT i, false AS new FROM generate_series(1, 30000) i UNION ALL SELECT i, true FROM generate_series(1, 2) i) s ON p.id = s.i AND NOT s.new WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.i);
SELECT count(*), min(id), max(id) FROM p;
TRUNCATE c, p;
INSERT INTO p SELECT i FROM generate_series(1, 30000) i;
INSERT INTO c VALUES (1), (2);
MERGE INTO p USING (SELECT i, false AS new FROM generate_series(1, 30000) i UNION ALL SELECT 1, true) s ON p.id = s.i AND NOT s.new WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.i);
SELECT count(*), min(id), max(id) FROM p;
DELETE FROM c WHERE pid = 2;
MERGE INTO p USING (SELECT i, false AS new FROM generate_series(1, 30000) i UNION ALL SELECT 1, true) s ON p.id = s.i AND NOT s.new WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (s.i);
SELECT count(*), min(id), max(id) FROM p;
CREATE TABLE w (id int PRIMARY KEY, v int CHECK (v < 10), x float DEFAULT random());
INSERT INTO w VALUES (3, 3);
COPY w (id, v) FROM stdin;
1	1
2	2
3	0
4	10
\.
