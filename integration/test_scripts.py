"""Goal: the commands of scripts/ keep their promises. Method: run those that change nothing."""

import json
import os
import subprocess
import time

import pytest

from server import REPOSITORY


def run(*command, **options):
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, **options)


def listed(purpose):
    return set(run("scripts/deps", "--list", purpose).stdout.split())


def test_deps_is_quick_and_silent_when_nothing_is_missing():
    begin = time.monotonic()
    done = run("scripts/deps", "test")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.monotonic() - begin < 0.5


def test_deps_of_serve_bring_no_server():
    assert "postgresql-15" not in listed("serve")
    assert listed("serve") < listed("test") < listed("bench")


def test_deps_names_the_packages_where_there_is_no_apt(tmp_path):
    for tool in ("bash", "sed"):
        (tmp_path / tool).symlink_to(f"/bin/{tool}")
    done = run("scripts/deps", "serve", env={"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert all(package in done.stderr for package in listed("serve"))


def test_deps_refuses_what_it_does_not_know():
    done = run("scripts/deps", "everything")
    assert done.returncode != 0
    assert "everything" in done.stderr


def test_bench_lists_its_names():
    done = run("scripts/bench", "--help")
    assert done.returncode == 0
    for file in (REPOSITORY / "scripts/benches").glob("*"):
        if file.is_file() and os.access(file, os.X_OK):
            assert file.name in done.stdout
    assert run("scripts/bench", "no-such-bench").returncode == 2


GTEST = """<testsuites><testsuite name="A">
<testcase name="Good" status="run" result="completed" classname="A"/>
<testcase name="Bad" status="run" result="completed" classname="A"><failure message="no"/></testcase>
<testcase name="Off" status="run" result="skipped" classname="A"><skipped message=""/></testcase>
</testsuite></testsuites>"""
CTEST = """<testsuite name="c">
<testcase name="a_test" classname="a_test" status="fail"><failure message=""/></testcase>
<testcase name="died_test" classname="died_test" status="fail"><failure message=""/></testcase>
<testcase name="leaky_test" classname="leaky_test" status="fail"><failure message=""/></testcase>
<testcase name="missing_test" classname="missing_test" status="notrun"><skipped message=""/></testcase>
<testcase name="tidy" classname="tidy" status="run"/>
</testsuite>"""
PYTEST = """<testsuites><testsuite name="pytest">
<testcase classname="test_x" name="test_one"/>
<testcase classname="test_x" name="test_two"><error message="no"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def results(tmp_path):
    (tmp_path / "unit").mkdir()
    (tmp_path / "unit/a_test.xml").write_text(GTEST)
    (tmp_path / "unit/leaky_test.xml").write_text(
        '<testsuites><testcase name="Good" status="run" classname="L"/></testsuites>')
    (tmp_path / "unit/died_test.xml").write_text("<testsuites><testsu")
    (tmp_path / "unit.ctest.xml").write_text(CTEST)
    (tmp_path / "pytest.xml").write_text(PYTEST)
    (tmp_path / "unit.failed").touch()
    (tmp_path / "build-tsan.failed").touch()
    return tmp_path


def count(results):
    return run("/usr/bin/python3", "scripts/lib/count_tests.py", str(results))


def test_counting_every_kind_of_failure(results):
    done = count(results)
    lines = done.stdout.strip().split("\n")
    assert lines[-1] == "4 passed, 6 failed, 1 skipped"
    assert lines[:-1] == [
        "failed: unit: A.Bad", "failed: unit: died_test",
        "failed: unit: leaky_test (after its last case)", "failed: unit: missing_test",
        "failed: pytest: test_x.test_two", "failed: build-tsan: the step itself"]
    assert done.returncode == 1


def test_counting_without_failures(tmp_path):
    (tmp_path / "pytest.xml").write_text('<testsuite><testcase classname="a" name="b"/></testsuite>')
    done = count(tmp_path)
    assert (done.returncode, done.stdout) == (0, "1 passed, 0 failed\n")


def test_nothing_counted_is_a_failure(tmp_path):
    done = count(tmp_path)
    assert (done.returncode, done.stdout) == (1, "0 passed, 0 failed\n")


def test_contention_bench(binary, tmp_path):
    """Its own checks count every update and job; a goal that is missed in a second says nothing."""
    figures = tmp_path / "figures.json"
    done = run("scripts/benches/contention", "--only", "counter", "queue", "--rounds", "1", "--seconds", "1", "--json", str(figures),
               "--directory", "/tmp", env={**os.environ, "SHALE_BINARY": binary})
    assert done.returncode == 0, done.stderr
    assert {row["name"] for row in json.loads(figures.read_text())} == {
        "contention counter", "contention counter p99", "contention queue", "contention queue p99"}
