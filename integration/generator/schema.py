"""Random tables: columns of a dozen types, keys, indexes, and rows of few different values, many of them null."""

from dataclasses import dataclass

# Values for each type. No two of a type are equal but written differently: what a group or DISTINCT shows of such
# is either of them.
VALUES = {
    "integer": ["0", "1", "2", "3", "-1", "7", "100"],
    "bigint": ["0", "1", "2", "-5", "4000000000", "9000000000000"],
    "smallint": ["0", "1", "2", "-3", "300"],
    "numeric(10,2)": ["0.00", "1.00", "1.50", "-2.25", "99.99", "12345.67"],
    "double precision": ["0", "1", "0.5", "-2.25", "1000000"],
    "text": ["''", "'a'", "'b'", "'B'", "'abc'", "'ab%'", "'hello world'", "'zz_top'"],
    "varchar(5)": ["''", "'a'", "'abc'", "'x y'"],
    "boolean": ["true", "false"],
    "date": ["'2024-01-01'", "'2024-02-29'", "'1999-12-31'", "'2024-01-02'"],
    "timestamp": ["'2024-01-01 00:00:00'", "'2024-02-29 12:34:56.789'", "'1999-12-31 23:59:59'"],
    "uuid": ["'00000000-0000-0000-0000-000000000001'", "'ffffffff-0000-4000-8000-00000000000a'"],
    "bytea": ["'\\x'", "'\\x00'", "'\\xff01'"],
}
# What an expression of a column's type is, once its modifier is gone.
BASE = {"numeric(10,2)": "numeric", "varchar(5)": "text"}
TYPES = sorted({BASE.get(name, name) for name in VALUES}, key=list({BASE.get(n, n): 0 for n in VALUES}).index)


def literal(source, type_name, null_percent=10):
    """A literal of the type, with its cast."""
    if source.chance(null_percent):
        return f"NULL::{type_name}"
    stored = next(name for name in VALUES if BASE.get(name, name) == type_name)
    return f"{source.pick(VALUES[stored])}::{type_name}"


@dataclass
class Column:
    name: str
    declared: str
    not_null: bool

    @property
    def type(self):
        return BASE.get(self.declared, self.declared)


@dataclass
class Table:
    name: str
    columns: list
    key: list  # names of the primary key's columns; none: it has none
    unique: list  # of those of the UNIQUE constraint
    indexes: list  # CREATE INDEX statements
    rows: list  # lists of literals

    def create(self):
        parts = [f"{column.name} {column.declared}{' NOT NULL' if column.not_null else ''}" for column in self.columns]
        if self.key:
            parts.append(f"PRIMARY KEY ({', '.join(self.key)})")
        if self.unique:
            parts.append(f"UNIQUE ({', '.join(self.unique)})")
        return f"CREATE TABLE {self.name} ({', '.join(parts)})"

    def fill(self):
        """One INSERT a row, so that one that a key refuses leaves the others."""
        return [f"INSERT INTO {self.name} VALUES ({', '.join(row)})" for row in self.rows]

    def statements(self):
        return [self.create(), *self.indexes, *self.fill()]

    def ordinary(self):
        """Columns that no key has."""
        return [column for column in self.columns if column.name not in self.key + self.unique]


def table(source, number, rows_max=12):
    name = f"t{number}"
    # Two columns that all tables have make joins and set operations meet.
    columns = [Column("a", "integer", False), Column("b", source.pick(["integer", "bigint", "text"]), False)]
    for position in range(source.number(0, 4)):
        columns.append(Column(f"c{position}", source.pick(list(VALUES)), source.chance(20)))
    names = [column.name for column in columns]
    keyed = source.number(0, 3)
    key = [] if keyed == 0 else source.some(names[: 1 + keyed % 3])
    for column in columns:
        column.not_null = column.not_null or column.name in key
    unique = source.some(names[:3]) if source.chance(20) else []
    indexes = []
    for position in range(source.number(0, 2)):
        chosen = source.some(names)
        order = source.pick(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])
        where = source.pick(["", "", f" WHERE {source.pick(names)} IS NOT NULL"])
        indexes.append(f"CREATE INDEX {name}_{position} ON {name} ({', '.join(part + order for part in chosen)}){where}")
    rows = []
    for _ in range(source.number(0, rows_max)):
        rows.append(["NULL" if not column.not_null and source.chance(15) else source.pick(VALUES[column.declared])
                     for column in columns])
    return Table(name, columns, key, unique, indexes, rows)
