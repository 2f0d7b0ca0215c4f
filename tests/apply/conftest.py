"""One stand-in for all tests of a module; a real Grafana takes its place when WATCHFLOOR_TEST_GRAFANA_URL names one."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import requests

from generator.apply import fingerprint
from tests.apply import files
from tests.apply.rig import TOKEN, Rig
from tests.processes import ROOT

REAL = os.environ.get("WATCHFLOOR_TEST_GRAFANA_URL", "")
"""Address of a Grafana for tests alone, with user and password in it: its notification policies are replaced."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digests of secrets are slow on purpose; here they need not be."""
    monkeypatch.setattr(fingerprint, "COST", 2)


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """A stand-in in a process of its own, by its address."""
    command = [sys.executable, "-m", "tests.grafana_api.server", "--attached", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.fixture(scope="module")
def standin() -> Iterator[str]:
    """The address of a running stand-in."""
    with served() as url:
        yield url


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """Variables of a command: none of the person who runs the tests."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    secret = files.SECRET
    return {
        **kept, "HOME": str(tmp_path), "WF_ADDRESS": "127.0.0.1:5432", "WF_PASSWORD": secret, "WF_SLACK": f"https://hooks.example.com/{secret}",
        **more,
    }  # fmt: skip


@contextmanager
def grafana(standin: str, folder: Path) -> Iterator[Rig]:
    """A real Grafana, if one is named, else an empty stand-in; with files of every kind, nothing applied, cleaned up after."""
    if not REAL:
        requests.get(f"{standin}/-/reset", timeout=20)
        made = Rig(standin, "wf", folder, environment(folder, GRAFANA_TOKEN=TOKEN), real=False)
        made.write(files.everything(made.name))
        yield made
        return
    parts = urlsplit(REAL)
    user, password = unquote(parts.username or "admin"), unquote(parts.password or "admin")
    url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    name = f"wf{secrets.token_hex(3)}"
    made = Rig(url, name, folder, environment(folder, GRAFANA_USER=user, GRAFANA_PASSWORD=password), real=True)
    made.write(files.everything(name))
    yield made
    made.write({})
    made.run("apply", "--prune")


@pytest.fixture
def rig(standin: str, tmp_path: Path) -> Rig:
    """A stand-in, for what only a stand-in can be made to do."""
    requests.get(f"{standin}/-/reset", timeout=20)
    made = Rig(standin, "wf", tmp_path, environment(tmp_path, GRAFANA_TOKEN=TOKEN), real=False)
    made.write(files.everything(made.name))
    return made


@pytest.fixture
def either(standin: str, tmp_path: Path) -> Iterator[Rig]:
    """A real Grafana or the stand-in."""
    with grafana(standin, tmp_path) as made:
        yield made
