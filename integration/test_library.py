"""Goal: the engine installs as a library that a program of one's own can use, and nothing of SQL or network comes along.

Method: install from the build tree into an empty prefix, build a small program against it, run it twice.
"""

import pathlib
import subprocess

import pytest

from server import binary_path

BUILD = pathlib.Path(binary_path()).resolve().parent

CMAKE = """
cmake_minimum_required(VERSION 3.25)
project(outside LANGUAGES CXX)
find_package(ShaleEngine REQUIRED)
add_executable(outside outside.cc)
target_link_libraries(outside PRIVATE Shale::engine)
"""

PROGRAM = r"""
#include <engine/embed/local_engine.h>

#include <cstdio>

using namespace shale;
using namespace shale::engine;

int main(int, char** argv) {
  auto engine = LocalEngine::Open(argv[1]);
  if (!engine.ok()) {
    std::printf("%s\n", engine.status().message().c_str());
    return 1;
  }
  KvStore& store = (*engine)->store();
  auto transaction = store.Begin({});
  PinnedBytes value;
  auto found = BlockingWait(transaction->Get("count", &value));
  if (!found.ok()) return 1;
  int count = *found ? std::atoi(std::string(value.view()).c_str()) : 0;
  std::printf("%d\n", count);
  if (!transaction->Put("count", std::to_string(count + 1)).ok()) return 1;
  return BlockingWait(transaction->Commit()).outcome == CommitOutcome::kCommitted ? 0 : 1;
}
"""


def run(*command, cwd=None):
    ended = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.skipif(not (BUILD / "CMakeCache.txt").exists(), reason="the server is not in a build tree")
def test_a_program_outside_uses_the_installed_engine(tmp_path):
    prefix = tmp_path / "prefix"
    run("cmake", "--build", BUILD, "--target", "shale_engine", "-j2")
    run("cmake", "--install", BUILD, "--component", "engine", "--prefix", prefix)
    installed = {path.relative_to(prefix / "include/shale").as_posix()
                 for path in (prefix / "include/shale").rglob("*.h")}
    assert {"engine/kv_store.h", "engine/options.h", "engine/plugin.h", "engine/base/status.h"} <= installed
    assert {name.split("/")[0] for name in installed} == {"engine"}
    assert {name.split("/")[1] for name in installed if name.count("/") == 2} == {"base", "embed"}
    source = tmp_path / "source"
    source.mkdir()
    (source / "CMakeLists.txt").write_text(CMAKE)
    (source / "outside.cc").write_text(PROGRAM)
    run("cmake", "-G", "Ninja", "-S", source, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", tmp_path / "build")
    program = tmp_path / "build/outside"
    assert run(program, tmp_path / "data").splitlines()[-1] == "0"
    assert run(program, tmp_path / "data").splitlines()[-1] == "1"
    libraries = run("ldd", program)
    assert "libuv" not in libraries and "libpg_query" not in libraries and "libssl" not in libraries
