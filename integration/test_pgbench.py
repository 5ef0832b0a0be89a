"""Goal: unmodified pgbench runs in every mode without a failed transaction. Method: the program itself."""

import re
import subprocess

import pytest

from server import clean_environment


@pytest.fixture(scope="module")
def filled(server):
    run(server, "-i", "-s", "1")
    return server


def run(server, *options):
    ran = subprocess.run(["pgbench", "-h", server.host, "-p", str(server.port), "-U", "shale",
                          *options, "shale"], env=clean_environment(), capture_output=True, text=True,
                         timeout=300)
    assert ran.returncode == 0, ran.stderr
    return ran


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
@pytest.mark.parametrize("script", [[], ["-S"], ["-N"]], ids=["tpcb", "select", "update"])
def test_mode(filled, mode, script):
    offset = len(filled.log())
    ran = run(filled, "-M", mode, *script, "-c", "8", "-j", "2", "-t", "50")
    assert "number of transactions actually processed: 400/400" in ran.stdout
    assert re.search(r"number of failed transactions: 0 ", ran.stdout)
    assert "ERROR" not in ran.stderr
    assert "error:" not in filled.log(offset)


def test_initialization_on_the_server(server):
    run(server, "-i", "-I", "dtGvp", "-s", "1")
    run(server, "-S", "-t", "10")
