"""clang-format agrees with every tracked .h and .cc file.

Versions of clang-format disagree with each other, so only the one of Debian 12 is asked; where it is not
installed the rule is left out, with a note.
"""

import concurrent.futures
import os
import re
import shutil
import subprocess

from source_tree import Complaint

VERSION = 14
BATCH = 16


def find_clang_format():
    for name in (f"clang-format-{VERSION}", "/usr/bin/clang-format", "clang-format"):
        path = shutil.which(name)
        if path:
            text = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
            if re.search(rf"version {VERSION}\.", text):
                return path
    return None


def check(tree):
    files = [path for path in tree.files if path.endswith((".h", ".cc"))]
    if not files or not tree.exists(".clang-format"):
        return
    program = find_clang_format()
    if program is None:
        print(f"tidy: clang-format {VERSION} is not installed, formatting was not checked")
        return

    def run(batch):
        command = [program, "--dry-run", "--Werror", "--ferror-limit=1", *batch]
        return subprocess.run(command, cwd=tree.root, capture_output=True, text=True).stderr

    batches = [files[i:i + BATCH] for i in range(0, len(files), BATCH)]
    seen = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for output in pool.map(run, batches):
            for path, line in re.findall(r"^(.+?):(\d+):\d+: error:", output, re.MULTILINE):
                if path not in seen:
                    seen.add(path)
                    yield Complaint("format", path, int(line), "not as `clang-format -i` leaves it")
