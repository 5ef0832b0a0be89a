#!/usr/bin/python3
"""Polices the source: the order of folders, fences around libraries, text rules, formatting.

    tests/tidy/tidy.py [--root FOLDER] [--no-format]     one line per complaint, exit status 1 if any
    tests/tidy/tidy.py --self-test                       shows that every rule complains where it should
"""

import argparse
import collections
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import format_rule
import layers
import self_test
import text_rules
from source_tree import SourceTree


def complaints_about(root, with_format=True):
    tree = SourceTree(root)
    found = [*layers.check(tree), *text_rules.check(tree)]
    if with_format:
        found.extend(format_rule.check(tree))
    return sorted(found, key=lambda complaint: (complaint.path, complaint.line, complaint.rule))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--no-format", action="store_true", help="leave clang-format out")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test.run(complaints_about)

    complaints = complaints_about(arguments.root, not arguments.no_format)
    for complaint in complaints:
        print(f"{complaint.path}:{complaint.line}: [{complaint.rule}] {complaint.text}")
    if complaints:
        counts = collections.Counter(complaint.rule for complaint in complaints)
        print("tidy:", ", ".join(f"{count} {rule}" for rule, count in counts.most_common()))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
