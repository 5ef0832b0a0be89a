"""The files that tidy looks at: those tracked by git or, outside a repository, all but build output."""

import collections
import os
import pathlib
import subprocess

Complaint = collections.namedtuple("Complaint", "rule path line text")

NOT_SOURCE = {".git", "build", "data", "__pycache__", ".pytest_cache", ".hypothesis", ".cache"}


class SourceTree:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = sorted(self._tracked() or self._walked())
        self._known = set(self.files)
        self._texts = {}

    def exists(self, path):
        return path in self._known or (self.root / path).is_file()

    def text(self, path):
        """The contents; None of what is not UTF-8."""
        if path not in self._texts:
            try:
                self._texts[path] = (self.root / path).read_bytes().decode("utf-8")
            except UnicodeDecodeError:
                self._texts[path] = None
        return self._texts[path]

    def lines(self, path):
        return (self.text(path) or "").split("\n")

    def _tracked(self):
        if not (self.root / ".git").exists():
            return None
        # The tree may belong to another user, in a container for instance.
        command = ["git", "-c", "safe.directory=*", "-C", str(self.root), "ls-files", "-z"]
        try:
            output = subprocess.run(command, check=True, capture_output=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return None
        names = output.decode().split("\0")
        return [name for name in names if name and (self.root / name).is_file()]

    def _walked(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in NOT_SOURCE]
            for name in names:
                yield str(pathlib.Path(folder, name).relative_to(self.root))
