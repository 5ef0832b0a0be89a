"""What any reader sees: widths, sizes, leftovers, folders without a README."""

import pathlib
import re

from source_tree import Complaint

CODE = (".h", ".cc")
SCRIPTS = (".py", ".cmake", ".sh")
COLUMNS_MAX = 100
LINES_MAX = {".cc": 900, ".h": 400}

# Spelt in two parts so that this file may be checked as well.
LEFTOVERS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
UNHEARD_CHECK = re.compile(r"\s*rc::check\(")
WORKPLACE = re.compile(r"(?<![\w.$}])/(work|home)" + r"/")


def suffix_of(path):
    return pathlib.PurePosixPath(path).suffix


def is_script(path):
    return (suffix_of(path) in SCRIPTS or path.endswith("CMakeLists.txt")
            or (path.startswith("scripts/") and suffix_of(path) == ""))


def allowed_long(tree):
    """Paths of allow_long.txt: generated data and tables of functions."""
    path = "tests/tidy/allow_long.txt"
    if not tree.exists(path):
        return set()
    lines = (line.split("#")[0].strip() for line in tree.lines(path))
    return {line for line in lines if line}


def check_lines(tree, path):
    suffix = suffix_of(path)
    before = ""
    for number, line in enumerate(tree.lines(path), 1):
        if suffix in CODE:
            if "\t" in line:
                yield Complaint("tab", path, number, "a tab character")
            if line != line.rstrip():
                yield Complaint("trailing-space", path, number, "white space at the end of the line")
            if len(line) > COLUMNS_MAX:
                yield Complaint("columns", path, number,
                                f"{len(line)} columns, at most {COLUMNS_MAX} are allowed")
            if UNHEARD_CHECK.match(line) and not before.endswith("("):
                yield Complaint("unheard-check", path, number,
                                "a property that fails prints and passes: ASSERT_TRUE(rc::check(")
            before = line
        if suffix in CODE or is_script(path):
            # In comments only: a test may well name a value so.
            comment = line.partition("//" if suffix in CODE else "#")[2]
            match = LEFTOVERS.search(comment)
            if match:
                yield Complaint("leftover", path, number, f"the word {match.group()}")
        if WORKPLACE.search(line):
            yield Complaint("workplace", path, number, "an absolute path of somebody's machine")


def check(tree):
    long_allowed = allowed_long(tree)
    folders = set()
    for path in tree.files:
        if tree.text(path) is None:
            continue
        suffix = suffix_of(path)
        yield from check_lines(tree, path)
        if suffix not in CODE:
            continue
        text = tree.text(path)
        if suffix == ".h" and not re.search(r"^#pragma once$", text, re.MULTILINE):
            yield Complaint("pragma-once", path, 1, "a header without #pragma once")
        if suffix == ".h" and not text.startswith("//"):
            yield Complaint("header-comment", path, 1, "a header opens with what it is and why")
        count = text.count("\n")
        if count > LINES_MAX[suffix] and path not in long_allowed and not path.startswith("tests/"):
            yield Complaint("size", path, count, f"{count} lines, at most {LINES_MAX[suffix]}: split it, "
                            "or list generated data in tests/tidy/allow_long.txt")
        folder = path.rpartition("/")[0]
        if folder and not path.startswith("tests/"):
            folders.add(folder)
    for folder in sorted(folders):
        if not tree.exists(f"{folder}/README.md"):
            yield Complaint("readme", folder, 0, "a source folder without README.md")
