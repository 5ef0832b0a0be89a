"""Runs random transactions of many clients and checks the history for anomalies that the level forbids.

    python3 integration/histories.py --transactions 100000 --kills 20               # a Shale of its own
    python3 integration/histories.py --dsn 'host=... user=...' --level serializable  # a server that is there
    python3 integration/histories.py --check FOLDER --level repeatable-read         # a history that was kept

Clients append numbers to lists, by UPDATE and by INSERT ... ON CONFLICT, and read single rows and ranges
(history/workload.py); the server is killed and started again under them. Acknowledged commits must be in the
lists at the end, and the history must have none of the anomalies that the level forbids (history/checker.py).
A history with forbidden anomalies is kept, and its folder is named. --check-as checks a history as if it came
from another level: what a weaker level allows must then be found.
"""

import argparse
import collections
import contextlib
import gc
import json
import multiprocessing
import pathlib
import random
import shutil
import sys
import tempfile
import time
from typing import NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict

from history.checker import LEVELS, READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE, check
from history.client import Target, run_clients
from history.operations import OK, from_line
from history.workload import INDEX, SCHEMA, TABLE
from server import ShaleServer

PROCESSES = 2
POLL_SECONDS = 0.02
# A level, the stronger one that its history is checked as, and what must then be found.
CONTROLS = ((READ_COMMITTED, REPEATABLE_READ, {"G-single", "lost update"}),
            (REPEATABLE_READ, SERIALIZABLE, {"G2-item"}))
CONTROL_TRANSACTIONS_MAX = 5000


class Options(NamedTuple):
    """Of one run."""
    transactions: int
    kills: int = 0
    clients: int = 16
    keys: int = 12
    seed: int = 0


def why_not(dsn, level):
    """What the server answers to a level that it does not have; None where it has it."""
    try:
        with psycopg.connect(dsn) as connection:
            connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
            connection.execute("SELECT 1")
    except psycopg.errors.FeatureNotSupported as error:
        return f"{error.sqlstate} {error.diag.message_primary}"
    return None


def level_of(text):
    return text.replace("-", " ")


def target_of(dsn):
    parts = conninfo_to_dict(dsn)
    user = parts.get("user", "postgres")
    return Target(parts.get("host", "127.0.0.1"), int(parts.get("port", 5432)), user, parts.get("dbname", user))


def _run_process(results, *arguments):
    results.put(run_clients(*arguments))


