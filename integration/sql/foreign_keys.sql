-- Foreign keys: definitions, checks of both sides, actions, what the catalog says.
CREATE TABLE p (id int PRIMARY KEY, t text);
CREATE TABLE p2 (a int, b text, PRIMARY KEY (a, b));
CREATE TABLE c (id int PRIMARY KEY, pid int REFERENCES p);
CREATE TABLE c2 (a int, b text, n int, FOREIGN KEY (b, a) REFERENCES p2 (b, a), FOREIGN KEY (n) REFERENCES p (id) MATCH FULL);
SELECT conname, contype, condeferrable, condeferred, convalidated, confupdtype, confdeltype, confmatchtype, conkey, confkey,
  pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid IN ('c'::regclass, 'c2'::regclass) ORDER BY conname;
INSERT INTO p VALUES (1, 'one'), (2, 'two'), (3, 'three');
INSERT INTO c VALUES (1, 1), (2, NULL);
INSERT INTO c VALUES (3, 9);
INSERT INTO c VALUES (3, 1), (4, 8), (5, 9) RETURNING *;
UPDATE c SET pid = 7 WHERE id = 1;
UPDATE c SET pid = 2 WHERE id = 1;
UPDATE c SET id = 10 WHERE id = 1;
DELETE FROM p WHERE id = 2;
DELETE FROM p WHERE id = 1;
UPDATE p SET id = 20 WHERE id = 2;
UPDATE p SET t = 'zwei' WHERE id = 2;
UPDATE p SET id = 2 WHERE id = 2;
COPY c FROM STDIN;
11	2
12	99
\.
COPY c FROM STDIN;
11	2
12	3
\.
INSERT INTO c VALUES (11, 77) ON CONFLICT (id) DO NOTHING;
INSERT INTO c VALUES (11, 2) ON CONFLICT (id) DO UPDATE SET pid = 77;
SELECT * FROM c ORDER BY id;
-- several columns
INSERT INTO p2 VALUES (1, 'x');
INSERT INTO c2 VALUES (1, 'x', NULL), (1, NULL, NULL), (NULL, 'zz', 3);
INSERT INTO c2 VALUES (1, 'y', NULL);
DELETE FROM p2;
-- match full
CREATE TABLE cf (a int, b text, FOREIGN KEY (a, b) REFERENCES p2 MATCH FULL);
INSERT INTO cf VALUES (1, 'x'), (NULL, NULL);
INSERT INTO cf VALUES (1, NULL);
UPDATE cf SET a = NULL WHERE a = 1;
-- types
CREATE TABLE big (id bigint REFERENCES p);
INSERT INTO big VALUES (1);
INSERT INTO big VALUES (4294967297);
CREATE TABLE np (n numeric PRIMARY KEY);
INSERT INTO np VALUES (1.50);
CREATE TABLE nc (n numeric REFERENCES np);
INSERT INTO nc VALUES (1.5);
DELETE FROM np;
CREATE TABLE nci (n int REFERENCES np);
-- errors of definitions
CREATE TABLE bad (a text REFERENCES p);
CREATE TABLE bad (a int REFERENCES nowhere);
CREATE TABLE bad (a int REFERENCES p (t));
CREATE TABLE bad (a int REFERENCES p (nope));
CREATE TABLE bad (a int, FOREIGN KEY (nope) REFERENCES p);
CREATE TABLE bad (a int, b int, FOREIGN KEY (a, b) REFERENCES p);
CREATE TABLE bad (a int, b text, FOREIGN KEY (a, b) REFERENCES p2 (a, a));
CREATE TABLE nopk (a int);
CREATE TABLE bad (a int REFERENCES nopk);
CREATE TABLE bad (a int REFERENCES p MATCH PARTIAL);
CREATE TABLE bad (a int, b int REFERENCES p ON DELETE SET NULL (a));
CREATE TABLE bad (a int REFERENCES p NOT DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE bad (a int DEFERRABLE);
-- a table that refers to itself
CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree ON DELETE CASCADE);
INSERT INTO tree VALUES (3, 2), (2, 1), (1, NULL);
INSERT INTO tree VALUES (4, 4), (5, 6);
INSERT INTO tree VALUES (4, 4), (5, 4);
DELETE FROM tree WHERE id = 1;
SELECT * FROM tree ORDER BY id;
DELETE FROM tree;
CREATE TABLE loop (id int PRIMARY KEY, next int REFERENCES loop);
INSERT INTO loop VALUES (1, 2), (2, 1);
DELETE FROM loop WHERE id = 1;
UPDATE loop SET id = id + 10, next = next + 10;
DELETE FROM loop;
-- NO ACTION looks when the statement is done, RESTRICT too, but at the keys that went
CREATE TABLE pr (id int PRIMARY KEY);
CREATE TABLE cr (pid int REFERENCES pr ON UPDATE RESTRICT ON DELETE RESTRICT);
INSERT INTO pr VALUES (1), (2);
INSERT INTO cr VALUES (2);
UPDATE pr SET id = id - 1;
DELETE FROM pr WHERE id = 2;
-- actions
CREATE TABLE pa (id int PRIMARY KEY);
CREATE TABLE ca (id int PRIMARY KEY, pid int REFERENCES pa ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE cb (id int PRIMARY KEY, pid int NOT NULL REFERENCES ca ON DELETE CASCADE ON UPDATE CASCADE, CHECK (pid <> 66));
CREATE TABLE cn (id int PRIMARY KEY, pid int REFERENCES pa ON DELETE SET NULL ON UPDATE SET NULL);
CREATE TABLE cd (id int PRIMARY KEY, pid int DEFAULT 0 REFERENCES pa ON DELETE SET DEFAULT ON UPDATE SET DEFAULT);
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE confrelid = 'pa'::regclass ORDER BY conname;
INSERT INTO pa VALUES (1), (2), (3), (4);
INSERT INTO ca VALUES (10, 1), (20, 2), (30, 3);
INSERT INTO cb VALUES (100, 10), (200, 20), (300, 30);
INSERT INTO cn VALUES (1, 1), (2, 2);
INSERT INTO cd VALUES (1, 3);
DELETE FROM pa WHERE id = 1 RETURNING id;
SELECT * FROM ca ORDER BY id;
SELECT * FROM cb ORDER BY id;
SELECT * FROM cn ORDER BY id;
UPDATE pa SET id = 22 WHERE id = 2;
SELECT * FROM ca ORDER BY id;
SELECT * FROM cn ORDER BY id;
DELETE FROM pa WHERE id = 3;
INSERT INTO pa VALUES (0);
DELETE FROM pa WHERE id = 3;
SELECT * FROM cd ORDER BY id;
DELETE FROM pa WHERE id = 0;
UPDATE ca SET id = 66 WHERE id = 20;
UPDATE ca SET id = 25 WHERE id = 20;
SELECT * FROM cb ORDER BY id;
CREATE TABLE cnn (id int PRIMARY KEY, pid int NOT NULL REFERENCES pa ON DELETE SET NULL);
INSERT INTO cnn VALUES (1, 4);
DELETE FROM pa WHERE id = 4;
CREATE TABLE ps (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE cs (a int, b int, c int DEFAULT 7, FOREIGN KEY (a, b) REFERENCES ps ON DELETE SET NULL (b) ON UPDATE CASCADE);
INSERT INTO ps VALUES (1, 1), (1, 2);
INSERT INTO cs VALUES (1, 1), (1, 2);
DELETE FROM ps WHERE b = 1;
UPDATE ps SET a = 5, b = 6;
SELECT * FROM cs ORDER BY a, b;
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'cs'::regclass;
-- by a prefix of the referencing key
CREATE TABLE ck (pid int REFERENCES pa ON DELETE CASCADE ON UPDATE CASCADE, n int, PRIMARY KEY (pid, n));
INSERT INTO pa VALUES (50), (51);
INSERT INTO ck VALUES (50, 1), (50, 2), (51, 1);
UPDATE pa SET id = 52 WHERE id = 50;
SELECT * FROM ck ORDER BY pid, n;
DELETE FROM pa WHERE id = 52;
SELECT * FROM ck ORDER BY pid, n;
-- a cycle of two tables
CREATE TABLE one (id int PRIMARY KEY, other int);
CREATE TABLE two (id int PRIMARY KEY, other int REFERENCES one ON DELETE CASCADE);
INSERT INTO one VALUES (1, 1), (2, 2);
INSERT INTO two VALUES (1, 1), (2, 1);
ALTER TABLE one ADD FOREIGN KEY (other) REFERENCES two ON DELETE CASCADE;
DELETE FROM one WHERE id = 1;
SELECT * FROM one;
SELECT * FROM two;
SELECT constraint_name, unique_constraint_name, match_option, update_rule, delete_rule
  FROM information_schema.referential_constraints WHERE constraint_schema = current_schema() ORDER BY 1;
SELECT table_name, constraint_name, column_name, ordinal_position, position_in_unique_constraint
  FROM information_schema.key_column_usage WHERE constraint_schema = current_schema() ORDER BY 1, 2, 4;
