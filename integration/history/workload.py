"""Random transactions: what is sent to the server, and how its answers become operations.

Keys are a window that moves on with the number of commits, so that lists stay short and there are always keys
that nobody has inserted yet. Keys divisible by DELETED_EVERY are deleted and inserted again now and then.
"""

from typing import Callable, NamedTuple

from history.operations import BLIND, UNKNOWN, Append, Delete, Range, Read, RollbackTo, Savepoint

TABLE = "histories"
GROUP_KEYS = 8
DELETED_EVERY = 4
COMMITS_PER_KEY = 40  # the window moves on by one key after so many
SCHEMA = (f"DROP TABLE IF EXISTS {TABLE}",
          f"CREATE TABLE {TABLE} (id integer PRIMARY KEY, grp integer NOT NULL, v text NOT NULL)")
INDEX = f"CREATE INDEX ON {TABLE} (grp)"


class Answer(NamedTuple):
    """rows of text; the command's tag; an SQLSTATE where it failed."""
    rows: list
    tag: str
    error: str


class Step(NamedTuple):
    """One statement. operations(answer) are what it did; the answer is None where none came."""
    sql: str
    operations: Callable


def _nothing(_):
    return []


def statement(sql):
    return Step(sql, _nothing)


def read(key, locked=False):
    def operations(answer):
        if answer is None:
            return []
        if len(answer.rows) > 1:
            return [Range(key, key, 0, [(key, text) for text, in answer.rows])]
        return [Read(key, answer.rows[0][0] if answer.rows else None, locked)]
    return Step(f"SELECT v FROM {TABLE} WHERE id = {key}{' FOR UPDATE' if locked else ''}", operations)


def read_range(first, last, condition, longer_than=0):
    def operations(answer):
        if answer is None:
            return []
        return [Range(first, last, longer_than, [(int(key), text) for key, text in answer.rows])]
    return Step(f"SELECT id, v FROM {TABLE} WHERE {condition}", operations)


def read_between(first, last, longer_than=0):
    condition = f"id BETWEEN {first} AND {last}"
    if longer_than:
        condition += f" AND length(v) > {longer_than}"
    return read_range(first, last, condition, longer_than)


def read_group(group):
    return read_range(group * GROUP_KEYS, group * GROUP_KEYS + GROUP_KEYS - 1, f"grp = {group}")


def _answered_append(key, number, how, answer):
    if answer is None:
        return Append(key, number, how, UNKNOWN)
    if answer.rows:
        return Append(key, number, how, *answer.rows[0])
    return Append(key, number, how, None if answer.tag.endswith(" 0") else BLIND)


def _returning(key, wanted):
    """The server's clock tells which of a key's rows came first, where it had several."""
    if key % DELETED_EVERY == 0:
        return " RETURNING v, clock_timestamp()"
    return " RETURNING v" if wanted else ""


def update(key, number, returning):
    return Step(f"UPDATE {TABLE} SET v = v || ',{number}' WHERE id = {key}{' RETURNING v' if returning else ''}",
                lambda answer: [_answered_append(key, number, "update", answer)])


def _insert(keys, number):
    rows = ", ".join(f"({key}, {key // GROUP_KEYS}, '{number}')" for key in keys)
    return f"INSERT INTO {TABLE} (id, grp, v) VALUES {rows}"


def upsert(key, number, returning):
    return Step(f"{_insert([key], number)} ON CONFLICT (id) DO UPDATE SET v = {TABLE}.v || ',{number}'"
                f"{_returning(key, returning)}", lambda answer: [_answered_append(key, number, "upsert", answer)])


def insert(key, number):
    return Step(_insert([key], number) + _returning(key, False),
                lambda answer: [_answered_append(key, number, "insert", answer)])


def insert_or_nothing(key, number):
    return Step(f"{_insert([key], number)} ON CONFLICT DO NOTHING{_returning(key, False)}",
                lambda answer: [_answered_append(key, number, "nothing", answer)])


def _many_appended(keys, number, how, answer):
    if answer is None:
        return [Append(key, number, how, UNKNOWN) for key in keys]
    found = {int(key): (text, at) for key, text, at in answer.rows}
    return [Append(key, number, how, *found.get(key, (None,))) for key in keys]


