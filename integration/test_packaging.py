"""Goal: Dockerfile and docker-compose.yml agree with each other and with the server.

Method: both are read as text, for no container can be run here; the health check, which is a shell
command, is run against a real server and against a closed port.
"""

import json
import re
import subprocess

import psycopg
import pytest
import yaml

from server import REPOSITORY, free_port


@pytest.fixture(scope="module")
def dockerfile():
    """(instruction, argument) of the last stage, continued lines joined."""
    text = (REPOSITORY / "Dockerfile").read_text()
    text = re.sub(r"(?m)^#.*\n", "", text).replace("\\\n", " ")
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    last = max(i for i, line in enumerate(lines) if line.startswith("FROM "))
    return [tuple(line.split(maxsplit=1)) for line in lines[last:]]


@pytest.fixture(scope="module")
def service():
    return yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]["shale"]


def argument_of(dockerfile, instruction):
    found = [argument for name, argument in dockerfile if name == instruction]
    assert len(found) == 1, f"{instruction} stands {len(found)} times"
    return found[0]


def health_command(dockerfile):
    return json.loads(argument_of(dockerfile, "HEALTHCHECK").split("CMD", 1)[1])


def test_ports_agree(dockerfile, service):
    exposed = argument_of(dockerfile, "EXPOSE").split()
    entry = json.loads(argument_of(dockerfile, "ENTRYPOINT"))
    listening = [entry[entry.index(option) + 1].split(":")[1]
                 for option in ("--listen", "--admin-listen")]
    inside = [mapping.split(":")[2] for mapping in service["ports"]]
    assert exposed == listening == inside == ["5432", "8080"]


def test_ports_are_published_on_the_loopback_only(service):
    assert all(mapping.startswith("127.0.0.1:") for mapping in service["ports"])


def test_data_lies_in_the_volume(dockerfile, service):
    volume = argument_of(dockerfile, "VOLUME")
    entry = json.loads(argument_of(dockerfile, "ENTRYPOINT"))
    assert entry[entry.index("--data-dir") + 1] == volume
    name, target = service["volumes"][0].split(":")
    assert target == volume
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    assert name in compose["volumes"]


def test_user_is_not_root(dockerfile, service):
    user = argument_of(dockerfile, "USER")
    run = " ".join(argument for name, argument in dockerfile if name == "RUN")
    assert user == "shale"
    assert re.search(rf"useradd .*\b{user}\b", run)
    assert re.search(rf"install -d -o {user} .* /data", run)
    assert "user" not in service


def test_password_is_asked_for(service):
    assert service["environment"]["SHALE_PASSWORD"].startswith("${SHALE_PASSWORD:?")


def test_health_checks_agree(dockerfile, service):
    command = service["healthcheck"]["test"]
    assert command[0] == "CMD"
    # Compose writes a dollar twice; YAML folded the lines.
    assert [part.replace("$$", "$") for part in command[1:]] == health_command(dockerfile)


def run_health_check(dockerfile, port):
    command = [part.replace("8080", str(port)) for part in health_command(dockerfile)]
    return subprocess.run(command, capture_output=True, timeout=20).returncode


def test_health_check_finds_a_server(dockerfile, server):
    assert run_health_check(dockerfile, server.admin_port) == 0


def test_health_check_misses_one(dockerfile):
    assert run_health_check(dockerfile, free_port()) != 0


@pytest.mark.slow
def test_entry_point_serves_with_a_password(dockerfile, binary, make_server):
    """The image's own command line, on free ports and another directory."""
    server = make_server(start=False, environment={"SHALE_PASSWORD": "sesame"})
    entry = json.loads(argument_of(dockerfile, "ENTRYPOINT"))[1:]
    replaced = {"/data": str(server.data_dir), "0.0.0.0:5432": f"0.0.0.0:{server.port}",
                "0.0.0.0:8080": f"0.0.0.0:{server.admin_port}"}
    server.command = lambda: [binary, *[replaced.get(part, part) for part in entry]]
    server.password = "sesame"
    server.start()
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert run_health_check(dockerfile, server.admin_port) == 0
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.dsn.replace("sesame", "wrong"))
