"""What a history is made of: transactions, each a list of operations with what the server answered.

A key's value is a list of numbers as text, "4,17,9"; every number is appended by one transaction of the whole
history only. A history is a file of JSON lines, one transaction a line, and can be checked again later.
Times are nanoseconds of the machine's monotonic clock, which all processes of a run share.
"""

import json
from typing import NamedTuple, Optional

UNKNOWN = "?"  # the server was killed before it answered
BLIND = ""  # done, and the statement returned no list

OK, FAIL, INFO = "ok", "fail", "info"  # committed, not committed, nobody knows


class Batch(NamedTuple):
    """The operations that follow were sent together at `invoke`; all had answered by `complete`."""
    code = "batch"
    invoke: int
    complete: Optional[int]


class Read(NamedTuple):
    """text is None where there is no row."""
    code = "read"
    key: int
    text: Optional[str]
    locked: bool = False  # FOR UPDATE


class Range(NamedTuple):
    """One statement over the keys first..last that found the rows whose list is longer than so many characters."""
    code = "range"
    first: int
    last: int
    longer_than: int
    rows: list  # of (key, text)


class Append(NamedTuple):
    """text: the list afterwards, BLIND, UNKNOWN, or None where the statement found nothing to do."""
    code = "append"
    key: int
    number: int
    how: str  # update, upsert, insert, or nothing (ON CONFLICT DO NOTHING)
    text: Optional[str]
    at: str = ""  # the server's clock after the append


class Delete(NamedTuple):
    """text: the list that was deleted, UNKNOWN, or None where there was no row."""
    code = "delete"
    key: int
    text: Optional[str]


class Savepoint(NamedTuple):
    code = "savepoint"


class RollbackTo(NamedTuple):
    """To the latest savepoint, which remains."""
    code = "rollback"


class Transaction(NamedTuple):
    client: int
    status: str
    operations: list

    @property
    def invoke(self):
        return self.operations[0].invoke

    @property
    def complete(self):
        """When the last answer came; None where it never did."""
        return next(one for one in reversed(self.operations) if type(one) is Batch).complete


KINDS = {kind.code: kind for kind in (Batch, Read, Range, Append, Delete, Savepoint, RollbackTo)}


def to_line(transaction):
    return json.dumps([transaction.client, transaction.status,
                       [(one.code, *one) for one in transaction.operations]], separators=(",", ":"))


def from_line(line):
    client, status, operations = json.loads(line)
    return Transaction(client, status, [KINDS[one[0]](*one[1:]) for one in operations])
