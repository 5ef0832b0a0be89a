"""TPC-H on a server: its tables (tests/tpch), their data and the 22 queries, through psql.

    client = tpch.Client("127.0.0.1", 5432, "shale", "shale")
    client.load(0.01)
    answer = client.query("q01", 0.01)
"""

import dataclasses
import os
import pathlib
import re
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "tests/tpch"
GENERATOR = pathlib.Path(os.environ.get("SHALE_TPCH_DATA", REPOSITORY / "build/release/tests/tpch/tpch_data"))
TABLES = ["region", "nation", "supplier", "part", "partsupp", "customer", "orders", "lineitem"]
QUERIES = sorted(file.stem for file in (FOLDER / "queries").glob("q*.sql"))
# Their ORDER BY leaves no two rows of an answer in either order.
TOTALLY_ORDERED = {"q01", "q02", "q04", "q07", "q08", "q09", "q12", "q13", "q15", "q16", "q20", "q21", "q22"}


class Refused(Exception):
    """0A000, or another error of the server: its message."""

    def __init__(self, sqlstate, message):
        super().__init__(f"{sqlstate}: {message}")
        self.sqlstate = sqlstate


@dataclasses.dataclass
class Answer:
    lines: list
    milliseconds: float


@dataclasses.dataclass
class Client:
    host: str
    port: int
    user: str
    database: str
    settings: str = ""  # SQL, before each query

    def psql(self, *arguments, stdin=subprocess.DEVNULL):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        done = subprocess.run(["psql", "-XAtq", "-h", self.host, "-p", str(self.port), "-U", self.user, "-d",
                               self.database, "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose",
                               *map(str, arguments)],
                              stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        if done.returncode != 0:
            found = re.search(r"(?:ERROR|FATAL):  (\w{5}): (.*)", done.stderr)
            raise Refused(*found.groups()) if found else RuntimeError(done.stderr)
        return done.stdout

    def execute(self, text):
        return self.psql("-c", text).strip()

    def create(self):
        self.psql("-f", FOLDER / "schema.sql")

    def copy(self, table, scale):
        with subprocess.Popen([GENERATOR, str(scale), table], stdout=subprocess.PIPE) as generator:
            self.psql("-c", f"COPY {table} FROM STDIN (DELIMITER '|')", stdin=generator.stdout)
        if generator.returncode != 0:
            raise RuntimeError(f"{GENERATOR} ended with status {generator.returncode}")

    def load(self, scale):
        """Tables, rows, indexes, statistics."""
        self.create()
        for table in TABLES:
            self.copy(table, scale)
        self.psql("-f", FOLDER / "indexes.sql")
        self.execute("ANALYZE")

    def add_foreign_keys(self):
        """False: the server does not have them."""
        try:
            self.psql("-f", FOLDER / "foreign_keys.sql")
        except Refused as refused:
            if refused.sqlstate != "0A000":
                raise
            return False
        return True

    def query(self, name, scale):
        prologue = ["-c", self.settings] if self.settings else []
        output = self.psql(*prologue, "-v", f"fraction={0.0001 / scale:.10f}", "-c", r"\timing on",
                           "-f", FOLDER / "queries" / f"{name}.sql")
        time = re.search(r"^Time: ([0-9.]+) ms.*\n\Z", output, re.MULTILINE)
        return Answer(output[:time.start()].splitlines(), float(time[1]))


def is_same(name, one, other):
    """Whether two answers of a query, lists of lines, agree."""
    return one == other if name in TOTALLY_ORDERED else sorted(one) == sorted(other)
