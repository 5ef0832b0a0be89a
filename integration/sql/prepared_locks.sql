-- What is told of the locks of prepared transactions, and where they may be ended.
CREATE TABLE account (id integer PRIMARY KEY, balance integer);
INSERT INTO account VALUES (1, 100), (2, 200);
BEGIN;
UPDATE account SET balance = balance - 10 WHERE id = 1;
SELECT pg_advisory_xact_lock(7), pg_advisory_xact_lock_shared(8, 9);
PREPARE TRANSACTION 'kept';
SELECT l.locktype, l.mode, l.granted, l.fastpath, l.pid, l.virtualtransaction IS NULL AS nobody FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'account' ORDER BY l.mode;
SELECT locktype, mode, granted, fastpath, pid, virtualxid, waitstart FROM pg_locks WHERE locktype = 'transactionid' AND pid IS NULL;
SELECT l.locktype, l.mode, gid FROM pg_locks l JOIN pg_prepared_xacts p ON l.transactionid = p.transaction ORDER BY 1;
SELECT locktype, classid, objid, objsubid, mode, granted, pid FROM pg_locks WHERE locktype = 'advisory' AND pid IS NULL ORDER BY objid;
SELECT pg_try_advisory_lock(7), pg_try_advisory_lock_shared(8, 9);
SELECT pg_advisory_unlock_all();
ROLLBACK PREPARED 'kept';
SELECT count(*) FROM pg_locks WHERE pid IS NULL;
-- A transaction that has written nothing.
BEGIN;
SELECT count(*) FROM account;
PREPARE TRANSACTION 'read';
SELECT locktype, mode, granted FROM pg_locks WHERE pid IS NULL AND locktype = 'transactionid';
COMMIT PREPARED 'read';
-- Not beside other statements of one message.
BEGIN;
INSERT INTO account VALUES (9, 0);
PREPARE TRANSACTION 'alone';
SELECT 1\; COMMIT PREPARED 'alone';
COMMIT PREPARED 'alone'\; SELECT 1;
SELECT 1\; ROLLBACK PREPARED 'alone';
SELECT 1\; VACUUM account;
SELECT 1\; DISCARD ALL;
BEGIN\; COMMIT\; COMMIT PREPARED 'alone';
COMMIT PREPARED 'alone';
SELECT * FROM account ORDER BY id;
DROP TABLE account;
