"""A client that speaks PostgreSQL's protocol message by message, for what drivers do not let a test do."""

import socket
import struct

ANSWER_SECONDS_MAX = 20


class Protocol:
    """A client that speaks the extended protocol message by message."""

    def __init__(self, server):
        self.socket = socket.create_connection((server.host, server.port), ANSWER_SECONDS_MAX)
        body = struct.pack("!i", 196608) + b"user\0shale\0database\0shale\0\0"
        self.socket.sendall(struct.pack("!i", len(body) + 4) + body)
        self.until(b"Z")

    def send(self, kind, body=b""):
        self.socket.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def query(self, text):
        self.send(b"Q", text.encode() + b"\0")
        return self.until(b"Z")

    def exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            assert part, "the server closed the connection"
            data += part
        return data

    def until(self, last):
        """(kind, body) of the messages up to one of the kind; an error's body is its (SQLSTATE, message)."""
        messages = []
        while not messages or messages[-1][0] != last:
            kind, size = self.exactly(1), struct.unpack("!i", self.exactly(4))[0]
            body = self.exactly(size - 4)
            if kind == b"E":
                fields = {field[:1]: field[1:].decode() for field in body.split(b"\0") if field}
                body = (fields[b"C"], fields[b"M"])
            messages.append((kind, body))
        return messages

    def parse(self, name, text):
        self.send(b"P", name + b"\0" + text + b"\0" + struct.pack("!h", 0))

    def bind(self, portal, statement):
        self.send(b"B", portal + b"\0" + statement + b"\0" + struct.pack("!hhh", 0, 0, 0))

    def execute(self, portal, rows_max=0):
        self.send(b"E", portal + b"\0" + struct.pack("!i", rows_max))

    def sync(self):
        self.send(b"S")
        return self.until(b"Z")
