"""A small chain of real processes: a switch that makes alerts fire, Prometheus, Alertmanager, and receivers that count."""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts import escalation
from alerts.rule import Alert, Severity
from exporter.labels import TENANT
from exporter.settings import Settings
from provisioning import alertmanager as alertmanager_files
from provisioning import prometheus as prometheus_files
from provisioning.document import document
from provisioning.endpoints import native
from tests.processes import (
    Process,
    answers,
    free_port,
    pytest_runtest_makereport,
    running,
    wait_until,
)

__all__ = ["pytest_runtest_makereport"]

PATIENCE = 60.0
BACKLOG = Alert(
    name="CallQueueBacklog",
    severity=Severity.CRITICAL,
    expr="trouble > 0",
    summary="Calls pile up.",
    description="They do.",
    no_data="It ends.",
    wait=1,
    by=(TENANT,),
)


@dataclass
class Switch:
    """A target whose series are what the test says, and receivers that keep what they get."""

    server: ThreadingHTTPServer
    trouble: dict[str, int] = field(default_factory=dict)
    got: list[tuple[str, float, dict[str, Any]]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.server.server_address[1]}"

    def told(self, receiver: str, tenant: str, status: str = "firing") -> list[dict[str, Any]]:
        """Alerts of a tenant that a receiver got, in their order."""
        return [
            {**alert, "received": at}
            for path, at, body in self.got
            if path == f"/{receiver}"
            for alert in body["alerts"]
            if alert["labels"].get("tenant") == tenant and alert["status"] == status
        ]


@pytest.fixture(scope="module")
def switch() -> Iterator[Switch]:
    """One for the module."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            lines = [f'trouble{{tenant="{name}"}} {value}\n' for name, value in here.trouble.items()]
            self._answer("".join(lines).encode())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            here.got.append((self.path, time.time(), body))
            self._answer(b"ok")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    here = Switch(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    thread = threading.Thread(target=here.server.serve_forever, daemon=True)
    thread.start()
    yield here
    here.server.shutdown()
    thread.join()
    here.server.server_close()


@dataclass
class Chain:
    """Prometheus and Alertmanager, which can be killed and started again on the same data."""

    folder: Path
    settings: Settings
    config: Path
    argv: Mapping[str, list[str]]
    processes: dict[str, Process] = field(default_factory=dict)
    stack: Any = None

    @property
    def prometheus(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.settings.stack.prometheus_port}"

    @property
    def alertmanager(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.settings.stack.alertmanager_port}"

    def start(self, name: str) -> None:
        """Start one and wait until it is ready."""
        url = self.prometheus if name == "prometheus" else self.alertmanager
        process = self.stack.enter_context(running(name, self.argv[name], self.folder))
        self.processes[name] = process
        wait_until(lambda: answers(f"{url}/-/ready"), PATIENCE, "it was ready", process)

    def kill(self, name: str) -> None:
        """End one as a power failure would."""
        self.processes[name].stop(signal.SIGKILL)


def chain(folder: Path, switch: Switch, settings: Mapping[str, Any]) -> Chain:
    """The files and commands of a chain, without a process yet. People are the channels `first`, `level1` and `level2`."""
    for name in ("prometheus", "prometheus-alertmanager"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not on the PATH; it comes with Debian's package of that name")
    ports = {"prometheus_port": free_port(), "alertmanager_port": free_port()}
    fast = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    names = ("first", "level1", "level2")
    channels = [{"name": name, "kind": "webhook", "secret_variable": name.upper()} for name in names]
    alerting = {"channels": channels, **settings.get("alerting", {})}
    given = {**settings, "alerting": alerting, "stack": {**ports, **fast, "directory": str(folder)}}
    config = folder / "watchfloor.yml"
    config.write_text(yaml.safe_dump(given))
    checked = Settings.model_validate(given)
    (folder / "backlog.yml").write_bytes(
        document({"groups": [{"name": "backlog", "rules": [BACKLOG.rule("calls", checked)]}]})
    )
    (folder / "escalation.yml").write_bytes(document(escalation.content(checked) or {"groups": []}))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(_prometheus(checked, switch)))
    variables = {name.upper(): f"http://{switch.address}/{name}" for name in names}
    for name, text in alertmanager_files.secrets(checked, variables, native(checked)).items():
        (folder / name).write_text(_quick(text) if name == alertmanager_files.PRIVATE_FILE else text)
    return Chain(folder, checked, config, _commands(folder, checked))


def _quick(text: str) -> str:
    """The generated configuration with a group of its own for each alert, and without the times that people wait for."""
    config = yaml.safe_load(text)
    routes = [config["route"]]
    while routes:
        route = routes.pop()
        route |= {"group_by": ["..."], "group_wait": "0s", "group_interval": "1s"}
        routes += route.get("routes", [])
    return yaml.safe_dump(config)


def _prometheus(settings: Settings, switch: Switch) -> dict[str, Any]:
    am = f"127.0.0.1:{settings.stack.alertmanager_port}"
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": ["backlog.yml", "escalation.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [am]}]}]},
        "scrape_configs": [{"job_name": "switch", "static_configs": [{"targets": [switch.address]}]}],
    }


def _commands(folder: Path, settings: Settings) -> dict[str, list[str]]:
    return {
        "prometheus": [
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{settings.stack.prometheus_port}",
            "--log.level=warn",
            *prometheus_files.FLAGS,
        ],
        "alertmanager": [
            "prometheus-alertmanager",
            f"--config.file={folder}/alertmanager.yml",
            f"--storage.path={folder}/am",
            f"--web.listen-address=127.0.0.1:{settings.stack.alertmanager_port}",
            "--cluster.listen-address=",
            # The stack's own is 10 s; what is written within it is lost with a kill.
            "--data.maintenance-interval=1s",
            "--log.level=debug",
        ],
    }
