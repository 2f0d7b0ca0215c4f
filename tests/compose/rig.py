"""A stack in containers as the tests see it, and what they put beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import requests

from tests.compose.conftest import ROOT
from tests.compose.engine import Engine
from tests.processes import wait_until

PROJECT: Final = "watchfloor-test"
NETWORK: Final = f"{PROJECT}_default"
DATA: Final = "/var/lib/postgresql/data"
LONG: Final = 250.0
STARTED: Final = "SELECT count(*) FROM call_sessions WHERE initiated_at <= coalesce(%s::timestamptz, now())"

# Tells each message that comes in: its state and the names of its alerts.
HOOK: Final = """
import http.server, json
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        print(json.dumps([sent["status"], [alert["labels"]["alertname"] for alert in sent["alerts"]]]), flush=True)
        self.send_response(200)
        self.end_headers()
http.server.ThreadingHTTPServer(("", 8080), Hook).serve_forever()
"""


@dataclass(frozen=True)
class Stack:
    """A started stack."""

    engine: Engine
    folder: Path
    ports: dict[str, int]
    images: dict[str, str]
    up: str

    def command(self, *arguments: str, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run our command line."""
        return command(self.engine, {**self.images, **variables}, self.folder, *arguments, check=check)

    def get(self, expression: str, at: float | None = None) -> list[Any]:
        """What Prometheus answers to an expression."""
        url = f"http://127.0.0.1:{self.ports['prometheus']}/api/v1/query"
        params = {"query": expression, **({} if at is None else {"time": repr(at)})}
        found: list[Any] = requests.get(url, params, timeout=10).json()["data"]["result"]
        return found

    def query(self, expression: str, at: float | None = None) -> float | None:
        """Value of an expression in Prometheus, None when there is none."""
        result = self.get(expression, at)
        return float(result[0]["value"][1]) if result else None

    def inspect(self) -> dict[str, Any]:
        """Every container by its service."""
        ids = self.engine.docker("ps", "--all", "--quiet").split()
        found = json.loads(self.engine.docker("inspect", *ids)) if ids else []
        return {item["Config"]["Labels"].get("com.docker.compose.service"): item for item in found}

    def secrets(self) -> dict[str, str]:
        """What must not be seen: every generated password."""
        files = (self.folder / "stack/compose/secrets").iterdir()
        return {
            path.name: path.read_text().strip() for path in files if path.name.startswith(("postgres_", "grafana_a"))
        }

    def database(self, host: str, port: int) -> psycopg.Connection[Any]:
        """A reader's connection."""
        password = self.secrets()["postgres_watchfloor_reader"]
        url = f"postgresql://watchfloor_reader:{password}@{host}:{port}/watchfloor_demo"
        return psycopg.connect(url, autocommit=True)

    @contextmanager
    def settings(self) -> Iterator[dict[str, Any]]:
        """Settings to change until the end of the context; `write` puts them into the file."""
        file = self.folder / "watchfloor.yml"
        before = file.read_text()
        try:
            yield json.loads(before)
        finally:
            file.write_text(before)

    def write(self, settings: Mapping[str, Any]) -> None:
        """Put settings into the file."""
        (self.folder / "watchfloor.yml").write_text(json.dumps(settings))


def command(
    engine: Engine, variables: Mapping[str, str], folder: Path, *arguments: str, check: bool
) -> subprocess.CompletedProcess[str]:
    """Our command line with an engine."""
    own = {"WATCHFLOOR_BUILD_NETWORK": "host", "COMPOSE_PROJECT_NAME": PROJECT}
    result = subprocess.run(
        [sys.executable, "-m", "generator", "--config", str(folder / "watchfloor.yml"), *arguments],
        cwd=ROOT,
        env={**engine.environment, **variables, **own},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert result.returncode == 0 or not check, result.stdout + result.stderr
    return result


def compose(engine: Engine, variables: Mapping[str, str], *arguments: str) -> None:
    """Compose itself, on the project's file."""
    result = subprocess.run(
        ["docker", "compose", "--project-name", PROJECT, *arguments],
        cwd=ROOT,
        env={**engine.environment, **variables, "WATCHFLOOR_BUILD_NETWORK": "host"},
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def wait(what: Callable[[], bool], seconds: float = 90) -> None:
    """Until it holds."""
    wait_until(what, seconds, "it holds")


def calls(database: psycopg.Connection[Any], at: datetime | None = None) -> int:
    """Calls that had begun at a time, or have by now."""
    row = database.execute(STARTED, (at,)).fetchone()
    assert row is not None
    return int(row[0])


def midnights(days: int) -> list[datetime]:
    """The beginnings of the last days."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return [today - timedelta(days=day) for day in range(days)]


@contextmanager
def container(engine: Engine, name: str, image: str, *options: str, words: tuple[str, ...] = ()) -> Iterator[None]:
    """A container in the stack's network that Compose knows nothing of."""
    engine.docker("run", "--detach", "--name", name, "--network", NETWORK, *options, image, *words)
    try:
        yield
    finally:
        engine.docker("rm", "--force", name)


@contextmanager
def own_database(stack: Stack) -> Iterator[str]:
    """The demo's data in a server that Compose knows nothing of."""
    # The engine routes nothing between networks, so it shares the one that Compose will find and use.
    labels = [f"com.docker.compose.{name}" for name in (f"project={PROJECT}", "network=default")]
    stack.engine.docker("network", "create", *(f"--label={label}" for label in labels), NETWORK)
    options = ("--user", "postgres", "--volume", f"{PROJECT}_postgres:{DATA}", "--env", f"PGDATA={DATA}/files")
    password = stack.secrets()["postgres_watchfloor_reader"]
    with container(stack.engine, "own-database", stack.images["POSTGRES_IMAGE"], *options):
        yield f"postgresql://watchfloor_reader:{password}@own-database:5432/watchfloor_demo"


def address(engine: Engine, name: str) -> str:
    """Where this machine reaches a container."""
    return engine.docker(
        "inspect", "--format", f'{{{{(index .NetworkSettings.Networks "{NETWORK}").IPAddress}}}}', name
    ).strip()


def certificate(folder: Path) -> None:
    """A certificate that is good for the exporter under its names in and out of the containers."""
    names = "subjectAltName=DNS:exporter,IP:127.0.0.1"
    files = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"))
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=exporter"]
    subprocess.run([*request, "-addext", names, *files], check=True, capture_output=True)


def owners(stack: Stack) -> set[int]:
    """Accounts that own what is in Prometheus' volume."""
    place = stack.engine.docker("volume", "inspect", "--format", "{{.Mountpoint}}", f"{PROJECT}_prometheus").strip()
    blocks = [path for path in Path(place).iterdir() if len(path.name) == 26]
    assert blocks
    return {path.stat().st_uid for block in blocks for path in (block, *block.rglob("*"))}


def named(series: Mapping[str, str]) -> str:
    """A selector of one series."""
    labels = (f"{name}={json.dumps(value)}" for name, value in series.items() if name != "__name__")
    return f"{series['__name__']}{{{','.join(labels)}}}"


def messages(stack: Stack, status: str, alert: str) -> int:
    """How many messages about an alert have come."""
    lines = stack.engine.docker("logs", "hook").splitlines()
    sent = [json.loads(line) for line in lines if line.startswith("[")]
    return sum(state == status and alert in names for state, names in sent)
