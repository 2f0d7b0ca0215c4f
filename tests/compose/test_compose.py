"""`--runtime compose` without any engine: what is said when Docker is missing, and how containers become parts."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exporter.settings import Settings
from provisioning import compose, docker
from provisioning.stack import StackError, State, record
from tests.parallel import free_port

Fake = Callable[..., None]
SECRET = "hunter2-very-secret"


@pytest.fixture
def docker_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """A `docker` on an otherwise empty PATH that answers by its first words; anything else fails."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("COMPOSE_PROJECT_NAME", raising=False)

    def say(**answers: str) -> None:
        (tmp_path / "bin").mkdir()
        cases = "".join(f"{words.replace('_', '-')}) printf '%s' '{text}';;\n" for words, text in answers.items())
        script = f'#!/bin/sh\ncase "$1" in\n{cases}*) echo "Cannot connect to the Docker daemon" >&2; exit 1;;\nesac\n'
        (tmp_path / "bin/docker").write_text(script)
        (tmp_path / "bin/docker").chmod(0o755)

    return say


def settings(tmp_path: Path, **stack: object) -> Settings:
    """Settings whose folder is the test's."""
    return Settings.model_validate(
        {"exporter": {"port": free_port()}, "stack": {"directory": str(tmp_path / "stack"), **stack}}
    )


def inspected(service: str, status: str, health: str = "", exit_code: int = 0, policy: str = "unless-stopped") -> Any:
    """A container as `docker inspect` tells it."""
    state: dict[str, Any] = {"Status": status, "ExitCode": exit_code}
    return {
        "Id": f"id-of-{service}",
        "State": {**state, "Health": {"Status": health}} if health else state,
        "Config": {"Labels": {"com.docker.compose.service": service}, "Env": [f"PASSWORD={SECRET}"]},
        "HostConfig": {"RestartPolicy": {"Name": policy}},
    }


def test_without_docker_the_message_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user learns what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StackError, match="docker is not installed; install Docker"):
        compose.up(settings(tmp_path), {})


def test_without_compose_the_message_says_so(docker_says: Fake, tmp_path: Path) -> None:
    """A Docker without its plugin is another case than no Docker."""
    docker_says(version="28.0")
    with pytest.raises(StackError, match="Docker Compose is not installed"):
        compose.up(settings(tmp_path), {})


def test_without_engine_the_message_says_so(docker_says: Fake, tmp_path: Path) -> None:
    """Docker's own reason is in the sentence; nothing was written yet."""
    docker_says(compose="v2")
    with pytest.raises(StackError, match=r"engine does not answer \(Cannot connect to the Docker daemon\); start it"):
        compose.up(settings(tmp_path), {})
    assert not (tmp_path / "stack").exists()


def test_a_busy_port_is_told_before_anything_is_started(docker_says: Fake, tmp_path: Path) -> None:
    """The message names the part, the port and the setting."""
    docker_says(compose="v2", version="28.0", ps="")
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(StackError, match=rf"prometheus: port {port} is in use .*set stack\.prometheus_port"):
            compose.up(settings(tmp_path, prometheus_port=port, postgres_port=free_port()), {})


def test_a_wrong_file_is_told_before_anything_is_started(docker_says: Fake, tmp_path: Path) -> None:
    """What Compose says of its file is part of the message."""
    docker_says(version="28.0")
    script = (
        '#!/bin/sh\n[ "$1$2" != composeversion ] && [ "$1" = compose ] && echo no such key >&2 && exit 15\nexit 0\n'
    )
    (tmp_path / "bin/docker").write_text(script)
    with pytest.raises(StackError, match=r"config failed with exit code 15: no such key"):
        compose.up(settings(tmp_path), {})


def test_two_at_once_are_refused(docker_says: Fake, tmp_path: Path) -> None:
    """One command at a time changes the stack."""
    docker_says(compose="v2", version="28.0", ps="")
    (tmp_path / "stack").mkdir()
    with record.lock(tmp_path / "stack"), pytest.raises(StackError, match="another up or down"):
        compose.up(settings(tmp_path), {})


