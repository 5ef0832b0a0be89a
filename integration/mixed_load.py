"""Many sessions doing many different things on one server, which is to be built with a sanitizer.

    SHALE_BINARY=build/tsan/shale python3 integration/mixed_load.py --seconds 60

pgbench's default script with 32 clients, and beside it: upserts of few keys, a queue with SKIP LOCKED, SERIALIZABLE transfers,
rows that move to other keys, exported and imported snapshots, reads of the past, advisory locks, prepared transactions, changes of
tables, indexes that are built anew, views of locks and activity, cancelled statements and sessions that go away. Errors that a client has to expect
(conflicts, deadlocks, timeouts, cancels) count; others end the run. At the end sums must agree and the
server must have stopped with status 0; what a sanitizer has reported is shown and is a failure.
"""

import argparse
import atexit
import collections
import contextlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

import psycopg

from server import ShaleServer, clean_environment

EXPECTED = {"40001", "40P01", "55P03", "57014", "23505", "0A000", "22023", "72000", "42P01", "42703", "42P07", "42701", "40003"}
REPORT = re.compile(r"WARNING: ThreadSanitizer|ERROR: AddressSanitizer|runtime error:|LeakSanitizer")
ACCOUNTS = 50
SETUP = """
CREATE TABLE counter (id integer PRIMARY KEY, n bigint NOT NULL);
CREATE TABLE queue (id bigserial PRIMARY KEY, done boolean NOT NULL);
CREATE TABLE account (id integer PRIMARY KEY, amount integer NOT NULL);
CREATE TABLE moving (id integer PRIMARY KEY, n integer NOT NULL);
CREATE INDEX moving_n ON moving (n);
INSERT INTO account SELECT i, 100 FROM generate_series(1, 50) i;
INSERT INTO moving SELECT i, 0 FROM generate_series(1, 20) i;
"""


class Load:
    def __init__(self, server, seconds, seed):
        self.server = server
        self.until = time.monotonic() + seconds
        self.seed = seed
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.failures = []
        self.victims = []  # connections that may be cancelled

    def going(self):
        return time.monotonic() < self.until and not self.failures

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def run(self, step, number):
        """One session that repeats the step; errors that are expected roll back."""
        source = random.Random(f"{self.seed} {step.__name__} {number}")
        while self.going():
            try:
                with psycopg.connect(self.server.dsn, autocommit=True) as connection:
                    connection.execute("SET lock_timeout = '2s'")
                    with self.lock:
                        self.victims.append(connection)
                    try:
                        while self.going():
                            self.repeat(step, connection, source)
                            if source.random() < 0.01:
                                break  # and come again
                    finally:
                        with self.lock:
                            self.victims.remove(connection)
            except Exception as error:
                self.failures.append(f"{step.__name__}: {error!r}")

    def repeat(self, step, connection, source):
        try:
            step(self, connection, source)
            self.count(step.__name__)
        except psycopg.Error as error:
            if error.sqlstate not in EXPECTED:
                raise
            self.count(error.sqlstate)
            while True:
                try:
                    connection.execute("ROLLBACK")
                    break
                except psycopg.errors.QueryCanceled:
                    pass


def upserts(_, connection, source):
    connection.execute("INSERT INTO counter VALUES (%s, 1) ON CONFLICT (id) DO UPDATE SET n = counter.n + 1", (source.randint(1, 3),))
    connection.execute("INSERT INTO counter VALUES (%s, 1) ON CONFLICT DO NOTHING", (source.randint(1, 3),))


def queue(_, connection, source):
    connection.execute("INSERT INTO queue (done) VALUES (false)")
    connection.execute("BEGIN")
    row = connection.execute("SELECT id FROM queue WHERE NOT done ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED").fetchone()
    if row:
        connection.execute("DELETE FROM queue WHERE id = %s" if source.random() < 0.5 else "UPDATE queue SET done = true WHERE id = %s", row)
    connection.execute("COMMIT")


def serializable(_, connection, source):
    one, two = source.sample(range(1, ACCOUNTS + 1), 2)
    connection.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
    if connection.execute("SELECT sum(amount) FROM account").fetchone()[0] != 100 * ACCOUNTS:
        raise AssertionError("a sum is wrong within a transaction")
    connection.execute("UPDATE account SET amount = amount - 1 WHERE id = %s", (one,))
    if source.random() < 0.3:
        connection.execute("SAVEPOINT s; UPDATE account SET amount = 0; ROLLBACK TO SAVEPOINT s")
    connection.execute("UPDATE account SET amount = amount + 1 WHERE id = %s", (two,))
    connection.execute("COMMIT" if source.random() < 0.9 else "ROLLBACK")


def moves(_, connection, source):
    if source.random() < 0.5:
        connection.execute("UPDATE moving SET id = %s WHERE id = %s", (source.randint(1, 200), source.randint(1, 200)))
    else:
        connection.execute("UPDATE moving SET n = n + 1 WHERE n >= 0 AND id %% 3 = %s", (source.randint(0, 2),))


def snapshots(load, connection, source):
    level = source.choice(["REPEATABLE READ", "SERIALIZABLE"])
    connection.execute(f"BEGIN ISOLATION LEVEL {level}")
    identifier, total = connection.execute("SELECT pg_export_snapshot(), sum(n) FROM counter").fetchone()
    connection.execute("SELECT pg_current_snapshot(), txid_current(), txid_status(txid_current())")
    with psycopg.connect(load.server.dsn, autocommit=True) as other:
        other.execute(f"BEGIN ISOLATION LEVEL {level}; SET TRANSACTION SNAPSHOT '{identifier}'")
        if other.execute("SELECT sum(n) FROM counter").fetchone()[0] != total:
            raise AssertionError("an imported snapshot shows something else")
        other.execute("ROLLBACK")
    connection.execute("COMMIT")


