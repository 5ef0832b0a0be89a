CREATE TABLE account (id integer PRIMARY KEY, balance integer);
INSERT INTO account VALUES (1, 100), (2, 200);
BEGIN;
UPDATE account SET balance = balance - 10 WHERE id = 1;
UPDATE account SET balance = balance + 10 WHERE id = 2;
INSERT INTO account VALUES (3, 0);
PREPARE TRANSACTION 'transfer';
-- It is nobody's now, and nobody sees it.
SELECT * FROM account ORDER BY id;
SELECT gid, database = current_database() AS here, owner = current_user AS mine, prepared <= now() AS before FROM pg_prepared_xacts;
SELECT pg_typeof(gid), pg_typeof(prepared), pg_typeof(owner), pg_typeof(database) FROM pg_prepared_xacts;
-- Its locks stay.
SELECT * FROM account WHERE id = 1 FOR UPDATE NOWAIT;
SELECT id FROM account ORDER BY id FOR UPDATE SKIP LOCKED;
SET lock_timeout = '20ms';
BEGIN;
LOCK TABLE account IN SHARE MODE;
ROLLBACK;
RESET lock_timeout;
-- The name is taken.
BEGIN;
INSERT INTO account VALUES (4, 0);
PREPARE TRANSACTION 'transfer';
SELECT count(*) FROM account;
COMMIT PREPARED 'transfer';
SELECT * FROM account ORDER BY id;
SELECT count(*) FROM pg_prepared_xacts;
COMMIT PREPARED 'transfer';
ROLLBACK PREPARED 'nobody';
-- Rolled back.
BEGIN;
DELETE FROM account;
PREPARE TRANSACTION 'gone''s';
SELECT count(*) FROM account;
ROLLBACK PREPARED 'gone''s';
SELECT count(*) FROM account;
DELETE FROM account WHERE id = 3;
-- Not within a transaction, nor outside of one.
PREPARE TRANSACTION 'none';
BEGIN;
COMMIT PREPARED 'none';
ROLLBACK;
BEGIN;
ROLLBACK PREPARED 'none';
ROLLBACK;
-- A failed one is rolled back.
BEGIN;
INSERT INTO account VALUES (5, 0);
SELECT 1 / 0;
PREPARE TRANSACTION 'failed';
SELECT count(*) FROM account WHERE id = 5;
-- Savepoints are forgotten, what was undone is undone.
BEGIN;
INSERT INTO account VALUES (6, 0);
SAVEPOINT a;
INSERT INTO account VALUES (7, 0);
ROLLBACK TO a;
INSERT INTO account VALUES (8, 0);
PREPARE TRANSACTION 'savepoints';
COMMIT PREPARED 'savepoints';
SELECT id FROM account WHERE id > 5 ORDER BY id;
-- Settings: SET stays, SET LOCAL ends.
BEGIN;
SET LOCAL lock_timeout = '7s';
SET statement_timeout = '8s';
SELECT 1 FROM account WHERE id = 1 FOR SHARE;
PREPARE TRANSACTION 'settings';
SHOW lock_timeout;
SHOW statement_timeout;
RESET statement_timeout;
SELECT id FROM account WHERE id = 1 FOR KEY SHARE NOWAIT;
SELECT id FROM account WHERE id = 1 FOR UPDATE NOWAIT;
ROLLBACK PREPARED 'settings';
-- Names.
BEGIN;
PREPARE TRANSACTION 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx';
BEGIN;
PREPARE TRANSACTION 'empty';
COMMIT PREPARED 'empty';
BEGIN;
PREPARE TRANSACTION '';
ROLLBACK PREPARED '';
BEGIN READ ONLY;
SELECT count(*) FROM account;
PREPARE TRANSACTION 'read only';
COMMIT PREPARED 'read only';
SET max_prepared_transactions = 5;
DROP TABLE account;
