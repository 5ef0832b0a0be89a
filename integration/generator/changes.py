"""Random INSERT, UPDATE and DELETE whose effect does not depend on the order in which rows are met."""

from generator.expressions import Scope, condition, expression
from generator.schema import VALUES


def scope_of(table, subquery=None):
    return Scope([(f"{table.name}.{column.name}", column.type) for column in table.columns], subquery)


def assigned(source, table, column, subquery=None):
    return f"({expression(source, scope_of(table, subquery), column.type, 2)})::{column.declared}"


def returning(source, table):
    if not source.chance(30):
        return ""
    return " RETURNING " + ", ".join(f"{table.name}.{column.name}" for column in source.some(table.columns))


def insert(source, table, tables, subquery):
    names = ", ".join(column.name for column in table.columns)
    if source.chance(40):
        other = source.pick(tables)
        shown = ", ".join(assigned(source, other, column, subquery) for column in table.columns)
        where = condition(source, scope_of(other, subquery))
        return f"INSERT INTO {table.name} ({names}) SELECT {shown} FROM {other.name} WHERE {where}" + returning(source, table)
    row = ", ".join("NULL" if not column.not_null and source.chance(15) else source.pick(VALUES[column.declared])
                    for column in table.columns)
    text = f"INSERT INTO {table.name} ({names}) VALUES ({row})"
    if source.chance(30):
        target = f" ({', '.join(table.key)})" if table.key and source.chance(70) else ""
        free = table.ordinary()
        if target and free and source.chance(60):
            column = source.pick(free)
            text += f" ON CONFLICT{target} DO UPDATE SET {column.name} = excluded.{column.name}"
        else:
            text += f" ON CONFLICT{target} DO NOTHING"
    return text + returning(source, table)


def update(source, table, subquery):
    free = table.ordinary()
    if not free:
        return delete(source, table, subquery)
    changed = ", ".join(f"{column.name} = {assigned(source, table, column, subquery)}" for column in source.some(free))
    return f"UPDATE {table.name} SET {changed} WHERE {condition(source, scope_of(table, subquery))}" + returning(source, table)


def delete(source, table, subquery):
    return f"DELETE FROM {table.name} WHERE {condition(source, scope_of(table, subquery))}" + returning(source, table)


def change(source, tables, maker):
    """`maker`: of queries, for subqueries and for what stands beside the change in WITH."""
    table = source.pick(tables)
    subquery = maker.subquery if "subqueries" in maker.features else None
    kind = source.number(0, 3)
    if kind <= 1:
        text = insert(source, table, tables, subquery)
    else:
        text = update(source, table, subquery) if kind == 2 else delete(source, table, subquery)
    if not maker.has("with", 20):
        return text
    if " RETURNING " not in text:
        text += f" RETURNING {table.name}.{table.columns[0].name}"
    shown = text[text.rindex(" RETURNING ") + len(" RETURNING "):].replace(f"{table.name}.", "changed.")
    # What is read beside it is as it was before.
    return f"WITH changed AS ({text}) SELECT {shown}, (SELECT count(*) FROM {table.name}) FROM changed"
