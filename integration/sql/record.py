#!/usr/bin/python3
"""Records what a real PostgreSQL answers to the files of this folder: one .out beside each .sql.

    record.py [--port N] [NAME ...]

Each file runs through psql in a new database, in a schema sql_NAME that is first in the search path. psql_describe
shows owners: it is recorded as a superuser "shale" (--user shale).
"""

import argparse
import os
import pathlib
import re
import subprocess

FOLDER = pathlib.Path(__file__).resolve().parent
PSQL_SECONDS_MAX = 120


def schema_of(file):
    return f"sql_{file.stem}"


def run_psql(file, host, port, user, database):
    """What psql prints for the file, statements with their answers, less what tells of the server's source."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment.update(PGHOST=host, PGPORT=str(port), PGUSER=user, PGDATABASE=database,
                       PGCLIENTENCODING="UTF8", PGTZ="UTC")
    schema = schema_of(file)

    def psql(*options, **extra):
        return subprocess.run(["psql", "-X", *options], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=PSQL_SECONDS_MAX, env={**environment, **extra})

    psql("-q", "-c", f"DROP SCHEMA IF EXISTS {schema} CASCADE", "-c", f"CREATE SCHEMA {schema}")
    answer = psql("-a", "-v", "VERBOSITY=verbose", "-f", str(file),
                  PGOPTIONS=f"-c search_path={schema},public")
    psql("-q", "-c", f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    text = re.sub(r"^psql:.*?:\d+: ", "", answer.stdout, flags=re.MULTILINE)
    return re.sub(r"^LOCATION:  .*\n", "", text, flags=re.MULTILINE)


def record(file, arguments):
    connection = ["-h", arguments.host, "-p", str(arguments.port), "-U", arguments.user]
    database = f"record_{file.stem}"
    subprocess.run(["dropdb", "--if-exists", *connection, database], check=True,
                   stderr=subprocess.DEVNULL)
    subprocess.run(["createdb", *connection, "--template=template0", "--encoding=UTF8",
                    "--lc-collate=C", "--lc-ctype=C.UTF-8", database], check=True)
    try:
        text = run_psql(file, arguments.host, arguments.port, arguments.user, database)
    finally:
        subprocess.run(["dropdb", *connection, database], check=True)
    file.with_suffix(".out").write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5432)
    parser.add_argument("--user", default="postgres")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    for file in sorted(FOLDER.glob("*.sql")):
        if not arguments.names or file.stem in arguments.names:
            record(file, arguments)


if __name__ == "__main__":
    main()
