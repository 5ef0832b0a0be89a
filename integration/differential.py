#!/usr/bin/python3
"""Random schemas, data, queries and changes, on Shale and on a PostgreSQL 15, which must mean the same.

    integration/differential.py --minutes 60 [--seed N] [--without FEATURE ...]

Starts both servers on the loopback. What differs is made small by Hypothesis and printed as statements to run. What
Shale refuses with 0A000 is counted by its message and no difference. Exit code 1 where something differs. The parts
lie in `generator/`: `source.py`, `schema.py`, `expressions.py`, `queries.py`, `changes.py`, `servers.py`.
"""

import argparse
import pathlib
import sys
import time

import hypothesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scripts/lib"))

import peers
from generator import changes, queries, schema
from generator.servers import Pair
from generator.source import Source

EXAMPLES_A_ROUND = 50
SHOWN_DIFFERENCES_MAX = 20


@st.composite
def scenarios(draw, features):
    """Statements as (text, ordered, binary): tables with rows, then queries and changes on them."""
    source = Source(draw)
    tables = [schema.table(source, number) for number in range(1, source.number(1, 3) + 1)]
    statements = [(text, False, False) for table in tables for text in table.statements()]
    if source.chance(30):
        statements += [(f"ANALYZE {table.name}", False, False) for table in tables]
    views = []
    for _ in range(source.number(1, 8)):
        maker = queries.QueryMaker(source, tables + views, features)
        if len(views) < 2 and maker.has("views", 10):
            text, view = maker.view(f"v{len(views)}")
            statements.append((text, False, False))
            views.append(view)
        elif source.chance(70):
            query = maker.query()
            statements.append((query.text, query.ordered, source.chance(30)))
        else:
            statements.append((changes.change(source, tables, maker), False, False))
            statements += [(f"SELECT * FROM {table.name}", False, False) for table in tables]
    return statements


def check(pair, statements):
    """Runs them in a schema of their own. Raises AssertionError with the statements up to the one that differs."""
    pair.run("DROP SCHEMA IF EXISTS differential CASCADE; CREATE SCHEMA differential; SET search_path = differential")
    done = []
    for text, ordered, binary in statements:
        difference = pair.compare(text, ordered, binary)
        if difference:
            raise AssertionError("\n".join([f"{one};" for one in done] + [difference]))
        done.append(text)


def run_round(pair, seed, features, examples=EXAMPLES_A_ROUND):
    """Nothing, or the smallest scenario found that differs."""
    @hypothesis.seed(seed)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck),
              print_blob=False, report_multiple_bugs=False)
    @given(scenarios(features))
    def one(statements):
        check(pair, statements)

    try:
        one()
    except AssertionError as error:
        return str(error)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without", nargs="*", choices=queries.FEATURES, default=[])
    options = parser.parse_args()
    features = tuple(feature for feature in queries.FEATURES if feature not in options.without)
    differences = []
    with peers.folder_of_servers("differential", None) as folder:
        port, admin_port, postgres_port = peers.free_ports(3)
        with peers.shale_server(folder, port, admin_port) as shale, peers.postgres_server(folder, postgres_port) as postgres:
            pair = Pair(f"host={peers.HOST} port={shale.port} user={shale.user} dbname={shale.database}",
                        f"host={peers.HOST} port={postgres.port} user={postgres.user} dbname={postgres.database}")
            end = time.monotonic() + options.minutes * 60
            seed = options.seed
            while time.monotonic() < end and len(differences) < SHOWN_DIFFERENCES_MAX:
                found = run_round(pair, seed, features)
                if found:
                    differences.append(found)
                    print(f"== difference {len(differences)}, seed {seed}\n{found}\n", flush=True)
                seed += 1
            pair.close()
    for message, count in pair.refused.most_common():
        print(f"refused {count} times: {message}")
    print(f"differential: {pair.statements} statements, {pair.errors} of them errors on both, "
          f"{pair.evaluations} that failed on one side only by what it evaluated, "
          f"{sum(pair.refused.values())} refused, differences: {len(differences)}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