def test_containers_become_parts(docker_says: Fake, tmp_path: Path) -> None:
    """Each state of a container has one meaning; the generator that did its work is no part."""
    found = [
        inspected("exporter", "running", "healthy"),
        inspected("prometheus", "running", "starting"),
        inspected("alertmanager", "running", "unhealthy"),
        inspected("grafana", "exited", exit_code=0),
        inspected("postgres", "exited", exit_code=2),
        inspected("demo", "restarting", exit_code=1),
        inspected("generator", "exited", policy="no"),
    ]
    docker_says(compose="v2", version="28.0", ps="a", inspect=json.dumps(found))
    parts = {part.name: part for part in compose.status(settings(tmp_path))}
    assert {name: part.state for name, part in parts.items()} == {
        "exporter": State.RUNNING,
        "prometheus": State.FAILED,
        "alertmanager": State.FAILED,
        "grafana": State.STOPPED,
        "postgres": State.FAILED,
        "demo": State.FAILED,
    }
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/metrics", parts["exporter"].url)
    assert parts["prometheus"].why.startswith("it is not ready yet (running)")
    assert parts["alertmanager"].why.startswith("it is not healthy")
    assert parts["postgres"].why.startswith("it ended with exit code 2")
    assert SECRET not in str(parts)


def test_only_what_is_there_for_one_task_may_end() -> None:
    """A service that ends by itself is never taken for one that is ready, whatever its exit code."""
    ended = docker.Container("id", "exporter", "exited", "", 0, once=False)
    assert not ended.ready
    assert ended.failed
    assert replace(ended, once=True).ready
    assert replace(ended, once=True, exit_code=1).failed


def test_a_generator_that_failed_is_a_part(docker_says: Fake, tmp_path: Path) -> None:
    """Without generated files nothing else starts, so it must be seen."""
    found = [inspected("generator", "exited", exit_code=1, policy="no")]
    docker_says(compose="v2", version="28.0", ps="a", inspect=json.dumps(found))
    assert [part.state for part in compose.status(settings(tmp_path))] == [State.FAILED]


def test_backfill_needs_the_prometheus_of_the_stack(docker_says: Fake, tmp_path: Path) -> None:
    """It must tell what it has already, or that would be written over."""
    docker_says(compose="v2", version="28.0", ps="a", inspect=json.dumps([inspected("prometheus", "exited")]))
    with pytest.raises(StackError, match="does not run; run watchfloor up --runtime compose first"):
        compose.beside(settings(tmp_path), "backfill", [])


def test_backfill_ends_as_its_container_does(
    docker_says: Fake, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The options go in, and the words and the exit code come out."""
    docker_says(
        compose="v2", version="28.0", ps="a", inspect=json.dumps([inspected("prometheus", "running", "healthy")])
    )
    file = tmp_path / "bin/docker"
    file.write_text(file.read_text().replace("compose) ", 'compose) [ "$6" != run ] || { echo "$@"; exit 7; }; '))
    monkeypatch.setenv("WATCHFLOOR_HISTORY_IMAGE", "own/history:9")
    assert compose.beside(settings(tmp_path), "backfill", ["--since=90d"]) == 7
    inside = (
        "--config /etc/watchfloor/watchfloor.yml backfill --data-dir /prometheus --prometheus http://prometheus:9090"
    )
    said = f"--profile history run --rm --no-deps -T history {inside} --since=90d"
    assert capfd.readouterr().out == f"compose --project-name watchfloor {said}\n"


def test_nothing_started_is_no_part(docker_says: Fake, tmp_path: Path) -> None:
    """An engine without our containers has an empty status."""
    docker_says(compose="v2", version="28.0", ps="")
    assert compose.status(settings(tmp_path)) == []


def test_programs_do_not_see_our_secrets(docker_says: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's URL reaches containers by a file, so Compose is not given it."""
    docker_says(compose="v2")
    monkeypatch.setenv("ANALYTICS_DATABASE_URL", SECRET)
    (tmp_path / "bin/docker").write_text('#!/bin/sh\nprintf "%s" "url=$ANALYTICS_DATABASE_URL port=$PROMETHEUS_PORT"\n')
    said = docker.Compose(("docker", "compose"), tmp_path, "p", {"PROMETHEUS_PORT": "9"}).run("config", timeout=10)
    assert said == "url= port=9"


def test_a_command_that_hangs_is_ended(docker_says: Fake, tmp_path: Path) -> None:
    """An engine that does not answer cannot hold the command line."""
    docker_says(compose="v2")
    (tmp_path / "bin/docker").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    with pytest.raises(StackError, match=r"docker compose p config did not end within 0\.2 s"):
        docker.Compose(("docker", "compose"), tmp_path, "p", {}).run("config", timeout=0.2)
