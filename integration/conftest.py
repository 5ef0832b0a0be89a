"""Fixtures: servers and connections. What a server logged during a failed test is shown with it."""

import os
import shutil
import tempfile

import psycopg
import pytest

from server import ShaleServer, binary_path, free_port

LOG_SHOWN_MAX = 20_000


@pytest.fixture(scope="session")
def binary():
    path = binary_path()
    if not os.access(path, os.X_OK):
        pytest.fail(f"there is no server at {path}: build it (scripts/test does), or set SHALE_BINARY",
                    pytrace=False)
    return path


# Every server of this session that runs or has run, for the log of a failed test.
_servers = []


@pytest.fixture(scope="session")
def server(binary):
    """One server for all tests that neither stop it nor mind what others have put into it."""
    folder = tempfile.mkdtemp(prefix="shale_")
    with ShaleServer(folder) as running:
        _servers.append(running)
        yield running
        _servers.remove(running)
        if running.is_running():
            status = running.stop()
            assert status == 0, f"the server ended with status {status}\n{running.log()}"
    shutil.rmtree(folder)


@pytest.fixture
def make_server(binary, tmp_path):
    """make_server(*options, environment=None): a server of the test's own, started; ends with it."""
    made = []

    def make(*options, environment=None, start=True):
        folder = tmp_path / f"server{len(made)}"
        folder.mkdir()
        one = ShaleServer(folder, *options, environment=environment)
        made.append(one)
        _servers.append(one)
        if start:
            one.start()
        return one

    yield make
    for one in made:
        _servers.remove(one)
        if one.is_running():
            one.kill()


@pytest.fixture
def connection(server):
    """An autocommit connection of psycopg to the database shale of the shared server."""
    with psycopg.connect(server.dsn, autocommit=True) as one:
        yield one


@pytest.fixture
def unused_port():
    return free_port()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    item.log_offsets = {one.log_path: one.log_size() for one in _servers}
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.failed or call.when == "teardown":
        return
    for one in _servers:
        text = one.log(getattr(item, "log_offsets", {}).get(one.log_path, 0))[-LOG_SHOWN_MAX:]
        if text:
            report.sections.append((f"log of the server on port {one.port}", text))
