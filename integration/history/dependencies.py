"""The graph of who depends on whom, after Adya: what the checker then looks for cycles in.

    WW   the next version of a key is the target's
    WR   the target read a version of the source's
    RW   the source read a version, and the target wrote the next one (an anti-dependency); PRW: it was no row that
         the source found missing, or too short, in a range
    WI   the source deleted the row, and the target inserted one of the same key. Snapshot isolation as PostgreSQL
         has it sees no conflict there, the new row being another one: the target need not have seen the source
    RT   the target began after the source had answered

Two graphs. by_transaction() has a node for each committed transaction, as REPEATABLE READ and SERIALIZABLE are
defined by. by_statement() is for READ COMMITTED, where each plain SELECT has a snapshot of its own: such a
statement is a node that reads, its transaction one that commits later; what a transaction reads of the newest
version (UPDATE, FOR UPDATE) it reads itself. RT goes through nodes that stand for moments, so that there are few.
"""

from history.operations import Batch, Range, Read

WW, WR, WI, RT, RW, PRW = range(6)
NAMES = ("ww", "wr", "reinserted", "rt", "rw", "rw (range)")
TARGET_BITS = 30
_TARGET_MASK = (1 << TARGET_BITS) - 1


def kind_of(edge):
    return edge & 7


def target_of(edge):
    return edge >> 3 & _TARGET_MASK


def key_of(edge):
    return edge >> (3 + TARGET_BITS)


class Graph:
    """Edges by source, each a number of key, target and kind."""

    def __init__(self, names):
        self.names = names
        self.edges = [[] for _ in names]

    def add_node(self, name):
        self.names.append(name)
        self.edges.append([])
        return len(self.names) - 1

    def add(self, source, target, kind, key=0):
        if source != target:
            self.edges[source].append(key << (3 + TARGET_BITS) | target << 3 | kind)

    def add_moments(self, spans):
        """RT for (node, begin, end); an end of None never came."""
        events = []
        for node, begin, end in spans:
            events.append((begin, 0, node))
            if end is not None:
                events.append((end, 1, node))
        events.sort()
        moment, is_closed = None, True
        for _, is_end, node in events:
            if is_end:
                if is_closed:
                    before, moment, is_closed = moment, self.add_node("a moment"), False
                    if before is not None:
                        self.add(before, moment, RT)
                self.add(node, moment, RT)
            elif moment is not None:
                self.add(moment, node, RT)
                is_closed = True


def _add_version_order(graph, versions):
    for key in versions.keys.values():
        for chain in key.chains:
            for version, (before, after) in enumerate(zip(chain.writers, chain.writers[1:])):
                if before is not None and after is not None:
                    graph.add(before, after, WI if version + 1 in chain.insertions else WW, key.number)


def _add_read(graph, reader, located, seen, own):
    chain, version, following = located
    writers = chain.writers
    if version >= 0 and writers[version] is not None:
        graph.add(writers[version], reader, WR, seen.key)
    if following < len(writers) and writers[following] not in (None, own):
        kind = PRW if seen.predicate and seen.text is None else RW
        graph.add(reader, writers[following], kind, seen.key)


def _transaction_graph(versions):
    graph = Graph([f"T{index}" for index in range(len(versions.transactions))])
    _add_version_order(graph, versions)
    return graph


def by_transaction(versions):
    graph = _transaction_graph(versions)
    for index in versions.committed:
        for seen in versions.replays[index].observations:
            located = versions.locate(seen)
            if located is not None:
                _add_read(graph, index, located, seen, index)
    graph.add_moments((index, versions.transactions[index].invoke, versions.transactions[index].complete)
                      for index in versions.committed)
    return graph


def by_statement(versions):
    graph = _transaction_graph(versions)
    spans = []
    for index in versions.committed:
        transaction = versions.transactions[index]
        spans.append((index, transaction.invoke, transaction.complete))
        batches = _batches_of_statements(transaction)
        nodes, before = {}, None
        for seen in versions.replays[index].observations:
            located = versions.locate(seen)
            if located is None:
                continue
            if seen.statement < 0:
                chain, version, _ = located
                _add_read(graph, index, (chain, version, len(chain.writers)), seen, index)
                continue
            node = nodes.get(seen.statement)
            if node is None:
                node = nodes[seen.statement] = graph.add_node(f"SELECT {seen.statement} of T{index}")
                batch = batches[seen.statement - 1]
                spans.append((node, batch.invoke, batch.complete))
                graph.add(node, index, RT)
                if before is not None:
                    graph.add(before, node, RT)
                before = node
            _add_read(graph, node, located, seen, index)
    graph.add_moments(spans)
    return graph


def _batches_of_statements(transaction):
    """The batch of each SELECT."""
    batches, batch = [], None
    for operation in transaction.operations:
        if type(operation) is Batch:
            batch = operation
        elif type(operation) in (Read, Range):
            batches.append(batch)
    return batches
