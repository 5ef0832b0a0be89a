"""Random expressions of a wanted type over the columns in scope.

Every expression of type numeric has two digits after the point, and doubles are only added and subtracted, so that
equal values look equal; division is by what is not zero. An error can still depend on which rows and branches are
evaluated, which is free: see `servers.py`.
"""

from generator.schema import TYPES, literal

COMPARISONS = ["=", "<>", "<", "<=", ">", ">="]
INTEGERS = ["integer", "bigint", "smallint"]
AGGREGATED = {  # by result: those that do not depend on the order of rows
    "bigint": ["count(*)", "count({any})", "count(DISTINCT {any})", "sum({integer})", "sum({smallint})"],
    "numeric": ["round(avg({integer}), 2)", "round(sum({numeric}), 2)", "round(sum({bigint}), 2)", "round(avg({numeric}), 2)"],
    "boolean": ["bool_and({boolean})", "bool_or({boolean})"],
    "integer": ["min({integer})", "max({integer})"],
    "text": ["min({text})", "max({text})", "string_agg({text}, ',' ORDER BY {text})"],
    "date": ["min({date})", "max({date})"],
    "timestamp": ["max({timestamp})"],
    "double precision": ["min({double precision})"],
}
WINDOWS = {
    "bigint": ["row_number() OVER ({total})", "rank() OVER ({order})", "dense_rank() OVER ({order})",
               "count(*) OVER ({order})", "sum({integer}) OVER ({frame})"],
    "integer": ["max({integer}) OVER ({frame})", "lag({integer}) OVER ({total})", "first_value({integer}) OVER ({total})",
                "ntile(3) OVER ({total})"],
}


class Scope:
    """What an expression may use: columns as (text, type), and, if set, makers of subqueries and windows."""

    def __init__(self, columns, subquery=None, windows=False):
        self.columns = columns
        self.subquery = subquery
        self.windows = windows

    def of(self, type_name):
        return [text for text, its_type in self.columns if its_type == type_name]


def fill(source, template, scope, depth):
    """The template with an expression in place of each {type}."""
    text = template
    while "{" in text:
        start = text.index("{")
        end = text.index("}", start)
        wanted = text[start + 1:end]
        if wanted == "any":
            wanted = source.pick(TYPES)
        made = window(source, wanted, scope) if wanted in ("total", "order", "frame") else expression(source, scope, wanted, depth)
        text = text[:start] + made + text[end + 1:]
    return text


def window(source, kind, scope):
    columns = [text for text, _ in scope.columns]
    partition = f"PARTITION BY {source.pick(columns)} " if source.chance(50) else ""
    if kind == "order":
        return f"{partition}ORDER BY {source.pick(columns)}"
    order = f"{partition}ORDER BY {', '.join(columns)}"
    if kind == "total":
        return order
    bounds = ["UNBOUNDED PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING", "UNBOUNDED FOLLOWING"]
    first = source.number(0, 3)
    last = source.number(max(first, 1), 4)
    return f"{order} ROWS BETWEEN {bounds[first]} AND {bounds[last]}"


def condition(source, scope, depth=2):
    return expression(source, scope, "boolean", depth)


def aggregate(source, scope, type_name):
    """An aggregate with a result of the type, or nothing where there is none."""
    if type_name not in AGGREGATED:
        return None
    text = fill(source, source.pick(AGGREGATED[type_name]), Scope(scope.columns), 1)
    return text + (f" FILTER (WHERE {condition(source, Scope(scope.columns), 1)})"
                   if source.chance(15) and not text.startswith("round(") else "")


