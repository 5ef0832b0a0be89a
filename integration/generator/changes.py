"""Random INSERT, UPDATE and DELETE whose effect does not depend on the order in which rows are met."""

from generator.expressions import Scope, condition, expression
from generator.schema import VALUES


def scope_of(table):
    return Scope([(f"{table.name}.{column.name}", column.type) for column in table.columns])


def assigned(source, table, column):
    return f"({expression(source, scope_of(table), column.type, 2)})::{column.declared}"


def returning(source, table):
    if not source.chance(30):
        return ""
    return " RETURNING " + ", ".join(f"{table.name}.{column.name}" for column in source.some(table.columns))


def insert(source, table, tables):
    names = ", ".join(column.name for column in table.columns)
    if source.chance(40):
        other = source.pick(tables)
        shown = ", ".join(assigned(source, other, column) for column in table.columns)
        where = condition(source, scope_of(other))
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


def update(source, table):
    free = table.ordinary()
    if not free:
        return delete(source, table)
    changed = ", ".join(f"{column.name} = {assigned(source, table, column)}" for column in source.some(free))
    return f"UPDATE {table.name} SET {changed} WHERE {condition(source, scope_of(table))}" + returning(source, table)


def delete(source, table):
    return f"DELETE FROM {table.name} WHERE {condition(source, scope_of(table))}" + returning(source, table)


def change(source, tables):
    table = source.pick(tables)
    kind = source.number(0, 3)
    if kind <= 1:
        return insert(source, table, tables)
    return update(source, table) if kind == 2 else delete(source, table)
