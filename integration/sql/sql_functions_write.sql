-- Functions that change rows, and what they and their callers see of it.
CREATE TABLE account (id integer PRIMARY KEY, owner text NOT NULL, balance integer NOT NULL CHECK (balance >= 0));
CREATE TABLE entry (id serial PRIMARY KEY, account integer REFERENCES account, amount integer);
INSERT INTO account VALUES (1, 'ada', 100), (2, 'alan', 50);
CREATE FUNCTION deposit(account integer, amount integer) RETURNS integer LANGUAGE sql AS $$
  INSERT INTO entry (account, amount) VALUES ($1, $2);
  UPDATE account SET balance = balance + amount WHERE id = deposit.account RETURNING balance;
$$;
SELECT deposit(1, 10);
SELECT deposit(2, -20), deposit(2, 5);
SELECT deposit(1, -1000);
SELECT deposit(7, 1);
SELECT * FROM account ORDER BY id;
SELECT account, amount FROM entry ORDER BY id;
-- A statement does not see what its functions change; its functions do, one call after the other.
CREATE FUNCTION entries() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT count(*) FROM entry';
CREATE FUNCTION entries_stable() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM entry';
SELECT n, deposit(1, n), entries(), entries_stable(), (SELECT count(*) FROM entry) AS outside FROM generate_series(1, 3) AS n;
SELECT id, deposit(id, 1) FROM account ORDER BY id;
SELECT a.balance, deposit(a.id, 1), b.balance FROM account AS a JOIN account AS b ON b.id = a.id ORDER BY a.id;
INSERT INTO entry (account, amount) SELECT 1, entries()::integer FROM generate_series(1, 3);
SELECT amount FROM entry ORDER BY id DESC LIMIT 3;
INSERT INTO entry (account, amount) SELECT 1, entries_stable()::integer FROM generate_series(1, 3);
SELECT amount FROM entry ORDER BY id DESC LIMIT 3;
SELECT deposit(1, 1) FROM generate_series(1, 5) LIMIT 2;
SELECT balance FROM account WHERE id = 1;
-- In a transaction, with savepoints.
BEGIN;
SELECT deposit(1, 1000);
SAVEPOINT s;
SELECT deposit(1, 2000);
ROLLBACK TO s;
SELECT balance FROM account WHERE id = 1;
ROLLBACK;
SELECT balance FROM account WHERE id = 1;
BEGIN READ ONLY;
SELECT deposit(1, 1);
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT deposit(1, 1), entries() - entries_stable() AS seen;
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT deposit(1, 1);
COMMIT;
-- What is not volatile changes nothing.
CREATE FUNCTION stable_insert() RETURNS void LANGUAGE sql STABLE AS 'INSERT INTO entry VALUES (DEFAULT, 1, 1)';
SELECT stable_insert();
CREATE FUNCTION stable_lock() RETURNS SETOF integer LANGUAGE sql STABLE AS 'SELECT id FROM account ORDER BY id FOR UPDATE';
SELECT * FROM stable_lock();
CREATE FUNCTION with_commit() RETURNS void LANGUAGE sql AS 'COMMIT';
SELECT with_commit();
-- WITH, MERGE, ON CONFLICT.
CREATE FUNCTION upsert(integer, text) RETURNS text LANGUAGE sql AS $$
  INSERT INTO account VALUES ($1, $2, 0) ON CONFLICT (id) DO UPDATE SET owner = excluded.owner RETURNING owner || balance;
$$;
SELECT upsert(1, 'eve'), upsert(3, 'fay');
CREATE FUNCTION move_all(from_id integer, to_id integer) RETURNS bigint LANGUAGE sql AS $$
  WITH gone AS (DELETE FROM entry WHERE account = from_id RETURNING amount)
  INSERT INTO entry (account, amount) SELECT to_id, amount FROM gone;
  SELECT count(*) FROM entry WHERE account = to_id;
$$;
SELECT move_all(2, 3);
CREATE FUNCTION merged(integer, integer) RETURNS void LANGUAGE sql AS $$
  MERGE INTO account USING (VALUES ($1, $2)) AS v(id, b) ON account.id = v.id
  WHEN MATCHED THEN UPDATE SET balance = v.b WHEN NOT MATCHED THEN INSERT VALUES (v.id, 'new', v.b);
$$;
SELECT merged(3, 33), merged(4, 44);
SELECT * FROM account ORDER BY id;
-- Functions that call functions.
CREATE FUNCTION transfer(a integer, b integer, amount integer) RETURNS void LANGUAGE sql AS $$
  SELECT deposit(a, -amount);
  SELECT deposit(b, amount);
$$;
SELECT transfer(4, 3, 4);
SELECT transfer(4, 3, 400);
SELECT id, balance FROM account WHERE id > 2 ORDER BY id;
-- In defaults, conditions of changes, and RETURNING.
ALTER TABLE entry ALTER amount SET DEFAULT entries();
INSERT INTO entry (account) VALUES (1);
UPDATE account SET balance = deposit(4, 1) WHERE id = 3 RETURNING balance;
DELETE FROM entry WHERE amount = deposit(4, 1) - 1000;
SELECT id, balance FROM account WHERE id > 2 ORDER BY id;
INSERT INTO account VALUES (5, 'gil', 1) RETURNING deposit(4, 1);
-- Cursors and prepared statements.
BEGIN;
DECLARE c CURSOR FOR SELECT id, entries_stable() > 0 AS some FROM account ORDER BY id;
FETCH 2 FROM c;
DELETE FROM entry;
FETCH 2 FROM c;
ROLLBACK;
PREPARE d AS SELECT deposit($1, $2);
EXECUTE d(1, 1);
EXECUTE d(1, 1);
DEALLOCATE d;
CREATE TABLE copied AS SELECT id, deposit(id, 0) AS balance FROM account WHERE id < 3;
SELECT * FROM copied ORDER BY id;
