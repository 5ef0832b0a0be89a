"""A history against what its isolation level promises.

Method: list-append histories and the cycles of their dependency graph, after Adya (Weak Consistency, MIT 1999)
and Kingsbury and Alvaro (Elle, VLDB 2020). The levels are PostgreSQL's:

    READ COMMITTED    G0 and G1 are forbidden; each statement sees one snapshot, and later ones no less; an
                      UPDATE, and an append after SELECT FOR UPDATE, goes on from the newest version
    REPEATABLE READ   snapshot isolation: every cycle is forbidden that has no two anti-dependencies in a row,
                      those through order in time too; but an INSERT may follow a DELETE that its snapshot does
                      not see, and both rows of the key are then there for the transaction
    SERIALIZABLE      every cycle is forbidden; but, as in PostgreSQL, the serial order need not be that of time
"""

from typing import NamedTuple

from history import cycles, dependencies
from history.versions import Versions

EXAMPLES_MAX = 3

READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE = LEVELS = ("read committed", "repeatable read", "serializable")
_ALLOWED = {
    READ_COMMITTED: {"lost update", "G-single", "G-single-realtime", "G-nonadjacent", "G-nonadjacent-realtime",
                     "reinsertion", "G2-item", "G2"},
    REPEATABLE_READ: {"reinsertion", "two rows of a key", "G2-item", "G2"},
    SERIALIZABLE: set(),
}


class Verdict(NamedTuple):
    """Counts by name of anomaly; examples of each as text."""
    forbidden: dict
    allowed: dict
    examples: dict

    def text(self):
        lines = []
        for title, counts in (("forbidden", self.forbidden), ("allowed", self.allowed)):
            for name, count in counts.items():
                lines.append(f"{title}: {name}: {count}")
                if title == "forbidden":
                    lines += [f"    {example}" for example in self.examples[name]]
        return "\n".join(lines)


class Report:
    """Counts what is found, by name; a text that comes twice counts once, since two graphs look at each list."""

    def __init__(self):
        self.counts = {}
        self.examples = {}
        self._seen = set()

    def __call__(self, name, text):
        if (name, text) in self._seen:
            return
        self._seen.add((name, text))
        self.counts[name] = self.counts.get(name, 0) + 1
        shown = self.examples.setdefault(name, [])
        if len(shown) < EXAMPLES_MAX:
            shown.append(text)


def check(transactions, final, level):
    """transactions: a list; final: {key: list} as the table was at the end."""
    report = Report()
    versions = Versions(transactions, final, report)
    cycles.search(dependencies.by_transaction(versions), report)
    if level == READ_COMMITTED:
        cycles.search(dependencies.by_statement(versions), report, by_statement=True)
    for replay in versions.replays:
        if replay.index not in versions.committed:
            for seen in replay.observations:  # lists are what they are for transactions that fail too
                versions.locate(seen)
    allowed = {name: count for name, count in sorted(report.counts.items()) if name in _ALLOWED[level]}
    forbidden = {name: count for name, count in sorted(report.counts.items()) if name not in allowed}
    return Verdict(forbidden, allowed, report.examples)
