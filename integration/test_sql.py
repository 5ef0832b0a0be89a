"""Answers of SQL against those of PostgreSQL 15: each sql/*.sql runs through psql, and what psql prints must be
the recorded sql/*.out (sql/record.py records them)."""

import difflib
import importlib.util
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent / "sql"
FILES = sorted(FOLDER.glob("*.sql"))

_spec = importlib.util.spec_from_file_location("record", FOLDER / "record.py")
record = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(record)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_answers_as_postgresql(server, file):
    expected = file.with_suffix(".out").read_text()
    actual = record.run_psql(file, server.host, server.port, "shale", "shale")
    difference = "\n".join(difflib.unified_diff(expected.splitlines(), actual.splitlines(),
                                                "postgresql", "shale", lineterm="", n=6))
    assert not difference, f"{file.name}\n{difference}"