def run(dsn, level, folder, options, server=None):
    """Writes the history into the folder: transactions-N.json and final.json. Gives {SQLSTATE: how often}.

    server: what to kill, where kills are wanted.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in SCHEMA:
            connection.execute(statement)
        with contextlib.suppress(psycopg.errors.FeatureNotSupported):
            connection.execute(INDEX)
    context = multiprocessing.get_context("fork")
    commits = context.RawArray("q", options.clients)
    results = context.SimpleQueue()
    processes = [context.Process(target=_run_process, args=(
        results, target_of(dsn), level.upper(), range(number, options.clients, PROCESSES), options.clients, options.keys,
        options.seed, commits, options.transactions, folder / f"transactions-{number}.json"))
        for number in range(PROCESSES)]
    for process in processes:
        process.start()
    try:
        for number in range(options.kills):
            while sum(commits) < options.transactions * (number + 1) // (options.kills + 1):
                if not all(process.is_alive() for process in processes):
                    break
                time.sleep(POLL_SECONDS)
            server.kill()
            server.start()
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise RuntimeError("clients ended early, see above")
    errors = collections.Counter()
    for _ in processes:
        errors.update(results.get())
    if options.kills:
        server.kill()
        server.start()
    with psycopg.connect(dsn, autocommit=True) as connection:
        final = connection.execute(f"SELECT id, v FROM {TABLE} ORDER BY id").fetchall()
    (folder / "final.json").write_text(json.dumps(final))
    return errors


def load(folder):
    """(transactions, final) of a history that run() wrote."""
    folder = pathlib.Path(folder)
    transactions = []
    for path in sorted(folder.glob("transactions-*.json")):
        with open(path) as file:
            transactions += map(from_line, file)
    return transactions, dict(map(tuple, json.loads((folder / "final.json").read_text())))


def figure(level, transactions, kills, verdict, checked_as=None):
    committed = sum(one.status == OK for one in transactions)
    allowed = ", ".join(f"{name} {count}" for name, count in verdict.allowed.items()) or "none"
    checked = f" checked as {checked_as}" if checked_as not in (None, level) else ""
    return (f"histories at {level}{checked}: {committed} transactions, {len(transactions) - committed} not committed, "
            f"{kills} kills, anomalies forbidden: {sum(verdict.forbidden.values())}, allowed seen: {allowed}")


def run_and_check(level, options, dsn=None, check_as=None, folder=None, say=print):
    """Runs a history in a new folder, on a Shale of its own unless a dsn is given. Gives (verdict, figure),
    or (None, reason) where the server has no such level."""
    root = pathlib.Path(tempfile.mkdtemp(prefix="shale_histories_", dir=folder))
    is_kept = False
    server = None
    try:
        if dsn is None:
            server = ShaleServer(root)
            server.start()
        where = dsn or server.dsn
        reason = why_not(where, level)
        if reason:
            return None, f"histories at {level}: skipped: {reason}"
        begin = time.monotonic()
        errors = run(where, level, root, options, server)
        middle = time.monotonic()
        transactions, final = load(root)
        verdict = check(transactions, final, check_as or level)
        say(f"{level}: ran {middle - begin:.1f} s, checked {time.monotonic() - middle:.1f} s, errors "
            f"{dict(sorted(errors.items()))}")
        say(verdict.text())
        is_kept = bool(verdict.forbidden) and check_as is None
        if is_kept:
            say(f"the history is in {root}")
        return verdict, figure(level, transactions, options.kills, verdict, check_as)
    finally:
        if server is not None and server.is_running():
            server.kill()
        if not is_kept:
            shutil.rmtree(root)


def run_control(control, options, dsn=None, folder=None, say=print):
    """Whether what a weaker level lets through is caught, and a figure."""
    level, checked_as, wanted = control
    verdict, _ = run_and_check(level, options, dsn, checked_as, folder, say)
    is_caught = verdict is not None and wanted <= set(verdict.forbidden)
    found = ", ".join(f"{name} {count}" for name, count in verdict.forbidden.items()) if verdict else ""
    return is_caught, f"histories control, {level} checked as {checked_as}: {'caught' if is_caught else 'MISSED'}: {found}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transactions", type=int, default=100_000, help="that commit, at each level")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--keys", type=int, default=12, help="that are in use at a time")
    parser.add_argument("--level", action="append", type=level_of, choices=LEVELS,
                        help="default: every level; hyphens may stand for spaces")
    parser.add_argument("--check-as", type=level_of, choices=LEVELS)
    parser.add_argument("--controls", action="store_true",
                        help="then histories of a weaker level, checked as if a stronger one had made them: they must fail")
    parser.add_argument("--dsn", help="of a server that is there, without kills; its table is called " + TABLE)
    parser.add_argument("--check", metavar="FOLDER", help="only check a history that was kept")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    gc.disable()  # millions of objects, none of them in a circle: collecting them takes longer than the check
    if arguments.dsn and arguments.kills:
        parser.error("--kills needs a server of its own, not --dsn")
    levels = arguments.level or list(LEVELS)
    if arguments.check:
        transactions, final = load(arguments.check)
        verdict = check(transactions, final, arguments.check_as or levels[0])
        print(verdict.text())
        print(figure(levels[0], transactions, 0, verdict, arguments.check_as))
        return 1 if verdict.forbidden else 0
    print(f"seed {arguments.seed}", flush=True)
    options = Options(arguments.transactions, arguments.kills, arguments.clients, arguments.keys, arguments.seed)
    failed = False
    figures = []
    for level in levels:
        verdict, text = run_and_check(level, options, arguments.dsn, arguments.check_as)
        figures.append(text)
        failed = failed or (verdict is not None and bool(verdict.forbidden))
    if arguments.controls:
        options = options._replace(transactions=min(options.transactions, CONTROL_TRANSACTIONS_MAX), kills=0)
        for control in CONTROLS:
            is_caught, text = run_control(control, options, arguments.dsn, say=lambda _: None)
            figures.append(text)
            failed = failed or not is_caught
    print("\n".join(figures))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
