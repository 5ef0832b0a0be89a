"""Foreign keys and deferrable keys against PostgreSQL: random schemas, random transactions, the same outcome.

Method: a schema of some tables that refer to each other and to themselves, in circles too, by primary keys, UNIQUE constraints and
unique indexes, with every action, deferrable or not, with indexes of the referring columns or without. Transactions of a few
statements run on both servers; each statement has to succeed on both, or fail with one SQLSTATE on both, and after each
transaction all tables have to hold the same.

What depends on the order in which a statement meets its rows is left out: PostgreSQL's is that of its heap. So a statement that
gives several rows other keys moves them to where no row is.

A run can be repeated, or made longer: SHALE_RANDOM_SEED (the first), SHALE_RANDOM_SCHEMAS (how many).
"""

import os
import random

import psycopg
import pytest

from postgres import PostgresServer, is_installed

SCHEMAS = int(os.environ.get("SHALE_RANDOM_SCHEMAS", "30"))
FIRST_SEED = int(os.environ.get("SHALE_RANDOM_SEED", "1"))
TRANSACTIONS = 40
VALUES = 6
ACTIONS = ("NO ACTION", "NO ACTION", "RESTRICT", "CASCADE", "CASCADE", "SET NULL", "SET DEFAULT")
TIMINGS = ("", "", "", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED")

pytestmark = pytest.mark.skipif(not is_installed(), reason="needs Debian's postgresql-15")


class Schema:
    """Its definition as statements, and the columns of its tables: id, keys k and (a, b), and foreign keys f0, f1, ..."""

    def __init__(self, dice):
        self.statements = []
        self.columns = {}
        self._dice = dice
        self._keys = {}  # of a table: what can be referred to, as tuples of columns
        names = [f"t{number}" for number in range(dice.randint(2, 4))]
        for name in names:
            self._create(name)
        for name in names:
            for _ in range(dice.randint(1, 2)):
                self._refer(name, dice.choice(names))

    def _timing(self):
        return self._dice.choice(TIMINGS)

    def _create(self, name):
        dice = self._dice
        columns = ["id int", "k int", f"a int DEFAULT {dice.randint(0, VALUES)}", f"b int DEFAULT {dice.randint(0, VALUES)}"]
        constraints = []
        keys = []
        kind = dice.choice(("plain", "plain", "pair", "deferrable"))
        if kind == "plain":
            constraints.append("PRIMARY KEY (id)")
            keys.append(("id",))
        elif kind == "pair":
            constraints.append("PRIMARY KEY (a, b)")
            keys.append(("a", "b"))
            constraints.append("UNIQUE (id)")
            keys.append(("id",))
        else:
            constraints.append(f"PRIMARY KEY (id){dice.choice(TIMINGS[3:])}")
        later = []
        if dice.random() < 0.6:
            timing = self._timing()
            constraints.append(f"UNIQUE (k){timing}")
            if not timing:
                keys.append(("k",))
        elif dice.random() < 0.5:
            later.append(f"CREATE UNIQUE INDEX ON {name} (k DESC)")
            keys.append(("k",))
        if dice.random() < 0.3:
            constraints.append(f"CHECK (b < {VALUES + dice.randint(0, 3)})")
        if not keys:
            later.append(f"CREATE UNIQUE INDEX ON {name} (id)")
            keys.append(("id",))
        self.statements.append(f"CREATE TABLE {name} ({', '.join(columns + constraints)})")
        self.statements += later
        self.columns[name] = ["id", "k", "a", "b"]
        self._keys[name] = keys

    def _refer(self, name, target):
        dice = self._dice
        key = dice.choice(self._keys[target])
        if len(key) == 1 and dice.random() < 0.5:
            column = f"f{len(self.columns[name])}"
            default = f" DEFAULT {dice.randint(0, VALUES)}" if dice.random() < 0.5 else ""
            self.statements.append(f"ALTER TABLE {name} ADD COLUMN {column} int{default}")
            self.columns[name].append(column)
            columns = (column,)
        else:
            columns = ("a",) if len(key) == 1 else ("a", "b") if dice.random() < 0.5 else ("b", "a")
        match = " MATCH FULL" if len(columns) > 1 and dice.random() < 0.3 else ""
        self.statements.append(
            f"ALTER TABLE {name} ADD FOREIGN KEY ({', '.join(columns)}) REFERENCES {target} ({', '.join(key)}){match} "
            f"ON DELETE {dice.choice(ACTIONS)} ON UPDATE {dice.choice(ACTIONS)}{self._timing()}")
        if dice.random() < 0.4:
            more = ", id" if dice.random() < 0.3 else ""
            self.statements.append(f"CREATE INDEX ON {name} ({', '.join(columns)}{more})")


def statement(schema, dice):
    table = dice.choice(sorted(schema.columns))
    columns = schema.columns[table]

    def value():
        return "NULL" if dice.random() < 0.15 else str(dice.randint(0, VALUES))

    def row():
        return "(" + ", ".join(value() for _ in columns) + ")"

    where = f"{dice.choice(columns)} = {dice.randint(0, VALUES)}"
    kind = dice.random()
    if kind < 0.45:
        return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join(row() for _ in range(dice.choice((1, 1, 1, 2))))}"
    if kind < 0.55:
        return f"INSERT INTO {table} (id) VALUES ({dice.randint(0, VALUES)})"
    if kind < 0.75:
        return f"UPDATE {table} SET {dice.choice(columns)} = {value()} WHERE id = {dice.randint(0, VALUES)}"
    if kind < 0.8:
        return f"UPDATE {table} SET {dice.choice(columns)} = NULL WHERE {where}"
    if kind < 0.95:
        return f"DELETE FROM {table} WHERE {where}"
    if kind < 0.97:
        return f"DELETE FROM {table}"
    return f"SET CONSTRAINTS ALL {dice.choice(('IMMEDIATE', 'DEFERRED'))}"


