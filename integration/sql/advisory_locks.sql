-- Advisory locks in one session: results, warnings, and where the calls may stand.
SELECT pg_advisory_lock(1), pg_try_advisory_lock(1), pg_advisory_unlock(1), pg_advisory_unlock(1), pg_advisory_unlock(1);
SELECT pg_advisory_unlock_shared(1);
SELECT pg_advisory_lock(NULL), pg_advisory_lock(NULL, 1);
SELECT pg_typeof(pg_advisory_lock(1)), pg_typeof(pg_try_advisory_xact_lock(1));
SELECT pg_advisory_unlock_all();
SELECT pg_advisory_lock('one');
SELECT pg_advisory_lock(1.5);
SELECT pg_advisory_lock(1, 2, 3);
SELECT pg_advisory_lock(3000000000, 1);
CREATE TABLE job (id integer PRIMARY KEY, state text);
INSERT INTO job SELECT n, 'new' FROM generate_series(1, 5) n;
-- Each lock is held for itself, and shown as it was taken.
SELECT pg_advisory_lock(-1), pg_advisory_lock_shared(-1), pg_advisory_lock(-1, -2);
SELECT locktype, classid, objid, objsubid, mode, granted, fastpath, waitstart FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() ORDER BY objsubid, mode;
SELECT pg_advisory_unlock(-1), pg_advisory_unlock_shared(-1), pg_advisory_unlock(-1, -2);
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
-- In all parts of a statement.
SELECT id, pg_try_advisory_lock(id) FROM job WHERE id < 3 ORDER BY id;
SELECT id FROM job WHERE CASE WHEN id > 4 THEN pg_try_advisory_lock(id) END;
SELECT bool_and(pg_try_advisory_lock(id)), count(pg_advisory_lock(id)) FROM job;
SELECT a.id FROM job a JOIN job b ON a.id = b.id AND pg_try_advisory_lock(b.id) WHERE a.id < 3 ORDER BY 1;
INSERT INTO job VALUES (6, concat(pg_advisory_lock(6), 'locked')) RETURNING id, state, pg_try_advisory_lock(id);
UPDATE job SET state = 'mine' WHERE pg_try_advisory_lock(id) AND id > 4 RETURNING id;
DELETE FROM job WHERE id = 6 RETURNING pg_advisory_unlock(id);
SELECT 1 LIMIT CASE WHEN pg_try_advisory_lock(77) THEN 1 ELSE 0 END;
SELECT g FROM generate_series(1, CASE WHEN pg_try_advisory_lock(78) THEN 2 ELSE 1 END) g;
SELECT * FROM pg_try_advisory_lock(79) AS got;
PREPARE p(bigint) AS SELECT pg_try_advisory_lock($1), pg_advisory_unlock($1);
EXECUTE p(9);
SELECT count(*) > 5 AS many FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
DISCARD ALL;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
-- Of the transaction: gone with it, or with the savepoint.
BEGIN;
SELECT pg_advisory_xact_lock(1);
SAVEPOINT one;
SELECT pg_advisory_xact_lock_shared(2), pg_advisory_lock(3);
SELECT objid, mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() ORDER BY objid;
ROLLBACK TO one;
SELECT objid, mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() ORDER BY objid;
SELECT pg_advisory_unlock(1);
ROLLBACK;
SELECT objid, mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() ORDER BY objid;
SELECT pg_advisory_unlock(3);
SET client_min_messages = error;
SELECT pg_advisory_unlock(3);
SET deadlock_timeout = 0;
SET deadlock_timeout = '2min';
SHOW deadlock_timeout;
-- What rows are sorted by, and what a limit says, is computed once.
CREATE SEQUENCE turn;
SELECT -nextval('turn') AS n, pg_advisory_lock(id) IS NOT NULL AS locked, id FROM job ORDER BY n;
SELECT id, -nextval('turn') AS n FROM job ORDER BY n FOR UPDATE;
SELECT id, pg_try_advisory_lock(id) AS taken FROM job ORDER BY taken, id FOR UPDATE;
SELECT nextval('turn');
SELECT id, pg_advisory_unlock(id), pg_advisory_unlock(id), pg_advisory_unlock(id) FROM job ORDER BY id;
SELECT setval('turn', 2);
SELECT id FROM job ORDER BY id DESC LIMIT nextval('turn') OFFSET 1;
SELECT nextval('turn');
CREATE SEQUENCE fresh;
SELECT id FROM job LIMIT nextval('fresh');
SELECT a.id, b.id FROM job a, LATERAL (SELECT id FROM job ORDER BY id = a.id DESC, id LIMIT nextval('fresh') - 1) b ORDER BY 1, 2;
SELECT currval('fresh');
-- Conditions of joins are checked pair by pair.
SELECT count(*), count(b.id) FROM job a LEFT JOIN job b ON a.state = concat(pg_advisory_lock(b.id), b.state);
SELECT id, count(*) FROM (SELECT id, pg_advisory_unlock(id) AS had FROM job, generate_series(1, 5)) u WHERE had GROUP BY id ORDER BY id;
-- A stable function's argument.
SET x.y = '1';
SELECT concat(current_setting('x.y'), set_config('x.y', '2', false), pg_try_advisory_lock(1));
SELECT pg_advisory_unlock_all();
-- Aggregates of volatile arguments are not one.
SELECT setval('turn', 100);
SELECT sum(nextval('turn')) = sum(nextval('turn')) AS same FROM generate_series(1, 3);
SELECT nextval('turn');
DROP SEQUENCE turn, fresh;
DROP TABLE job;
