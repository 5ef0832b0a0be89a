"""Goal: the README's examples do what it says. Method: they are taken from it and run, ports replaced."""

import pathlib
import re
import subprocess
import sys

README = (pathlib.Path(__file__).parent.parent / "README.md").read_text()


def block(language):
    found = re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"one {language} block is expected in README.md"
    return found[0]


def test_sql_example(make_server):
    server = make_server()
    ran = subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(server.port),
         "-U", "shale", "shale"], input=block("sql"), capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == block("text").strip()


def test_python_example(make_server):
    server = make_server()
    program = block("python").replace("port=5432", f"port={server.port}")
    assert program != block("python")
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                         timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "hello\n"