def run(connection, sql):
    try:
        connection.execute(sql)
        return None
    except psycopg.Error as error:
        return error.diag.sqlstate


def contents(connection, schema):
    return {table: sorted(connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall(), key=repr)
            for table, columns in schema.columns.items()}


def compare(seed, shale, postgres):
    """How many statements were run, and how many failed; the first difference fails."""
    dice = random.Random(seed)
    schema = Schema(dice)
    history = []
    failed = 0

    def both(sql):
        history.append(sql + ";")
        outcomes = run(shale, sql), run(postgres, sql)
        assert outcomes[0] == outcomes[1], (f"seed {seed}: shale gave {outcomes[0]}, PostgreSQL {outcomes[1]}\n"
                                            + "\n".join(history))
        return outcomes[0]

    for sql in ("DROP SCHEMA IF EXISTS r CASCADE", "CREATE SCHEMA r", "SET search_path = r", *schema.statements):
        assert both(sql) is None, "\n".join(history)
    for _ in range(TRANSACTIONS):
        both("BEGIN")
        for _ in range(dice.choice((1, 1, 2, 3, 4))):
            if dice.random() < 0.1:
                both("SAVEPOINT s")
                broken = both(statement(schema, dice)) is not None
                failed += broken
                if broken or dice.random() < 0.3:
                    both("ROLLBACK TO s")
            if both(statement(schema, dice)) is not None:
                failed += 1
                break
        failed += both("COMMIT") is not None
        rows = contents(shale, schema), contents(postgres, schema)
        assert rows[0] == rows[1], f"seed {seed}: shale has {rows[0]}\nPostgreSQL {rows[1]}\n" + "\n".join(history)
    return len(history), failed


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with PostgresServer(tmp_path_factory.mktemp("postgres")) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            yield connection


def test_as_postgresql(connection, postgres):
    statements = failed = 0
    for seed in range(FIRST_SEED, FIRST_SEED + SCHEMAS):
        counts = compare(seed, connection, postgres)
        statements += counts[0]
        failed += counts[1]
    print(f"{SCHEMAS} schemas, {statements} statements, {failed} failed")
    assert failed > SCHEMAS
    connection.execute("DROP SCHEMA r CASCADE")
    connection.execute("RESET search_path")
