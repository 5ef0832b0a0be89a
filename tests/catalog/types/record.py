#!/usr/bin/env python3
"""Writes the expectations of data/*.txt anew from a running PostgreSQL 15.

usage: record.py [FILE ...]     the server comes from PGHOST, PGPORT, PGUSER, PGDATABASE

Lines of a data file, fields separated by tabs:
  # ...                              a comment
  set <setting> <value>              a setting for what follows
  define <operation> <SQL>           what an operation means; $1, $2 ... are its arguments
  io <type> <text>                   the text stored into a column of the type
  cast <type> <from> <text>          an explicit cast of a value of another type
  op <operation> <argument> ...      (an argument NULL is NULL)
  order <type> <text> ...            values to be sorted
  typmod <type> <number> ...         format_type() of the type with these modifiers
Behind "=>" stand the results: the text, and for io the bytes of the binary form; for order the values
in order, equal ones joined by "="; or "error", SQLSTATE, message, detail and hint.
Backslash escapes: \\t \\n \\r \\\\ \\xNN.
"""
import ctypes
import ctypes.util
import glob
import os
import sys

SEND = {"bool": "boolsend", "bytea": "byteasend", '"char"': "charsend", "name": "namesend",
        "int8": "int8send", "int2": "int2send", "int4": "int4send", "text": "textsend",
        "oid": "oidsend", "json": "json_send", "float4": "float4send", "float8": "float8send",
        "bpchar": "bpcharsend", "varchar": "varcharsend", "date": "date_send", "time": "time_send",
        "timestamp": "timestamp_send", "timestamptz": "timestamptz_send",
        "interval": "interval_send", "numeric": "numeric_send", "regtype": "regtypesend",
        "uuid": "uuid_send", "jsonb": "jsonb_send", "xid": "xidsend", "xid8": "xid8send",
        "pg_snapshot": "pg_snapshot_send", "txid_snapshot": "txid_snapshot_send"}

libpq = ctypes.CDLL(ctypes.util.find_library("pq"))
for name in ("PQconnectdb", "PQexec"):
    getattr(libpq, name).restype = ctypes.c_void_p
for name in ("PQgetvalue", "PQresultErrorField", "PQerrorMessage"):
    getattr(libpq, name).restype = ctypes.c_char_p
TUPLES_OK, COMMAND_OK = 2, 1


class SqlError(Exception):
    pass


class Server:
    def __init__(self):
        self.connection = ctypes.c_void_p(libpq.PQconnectdb(b""))
        if libpq.PQstatus(self.connection) != 0:
            sys.exit(libpq.PQerrorMessage(self.connection).decode())
        self.run("set client_min_messages = error")

    def run(self, sql):
        """The rows of a statement, as lists of bytes; SqlError carries the error's fields."""
        if isinstance(sql, str):
            sql = sql.encode()
        result = ctypes.c_void_p(libpq.PQexec(self.connection, sql))
        try:
            status = libpq.PQresultStatus(result)
            if status == COMMAND_OK:
                return []
            if status != TUPLES_OK:
                fields = [libpq.PQresultErrorField(result, ord(f)) or b"" for f in "CMDH"]
                raise SqlError(fields)
            return [[None if libpq.PQgetisnull(result, row, column)
                     else libpq.PQgetvalue(result, row, column)
                     for column in range(libpq.PQnfields(result))]
                    for row in range(libpq.PQntuples(result))]
        finally:
            libpq.PQclear(result)


def escape(data):
    text = data.decode("utf-8", "surrogateescape")
    out = []
    for c in text:
        if c in "\t\n\r\\":
            out.append({"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}[c])
        elif 0xdc80 <= ord(c) <= 0xdcff:
            out.append("\\x%02x" % (ord(c) - 0xdc00))
        elif ord(c) < 32:
            out.append("\\x%02x" % ord(c))
        else:
            out.append(c)
    return "".join(out)


def unescape(text):
    out, i = bytearray(), 0
    while i < len(text):
        if text[i] != "\\":
            out += text[i].encode()
            i += 1
        elif text[i + 1] == "x":
            out.append(int(text[i + 2:i + 4], 16))
            i += 4
        else:
            out += {"t": b"\t", "n": b"\n", "r": b"\r", "\\": b"\\"}[text[i + 1]]
            i += 2
    return bytes(out)


def quote(text):
    if text == "NULL":
        return b"NULL"
    return b"E'" + unescape(text).replace(b"\\", b"\\\\").replace(b"'", b"''") + b"'"


class Recorder:
    def __init__(self, server):
        self.server = server
        self.operations = {}
        server.run("reset all; set client_min_messages = error")

    def io(self, sql_type, text):
        base = sql_type.split("(")[0].split(" ")[0]
        send = "array_send" if sql_type.endswith("[]") else SEND[base]
        # The session's zone must not depend on the transaction: one table per value.
        self.server.run("begin")
        try:
            self.server.run(f"create temp table recorded (value {sql_type}) on commit drop")
            [[value, binary]] = self.server.run(
                b"insert into recorded values (" + quote(text) +
                f") returning {self.output(sql_type)}, encode({send}(value), 'hex')".encode())
            return [value, binary]
        finally:
            self.server.run("rollback")

    def output(self, sql_type):
        # Casts to text lose the spaces of char(n).
        plain = sql_type.startswith("bpchar") and not sql_type.endswith("[]")
        return "bpcharout(value)" if plain else "value"

    def evaluate(self, kind, fields):
        if kind == "io":
            return self.io(*fields)
        if kind == "cast":
            sql_type, source, text = fields
            value = quote(text) + f"::{source}::{sql_type}".encode()
            out = b"bpcharout(" + value + b")" if sql_type.startswith("bpchar") else value
            return self.server.run(b"select " + out)[0]
        if kind == "op":
            sql = self.operations[fields[0]].encode()
            for i in range(len(fields) - 1, 0, -1):
                sql = sql.replace(b"$%d" % i, quote(fields[i]))
            return [b"NULL" if v is None else v for v in self.server.run(b"select " + sql)[0]]
        if kind == "order":
            rows = b", ".join(b"(" + quote(text) + f"::{fields[0]})".encode()
                              for text in fields[1:])
            return [row[0] for row in self.server.run(
                b"select string_agg(text, '=' order by n) from (select text, n, rank() over "
                b"(order by value) as r from (select column1 as value, column1::text as text, "
                b"row_number() over () as n from (values " + rows + b") v) w) x "
                b"group by r order by r")]
        if kind == "typmod":
            return [self.server.run(f"select format_type('{fields[0]}'::regtype, {typmod})")[0][0]
                    for typmod in fields[1:]]
        raise ValueError(kind)

    def line(self, line):
        if not line.strip() or line.startswith("#"):
            return line
        fields = line.split("\t")
        if "=>" in fields:
            fields = fields[:fields.index("=>")]
        kind = fields[0]
        if kind == "set":
            self.server.run(f"set {fields[1]} = '{fields[2]}'")
            return "\t".join(fields)
        if kind == "define":
            self.operations[fields[1]] = fields[2]
            return "\t".join(fields)
        try:
            results = [escape(value) for value in self.evaluate(kind, fields[1:])]
        except SqlError as error:
            results = ["error"] + [escape(field) for field in error.args[0]]
            while results[-1] == "":
                results.pop()
        return "\t".join(fields + ["=>"] + results)


def main():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
    server = Server()
    for path in sys.argv[1:] or sorted(glob.glob(os.path.join(folder, "*.txt"))):
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        recorder = Recorder(server)
        lines = [recorder.line(line) for line in lines]
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))


main()
