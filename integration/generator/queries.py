"""Random queries over tables: joins, groups, set operations, subqueries, WITH, windows; ordered wherever rows are cut off."""

import re
from dataclasses import dataclass

from generator import expressions
from generator.expressions import Scope, condition, expression
from generator.schema import TYPES

FEATURES = ("subqueries", "with", "views", "windows", "grouping", "distinct_on", "lateral")


@dataclass
class Query:
    text: str
    types: list  # of its columns
    ordered: bool = False  # by all of its columns


class QueryMaker:
    def __init__(self, source, tables, features=FEATURES):
        self.source = source
        self.tables = tables
        self.features = features
        self.aliases = 0
        self.depth = 0

    def has(self, feature, percent):
        return feature in self.features and self.source.chance(percent)

    def alias(self):
        self.aliases += 1
        return f"r{self.aliases}"

    # FROM: (text, columns)
    def relation(self, outer=()):
        kind = self.source.number(0, 9)
        alias = self.alias()
        if kind == 9 and self.depth < 2:
            inner = self.nested(lambda: self.select(outer=outer))
            columns = [(f"{alias}.x{i}", type_name) for i, type_name in enumerate(inner.types)]
            names = ", ".join(f"x{i}" for i in range(len(inner.types)))
            return f"({inner.text}) AS {alias}({names})", columns
        table = self.source.pick(self.tables)
        return f"{table.name} AS {alias}", [(f"{alias}.{column.name}", column.type) for column in table.columns]

    def nested(self, make):
        self.depth += 1
        made = make()
        self.depth -= 1
        return made

    def join_condition(self, left, right, equal_only):
        pairs = [(a, b) for a, a_type in left for b, b_type in right if a_type == b_type]
        parts = []
        if pairs:
            parts.append("{} = {}".format(*self.source.pick(pairs)))
        elif equal_only:
            return None
        if not equal_only and self.source.chance(30):
            parts.append(condition(self.source, Scope(left + right), 1))
        return " AND ".join(parts) or "true"

    def from_clause(self):
        text, columns = self.relation()
        for _ in range(self.source.pick([0, 0, 1, 1, 2, 3])):
            if self.has("lateral", 8):
                # What comes from the left is used by the LATERAL query's condition.
                inner_text, inner = self.relation()
                alias = self.alias()
                where = condition(self.source, Scope(columns + inner), 1)
                shown = ", ".join(f"{name} AS x{i}" for i, (name, _) in enumerate(inner))
                kind = self.source.pick(["CROSS JOIN LATERAL", "LEFT JOIN LATERAL"])
                text += f" {kind} (SELECT {shown} FROM {inner_text} WHERE {where}) AS {alias}"
                text += "" if kind.startswith("CROSS") else " ON true"
                columns = columns + [(f"{alias}.x{i}", type_name) for i, (_, type_name) in enumerate(inner)]
                continue
            kind = self.source.pick(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN"])
            right_text, right = self.relation()
            on = self.join_condition(columns, right, kind == "FULL JOIN")
            if kind == "CROSS JOIN" or on is None:
                text += f" CROSS JOIN {right_text}"
            else:
                text += f" {kind} {right_text} ON {on}"
            columns = columns + right
        return text, columns

    # Subqueries in expressions.
    def subquery(self, source, scope, type_name):
        if self.depth >= 2:
            return expressions.leaf(source, scope, type_name)
        return self.nested(lambda: self.subquery_of(source, scope, type_name))

    def subquery_of(self, source, scope, type_name):
        text, columns = self.relation()
        inner = Scope(columns + scope.columns, self.subquery)
        where = condition(source, inner, 2)
        if type_name == "boolean" and source.chance(70):
            kind = source.number(0, 3)
            if kind == 0:
                return f"({source.pick(['EXISTS', 'NOT EXISTS'])} (SELECT 1 FROM {text} WHERE {where}))"
            operand = source.pick(TYPES)
            left = expression(source, Scope(scope.columns), operand, 1)
            shown = expression(source, Scope(columns), operand, 1)
            if kind == 1:
                return f"({left} {source.pick(['IN', 'NOT IN'])} (SELECT {shown} FROM {text} WHERE {where}))"
            if kind == 2:
                how = source.pick(["ANY", "ALL"])
                return f"({left} {source.pick(expressions.COMPARISONS)} {how} (SELECT {shown} FROM {text} WHERE {where}))"
            second = expression(source, Scope(columns), "integer", 1)
            pair = f"({left}, {expression(source, Scope(scope.columns), 'integer', 1)})"
            return f"({pair} {source.pick(['IN', 'NOT IN'])} (SELECT {shown}, {second} FROM {text} WHERE {where}))"
        made = expressions.aggregate(source, Scope(columns), type_name)
        if made is None:
            made = expression(source, Scope(columns), type_name, 1)
            return f"(SELECT {made} FROM {text} WHERE {where} ORDER BY 1 LIMIT 1)"
        return f"(SELECT {made} FROM {text} WHERE {where})"

    def scope(self, columns, windows=False):
        return Scope(columns, self.subquery if "subqueries" in self.features else None, windows)

    def select(self, types=None, outer=()):
        """One SELECT without ORDER BY; of these types, if given."""
        source = self.source
        text, columns = self.from_clause()
        where = f" WHERE {condition(source, self.scope(columns))}" if source.chance(60) else ""
        if types is None:
            types = [source.pick(TYPES) for _ in range(source.number(1, 4))]
        if source.chance(30):
            return self.grouped(text, columns, where, types)
        targets = [expression(source, self.scope(columns, self.has("windows", 25)), wanted, 2) for wanted in types]
        distinct = "DISTINCT " if source.chance(15) else ""
        return Query(f"SELECT {distinct}{', '.join(targets)} FROM {text}{where}", types)

    def grouped(self, text, columns, where, types):
        source = self.source
        keys = source.some([name for name, _ in columns[:5]]) if source.chance(80) else []
        kept = [(name, type_name) for name, type_name in columns if name in keys]
        targets = []
        for wanted in types:
            made = expressions.aggregate(source, Scope(columns), wanted) if source.chance(60) else None
            targets.append(made or expression(source, Scope(kept), wanted, 1))
        group = ""
        if keys:
            shape = source.pick(["ROLLUP", "CUBE", "GROUPING SETS"]) if len(keys) <= 3 and self.has("grouping", 15) else ""
            group = f" GROUP BY {shape} ({', '.join(keys)})" if shape else f" GROUP BY {', '.join(keys)}"
        having = f" HAVING {expressions.aggregate(source, Scope(columns), 'bigint')} > 1" if source.chance(20) else ""
        return Query(f"SELECT {', '.join(targets)} FROM {text}{where}{group}{having}", types)

    def query(self):
        """A whole query, ordered by all it shows or not at all."""
        source = self.source
        own = self.tables
        prefix = self.with_clause() if self.has("with", 20) else ""
        made = self.select()
        if source.chance(15):
            other = self.select(made.types)
            operator = source.pick(["UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"])
            made = Query(f"({made.text}) {operator} ({other.text})", made.types)
        self.tables = own
        text = prefix + made.text
        if not source.chance(50):
            return Query(text, made.types)
        directions = [source.pick(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"]) for _ in made.types]
        text += " ORDER BY " + ", ".join(f"{i + 1}{direction}" for i, direction in enumerate(directions))
        if source.chance(40):
            text += f" LIMIT {source.number(0, 5)}"
            text += f" OFFSET {source.number(0, 3)}" if source.chance(40) else ""
        return Query(text, made.types, True)

    def with_clause(self):
        """CTEs, which those behind them and the query that follows see as tables."""
        if self.source.chance(20):
            return self.recursive()
        items = []
        for number in range(self.source.pick([1, 1, 2, 3])):
            inner = self.few_rows(self.nested(self.select))
            how = self.source.pick(["", "", " MATERIALIZED", " NOT MATERIALIZED"])
            items.append(f"w{number}({self.name_columns(f'w{number}', inner.types)}) AS{how} ({inner.text})")
        return f"WITH {', '.join(items)} "

    def recursive(self):
        """One that ends: each round counts, up to a few."""
        source = self.source
        table = source.pick([table for table in self.tables if table.columns[0].name == "a"])
        columns = [(f"{table.name}.{column.name}", column.type) for column in table.columns]
        known = columns + [("w0.x0", "integer"), ("w0.x1", "integer")]
        first = expression(source, Scope(columns), "integer", 1)
        start = f"SELECT {first}, 0 FROM {table.name} WHERE {condition(source, Scope(columns), 1)}"
        value = expression(source, Scope(known), "integer", 1)
        join = f"FROM w0 JOIN {table.name} ON {table.name}.a = w0.x0"
        names = self.name_columns("w0", ["integer", "integer"])
        step = f"SELECT {value}, w0.x1 + 1 {join} WHERE w0.x1 < {source.number(1, 3)} AND {condition(source, Scope(known), 1)}"
        return f"WITH RECURSIVE w0({names}) AS ({start} {source.pick(['UNION', 'UNION ALL'])} {step}) "

    @staticmethod
    def few_rows(query):
        """What others join again has few rows, or their product grows beyond all."""
        if " JOIN " not in query.text or re.search(r" LIMIT \d+( OFFSET \d+)?$", query.text):
            return query
        order = "" if query.ordered else " ORDER BY " + ", ".join(str(i + 1) for i in range(len(query.types)))
        return Query(f"{query.text}{order} LIMIT 10", query.types, True)

    def name_columns(self, name, types):
        """Adds a table of this name with columns x0, x1, ... of these types, whose names it returns."""
        self.tables = self.tables + [Named(name, [_Shown(f"x{i}", type_name) for i, type_name in enumerate(types)])]
        return ", ".join(f"x{i}" for i in range(len(types)))

    def view(self, name):
        """CREATE VIEW, and the view as a table."""
        made = self.few_rows(self.query())
        names = self.name_columns(name, made.types)
        return f"CREATE VIEW {name} ({names}) AS {made.text}", self.tables[-1]


@dataclass
class _Shown:
    name: str
    type: str


@dataclass
class Named:
    name: str
    columns: list
