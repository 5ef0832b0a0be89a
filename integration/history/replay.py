"""One transaction's operations again: what it saw of others, what it left behind, and promises broken to itself."""

from typing import NamedTuple, Optional

from history.operations import BLIND, FAIL, UNKNOWN, Append, Batch, Delete, Range, Read, RollbackTo, Savepoint

class Observation(NamedTuple):
    """What a transaction saw of others in one key: its own appends are cut off from the list."""
    reader: int
    key: int
    text: Optional[str]
    shorter: int  # for text None: no row with a list longer than so many characters; 0: no row
    predicate: bool
    statement: int  # number of the batch and statement where its snapshot counts; -1: the newest version was read


class Effect(NamedTuple):
    """An append, or a delete."""
    writer: int
    key: int
    number: Optional[int]  # None: a delete
    text: Optional[str]  # of a delete, the list; of an append, the list that SELECT FOR UPDATE gave before, if it did
    how: str
    at: str


class _Own:
    """What a transaction did to one key so far."""

    def __init__(self):
        self.numbers = []
        self.deleted = False  # by the transaction, before these numbers if there are any
        self.inserted = False  # the row is the transaction's

    def copy(self):
        copied = _Own()
        copied.numbers, copied.deleted, copied.inserted = list(self.numbers), self.deleted, self.inserted
        return copied


class Replay:
    """observations; effects, and those undone by a rollback to a savepoint."""

    def __init__(self, index, transaction, report):
        self.index = index
        self.status = transaction.status
        self.report = report
        self.observations, self.effects, self.undone = [], [], []
        self._locked = {}  # key: the list that SELECT FOR UPDATE gave, while nothing was appended since
        self._own = {}
        self._savepoint = None
        self._statement = 0
        for operation in transaction.operations:
            _REPLAYS[type(operation)](self, operation)

    def _batch(self, _):
        pass

    def _savepoint_set(self, _):
        self._savepoint = ({key: own.copy() for key, own in self._own.items()}, len(self.effects), dict(self._locked))

    def _rolled_back(self, _):
        own, count, locked = self._savepoint
        self._own = {key: one.copy() for key, one in own.items()}
        self.undone += self.effects[count:]
        del self.effects[count:]
        self._locked = dict(locked)

    def _saw(self, key, text, statement, predicate=False, shorter=0):
        own = self._own.get(key)
        if own is not None and (own.numbers or own.deleted):
            if shorter:
                return
            suffix = ",".join(map(str, own.numbers)) or None
            if text == suffix:
                if own.deleted:
                    return
                text = None
            elif own.deleted or text is None or not suffix or not text.endswith("," + suffix):
                self._missed(key, text, own)
                return
            else:
                text = text[:-len(suffix) - 1]
        self.observations.append(Observation(self.index, key, text, shorter, predicate, statement))

    def _missed(self, key, text, own):
        """The list that was read is not what the transaction made of it."""
        if self.status == FAIL:
            return
        name = "two rows of a key" if own.inserted and text else "internal"
        done = f"appended {','.join(map(str, own.numbers))}" if own.numbers else "deleted it"
        self.report(name, f"T{self.index} reads [{text}] of key {key} after it {done}")

    def _read(self, read):
        self._statement += 1
        self._saw(read.key, read.text, -1 if read.locked else self._statement)
        if read.locked and read.text and read.key not in self._own:
            self._locked.setdefault(read.key, read.text)

    def _range(self, scan):
        self._statement += 1
        found = dict(map(tuple, scan.rows))
        twice = {key for key, text in scan.rows if found[key] != text}
        for key in range(scan.first, scan.last + 1):
            text = found.pop(key, None)
            if key in twice:
                self.report("two rows of a key", f"T{self.index} reads key {key} twice: {scan.rows}")
                continue
            self._saw(key, text, self._statement, True, 0 if text else scan.longer_than)
        if found:
            self.report("wrong row", f"T{self.index} finds the keys {sorted(found)} between {scan.first} and {scan.last}")

    def _append(self, append):
        key, number, how, text, at = append
        own = self._own.setdefault(key, _Own())
        if text is None:
            if how != "nothing":
                self._saw(key, None, -1)
            return
        before = self._locked.pop(key, None)
        if text not in (BLIND, UNKNOWN):
            tail = str(number)
            if text != tail and not text.endswith("," + tail):
                self.report("internal", f"T{self.index} appends {number} to key {key} and gets [{text}]")
            else:
                self._saw(key, text[:-len(tail) - 1] or None, -1)
            own.inserted = own.inserted or text == tail
        own.numbers.append(number)
        self.effects.append(Effect(self.index, key, number, before, how, at))

    def _delete(self, delete):
        own = self._own.setdefault(delete.key, _Own())
        if delete.text != UNKNOWN:
            self._saw(delete.key, delete.text, -1)
        if delete.text is not None:
            self._own[delete.key] = own = _Own()
            own.deleted = True
            self.effects.append(Effect(self.index, delete.key, None, delete.text, "delete", ""))


_REPLAYS = {Batch: Replay._batch, Savepoint: Replay._savepoint_set, RollbackTo: Replay._rolled_back, Read: Replay._read,
            Range: Replay._range, Append: Replay._append, Delete: Replay._delete}
