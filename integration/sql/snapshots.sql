-- Ids of transactions, what a snapshot shows of them, and what is wrong with exports and imports of snapshots.

-- Types.
SELECT '18446744073709551615'::xid8, '-1'::xid8, '0xff'::xid8, '010'::xid8, '42'::xid, '-1'::xid, ' 7 '::xid8;
SELECT '18446744073709551616'::xid8, 'asdf'::xid8, ''::xid8, ''::xid, 'asdf'::xid, '4294967296'::xid;
SELECT '1'::xid = '1'::xid, '1'::xid <> '1'::xid, '1'::xid = 1, '1'::xid <> 2, '1'::xid8 < '2'::xid8, xid8cmp('1', '2'), xid('4294967297'::xid8), '18446744073709551615'::xid8 > '1'::xid8;
SELECT '5'::xid8::xid, '5'::xid8::text, '{1,2}'::xid8[], '{7}'::xid[];
SELECT max(x), min(x) FROM (VALUES ('3'::xid8), ('18446744073709551615')) v(x);
SELECT x FROM (VALUES ('3'::xid8), ('18446744073709551615'), ('2')) v(x) ORDER BY x DESC;
SELECT x FROM (VALUES ('3'::xid), ('2')) v(x) ORDER BY x DESC;
SELECT x, count(*) FROM (VALUES ('3'::xid), ('2'), ('3')) v(x) GROUP BY x ORDER BY count(*);
SELECT '5'::xid8::bigint;
SELECT '1'::xid < '2'::xid;
CREATE TABLE seen (id xid8 PRIMARY KEY, low xid, at pg_snapshot);
INSERT INTO seen VALUES ('18446744073709551615', '5', '10:20:11'), ('3', '6', NULL), ('7', '7', '1:1:');
SELECT * FROM seen ORDER BY id;
SELECT id FROM seen WHERE id > '3' ORDER BY id DESC;
SELECT id FROM seen WHERE id = '18446744073709551615';
SELECT low FROM seen WHERE low = '6';
DROP TABLE seen;

-- Snapshots.
SELECT '12:18:14,16'::pg_snapshot, '12:18:'::pg_snapshot, '1:2:'::txid_snapshot, '12:18:14,14'::pg_snapshot, '12:16:14,'::txid_snapshot, ' 12:16:'::pg_snapshot, '12:16: 13'::pg_snapshot;
SELECT '12:18:16,14'::pg_snapshot;
SELECT '0:1:'::pg_snapshot;
SELECT '31:12:'::txid_snapshot;
SELECT '12:16:16'::pg_snapshot;
SELECT '12:16:11'::pg_snapshot;
SELECT '12:16:13 '::pg_snapshot;
SELECT ''::pg_snapshot;
SELECT '12:16'::pg_snapshot;
SELECT pg_snapshot_xmin('12:18:14,16'), pg_snapshot_xmax('12:18:14,16'), txid_snapshot_xmin('12:18:14,16'), txid_snapshot_xmax('12:18:14,16');
SELECT * FROM pg_snapshot_xip('12:18:14,16') x;
SELECT * FROM txid_snapshot_xip('12:18:14,16') x ORDER BY x DESC;
SELECT * FROM txid_snapshot_xip('12:18:') x;
SELECT * FROM pg_snapshot_xip(NULL) x;
SELECT pg_visible_in_snapshot('11', '12:18:14,16'), pg_visible_in_snapshot('14', '12:18:14,16'), pg_visible_in_snapshot('13', '12:18:14,16'), pg_visible_in_snapshot('18', '12:18:14,16'), txid_visible_in_snapshot(15, '12:18:14,16');
SELECT pg_visible_in_snapshot(NULL, '12:18:14,16') IS NULL AS none;
SELECT pg_current_snapshot() = pg_current_snapshot();

-- The transaction's own.
BEGIN;
SELECT txid_current_if_assigned(), pg_current_xact_id_if_assigned();
SELECT txid_current() = pg_current_xact_id()::text::bigint AS same, pg_current_xact_id_if_assigned() = pg_current_xact_id() AS assigned;
SELECT txid_status(txid_current()), pg_xact_status(pg_current_xact_id());
COMMIT;
BEGIN;
CREATE TABLE written (id integer);
SELECT pg_current_xact_id_if_assigned() IS NULL AS none;
INSERT INTO written VALUES (1);
SELECT pg_current_xact_id_if_assigned() = pg_current_xact_id() AS assigned;
COMMIT;
BEGIN;
INSERT INTO written VALUES (2);
SELECT pg_current_xact_id_if_assigned() = pg_current_xact_id() AS assigned;
SELECT pg_snapshot_xmin(pg_current_snapshot()) <= pg_current_xact_id() AS below, pg_current_snapshot()::text ~ '^\d+:\d+:' AS shape;
ROLLBACK;
SELECT txid_status(1), txid_status(2), pg_xact_status('0'), txid_status(NULL);
SELECT txid_status(-1);
SELECT txid_status(4611686018427387999);
SELECT pg_typeof(txid_current()), pg_typeof(pg_current_xact_id()), pg_typeof(txid_current_snapshot()), pg_typeof(pg_current_snapshot()), pg_typeof(txid_status(3));
SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'transactionid';
BEGIN;
INSERT INTO written VALUES (3);
SELECT transactionid = xid(pg_current_xact_id()) AS own, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'transactionid';
SELECT backend_xid = xid(pg_current_xact_id()) AS own FROM pg_stat_activity WHERE pid = pg_backend_pid();
ROLLBACK;
SELECT backend_xid FROM pg_stat_activity WHERE pid = pg_backend_pid();
DROP TABLE written;

-- Exports.
SELECT pg_export_snapshot() ~ '^[0-9A-F]{8}-[0-9A-F]{8}-1$' AS identifier;
BEGIN;
SELECT pg_export_snapshot() ~ '-1$' AS first, pg_export_snapshot() ~ '-2$' AS second;
COMMIT;
BEGIN;
SAVEPOINT a;
SELECT pg_export_snapshot();
ROLLBACK;
BEGIN;
SELECT pg_export_snapshot() ~ '-1$' AS first;
PREPARE TRANSACTION 'exporter';
ROLLBACK;

-- Imports.
SET TRANSACTION SNAPSHOT '00000003-0000001B-1';
BEGIN;
SET TRANSACTION SNAPSHOT '00000003-0000001B-1';
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET TRANSACTION SNAPSHOT '00000003-FFFFFFFF-1';
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET TRANSACTION SNAPSHOT 'x y';
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT 1;
SET TRANSACTION SNAPSHOT '00000003-FFFFFFFF-1';
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SAVEPOINT a;
SET TRANSACTION SNAPSHOT '00000003-FFFFFFFF-1';
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET LOCAL TRANSACTION SNAPSHOT '00000003-FFFFFFFF-1';
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SET SESSION TRANSACTION SNAPSHOT '00000003-FFFFFFFF-1';
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
SET TRANSACTION SNAPSHOT '00000003-FFFFFFFF-1';
ROLLBACK;

-- What SERIALIZABLE has read.
CREATE TABLE read_by (id integer PRIMARY KEY);
INSERT INTO read_by SELECT n FROM generate_series(1, 3) n;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT count(*) FROM read_by;
SELECT locktype, relation::regclass, page, tuple, mode, granted, fastpath FROM pg_locks WHERE mode = 'SIReadLock' AND pid = pg_backend_pid();
COMMIT;
SELECT count(*) FROM pg_locks WHERE mode = 'SIReadLock' AND pid = pg_backend_pid();
DROP TABLE read_by;
