"""What each key went through: the order of its versions, inferred from the lists; and what no order can explain.

A row's final list is that of the last look at the table, or the one that its DELETE returned; every list that was
read must be a beginning of it. A key may have had several rows, one after the other: each begins with another
number. They are put in order by the server's clock at their insertion, and where that is not known no order
between them is assumed.
"""

import bisect

from history.operations import FAIL, INFO, OK, UNKNOWN
from history.replay import Replay


class Row:
    """One life of a key: its list at the end, and who deleted it, if that is known."""

    def __init__(self, text):
        self.text = text
        self.numbers = list(map(int, text.split(",")))
        self.lengths = []  # of the list as text after each append
        length = -1
        for number in self.numbers:
            length += 1 + len(str(number))
            self.lengths.append(length)
        self.deleter = None
        self.at = ""
        self.chain, self.base = None, 0

    def index_of(self, text):
        """The version that has this list; None where the list is no beginning of the row's."""
        index = bisect.bisect_left(self.lengths, len(text))
        if index < len(self.lengths) and self.lengths[index] == len(text) and self.text.startswith(text):
            return index
        return None


class Chain:
    """Versions of a key that are known to follow each other, by the transactions that wrote them."""

    def __init__(self, key):
        self.key = key
        self.writers = []
        self.insertions = set()  # the versions that begin a row


class Key:
    def __init__(self, number):
        self.number = number
        self.rows = {}  # by the first number of their list
        self.was_deleted = False  # perhaps: so that finding no row says nothing about when that was
        self.has_unknown_delete = False
        self.chains = []

    def row_of(self, text):
        return self.rows.get(text.partition(",")[0])

    def add_row(self, text):
        row = self.row_of(text)
        if row is None or len(row.text) < len(text):
            self.rows[text.partition(",")[0]] = row = Row(text)
        return row