def upsert_many(keys, number):
    return Step(f"{_insert(keys, number)} ON CONFLICT (id) DO UPDATE SET v = {TABLE}.v || ',{number}'"
                " RETURNING id, v, clock_timestamp()", lambda answer: _many_appended(keys, number, "upsert", answer))


def update_between(first, last, number):
    return Step(f"UPDATE {TABLE} SET v = v || ',{number}' WHERE id BETWEEN {first} AND {last}"
                " RETURNING id, v, clock_timestamp()",
                lambda answer: _many_appended(range(first, last + 1), number, "update", answer))


def delete(key):
    def operations(answer):
        if answer is None:
            return [Delete(key, UNKNOWN)]
        return [Delete(key, answer.rows[0][0] if answer.rows else None)]
    return Step(f"DELETE FROM {TABLE} WHERE id = {key} RETURNING v", operations)


SAVEPOINT = Step("SAVEPOINT s", lambda _: [Savepoint()])
ROLLBACK_TO = Step("ROLLBACK TO SAVEPOINT s", lambda _: [RollbackTo()])


class Workload:
    """The transactions of one client."""

    def __init__(self, random_source, level, client, client_count, key_count, commits):
        """commits(): how many transactions of all clients have committed by now."""
        self.random = random_source
        self.begin = statement(f"BEGIN ISOLATION LEVEL {level}")
        self.client = client
        self.client_count = client_count
        self.key_count = key_count
        self.commits = commits
        self.number = client + 1

    def transaction(self):
        """(batches of steps, whether the last one commits)."""
        chance = self.random.random
        self.base = self.commits() // COMMITS_PER_KEY
        writes = chance() < 0.8
        parts = [self.write() if writes and chance() < 0.6 else self.read() for _ in range(self.random.randint(1, 5))]
        if chance() < 0.7:  # fewer deadlocks
            parts.sort(key=lambda part: part[0])
        steps = [part[1] for part in parts]
        if chance() < 0.1:
            begin = self.random.randrange(len(steps))
            end = self.random.randint(begin + 1, len(steps))
            after = [[ROLLBACK_TO]] if chance() < 0.6 else []
            steps[begin:end] = [[SAVEPOINT], *steps[begin:end], *after]
        commits = chance() < 0.95
        steps += [[statement("COMMIT" if commits else "ROLLBACK")]]
        return self.batches(steps), commits

    def batches(self, steps):
        split = 0 if self.random.random() < 0.3 else 0.5
        batches = [[self.begin]]
        for part in steps:
            for step in part:
                if len(batches[-1]) > 1 and self.random.random() < split:
                    batches.append([])
                batches[-1].append(step)
        return batches

    def key(self):
        return self.base + self.random.randrange(self.key_count)

    def next_number(self):
        self.number += self.client_count
        return self.number

    def read(self):
        """(its first key, steps)"""
        kind = self.random.random()
        key = self.key()
        if kind < 0.6:
            return key, [read(key)]
        if kind < 0.8:
            return key, [read_between(key, key + self.random.randint(1, 4))]
        if kind < 0.9:
            return key, [read_between(key, key + 4, longer_than=self.random.choice((20, 60, 120)))]
        return key, [read_group(key // GROUP_KEYS)]

    def write(self):
        """(its first key, steps)"""
        kind = self.random.random()
        key, number = self.key(), self.next_number()
        returning = self.random.random() < 0.5
        if kind < 0.3:
            return key, [update(key, number, returning)]
        if kind < 0.6:
            return key, [upsert(key, number, returning)]
        if kind < 0.75:
            return key, [read(key, locked=True), update(key, number, returning)]
        if kind < 0.8:
            return key, [read(key), update(key, number, returning)]
        if kind < 0.85:
            return key, [upsert_many([key, key + self.random.randint(1, 3)], number)]
        if kind < 0.89:
            return key, [update_between(key, key + 1, number)]
        if kind < 0.92:
            return key, [insert(key, number)]
        if kind < 0.96:
            return key, [insert_or_nothing(key, number)]
        key -= key % DELETED_EVERY
        return key, [delete(key)]
