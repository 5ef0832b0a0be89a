"""Kills a server at random moments under load and checks what it has after each restart.

    python3 integration/kill.py --kills 50

Load: pgbench's default script, and a bank of clients of our own that run the same transaction with a tag in
history.filler and keep a journal of what was acknowledged. After each restart: every acknowledged tag is
there once; what is there was acknowledged or in flight; the sums of accounts, tellers, branches and history agree. The
expected state is the clients', never read back from the server. Prints kills, acknowledged transactions, and
the longest restart.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time

import psycopg

from server import ShaleServer, clean_environment

SCALE = 1
CLIENTS = 4


class Journal:
    """What one client sent and what was acknowledged; one thread writes it."""

    def __init__(self):
        self.acknowledged = []
        self.in_flight = None


def transfer(cursor, random_source, tag):
    delta = random_source.randint(-5000, 5000)
    aid = random_source.randint(1, 100000 * SCALE)
    tid = random_source.randint(1, 10 * SCALE)
    bid = random_source.randint(1, SCALE)
    cursor.execute("BEGIN")
    cursor.execute("UPDATE pgbench_accounts SET abalance = abalance + %s WHERE aid = %s", (delta, aid))
    cursor.execute("UPDATE pgbench_tellers SET tbalance = tbalance + %s WHERE tid = %s", (delta, tid))
    cursor.execute("UPDATE pgbench_branches SET bbalance = bbalance + %s WHERE bid = %s", (delta, bid))
    cursor.execute("INSERT INTO pgbench_history (tid, bid, aid, delta, mtime, filler) "
                   "VALUES (%s, %s, %s, %s, CURRENT_TIMESTAMP, %s)", (tid, bid, aid, delta, tag))
    cursor.execute("COMMIT")


def run_client(server, number, round_number, journal, seed):
    random_source = random.Random(seed)
    try:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            cursor = connection.cursor()
            for count in range(1_000_000):
                journal.in_flight = f"r{round_number}-c{number}-{count}"
                transfer(cursor, random_source, journal.in_flight)
                journal.acknowledged.append(journal.in_flight)
                journal.in_flight = None
    except psycopg.Error:
        pass  # the server was killed


def check(server, acknowledged, allowed):
    """The state after a restart against the journals."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        sums = [connection.execute(f"SELECT coalesce(sum({column}), 0) FROM {table}").fetchone()[0]
                for table, column in (("pgbench_accounts", "abalance"), ("pgbench_tellers", "tbalance"),
                                      ("pgbench_branches", "bbalance"), ("pgbench_history", "delta"))]
        rows = connection.execute(
            "SELECT filler FROM pgbench_history WHERE filler LIKE 'r%'").fetchall()
    assert len(set(sums)) == 1, f"sums of accounts, tellers, branches and history differ: {sums}"
    found = [row[0].strip() for row in rows]
    assert len(found) == len(set(found)), "a transaction is there twice"
    lost = acknowledged - set(found)
    assert not lost, f"{len(lost)} acknowledged transactions are lost, one is {min(lost)}"
    strange = set(found) - acknowledged - allowed
    assert not strange, f"{len(strange)} transactions that nobody sent, one is {min(strange)}"


def torture(server, kills, seed, say=print):
    """Gives (acknowledged transactions, longest restart in seconds)."""
    random_source = random.Random(seed)
    pgbench = ["pgbench", "-h", server.host, "-p", str(server.port), "-U", "shale"]
    subprocess.run([*pgbench, "-i", "-q", "-s", str(SCALE), "shale"], check=True,
                   env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    acknowledged, in_flight, longest = set(), set(), 0.0
    for number in range(kills):
        load = subprocess.Popen([*pgbench, "-n", "-c", "4", "-j", "1", "-T", "60", "shale"],
                                env=clean_environment(), stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        journals = [Journal() for _ in range(CLIENTS)]
        threads = [threading.Thread(target=run_client,
                                    args=(server, i, number, journals[i], random_source.random()))
                   for i in range(CLIENTS)]
        for thread in threads:
            thread.start()
        time.sleep(random_source.uniform(0.2, 1.5))
        server.kill()
        for thread in threads:
            thread.join()
        load.wait()
        for journal in journals:
            acknowledged.update(journal.acknowledged)
            if journal.in_flight:
                in_flight.add(journal.in_flight)
        started = time.monotonic()
        server.start()
        longest = max(longest, time.monotonic() - started)
        check(server, acknowledged, in_flight)
        say(f"kill {number + 1}: {len(acknowledged)} acknowledged transactions are there, "
            f"longest restart {longest:.2f} s", flush=True)
    return len(acknowledged), longest


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder, ShaleServer(folder) as server:
        count, longest = torture(server, arguments.kills, arguments.seed)
    print(f"kills survived: {arguments.kills}, acknowledged transactions: {count}, lost: 0, "
          f"longest restart: {longest:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
