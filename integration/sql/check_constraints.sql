-- CHECK constraints: names, errors, ALTER TABLE, what the catalog says.
CREATE TABLE c (
  id int PRIMARY KEY,
  a int CHECK (a > 0),
  b varchar(10) CONSTRAINT b_is_short CHECK (length(b) < 4),
  d date,
  CHECK (a < 100 OR b IS NULL),
  CHECK (d > '2000-01-01' AND a <> 50)
);
SELECT conname, contype, conkey, convalidated, connoinherit, pg_get_constraintdef(oid), pg_get_constraintdef(oid, true)
  FROM pg_constraint WHERE conrelid = 'c'::regclass ORDER BY conname;
INSERT INTO c VALUES (1, 1, 'abc', '2020-01-01');
INSERT INTO c VALUES (2, 0, 'abc', '2020-01-01');
INSERT INTO c VALUES (2, 1, 'abcd', '2020-01-01');
INSERT INTO c VALUES (2, 100, 'x', '2020-01-01');
INSERT INTO c VALUES (2, 100, NULL, '2020-01-01');
INSERT INTO c VALUES (3, NULL, NULL, NULL);
INSERT INTO c VALUES (4, 50, NULL, NULL);
INSERT INTO c VALUES (5, 1, NULL, '1999-01-01');
-- the first row that fails, and NOT NULL before CHECK
INSERT INTO c VALUES (10, 1, NULL, NULL), (11, 2, NULL, NULL), (12, -1, NULL, NULL), (1, 1, NULL, NULL);
INSERT INTO c VALUES (10, 1, NULL, NULL), (1, 2, NULL, NULL), (12, -1, NULL, NULL);
INSERT INTO c VALUES (NULL, -1, NULL, NULL);
UPDATE c SET a = -a WHERE id = 1;
UPDATE c SET b = 'longer' WHERE id = 1 RETURNING *;
UPDATE c SET a = a + 1;
INSERT INTO c VALUES (1, 1, 'x', NULL) ON CONFLICT (id) DO UPDATE SET a = -5;
INSERT INTO c VALUES (1, -1, 'x', NULL) ON CONFLICT (id) DO NOTHING;
INSERT INTO c VALUES (1, 1, 'x', NULL) ON CONFLICT (id) DO UPDATE SET a = 7;
COPY c FROM STDIN;
20	5	ab	\N
21	0	ab	\N
\.
COPY c (id, a) FROM STDIN;
20	5
21	6
\.
SELECT * FROM c ORDER BY id;
-- errors of definitions
CREATE TABLE bad (a int CHECK (nope > 0));
CREATE TABLE bad (a int CHECK (a + 1));
CREATE TABLE bad (a int CHECK (sum(a) > 0));
CREATE TABLE bad (a int CHECK (a > (SELECT 1)));
CREATE TABLE bad (a int CONSTRAINT x CHECK (a > 0), b int CONSTRAINT x CHECK (b > 0));
CREATE TABLE bad (a int CHECK (a > 0) DEFERRABLE);
-- names that the server chooses
CREATE TABLE n (a int CHECK (a > 0) CHECK (a < 10), b int CHECK (a < b), CHECK (1 > 0), CHECK (b IN (1, 2, 3)));
SELECT conname, conkey, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'n'::regclass ORDER BY conname;
-- ALTER TABLE
CREATE TABLE t (a int, b text);
INSERT INTO t VALUES (1, 'x'), (-1, 'y'), (NULL, NULL);
ALTER TABLE t ADD CHECK (a > 0);
ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;
INSERT INTO t VALUES (-2, 'z');
UPDATE t SET b = 'yy' WHERE a = -1;
ALTER TABLE t VALIDATE CONSTRAINT positive;
SELECT conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass;
DELETE FROM t WHERE a < 0;
ALTER TABLE t VALIDATE CONSTRAINT positive;
ALTER TABLE t VALIDATE CONSTRAINT positive;
ALTER TABLE t VALIDATE CONSTRAINT nope;
ALTER TABLE t ADD CONSTRAINT positive CHECK (a < 10);
ALTER TABLE t ADD CONSTRAINT only_here CHECK (a <> 5) NO INHERIT;
ALTER TABLE t ADD CHECK (b <> 'q' AND a < 1000), ADD CHECK (b <> 'r');
SELECT conname, connoinherit, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY conname;
ALTER TABLE t RENAME CONSTRAINT positive TO only_here;
ALTER TABLE t RENAME CONSTRAINT nope TO other;
ALTER TABLE t RENAME CONSTRAINT positive TO above_zero;
INSERT INTO t VALUES (0, 'z');
ALTER TABLE t RENAME COLUMN a TO "A b";
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY conname;
INSERT INTO t VALUES (0, 'z');
ALTER TABLE t ALTER CONSTRAINT above_zero DEFERRABLE;
ALTER TABLE t DROP CONSTRAINT nope;
ALTER TABLE t DROP CONSTRAINT IF EXISTS nope;
ALTER TABLE t DROP CONSTRAINT above_zero;
INSERT INTO t VALUES (0, 'z');
ALTER TABLE t DROP COLUMN "A b";
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass ORDER BY conname;
ALTER TABLE t ADD COLUMN n int DEFAULT 5 CHECK (n > 3);
ALTER TABLE t ADD COLUMN m int DEFAULT 5 CHECK (m > 5);
INSERT INTO t VALUES ('z', 2);
SELECT * FROM t ORDER BY b;
-- in transactions
BEGIN;
ALTER TABLE t ADD CONSTRAINT late CHECK (n < 100);
INSERT INTO t VALUES ('z', 200);
ROLLBACK;
INSERT INTO t VALUES ('z', 200);
SELECT constraint_name, check_clause FROM information_schema.check_constraints
  WHERE constraint_schema = current_schema() AND constraint_name NOT LIKE '%_not_null' ORDER BY 1;
SELECT table_name, constraint_name, constraint_type FROM information_schema.table_constraints
  WHERE constraint_schema = current_schema() AND constraint_name NOT LIKE '%_not_null' ORDER BY 1, 2;
