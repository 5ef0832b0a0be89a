"""One statement on both servers, and whether they mean the same by it."""

import collections

import psycopg
from psycopg import pq

NOT_SUPPORTED = "0A000"
# What is evaluated, and so what fails, is free where another plan filters or stops earlier; which row breaks which
# constraint first, too.
EVALUATION = "22"
CONSTRAINT = "23"


class Answer:
    """What a statement gave: columns with types and rows as bytes, or an error."""

    def __init__(self, result):
        self.sqlstate = ""
        self.message = ""
        self.columns = []
        self.rows = []
        self.tag = ""
        if result.status in (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE):
            self.sqlstate = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"no connection").decode()
            self.message = (result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode()
            return
        self.tag = (result.command_status or b"").decode()
        self.columns = [(result.fname(i), result.ftype(i), result.fmod(i)) for i in range(result.nfields)]
        self.rows = [tuple(result.get_value(row, i) for i in range(result.nfields)) for row in range(result.ntuples)]

    def __str__(self):
        if self.sqlstate:
            return f"{self.sqlstate} {self.message}"
        shown = [" | ".join("NULL" if value is None else repr(value) for value in row) for row in self.rows[:20]]
        return "\n".join([f"{self.tag} {self.columns}", *shown])


class Pair:
    """Shale and PostgreSQL, each by one connection; `refused` counts what Shale says it does not support."""

    def __init__(self, shale_dsn, postgres_dsn):
        self.connections = [psycopg.connect(dsn, autocommit=True) for dsn in (shale_dsn, postgres_dsn)]
        self.refused = collections.Counter()
        self.statements = 0
        self.errors = 0
        self.evaluations = 0

    def close(self):
        for connection in self.connections:
            connection.close()

    def run(self, text, binary=False):
        """Both answers. The text goes to both in the extended protocol where results are asked for in binary."""
        answers = []
        for connection in self.connections:
            pgconn = connection.pgconn
            result = pgconn.exec_params(text.encode(), None, result_format=1) if binary else pgconn.exec_(text.encode())
            answers.append(Answer(result))
        return answers

    def compare(self, text, ordered=False, binary=False):
        """None where both agree, else what differs."""
        shale, postgres = self.run(text, binary)
        self.statements += 1
        if shale.sqlstate == NOT_SUPPORTED and postgres.sqlstate != NOT_SUPPORTED:
            self.refused[shale.message] += 1
            return None
        if shale.sqlstate != postgres.sqlstate:
            if {shale.sqlstate[:2], postgres.sqlstate[:2]} in ({"", EVALUATION}, {EVALUATION}, {CONSTRAINT}):
                self.evaluations += 1
                return None
            return self.difference(text, shale, postgres)
        if shale.sqlstate:
            self.errors += 1
            return None
        same = _same_columns(shale, postgres) and shale.tag == postgres.tag
        rows = [answer.rows if ordered else sorted(answer.rows, key=_sort_key) for answer in (shale, postgres)]
        return None if same and rows[0] == rows[1] else self.difference(text, shale, postgres)

    @staticmethod
    def difference(text, shale, postgres):
        return f"{text};\n-- Shale:\n{shale}\n-- PostgreSQL:\n{postgres}"


def _same_columns(shale, postgres):
    """Names and types; a modifier may come or go with what is folded away, as of coalesce(1.5::numeric(9,2), 2)."""
    return len(shale.columns) == len(postgres.columns) and all(
        one[:2] == other[:2] and (one[2] == other[2] or -1 in (one[2], other[2]))
        for one, other in zip(shale.columns, postgres.columns))


def _sort_key(row):
    return [(value is None, value or b"") for value in row]
