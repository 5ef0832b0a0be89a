"""Strongly connected components, and the anomalies that the cycles in them are (Adya 1999; Cerone and Gotsman 2018).

    G0                 ww
    G1c                ww, wr
    G-single           one rw, else ww and wr; lost update: both edges are of one key
    G-nonadjacent      several rw, no two of them in a row: what snapshot isolation forbids
    G2-item, G2        any other with rw; G2 where one is of a range's missing rows

    reinsertion        one rw, and a key inserted anew where another had deleted it: PostgreSQL has it at
                       REPEATABLE READ, whose INSERT does not mind rows that are gone, seen by its snapshot or not

"-realtime" is added where an order in time is part of the cycle.
"""

from collections import deque

from history.dependencies import NAMES, PRW, RT, RW, WI, WR, WW, key_of, kind_of, target_of

WRITES = {WW, WI}
DEPENDENCIES = {WW, WI, WR}
ANTI_DEPENDENCIES = {RW, PRW}
SEARCH_NODES_MAX = 200  # where cycles are only counted
SEARCHES_MAX = 10_000


def components(nodes, successors):
    """Tarjan's algorithm without recursion: the strongly connected components of more than one node."""
    index, low, on_stack, stack, found = {}, {}, set(), [], []
    for root in nodes:
        if root in index:
            continue
        work = [(root, iter(successors(root)))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(successors(target))))
                    break
                if target in on_stack and index[target] < low[node]:
                    low[node] = index[target]
            else:
                work.pop()
                if work and low[node] < low[work[-1][0]]:
                    low[work[-1][0]] = low[node]
                if low[node] == index[node]:
                    component = []
                    while True:
                        one = stack.pop()
                        on_stack.discard(one)
                        component.append(one)
                        if one == node:
                            break
                    if len(component) > 1:
                        found.append(component)
    return found


class Search:
    """The anomalies of one component of a graph."""

    def __init__(self, graph, nodes, report):
        self.graph = graph
        self.report = report
        inside = set(nodes)
        self.nodes = nodes
        self.edges = {node: [edge for edge in graph.edges[node] if target_of(edge) in inside] for node in nodes}

    def transactions(self):
        """What a component of transactions is, the worst first."""
        self._commits()
        if not self._singles():
            if not self._nonadjacent(DEPENDENCIES | ANTI_DEPENDENCIES, "G-nonadjacent"):
                self._nonadjacent(DEPENDENCIES | ANTI_DEPENDENCIES | {RT}, "G-nonadjacent-realtime")
        self._cycles_with(DEPENDENCIES | {RW}, {RW}, "G2-item")
        self._cycles_with(DEPENDENCIES | ANTI_DEPENDENCIES, {PRW}, "G2")

    def statements(self):
        """The same where each SELECT is a node: all cycles are forbidden, whatever they are made of."""
        self._commits()
        if not self._cycles_with(DEPENDENCIES | ANTI_DEPENDENCIES, ANTI_DEPENDENCIES, "read skew in a statement"):
            self._cycles_with(DEPENDENCIES | ANTI_DEPENDENCIES | {RT}, ANTI_DEPENDENCIES, "stale read")

    def _commits(self):
        """Cycles in what follows the order of commits at every level."""
        self._cycles_with(WRITES, WRITES, "G0")
        if not self._cycles_with(DEPENDENCIES, {WR}, "G1c"):
            self._cycles_with(DEPENDENCIES | {RT}, {RT}, "G1c-realtime")

    def _targets(self, kinds):
        return lambda node: [target_of(edge) for edge in self.edges[node] if kind_of(edge) in kinds]

    def _cycles_with(self, kinds, needed, name):
        """Reports one cycle of each component of these kinds of edges that has one of the needed kind: how many."""
        found = 0
        for component in components(self.nodes, self._targets(kinds)):
            inside = set(component)
            for node in component:
                edge = next((edge for edge in self.edges[node]
                             if kind_of(edge) in needed and target_of(edge) in inside), None)
                if edge is not None:
                    path = self._path(target_of(edge), node, kinds, inside)
                    self.report(name, self._describe(node, [edge, *path]))
                    found += 1
                    break
        return found

    def _path(self, begin, end, kinds, inside=None, nodes_max=None):
        """The edges of a shortest path, None where there is none or it was not found in time."""
        came_by = {begin: None}
        queue = deque([begin])
        while queue:
            node = queue.popleft()
            for edge in self.edges[node]:
                target = target_of(edge)
                if kind_of(edge) not in kinds or target in came_by or (inside is not None and target not in inside):
                    continue
                came_by[target] = (node, edge)
                if target == end:
                    path = []
                    while target != begin:
                        target, step = came_by[target]
                        path.append(step)
                    return path[::-1]
                queue.append(target)
            if nodes_max is not None and len(came_by) > nodes_max:
                return None
        return None

    def _singles(self):
        """Cycles with one anti-dependency: how many that snapshot isolation forbids."""
        found = searches = 0
        for node in self.nodes:
            for edge in self.edges[node]:
                if kind_of(edge) not in ANTI_DEPENDENCIES or searches >= SEARCHES_MAX:
                    continue
                searches += 1
                for kinds, name in (({WW, WR}, "G-single"), ({WW, WR, RT}, "G-single-realtime"), (DEPENDENCIES, "reinsertion")):
                    path = self._path(target_of(edge), node, kinds, nodes_max=SEARCH_NODES_MAX)
                    if path:
                        if len(path) == 1 and kind_of(path[0]) == WW and key_of(path[0]) == key_of(edge):
                            name = "lost update"
                        self.report(name, self._describe(node, [edge, *path]))
                        found += name != "reinsertion"
                        break
        return found

    def _nonadjacent(self, kinds, name):
        """Walks against time. Of a state's node it is known that what came before was before its snapshot (False) or
        only before its commit (True); an anti-dependency leaves a snapshot behind, the other kinds a commit."""
        def successors(state):
            node, is_commit = state
            for edge in self.edges[node]:
                kind = kind_of(edge)
                if kind in kinds and not (is_commit and kind in ANTI_DEPENDENCIES):
                    yield target_of(edge), kind in ANTI_DEPENDENCIES or kind == WI
        found = components([(node, False) for node in self.nodes], successors)
        for component in found:
            members = sorted({node for node, _ in component})
            self.report(name, "among " + ", ".join(self.graph.names[node] for node in members[:20]))
        return bool(found)

    def _describe(self, node, path):
        text = self.graph.names[node]
        for edge in path:
            key = f" key {key_of(edge)}" if kind_of(edge) != RT else ""
            text += f" -{NAMES[kind_of(edge)]}{key}-> {self.graph.names[target_of(edge)]}"
        return text


def search(graph, report, by_statement=False):
    """Calls report(name, text) for the anomalies of a graph."""
    everything = graph.edges
    for component in components(range(len(everything)), lambda node: [target_of(edge) for edge in everything[node]]):
        one = Search(graph, component, report)
        if by_statement:
            one.statements()
        else:
            one.transactions()
