#!/usr/bin/python3
"""Records what a real PostgreSQL answers to the specifications of this folder: one .out beside each .spec.

    record.py [--host HOST] [--port N] [--user NAME] [--database NAME] [SPEC ...]
"""

import argparse
import os
import pathlib
import subprocess

FOLDER = pathlib.Path(__file__).resolve().parent
# Debian's package postgresql-client-15.
ISOLATIONTESTER = pathlib.Path("/usr/lib/postgresql/15/lib/pgxs/src/test/isolation/isolationtester")
SECONDS_MAX = 300


def run(spec, host, port, user, database):
    """What isolationtester prints for the file."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    with spec.open() as file:
        done = subprocess.run([ISOLATIONTESTER, f"host={host} port={port} user={user} dbname={database}"], stdin=file,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS_MAX,
                              env=environment)
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5432)
    parser.add_argument("--user", default="postgres")
    parser.add_argument("--database", default="postgres")
    parser.add_argument("names", nargs="*", metavar="SPEC")
    arguments = parser.parse_args()
    specs = [FOLDER / f"{name}.spec" for name in arguments.names] or sorted(FOLDER.glob("*.spec"))
    for spec in specs:
        spec.with_suffix(".out").write_text(run(spec, arguments.host, arguments.port, arguments.user, arguments.database))
        print(spec.stem)


if __name__ == "__main__":
    main()
