"""A Shale server as a process of its own: started on free ports, stopped, killed, started again.

    with ShaleServer(folder) as server:
        psycopg.connect(server.dsn)

The binary is $SHALE_BINARY, or build/release/shale. The data directory outlives stop() and kill(), so
that start() comes back to it. Not thread-safe.
"""

import os
import pathlib
import signal
import socket
import subprocess
import time

import psycopg

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60


def binary_path():
    return os.environ.get("SHALE_BINARY", str(REPOSITORY / "build/release/shale"))


def free_ports(count):
    """TCP ports of the loopback that nobody listens on at this moment, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def free_port():
    return free_ports(1)[0]


def clean_environment(additions=None):
    """The environment without settings of Shale or libpq that happen to be in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SHALE_", "PG"))}
    return {**kept, **(additions or {})}


def run(dsn, *statements):
    """On a connection of its own, each committed by itself; the rows of the last one, where it gives any."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


class ServerError(Exception):
    """The server did not start or stop as asked; the message ends with its log."""


class ShaleServer:
    def __init__(self, folder, *options, environment=None):
        """Nothing is started yet. Data and log lie in the folder; options go to the command line."""
        folder = pathlib.Path(folder)
        self.host = "127.0.0.1"
        self.port, self.admin_port = free_ports(2)
        self.data_dir = folder / "data"
        self.log_path = folder / "shale.log"
        self.options = list(options)
        self.environment = clean_environment(environment)
        self.password = None
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.is_running():
            self.kill()

    @property
    def dsn(self):
        return self.dsn_of("shale")

    def dsn_of(self, database, user="shale"):
        dsn = f"host={self.host} port={self.port} user={user} dbname={database}"
        return f"{dsn} password={self.password}" if self.password else dsn

    @property
    def admin_url(self):
        return f"http://{self.host}:{self.admin_port}"

    @property
    def pid(self):
        return self.process.pid

    def command(self):
        return [binary_path(), "--data-dir", str(self.data_dir),
                "--listen", f"{self.host}:{self.port}",
                "--admin-listen", f"{self.host}:{self.admin_port}", *self.options]

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        """Returns once a client can connect. The log goes on where it was."""
        assert not self.is_running(), "the server runs already"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=self.environment)
        deadline = time.monotonic() + READY_SECONDS_MAX
        while True:
            try:
                psycopg.connect(self.dsn, connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                last_error = error
            if not self.is_running():
                raise ServerError(f"the server ended with status {self.process.returncode} before it "
                                  f"was ready\n{self.log()}")
            if time.monotonic() > deadline:
                self.kill()
                raise ServerError(f"not ready in {READY_SECONDS_MAX} s: {last_error}\n{self.log()}")
            time.sleep(0.02)

    def stop(self):
        """SIGTERM: drains and ends. Gives the exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServerError(f"did not stop in {STOP_SECONDS_MAX} s\n{self.log()}") from None

    def kill(self):
        """SIGKILL: nothing is drained, as when the machine fails."""
        self.process.kill()
        self.process.wait()

    def log(self, offset=0):
        """What the server has written since the offset."""
        if not self.log_path.exists():
            return ""
        with open(self.log_path, "rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")

    def log_size(self):
        return self.log_path.stat().st_size if self.log_path.exists() else 0