def past(_, connection, source):
    connection.execute("SET shale.as_of = 'now'")
    time.sleep(source.random())
    try:
        sums = [connection.execute("SELECT sum(amount) FROM account").fetchone()[0] for _ in range(2)]
        if sums != [100 * ACCOUNTS] * 2:
            raise AssertionError(f"the past has wrong sums: {sums}")
    finally:
        connection.execute("RESET shale.as_of")


def advisory(_, connection, source):
    connection.execute("SELECT pg_advisory_lock(%s)", (source.randint(1, 3),))
    connection.execute("SELECT pg_try_advisory_lock_shared(9)")
    connection.execute("SELECT pg_advisory_unlock_all()")


def prepared(_, connection, source):
    name = f"p{source.getrandbits(60)}"
    connection.execute("BEGIN; UPDATE counter SET n = n + 1 WHERE id = 3")
    connection.execute(f"PREPARE TRANSACTION '{name}'")
    connection.execute(f"{source.choice(['COMMIT', 'ROLLBACK'])} PREPARED '{name}'")


def definitions(_, connection, source):
    name = f"made_{source.randint(1, 3)}"
    for statement in source.sample([f"CREATE TABLE {name} (id integer PRIMARY KEY)", f"ALTER TABLE {name} ADD COLUMN c{source.randint(1, 9)} text",
                                    f"INSERT INTO {name} VALUES ({source.randint(1, 9)})", f"TRUNCATE {name}", f"DROP TABLE {name}"], 3):
        connection.execute(statement)


def indexes(_, connection, source):
    left = connection.execute("SELECT relname FROM pg_class WHERE relname LIKE 'moving_n_cc%'").fetchall()
    for (name,) in left:  # by one that was cancelled
        connection.execute(f"DROP INDEX {name}")
    connection.execute("REINDEX INDEX CONCURRENTLY moving_n")
    time.sleep(source.random())


def views(_, connection, source):
    connection.execute("SELECT * FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid")
    connection.execute("SELECT pid, pg_blocking_pids(pid), query FROM pg_stat_activity")
    time.sleep(source.random() / 10)


def cancels(load, _, source):
    time.sleep(source.random() / 10)
    with load.lock:
        victim = source.choice(load.victims)
    with contextlib.suppress(psycopg.Error):
        victim.cancel()


STEPS = {upserts: 6, queue: 4, serializable: 6, moves: 3, snapshots: 3, past: 2, advisory: 3, prepared: 2, definitions: 2, indexes: 1,
         views: 1, cancels: 1}


def pgbench(server, *arguments):
    return subprocess.Popen(["/usr/lib/postgresql/15/bin/pgbench", "-h", server.host, "-p", str(server.port), "-U", "shale", *arguments,
                             "shale"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=clean_environment())


def check(server):
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        def one(query):
            return connection.execute(query).fetchone()[0]

        sums = {one(f"SELECT sum({column}) FROM pgbench_{table}")
                for column, table in (("abalance", "accounts"), ("bbalance", "branches"), ("tbalance", "tellers"), ("delta", "history"))}
        if len(sums) != 1:
            return f"pgbench's sums differ: {sums}"
        found = one("SELECT sum(amount) FROM account"), one("SELECT count(*) FROM moving")
        if found != (100 * ACCOUNTS, 20):
            return f"accounts hold {found[0]}, {found[1]} rows are left of those that move"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=32, help="of pgbench")
    parser.add_argument("--seed", default=str(time.time_ns()))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shale_mixed_") as folder:
        server = ShaleServer(folder, "--max-connections", "200", "--version-retention", "60", "--memtable", "8MB", "--loops", "3",
                             "--workers", "3")
        atexit.register(lambda: server.is_running() and server.kill())  # whatever goes wrong here
        server.start()
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute(SETUP)
        output, _ = (made := pgbench(server, "-i", "-s", "1", "-q")).communicate()
        if made.returncode != 0:
            sys.exit(f"mixed_load: pgbench -i failed:\n{output}")
        load = Load(server, options.seconds, options.seed)
        bench = pgbench(server, "-n", "-c", str(options.clients), "-j", "2", "-T", str(int(options.seconds)))
        threads = [threading.Thread(target=load.run, args=(step, number)) for step, count in STEPS.items() for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        output, _ = bench.communicate()
        failures = list(load.failures)
        if bench.returncode != 0:
            failures.append(f"pgbench ended with status {bench.returncode}:\n{output[-2000:]}")
        if server.is_running():
            failures += filter(None, [check(server)])
            status = server.stop()
            if status != 0:
                failures.append(f"the server ended with status {status}")
        else:
            failures.append("the server is gone")
        log = server.log()
        if report := REPORT.search(log):
            kinds = collections.Counter(re.findall(r"^SUMMARY: .*", log, re.MULTILINE))
            failures.append("\n".join(["the sanitizer reports:", *(f"{count} x {kind}" for kind, count in kinds.items()),
                                       log[report.start():report.start() + 12000]]))
    done = ", ".join(f"{what} {count}" for what, count in sorted(load.counts.items()))
    transactions = re.search(r"actually processed: (\d+)", output)
    print(f"mixed load: {options.seconds:.0f} s, pgbench {transactions[1] if transactions else '?'}, {done}; seed {options.seed}")
    if failures:
        sys.exit("mixed_load: " + "\n".join(failures[:5]))
    print("mixed load races: 0")


if __name__ == "__main__":
    main()
