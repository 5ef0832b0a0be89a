"""Shows for every rule one small tree that breaks it, and one that breaks none.

Each case is a good tree with one file put in or changed; exactly the rule named must complain, and about
that file.
"""

import pathlib
import tempfile

import format_rule

HEADER = "// A header of the self-test.\n#pragma once\n"
FORMAT = (pathlib.Path(__file__).resolve().parents[2] / ".clang-format")

GOOD = {
    "engine/base/README.md": "base\n", "engine/base/status.h": HEADER,
    "engine/env/README.md": "env\n",
    "engine/env/file_system.h": HEADER + '#include "engine/base/status.h"\n',
    "engine/env/posix.cc": '#include <fcntl.h>\n\nint Open() { return ::open("x", 0); }\n',
    "engine/wal/README.md": "wal\n", "engine/wal/log.h": HEADER + '#include "engine/kv_store.h"\n',
    "engine/memtable/README.md": "memtable\n", "engine/memtable/list.h": HEADER,
    "engine/mvcc/README.md": "mvcc\n", "engine/mvcc/store.h": HEADER,
    "engine/README.md": "engine\n",
    "engine/kv_store.h": HEADER + '#include "engine/base/status.h"\n',
    "catalog/README.md": "catalog\n",
    "catalog/table.h": HEADER + '#include "engine/kv_store.h"\n',
    "sql/parse/README.md": "parse\n",
    "sql/parse/raw.cc": 'extern "C" {\n#include "nodes/parsenodes.h"\n#include "postgres.h"\n}\n',
    "sql/vector/README.md": "vector\n", "sql/vector/batch.h": HEADER,
    "sql/plan/README.md": "plan\n", "sql/plan/plan.h": HEADER,
    "sql/session/README.md": "session\n", "sql/session/session.h": HEADER,
    "wire/README.md": "wire\n",
    "wire/loop.cc": '#include <unistd.h>\n#include <uv.h>\n\n#include "sql/session/session.h"\n',
    "admin/README.md": "admin\n",
    "admin/server.cc": '#include <boost/beast/core.hpp>\n\n#include "sql/session/session.h"\n',
    "main.cc": '#include "engine/mvcc/store.h"\n#include "wire/frame.h"\n',
    "wire/frame.h": HEADER,
    "tests/wire/loop_test.cc": '#include <uv.h>\n\n#include <filesystem>\n',
}


def including(header):
    return f"#include {header}\n"


# (rule, file, contents; None takes the file away)
BAD = [
    ("order", "engine/base/bad.cc", including('"engine/env/file_system.h"')),
    ("order", "engine/env/bad.cc", including('"engine/kv_store.h"')),
    ("order", "engine/wal/bad.cc", including('"engine/memtable/list.h"')),
    ("order", "engine/wal/bad.cc", including('"engine/mvcc/store.h"')),
    ("order", "engine/bad.h", HEADER + including('"engine/mvcc/store.h"')),
    ("order", "engine/mvcc/bad.cc", including('"catalog/table.h"')),
    ("order", "catalog/bad.cc", including('"sql/plan/plan.h"')),
    ("order", "sql/vector/bad.cc", including('"sql/session/session.h"')),
    ("order", "sql/session/bad.cc", including('"wire/frame.h"')),
    ("order", "wire/bad.cc", including("<main.cc>").replace("<main.cc>", '"main.cc"')),
    ("order", "elsewhere/bad.cc", "\n"),
    ("public", "catalog/bad.cc", including('"engine/mvcc/store.h"')),
    ("public", "sql/plan/bad.cc", including('"engine/env/file_system.h"')),
    ("public", "catalog/bad.cc", including("<engine/mvcc/store.h>")),
    ("public", "wire/bad.cc", including('"sql/plan/plan.h"')),
    ("public", "admin/bad.cc", including('"sql/plan/plan.h"')),
    ("include-path", "wire/bad.cc", including('"frame.h"')),
    ("include-path", "wire/bad.cc", including('"../wire/frame.h"')),
    ("fence-uv", "admin/bad.cc", including("<uv.h>")),
    ("fence-uv", "tests/admin/bad.cc", including("<uv.h>")),
    ("fence-pg-query", "sql/plan/bad.cc", including("<pg_query/pg_query_internal.h>")),
    ("fence-pg-query", "sql/plan/bad.cc", including('"nodes/parsenodes.h"')),
    ("fence-beast", "wire/bad.cc", including("<boost/asio.hpp>")),
    ("fence-files", "engine/lsm/bad.cc", including("<fcntl.h>")),
    ("fence-mmap", "engine/env/bad.cc", including("<sys/mman.h>")),
    ("fence-files", "catalog/bad.cc", including("<filesystem>")),
    ("fence-files", "wire/bad.cc", "int Open() { return ::open(nullptr, 0); }\n"),
    ("fence-unistd", "sql/plan/bad.cc", including("<unistd.h>")),
    ("tab", "wire/bad.cc", "// a\tb\n"),
    ("trailing-space", "wire/bad.cc", "int a; \n"),
    ("unheard-check", "tests/bad_test.cc", "void Test() {\n  rc::check([] {});\n}\n"),
    ("columns", "wire/bad.cc", "// " + "a" * 98 + "\n"),
    ("pragma-once", "wire/bad.h", "// A header.\n"),
    ("header-comment", "wire/bad.h", "#pragma once\n"),
    ("size", "wire/bad.cc", "\n" * 901),
    ("size", "wire/bad.h", HEADER + "\n" * 400),
    ("leftover", "wire/bad.cc", "// TO" + "DO: more\n"),
    ("leftover", "scripts/bad.py", "# FIX" + "ME\n"),
    ("workplace", "wire/README.md", "see /ho" + "me/me/notes\n"),
    ("readme", "wire/README.md", None),
]
if format_rule.find_clang_format():
    BAD.append(("format", "wire/bad.cc", "int  a ;\n"))


def make_tree(root, changes):
    files = {**GOOD, ".clang-format": FORMAT.read_text(), **changes}
    if "engine/lsm/bad.cc" in files:
        files["engine/lsm/README.md"] = "lsm\n"
    if "elsewhere/bad.cc" in files:
        files["elsewhere/README.md"] = "elsewhere\n"
    for path, text in files.items():
        if text is not None:
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)


def complaints_of(complaints_about, changes, with_format):
    with tempfile.TemporaryDirectory() as root:
        make_tree(root, changes)
        return complaints_about(root, with_format)


def run(complaints_about):
    failures = []
    good = complaints_of(complaints_about, {}, True)
    if good:
        failures.append(f"complaints about a good tree: {good}")
    long_file = {"wire/data.cc": "\n" * 901, "tests/tidy/allow_long.txt": "wire/data.cc  # a table\n"}
    if complaints_of(complaints_about, long_file, False):
        failures.append("allow_long.txt is not heeded")
    for rule, path, text in BAD:
        found = complaints_of(complaints_about, {path: text}, rule == "format")
        about = "wire" if rule == "readme" else path
        if {(one.rule, one.path) for one in found} != {(rule, about)}:
            failures.append(f"wanted [{rule}] about {about} for {text!r:.60}, got {found}")
    for failure in failures:
        print("tidy self-test:", failure)
    print(f"tidy self-test: {len(BAD) + 2 - len(failures)} of {len(BAD) + 2} as they should be")
    return 1 if failures else 0
