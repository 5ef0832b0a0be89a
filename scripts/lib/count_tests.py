"""Counts the test cases of one run of scripts/test and lists those that failed.

Usage: count_tests.py RESULTS_FOLDER. What lies there:
  STEP.failed        the step ended with an error
  STEP/*.xml         GoogleTest's results, one file per binary
  STEP.ctest.xml     ctest's results in JUnit form, one case per binary
  pytest.xml         pytest's results in JUnit form

A binary that wrote no results of its own counts as the one case that ctest saw. A step that failed
without a failed case (a build, a collection error) counts as one failed case. The last line printed is
`N passed, N failed[, N skipped]`; the exit status is 0 only where nothing failed and something passed.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


class Counts:
    def __init__(self):
        self.passed = 0
        self.skipped = 0
        self.failures = []

    def add(self, step, name, outcome):
        if outcome == "passed":
            self.passed += 1
        elif outcome == "skipped":
            self.skipped += 1
        else:
            self.failures.append((step, name))


def outcome_of(case):
    """One <testcase> of GoogleTest, ctest or pytest."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None:
        return "skipped"
    if case.get("status") == "fail":
        return "failed"
    if case.get("status") in ("notrun", "disabled") or case.get("result") == "skipped":
        return "skipped"
    return "passed"


def cases_of(file):
    """The <testcase> elements of a file; none where a crash has cut it off."""
    try:
        return list(ElementTree.parse(file).iter("testcase"))
    except ElementTree.ParseError:
        return []


def count_gtest(counts, step, folder):
    """Gives the names of the binaries whose own results were complete."""
    counted = {}
    for file in sorted(folder.glob("*.xml")):
        cases = cases_of(file)
        failed = False
        for case in cases:
            outcome = outcome_of(case)
            failed = failed or outcome == "failed"
            counts.add(step, f"{case.get('classname')}.{case.get('name')}", outcome)
        if cases:
            counted[file.stem] = failed
    return counted


def count_ctest(counts, step, file, counted):
    """Adds the binaries that GoogleTest's own files do not tell of."""
    for case in cases_of(file):
        name = case.get("name")
        outcome = outcome_of(case)
        if case.get("status") == "notrun" and case.find("failure") is None:
            outcome = "failed"  # ctest found no binary
        if name not in counted:
            counts.add(step, name, outcome)
        elif outcome == "failed" and not counted[name]:
            counts.add(step, f"{name} (after its last case)", outcome)  # a leak, say


def main():
    results = pathlib.Path(sys.argv[1])
    counts = Counts()
    for file in sorted(results.glob("*.ctest.xml")):
        step = file.name.removesuffix(".ctest.xml")
        count_ctest(counts, step, file, count_gtest(counts, step, results / step))
    if (results / "pytest.xml").exists():
        for case in cases_of(results / "pytest.xml"):
            counts.add("pytest", f"{case.get('classname')}.{case.get('name')}", outcome_of(case))
    failed_steps = {step for step, _ in counts.failures}
    for marker in sorted(results.glob("*.failed")):
        if marker.stem not in failed_steps:
            counts.add(marker.stem, "the step itself", "failed")

    for step, name in counts.failures:
        print(f"failed: {step}: {name}")
    failed = len(counts.failures)
    line = f"{counts.passed} passed, {failed} failed"
    if counts.skipped:
        line += f", {counts.skipped} skipped"
    print(line)
    return 0 if failed == 0 and counts.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