class Versions:
    """keys, writers by number, the set of committed transactions, and all observations of them."""

    def __init__(self, transactions, final, report):
        """final: {key: list} at the end. report(name, text) is called for what no order of versions explains."""
        self.transactions = transactions
        self.report = report
        self.keys = {}
        self.writer = {}
        self._final = final
        self._undone = set()
        self.replays = [Replay(index, one, report) for index, one in enumerate(transactions)]
        self._collect_rows()
        self.committed = {index for index, one in enumerate(transactions) if one.status == OK}
        self._find_commits_without_answer()
        self._check_rows()
        self._check_effects()
        for key in self.keys.values():
            self._order(key)

    def key(self, number):
        key = self.keys.get(number)
        if key is None:
            key = self.keys[number] = Key(number)
        return key

    def _collect_rows(self):
        for number, text in self._final.items():
            key = self.key(number)
            key.add_row(text)
        for replay in self.replays:
            for effect in replay.undone:
                self.writer[effect.number] = replay.index
                self._undone.add((effect.key, effect.number))
            for effect in replay.effects:
                key = self.key(effect.key)
                if effect.number is not None:
                    self.writer[effect.number] = replay.index
                elif replay.status != FAIL:
                    key.was_deleted = True
                    self._deleted(key, effect, replay)
        # Rows that nobody is known to have deleted are as long as somebody saw them.
        for replay in self.replays:
            for seen in replay.observations:
                if seen.text and replay.status != FAIL:
                    key = self.key(seen.key)
                    row = key.row_of(seen.text)
                    if row is None or (row.deleter is None and not self._is_final(key, row)):
                        key.add_row(seen.text)

    def _is_final(self, key, row):
        return row.text == self._final.get(key.number)

    def _deleted(self, key, effect, replay):
        if effect.text == UNKNOWN:
            key.has_unknown_delete = True
            return
        if replay.status == INFO and key.row_of(effect.text) is not None:
            return  # the row is still there, or another has deleted it
        row = key.row_of(effect.text)
        if row is not None and row.deleter is not None and self.transactions[row.deleter].status == OK:
            self.report("double delete", f"T{row.deleter} and T{replay.index} both delete [{effect.text}] of key "
                        f"{key.number}")
        if row is not None and self._is_final(key, row):
            self.report("lost delete", f"T{replay.index} deleted [{effect.text}] of key {key.number}, which is there")
        row = key.add_row(effect.text)
        row.deleter = replay.index

    def _find_commits_without_answer(self):
        for key in self.keys.values():
            for row in key.rows.values():
                writers = [self.writer.get(number) for number in row.numbers] + [row.deleter]
                self.committed.update(index for index in writers
                                      if index is not None and self.transactions[index].status == INFO)

    def _check_rows(self):
        for key in self.keys.values():
            numbers = [number for row in key.rows.values() for number in row.numbers]
            if len(set(numbers)) != len(numbers):
                is_in_one = any(len(set(row.numbers)) != len(row.numbers) for row in key.rows.values())
                self.report("duplicate append" if is_in_one else "incompatible order",
                            f"key {key.number} has {[row.text for row in key.rows.values()]}")
            for row in key.rows.values():
                if row.deleter is None and not key.has_unknown_delete and not self._is_final(key, row):
                    self.report("lost row", f"key {key.number} had [{row.text}], which nobody deleted")
            for number in numbers:
                if self._is_aborted(key.number, number):
                    self.report("G1a", f"key {key.number} has {number}, whose transaction "
                                f"T{self.writer[number]} was rolled back")
                elif number not in self.writer:
                    self.report("garbage", f"key {key.number} has {number}, which nobody appended")

    def _is_aborted(self, key, number):
        writer = self.writer.get(number)
        return writer is not None and (self.transactions[writer].status == FAIL or (key, number) in self._undone)

    def _check_effects(self):
        """What committed must be there, and next to the list that it had locked."""
        numbers = {key.number: {number for row in key.rows.values() for number in row.numbers}
                   for key in self.keys.values()}
        for index in self.committed:
            is_known = self.transactions[index].status == OK
            for effect in self.replays[index].effects:
                key = self.keys[effect.key]
                if effect.number is None:
                    continue
                if effect.number not in numbers[effect.key]:
                    if not key.has_unknown_delete and (is_known or effect.how == "upsert"):
                        self.report("lost append" if is_known else "torn transaction",
                                    f"T{index} appended {effect.number} to key {effect.key}, which has "
                                    f"{[row.text for row in key.rows.values()]}")
                elif effect.text:
                    row = key.row_of(effect.text)
                    if row is None or not (row.text + ",").startswith(f"{effect.text},{effect.number},"):
                        self.report("lost update under FOR UPDATE", f"T{index} locked [{effect.text}] of key "
                                    f"{effect.key} and appended {effect.number}: {row and row.text}")

    def _order(self, key):
        for replay_effect in self._insertions(key):
            row = key.rows.get(str(replay_effect.number))
            if row is not None:
                row.at = replay_effect.at
        rows = sorted(key.rows.values(), key=lambda row: row.at)
        is_ordered = all(row.at for row in rows)
        before = None
        for row in rows:
            if before is None or before.deleter is None or not is_ordered:
                key.chains.append(Chain(key.number))
            row.chain = key.chains[-1]
            row.base = len(row.chain.writers)
            row.chain.insertions.add(row.base)
            row.chain.writers += [self.writer.get(number) for number in row.numbers]
            if row.deleter is not None:
                row.chain.writers.append(row.deleter)
            before = row

    def _insertions(self, key):
        if len(key.rows) < 2:
            return []
        return [effect for row in key.rows.values() if row.numbers[0] in self.writer
                for effect in self.replays[self.writer[row.numbers[0]]].effects
                if effect.key == key.number and effect.number == row.numbers[0]]

    def locate(self, seen):
        """(chain, version read, next version) of an observation; version -1: before the first one. None: unknown.

        Reports lists that no order of the versions explains.
        """
        key = self.key(seen.key)
        if seen.text is None:
            if key.was_deleted or len(key.chains) != 1:
                return None
            if not seen.shorter:
                return key.chains[0], -1, 0
            row = next(iter(key.rows.values()))
            return key.chains[0], -1, bisect.bisect_right(row.lengths, seen.shorter)
        row = key.row_of(seen.text)
        index = row.index_of(seen.text) if row else None
        if index is None:
            self._explain(seen, row)
            return None
        version = row.base + index
        writers = row.chain.writers
        if version + 1 < len(writers) and writers[version] == writers[version + 1] != seen.reader:
            self.report("G1b", f"T{seen.reader} reads [{seen.text}] of key {seen.key}, where T{writers[version]} went on")
        return row.chain, version, version + 1

    def _explain(self, seen, row):
        expected = row.text if row else "no such row"
        text = f"T{seen.reader} reads [{seen.text}] of key {seen.key}, which has [{expected}]"
        for number in map(int, seen.text.split(",")):
            if number not in self.writer:
                self.report("garbage", f"{text}: nobody appended {number}")
                return
            if self._is_aborted(seen.key, number):
                self.report("G1a", f"{text}: T{self.writer[number]} was rolled back")
                return
        self.report("incompatible order", text)
