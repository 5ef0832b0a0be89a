"""Shale and a PostgreSQL 15 as servers of one bench: the same file system, every commit of both synced to it.

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
    import peers
    with peers.folder_of_servers("oltp", directory) as folder, peers.shale_server(folder, 1, 2) as server:
        server.client("pgbench", "-S")

Both accept every connection of the loopback; each keeps 1 GB of its tables in memory. An error ends the bench with
the logs of its servers.
"""

import contextlib
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
POSTGRES_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
SHALE = os.environ.get("SHALE_BINARY", str(REPOSITORY / "build/release/shale"))
HOST = "127.0.0.1"
START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60
LOG_SHOWN_MAX = 8_000


class BenchError(Exception):
    pass


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith(("SHALE_", "PG"))}


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]


def run(command, environment=None, **options):
    done = subprocess.run([str(part) for part in command], env={**clean_environment(), **(environment or {})}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(map(str, command))}\nended with status {done.returncode}:\n"
                         f"{done.stdout[-LOG_SHOWN_MAX:]}")
    return done.stdout


class Server:
    """A server process with its log; ends with the `with` block."""

    def __init__(self, name, command, port, folder, user, database, stop_signal=signal.SIGTERM,
                 account=None):
        self.name = name
        self.command = [str(part) for part in command]
        self.port = port
        self.user = user
        self.database = database
        self.log_path = folder / f"{name}.log"
        self.stop_signal = stop_signal
        self.account = account
        self.process = None

    def __enter__(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=clean_environment(),
                                            start_new_session=True, **as_account(self.account))
        try:
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            ready = subprocess.run([POSTGRES_BIN / "pg_isready", "-q", "-h", HOST, "-p", str(self.port),
                                    "-d", self.database, "-U", self.user], env=clean_environment())
            if ready.returncode == 0:
                return
            if self.process.poll() is not None:
                raise BenchError(f"{self.name} ended with status {self.process.returncode}")
            if time.monotonic() > deadline:
                raise BenchError(f"{self.name} is not ready after {START_SECONDS_MAX} s")
            time.sleep(0.05)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def client(self, program, *arguments, environment=None):
        """Runs one of PostgreSQL's clients against this server and gives its output."""
        output = run([POSTGRES_BIN / program, "-h", HOST, "-p", self.port, "-U", self.user, *arguments,
                      self.database], environment)
        if self.process.poll() is not None:
            raise BenchError(f"{self.name} ended with status {self.process.returncode}")
        return output


def postgres_account():
    """PostgreSQL refuses to be root; its package has made an account."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise BenchError("as root this needs the account postgres, which postgresql-15 makes") from None


def as_account(account):
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


# What each of the two keeps of the tables in memory.
CACHE = "1GB"


def shale_server(folder, port, admin_port):
    return Server("shale", [SHALE, "--data-dir", folder / "shale", "--listen", f"{HOST}:{port}",
                            "--admin-listen", f"{HOST}:{admin_port}", "--block-cache", CACHE],
                  port, folder, user="shale", database="shale")


def postgres_server(folder, port):
    account = postgres_account()
    data = folder / "postgres"
    data.mkdir(mode=0o700)
    if account:
        os.chown(data, account.pw_uid, account.pw_gid)
    run([POSTGRES_BIN / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
         "--locale=C", "--no-sync"], cwd="/", **as_account(account))
    settings = {"listen_addresses": HOST, "port": port, "unix_socket_directories": "",
                "fsync": "on", "synchronous_commit": "on", "shared_buffers": CACHE}
    command = [POSTGRES_BIN / "postgres", "-D", data]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return Server("postgresql", command, port, folder, user="postgres", database="postgres",
                  stop_signal=signal.SIGINT, account=account)


def check_log(server):
    if re.search(r"\] (error|critical): ", server.log_path.read_text(errors="replace")):
        raise BenchError(f"{server.name} logged errors")


def peer_name():
    return "PostgreSQL " + run([POSTGRES_BIN / "postgres", "--version"]).split()[2]


def query(server, text):
    """What psql prints of it."""
    return server.client("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text).strip()


def check_sums(server):
    """Every TPC-B transaction adds one amount to an account, a teller, a branch and the history."""
    sums = [query(server, f"SELECT sum({column}) FROM pgbench_{table}")
            for table, column in (("accounts", "abalance"), ("tellers", "tbalance"),
                                  ("branches", "bbalance"), ("history", "delta"))]
    if len(set(sums)) != 1:
        raise BenchError(f"the sums of {server.name} differ: accounts, tellers, branches, history = "
                         f"{', '.join(sums)}")


def show_progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def end_by_signal(number, _):
    """Ends the servers and removes the data as an error would; further signals do not cut that short."""
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, signal.SIG_IGN)
    sys.exit(128 + number)


@contextlib.contextmanager
def folder_of_servers(bench, directory):
    """A new folder for the data of servers, removed at the end. A BenchError ends the process with their logs."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end_by_signal)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="shale_bench_", dir=directory))
    folder.chmod(0o755)  # PostgreSQL's account has to get through
    try:
        yield folder
    except BenchError as error:
        show_progress("")
        print(f"{bench}: {error}", file=sys.stderr)
        for log in sorted(folder.glob("*.log")):
            print(f"\n== log of {log.stem}\n{log.read_text(errors='replace')[-LOG_SHOWN_MAX:]}", file=sys.stderr)
        sys.exit(1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_programs(bench, *programs):
    for program in programs:
        if not os.access(program, os.X_OK):
            sys.exit(f"{bench}: {program} is missing: scripts/bench builds and installs it")


def print_aligned(lines):
    """A table of texts: the first column to the left, the others to the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        print("  ".join([line[0].ljust(widths[0]),
                         *(text.rjust(width) for text, width in zip(line[1:], widths[1:]))]))
