"""Answers of SQL against those of PostgreSQL 15: each sql/*.sql runs through psql, and what psql prints must be
the recorded sql/*.out (sql/record.py records them)."""

import difflib
import importlib.util
import pathlib

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent / "sql"
FILES = sorted(FOLDER.glob("*.sql"))

# Files in which an answer still differs from PostgreSQL's, and how.
KNOWN_DIFFERENCES = {
    "sequences": "pg_get_serial_sequence() is not there",
    "system_views": "some relations and functions of pg_catalog are not there",
}

_spec = importlib.util.spec_from_file_location("record", FOLDER / "record.py")
record = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(record)


def marked(file):
    reason = KNOWN_DIFFERENCES.get(file.stem)
    marks = [pytest.mark.xfail(reason=reason)] if reason else []
    return pytest.param(file, marks=marks, id=file.stem)


@pytest.mark.parametrize("file", map(marked, FILES))
def test_answers_as_postgresql(server, file):
    expected = file.with_suffix(".out").read_text()
    actual = record.run_psql(file, server.host, server.port, "shale", "shale")
    difference = "\n".join(difflib.unified_diff(expected.splitlines(), actual.splitlines(),
                                                "postgresql", "shale", lineterm="", n=6))
    assert not difference, f"{file.name}\n{difference}"
