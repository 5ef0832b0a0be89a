#!/usr/bin/python3
"""Records the answers to TPC-H's queries, at the scale that integration/test_tpch.py compares them at, from a
PostgreSQL 15 with an empty database: tests/tpch/record.py --port PORT [--user postgres]."""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))
import tpch

ANSWERS = tpch.FOLDER / "answers"
SCALE = 0.01


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--user", default="postgres")
    parser.add_argument("--database", default="postgres")
    options = parser.parse_args()
    client = tpch.Client(options.host, options.port, options.user, options.database)
    client.load(SCALE)
    ANSWERS.mkdir(exist_ok=True)
    for name in tpch.QUERIES:
        lines = client.query(name, SCALE).lines
        (ANSWERS / f"{name}.out").write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main()
