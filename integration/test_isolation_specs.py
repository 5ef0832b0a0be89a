"""Transactions against each other, as PostgreSQL has them: each tests/isolation/*.spec runs through Debian's isolationtester,
and what it prints must be the recorded *.out (tests/isolation/record.py records them)."""

import difflib
import importlib.util
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "tests" / "isolation"
SPECS = sorted(FOLDER.glob("*.spec"))

_spec = importlib.util.spec_from_file_location("record_isolation", FOLDER / "record.py")
record = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(record)


@pytest.mark.parametrize("spec", SPECS, ids=[spec.stem for spec in SPECS])
def test_as_postgresql(make_server, spec):
    server = make_server()
    expected = spec.with_suffix(".out").read_text()
    actual = record.run(spec, server.host, server.port, "shale", "shale")
    difference = "\n".join(difflib.unified_diff(expected.splitlines(), actual.splitlines(), "postgresql", "shale",
                                                lineterm="", n=6))
    assert not difference, f"{spec.name}\n{difference}"
