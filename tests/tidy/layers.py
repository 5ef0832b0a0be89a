"""The order of folders, the public headers of each, and the fences around libraries.

Order: a folder may include itself and folders of a lower rank; folders of one rank do not see each
other. Fences: a library's headers are seen in the folders named and nowhere else.
"""

import re

from source_tree import Complaint

# Lowest first; folders in one tuple are peers.
RANKS = [
    ("engine/base",),
    ("engine/env",),
    ("engine/crypto",),
    ("engine:seam",),  # engine/*.h: what an engine is, seen by those who implement and who use one
    ("engine/format",),  # keys and iterators that the parts of an engine share
    ("engine/wal", "engine/memtable", "engine/table", "engine/txn"),
    ("engine/lsm",),
    ("engine/mvcc", "engine/model", "engine/inspect"),
    ("engine/backup", "engine/embed"),
    ("engine",),
    ("catalog/types",),
    ("catalog",),
    ("sql/vector", "sql/parse"),
    ("sql/expr",),
    ("sql/bind",),
    ("sql/plan",),
    ("sql/exec",),
    ("sql/exec/ddl", "sql/exec/copy", "sql/stats"),
    ("sql/system",),
    ("sql/session",),
    ("wire",),
    ("admin",),
    ("config",),
    ("main.cc",),
]
RANK_OF = {folder: rank for rank, folders in enumerate(RANKS) for folder in folders}

# What of the engine the folders above it may include; main.cc builds the objects, so it sees the
# headers of everything it builds.
ENGINE_PUBLIC = re.compile(r"engine/(base/)?[^/]+\.h")
# What of sql wire/ and admin/ may include.
SQL_PUBLIC = re.compile(r"sql/(session|vector)/[^/]+\.h")

POSIX_FILES = re.compile(
    r"fcntl\.h|sys/stat\.h|sys/file\.h|dirent\.h|filesystem|fstream"
    r"|sys/uio\.h|linux/io_uring\.h|liburing\.h")

# (rule, headers, folders that may include them, why)
FENCES = [
    ("fence-uv", re.compile(r"uv\.h|uv/.*"), ("wire",), "libuv is seen in wire/ only"),
    ("fence-pg-query",
     re.compile(r"pg_query.*|postgres\.h|nodes/.*\.h|utils/(palloc|memutils|elog)\.h"),
     ("sql/parse",), "PostgreSQL's parser is seen in sql/parse/ only"),
    ("fence-beast", re.compile(r"boost/(beast|asio)(/.*|\.hpp)"), ("admin",),
     "Boost.Beast and Asio are seen in admin/ only"),
    # Options are read before there is anything to read files with; config/ may use streams for that.
    ("fence-mmap", re.compile(r"sys/mman\.h"), ("engine/base",),
     "memory from the system is engine/base/page_memory.h; files are not mapped"),
    ("fence-files", POSIX_FILES, ("engine/env", "config"),
     "files are reached through engine/env/file_system.h"),
    ("fence-unistd", re.compile(r"unistd\.h"), ("engine/env", "wire", "main.cc"),
     "system calls are made in engine/env/, wire/ and main.cc"),
]
# The calls themselves, for those who declare them by hand or get them by another header.
POSIX_CALLS = re.compile(
    r"(?<![\w.>])(?:::)(?:open|openat|pread|pwrite|fsync|fdatasync|rename|unlink|mmap|ftruncate)\s*\(")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
PROJECT_ROOTS = ("engine/", "catalog/", "sql/", "wire/", "admin/", "config/", "tests/")


def folder_of(path):
    """The folder of RANKS that a file belongs to, or None."""
    if path == "main.cc":
        return "main.cc"
    folder = path.rpartition("/")[0]
    if folder == "engine" and path.endswith(".h"):
        return "engine:seam"
    return folder if folder in RANK_OF else None


def is_product(path):
    return path.endswith((".h", ".cc")) and not path.startswith(("tests/", "integration/", "scripts/"))


def check_include(path, folder, header, tree):
    """The first rule that this include of a project header breaks, as (rule, text)."""
    if ".." in header.split("/") or not tree.exists(header):
        return "include-path", f'"{header}" is not a path from the root of the repository'
    target = folder_of(header)
    if header.startswith("tests/"):
        return "order", f"{header} is of the tests"
    if target is None or target == folder:
        return None
    if RANK_OF[target] >= RANK_OF[folder]:
        return "order", f"{folder} may not include {header}: it comes before {target}"
    if not folder.startswith("engine") and folder != "main.cc":
        if header.startswith("engine/") and not ENGINE_PUBLIC.fullmatch(header):
            return "public", f"{header} is not public: outside engine/ only engine/*.h and engine/base"
        if folder in ("wire", "admin") and header.startswith("sql/"):
            if not SQL_PUBLIC.fullmatch(header):
                return "public", f"{folder} may include of sql only sql/session and sql/vector"
    return None


def fence_folder(path):
    """Where a file stands for the fences: a test stands where the folder it mirrors does."""
    if path.startswith("tests/"):
        path = path.removeprefix("tests/")
    return "main.cc" if path == "main.cc" else path.rpartition("/")[0]


def is_within(folder, allowed):
    return folder == allowed or folder.startswith(allowed + "/")


def check_fences(path, header):
    is_test = path.startswith("tests/")
    folder = fence_folder(path)
    # These talk to a whole server from outside.
    if is_test and folder.split("/")[0] in ("libpq", "bench", "fuzz"):
        return None
    for rule, headers, allowed, why in FENCES:
        if is_test and rule in ("fence-files", "fence-unistd"):
            continue  # tests make folders and processes of their own
        if headers.fullmatch(header) and not any(is_within(folder, one) for one in allowed):
            return rule, f"<{header}>: {why}"
    return None


def check(tree):
    for path in tree.files:
        if not path.endswith((".h", ".cc")):
            continue
        folder = folder_of(path)
        product = is_product(path)
        if product and folder is None:
            yield Complaint("order", path, 0, "this folder has no place in the order of folders")
        for number, line in enumerate(tree.lines(path), 1):
            match = INCLUDE.match(line)
            if match:
                quote, header = match.groups()
                found = check_fences(path, header)
                if not found and product and folder:
                    ours = header.startswith(PROJECT_ROOTS) and tree.exists(header)
                    foreign = any(one[1].fullmatch(header) for one in FENCES)
                    if ours or (quote == '"' and not foreign and folder != "sql/parse"):
                        found = check_include(path, folder, header, tree)
                if found:
                    yield Complaint(found[0], path, number, found[1])
            elif product and not is_within(folder or "", "engine/env") and POSIX_CALLS.search(line):
                yield Complaint("fence-files", path, number,
                                "a file call: files are reached through engine/env/file_system.h")
