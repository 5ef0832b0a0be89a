"""Random queries and changes mean the same here and on a PostgreSQL 15: a short run of `differential.py`."""

import pathlib
import subprocess
import sys

import pytest

DIFFERENTIAL = pathlib.Path(__file__).with_name("differential.py")


@pytest.mark.slow
def test_random_statements_mean_the_same(binary):
    done = subprocess.run([sys.executable, DIFFERENTIAL, "--minutes", "0.3"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    assert "differences: 0" in done.stdout
