"""A PostgreSQL of the test's own, to compare answers with where recorded ones would not do."""

import os
import pathlib
import pwd
import subprocess
import time

from server import free_port

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")  # Debian's package postgresql-15
ACCOUNT = "postgres"  # which that package makes: PostgreSQL refuses to be root
START_SECONDS_MAX = 30


def is_installed():
    return (BIN / "postgres").exists()


class PostgresServer:
    """with PostgresServer(folder) as server: ... server.dsn"""

    def __init__(self, folder):
        self.data = pathlib.Path(folder) / "postgres"
        self.port = free_port()
        self.dsn = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"
        self._process = None

    def _as_account(self):
        if os.geteuid() != 0:
            return {}
        account = pwd.getpwnam(ACCOUNT)
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def __enter__(self):
        self.data.mkdir(mode=0o700)
        account = self._as_account()
        if account:
            os.chown(self.data, account["user"], account["group"])
            for folder in self.data.parents:
                if folder == pathlib.Path("/tmp"):
                    break
                folder.chmod(folder.stat().st_mode | 0o111)
        subprocess.run([BIN / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
                        "--no-sync"], cwd="/", check=True, stdout=subprocess.DEVNULL, **account)
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off"}
        command = [BIN / "postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.data / "log").open("w") as log:
            self._process = subprocess.Popen(command, cwd="/", stdout=log, stderr=log, **account)
        until = time.monotonic() + START_SECONDS_MAX
        while subprocess.run([BIN / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode != 0:
            assert self._process.poll() is None and time.monotonic() < until, (self.data / "log").read_text()
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
