"""Answers to TPC-H's 22 queries against those of PostgreSQL 15. Method: tests/tpch's data at scale 0.01, with
indexes and statistics, and the answers that tests/tpch/record.py has recorded."""

import pathlib
import sys

import pytest

from server import ShaleServer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scripts/lib"))
import tpch

SCALE = 0.01
ANSWERS = tpch.FOLDER / "answers"


@pytest.fixture(scope="module")
def filled(binary, tmp_path_factory):
    if not tpch.GENERATOR.exists():
        pytest.fail(f"there is no {tpch.GENERATOR}: build it (scripts/test does)", pytrace=False)
    with ShaleServer(tmp_path_factory.mktemp("tpch")) as server:
        client = tpch.Client(server.host, server.port, "shale", "shale")
        client.load(SCALE)
        yield client


@pytest.mark.parametrize("name", tpch.QUERIES)
def test_answer(filled, name):
    expected = (ANSWERS / f"{name}.out").read_text().splitlines()
    actual = filled.query(name, SCALE).lines
    assert tpch.is_same(name, actual, expected)