TEMPLATES = {
    "integer": ["({integer} + {integer})", "({integer} - {integer})", "({integer} * 2)", "abs({integer})", "length({text})",
                "({integer} / nullif({integer}, 0))", "({integer} % nullif({integer}, 0))", "({date} - {date})",
                "{smallint}::integer", "extract(year FROM {timestamp})::integer", "{boolean}::integer",
                "position({text} IN {text})", "({integer} & {integer})", "sign({integer})::integer"],
    "bigint": ["({bigint} + {integer})", "({bigint} - {bigint})", "{integer}::bigint", "abs({bigint})", "({bigint} | {integer})"],
    "smallint": ["({smallint} % 3::smallint)", "abs({smallint})"],
    "numeric": ["({numeric} + {numeric})", "({numeric} - {numeric})", "round({numeric} * {numeric}, 2)", "abs({numeric})",
                "round({integer}::numeric, 2)", "round({numeric} / nullif({numeric}, 0), 2)", "trunc({numeric}, 0)::numeric(20,2)"],
    "double precision": ["({double precision} + {double precision})", "abs({double precision})", "{integer}::double precision"],
    "text": ["({text} || {text})", "upper({text})", "lower({text})", "substr({text}, 2)", "left({text}, 2)", "right({text}, 1)",
             "replace({text}, 'a', 'xy')", "{integer}::text", "{boolean}::text", "{date}::text", "{numeric}::text", "concat({text}, {integer})",
             "lpad({text}, 4, '*')", "btrim({text}, 'ab')", "reverse({text})", "repeat({text}, 2)", "to_char({date}, 'YYYY-MM-DD')",
             "md5({text})", "{double precision}::text", "split_part({text}, ' ', 1)", "initcap({text})"],
    "boolean": ["({text} LIKE {text})", "({text} ILIKE 'a%')", "({boolean} AND {boolean})", "({boolean} OR {boolean})", "(NOT {boolean})",
                "({boolean} IS TRUE)", "({boolean} IS NOT FALSE)", "({boolean} IS UNKNOWN)", "({text} ~ '^[a-b]')"],
    "date": ["({date} + {integer})", "({date} - 1)", "{timestamp}::date", "date_trunc('month', {timestamp})::date"],
    "timestamp": ["({timestamp} + interval '1 day')", "date_trunc('hour', {timestamp})", "{date}::timestamp",
                  "({timestamp} - interval '2 hours')"],
    "uuid": [],
    "bytea": ["({bytea} || {bytea})"],
}
ANY_TYPE = ["CASE WHEN {boolean} THEN {T} ELSE {T} END", "coalesce({T}, {T})", "CASE {integer} WHEN 1 THEN {T} WHEN 2 THEN {T} END"]
ORDERED = ["nullif({T}, {T})", "greatest({T}, {T})", "least({T}, {T})"]


def leaf(source, scope, type_name):
    columns = scope.of(type_name)
    if columns and source.chance(80):
        return source.pick(columns)
    return literal(source, type_name)


def comparison(source, scope, depth):
    operand = source.pick(TYPES)
    left = expression(source, scope, operand, depth)
    kind = source.number(0, 5)
    if kind == 0:
        return f"({left} IS {source.pick(['NULL', 'NOT NULL'])})"
    if kind == 1:
        choices = ", ".join(expression(source, scope, operand, 0) for _ in range(source.number(1, 3)))
        return f"({left} {source.pick(['IN', 'NOT IN'])} ({choices}))"
    right = expression(source, scope, operand, depth)
    if kind == 2:
        return f"({left} IS {source.pick(['DISTINCT', 'NOT DISTINCT'])} FROM {right})"
    if kind == 3:
        return f"({left} BETWEEN {right} AND {expression(source, scope, operand, 0)})"
    return f"({left} {source.pick(COMPARISONS)} {right})"


def expression(source, scope, type_name, depth):
    if depth <= 0 or source.chance(40):
        return leaf(source, scope, type_name)
    if scope.subquery and source.chance(12):
        return scope.subquery(source, scope, type_name)
    if scope.windows and type_name in WINDOWS and source.chance(30):
        return fill(source, source.pick(WINDOWS[type_name]), Scope(scope.columns), 0)
    if type_name == "boolean" and source.chance(60):
        return comparison(source, scope, depth - 1)
    templates = TEMPLATES[type_name] + ANY_TYPE + ([] if type_name == "boolean" else ORDERED)
    template = source.pick(templates).replace("{T}", "{" + type_name + "}")
    return fill(source, template, scope, depth - 1)
