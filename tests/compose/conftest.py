"""What the tests of Compose share: the programs that read Compose files, an engine of their own, and stand-in images."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.compose import images
from tests.compose.engine import Engine, EngineError, start

ROOT: Final = Path(__file__).resolve().parents[2]
PLUGIN: Final = ROOT / ".stack" / "packages" / "compose"
NOWHERE: Final = "unix:///nonexistent/docker.sock"


@dataclass(frozen=True)
class Reader:
    """A Compose program that reads the project's file without any engine."""

    words: tuple[str, ...]

    def read(self, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """What it makes of the file."""
        clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        environment = {**clean, "DOCKER_HOST": NOWHERE, "DOCKER_CONFIG": str(PLUGIN), **variables}
        command = [*self.words, *options, "config"]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def services(self, *options: str, **variables: str) -> Mapping[str, Any]:
        """The services as they would run."""
        result = self.read(*options, **variables)
        assert result.returncode == 0, result.stderr
        services: Mapping[str, Any] = yaml.safe_load(result.stdout)["services"]
        return services


@pytest.fixture(scope="session", params=["docker compose", "docker-compose"])
def reader(request: pytest.FixtureRequest) -> Reader:
    """Compose 2 and Debian 12's Compose 1.29."""
    words = tuple(str(request.param).split())
    there = shutil.which(words[0]) and (len(words) == 1 or (PLUGIN / "cli-plugins/docker-compose").exists())
    if not there:
        pytest.skip(f"{request.param} is not here; run tests/compose/setup.sh as root")
    return Reader(words)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A Docker engine of the tests' own."""
    try:
        with start(PLUGIN) as engine:
            yield engine
    except EngineError as error:
        pytest.skip(f"no Docker engine can be started here: {error}")


@pytest.fixture(scope="session")
def image_names(engine: Engine) -> dict[str, str]:
    """Image names by variable: from the environment where they are given, else stand-ins built here."""
    wanted = images.VARIABLES
    given = {name: os.environ[name] for name in wanted if os.environ.get(name)}
    return {**images.build(engine, [name for name in wanted if name not in given]), **given}
