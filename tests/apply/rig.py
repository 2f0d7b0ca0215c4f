"""A Grafana for tests, the stand-in or a real one, with the command line on one side and a person's hands on the other."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
import yaml
from click.testing import CliRunner, Result

from generator.cli import cli
from tests.apply import files
from tests.grafana_api.server import TOKEN
from tests.processes import ROOT

VOLATILE = frozenset(
    {"id", "version", "updated", "created", "createdBy", "updatedBy", "orgId", "orgID", "guid", "meta", "accessControl"}
)
KINDS = {
    "folder": 2, "data source": 2, "library panel": 1, "dashboard": 2, "template": 1, "mute timing": 1, "contact point": 2,
    "policies": 1, "rule group": 2,
}  # fmt: skip
"""How many of each kind the files make, in the order in which they are applied."""


@dataclass
class Rig:
    """One test's Grafana, files and settings."""

    url: str
    name: str
    folder: Path
    environment: dict[str, str]
    real: bool
    content: dict[str, Any] = field(default_factory=dict)

    @property
    def out(self) -> Path:
        """Where the files are."""
        return self.folder / "out"

    def write(self, content: dict[str, Any] | None = None) -> None:
        """Generate the files."""
        self.content = self.content if content is None else content
        files.write(self.out, self.content)

    @property
    def admin(self) -> tuple[str, str]:
        """Who may do everything."""
        return self.environment.get("GRAFANA_USER", "admin"), self.environment.get("GRAFANA_PASSWORD", "admin")

    @property
    def parent(self) -> str:
        """The uid of the folder."""
        return _folder(self.name, f"Folder {self.name}")

    @property
    def inner(self) -> str:
        """The uid of the folder in it."""
        return _folder(self.name, f"Folder {self.name}/Inner")

    @property
    def config(self) -> Path:
        """The settings."""
        path = self.folder / "watchfloor.yml"
        if not path.exists():
            self.configure()
        return path

    def configure(self, **grafana: Any) -> None:
        """Settings of the section grafana."""
        settings = {
            "stack": {"directory": str(self.folder / "stack"), "output": str(self.out)},
            "grafana": {"url": self.url, "owner": self.name, "attempts": 3, **grafana},
        }
        (self.folder / "watchfloor.yml").write_text(yaml.safe_dump(settings))

    def run(self, *arguments: str, **environment: str | None) -> Result:
        """A command in this process."""
        return CliRunner().invoke(
            cli, ["--config", str(self.config), *arguments], env={**self.environment, **environment}
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command in a process of its own."""
        argv = [sys.executable, "-m", "generator", "--config", str(self.config), *arguments]
        return subprocess.Popen(
            argv, cwd=ROOT, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def applied(self, *arguments: str) -> Result:
        """An apply that must succeed."""
        result = self.run("apply", *arguments)
        assert result.exit_code == 0, result.output
        return result

    def steps(self, *arguments: str) -> list[dict[str, Any]]:
        """What a plan says."""
        result = self.run("plan", "--json", *arguments)
        assert result.exit_code in (0, 1), result.output
        steps: list[dict[str, Any]] = json.loads(result.stdout)["steps"]
        assert result.exit_code == (1 if [one for one in steps if one["action"] != "left over"] else 0)
        return steps

    def ask(self, method: str, path: str, body: object = None, *, api: bool = True, **headers: str) -> Any:
        """A request as another person or program would make it; on alerting as the same provenance unless told."""
        extra = {} if api else {"X-Disable-Provenance": "true"}
        answer = requests.request(
            method, self.url + path, json=body, auth=self.admin, headers={**extra, **headers}, timeout=20
        )
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        """What is there."""
        return self.ask("GET", path)

    def save(self, board: Mapping[str, Any], folder: str = "") -> None:
        """Save a dashboard by hand."""
        self.ask("POST", "/api/dashboards/db", {"dashboard": board, "folderUid": folder, "overwrite": True})

    def faults(self, *faults: Mapping[str, Any]) -> None:
        """Let requests to the stand-in go wrong."""
        self.ask("POST", "/-/faults", list(faults))

    def writes(self) -> list[str]:
        """Changes that were asked for since the last call."""
        return [line for line in self.ask("GET", "/-/requests") if not line.startswith("GET")]

    def snapshot(self) -> dict[str, Any]:
        """Everything of ours, without numbers and versions, read with no code of the product."""
        name = self.name
        groups = [(self.parent, "watch/ers"), (self.inner, "more")]
        paths = [
            *(f"/api/folders/{folder}" for folder, _ in groups),
            *(f"/api/datasources/uid/{name}-{one}" for one in ("prom", "sql")),
            *(f"/api/dashboards/uid/{name}-{one}" for one in ("calls", "cost", "managed")),
            f"/api/library-elements/{name}-lib",
            *(f"/api/v1/provisioning/{one}" for one in ("templates", "mute-timings", "contact-points", "policies")),
            *(f"/api/v1/provisioning/folder/{folder}/rule-groups/{quote(group, safe='')}" for folder, group in groups),
        ]
        return {path: _steady(self.get(path)) for path in paths}


def _folder(owner: str, path: str) -> str:
    slug = f"{owner}-{path.lower().replace(' ', '-').replace('/', '-')}"
    return f"{slug[:31].rstrip('-')}-{hashlib.sha256(path.encode()).hexdigest()[:8]}"


def _steady(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key: _steady(one)
            for key, one in value.items()
            if key not in VOLATILE or (key == "id" and "gridPos" in value)
        }
    if isinstance(value, list):
        return [_steady(one) for one in value]
    return value


__all__ = ["TOKEN", "Rig"]
