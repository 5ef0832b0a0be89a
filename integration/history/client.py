"""The clients: many connections in one process, each of which runs random transactions and records them.

A batch of statements is sent at once, each as a simple query of its own, and answered in one go: a round trip
per batch. A client whose server is killed connects again and goes on; what it had sent COMMIT for is 'info'.
"""

import collections
import random
import selectors
import socket
import struct
import time
from typing import NamedTuple

from history.operations import FAIL, INFO, OK, Batch, Transaction, to_line
from history.workload import Answer, Workload

CONNECT_SECONDS_MAX = 60
SILENCE_SECONDS_MAX = 60
DEADLOCK_SETTING = "SET deadlock_timeout = '20ms'"  # waiting a second for each deadlock would take hours
_RECEIVED_BYTES_MAX = 1 << 18


class Target(NamedTuple):
    host: str
    port: int
    user: str
    database: str


class Disconnected(Exception):
    pass


class Connection:
    """Sends batches; feed() gives their answers once all are there."""

    def __init__(self, target):
        self.socket = socket.create_connection(target[:2], CONNECT_SECONDS_MAX)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.rows, self.tag, self.error = [], "", ""
        self.answers, self.awaited = [], 1
        body = struct.pack("!i", 196608) + f"user\0{target.user}\0database\0{target.database}\0\0".encode()
        self._send(struct.pack("!i", len(body) + 4) + body)
        if self.wait()[0].error:
            raise Disconnected

    def send(self, statements):
        self.awaited = len(statements)
        bodies = [one.encode() + b"\0" for one in statements]
        self._send(b"".join(b"Q" + struct.pack("!i", len(body) + 4) + body for body in bodies))

    def _send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Disconnected from error

    def wait(self):
        answers = None
        while answers is None:
            answers = self.feed()
        return answers

    def feed(self):
        """Takes what has arrived. The batch's answers, or None while some are missing."""
        try:
            data = self.socket.recv(_RECEIVED_BYTES_MAX)
        except OSError as error:
            raise Disconnected from error
        if not data:
            raise Disconnected
        buffer, position = self.buffer + data, 0
        while position + 5 <= len(buffer):
            end = position + 1 + int.from_bytes(buffer[position + 1:position + 5], "big")
            if end > len(buffer):
                break
            self._take(buffer[position:position + 1], buffer[position + 5:end])
            position = end
        self.buffer = buffer[position:]
        if len(self.answers) < self.awaited:
            return None
        answers, self.answers = self.answers, []
        return answers

    def _take(self, kind, body):
        if kind == b"D":
            self.rows.append(_columns(body))
        elif kind == b"C":
            self.tag = body[:-1].decode()
        elif kind == b"E":
            self.error = next(field[1:].decode() for field in body.split(b"\0") if field[:1] == b"C")
        elif kind == b"R" and body != b"\0\0\0\0":
            raise RuntimeError("the server wants a password: the clients know none")
        elif kind == b"Z":
            self.answers.append(Answer(self.rows, self.tag, self.error))
            self.rows, self.tag, self.error = [], "", ""


def _columns(body):
    columns, position = [], 2
    for _ in range(int.from_bytes(body[:2], "big")):
        size = int.from_bytes(body[position:position + 4], "big", signed=True)
        position += 4
        columns.append(None if size < 0 else body[position:position + size].decode())
        position += max(size, 0)
    return columns


class Client:
    """One session after the other; run() is a generator that yields batches and is sent their answers."""

    def __init__(self, workload, record, committed, is_done):
        self.workload = workload
        self.record = record
        self.committed = committed
        self.is_done = is_done
        self.errors = collections.Counter()  # by SQLSTATE

    def run(self):
        while not self.is_done():
            batches, commits = self.workload.transaction()
            operations, status = [], FAIL
            try:
                for batch in batches:
                    status = INFO if commits and batch is batches[-1] else FAIL
                    invoke = time.monotonic_ns()
                    answers = yield [step.sql for step in batch]
                    self._took(operations, Batch(invoke, time.monotonic_ns()), batch, answers)
                status = OK if answers[-1].tag == "COMMIT" else FAIL
            except Disconnected:
                self._took(operations, Batch(invoke, None), batch, [None] * len(batch))
            self.record(Transaction(self.workload.client, status, operations))
            if status == OK:
                self.committed()

    def _took(self, operations, head, batch, answers):
        operations.append(head)
        for step, answer in zip(batch, answers):
            if answer is not None and answer.error:
                self.errors[answer.error] += 1
                answer = None
            operations += step.operations(answer)


class _Session:
    """A client and the connection that it has at the moment."""

    def __init__(self, client, target):
        self.client = client
        self.target = target
        self.generator = client.run()
        self.connection = None

    def connect(self):
        deadline = time.monotonic() + CONNECT_SECONDS_MAX
        while True:
            try:
                self.connection = Connection(self.target)
                self.connection.send([DEADLOCK_SETTING])
                self.connection.wait()
                return
            except (OSError, Disconnected):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def run_clients(target, level, numbers, client_count, key_count, seed, commits, commits_max, path):
    """Runs the clients of these numbers until all clients together have committed so many; writes their history.

    commits: shared array of a counter per client. Gives {SQLSTATE: how often}.
    """
    def total():
        return sum(commits)

    def is_done():
        return total() >= commits_max

    with open(path, "w") as file, selectors.DefaultSelector() as selector:
        def record(transaction):
            file.write(to_line(transaction) + "\n")

        sessions = []
        for number in numbers:
            def committed(number=number):
                commits[number] += 1
            workload = Workload(random.Random(f"{seed} {number}"), level, number, client_count, key_count, total)
            sessions.append(_Session(Client(workload, record, committed, is_done), target))
        for session in sessions:
            _step(selector, session, None)
        while selector.get_map():
            ready = selector.select(SILENCE_SECONDS_MAX)
            if not ready:
                raise RuntimeError(f"no answer in {SILENCE_SECONDS_MAX} s: {len(selector.get_map())} clients wait")
            for key, _ in ready:
                try:
                    answers = key.data.connection.feed()
                except Disconnected as error:
                    answers = error
                if answers is not None:
                    _step(selector, key.data, answers)
        return sum((session.client.errors for session in sessions), collections.Counter())


def _step(selector, session, answers):
    """Goes on with a client up to its next batch that is on its way."""
    while True:
        try:
            if isinstance(answers, Disconnected):
                _drop(selector, session)
                batch = session.generator.throw(answers)
            else:
                batch = session.generator.send(answers)
            if session.connection is None:
                session.connect()
                selector.register(session.connection.socket, selectors.EVENT_READ, session)
            session.connection.send(batch)
            return
        except Disconnected as error:
            answers = error
        except StopIteration:
            _drop(selector, session)
            return


def _drop(selector, session):
    if session.connection is not None:
        selector.unregister(session.connection.socket)
        session.connection.socket.close()
        session.connection = None
