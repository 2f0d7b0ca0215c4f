"""Docker's own programs: which Compose there is, whether an engine answers, and what containers run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioning.stack import StackError
from provisioning.stack.native import inherited

QUICK: Final = 30.0
LOG_LINES: Final = 12


@dataclass(frozen=True, slots=True)
class Container:
    """One container of the project, as the engine sees it. `health` is empty when there is no health check."""

    id: str
    service: str
    status: str
    health: str
    exit_code: int
    once: bool
    """Whether it is there for one task and ends."""

    @property
    def ready(self) -> bool:
        """Whether it does its work, or has done it."""
        return self.done or (self.status == "running" and self.health in ("healthy", ""))

    @property
    def done(self) -> bool:
        """Whether it has done its one task."""
        return self.once and self.status == "exited" and self.exit_code == 0

    @property
    def failed(self) -> bool:
        """Whether it will not become ready."""
        return (
            (self.status in ("exited", "dead") and not self.done)
            or (self.status == "restarting" and self.exit_code != 0)
            or self.health == "unhealthy"
        )


@dataclass(frozen=True, slots=True)
class Compose:
    """A Compose file, the program that reads it, and the variables that it uses."""

    words: tuple[str, ...]
    folder: Path
    project: str
    variables: Mapping[str, str]

    def run(self, *arguments: str, timeout: float, show: bool = False) -> str:
        """Run a command of Compose and return what it prints; `show` sends its words to standard error instead."""
        command = (*self.words, "--project-name", self.project, *arguments)
        return _run(command, {**inherited(), **self.variables}, timeout, self.folder, show=show)

    def call(self, *arguments: str) -> int:
        """Run a command of Compose that talks to the user itself and takes the time it needs; returns its exit code."""
        command = (*self.words, "--project-name", self.project, *arguments)
        environment = {**inherited(), **self.variables}
        return subprocess.run(
            command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, check=False
        ).returncode

    def containers(self) -> list[Container]:
        """Containers of the project's services, stopped ones included; not those that `run` has made."""
        labels = (f"label=com.docker.compose.{name}" for name in (f"project={self.project}", "oneoff=False"))
        filters = (word for label in labels for word in ("--filter", label))
        ids = _run(("docker", "ps", "--all", "--quiet", "--no-trunc", *filters), None, QUICK).split()
        if not ids:
            return []
        found = json.loads(_run(("docker", "inspect", *ids), None, QUICK))
        return sorted((_container(item) for item in found), key=lambda container: container.service)

    def volume(self, name: str) -> bool:
        """Whether a volume of the project is there."""
        labels = (f"label=com.docker.compose.{label}" for label in (f"project={self.project}", f"volume={name}"))
        filters = (word for label in labels for word in ("--filter", label))
        return bool(_run(("docker", "volume", "ls", "--quiet", *filters), None, QUICK).strip())

    def tail(self, container: Container) -> str:
        """Last lines of a container's log."""
        command = ("docker", "logs", "--tail", str(LOG_LINES), container.id)
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=QUICK)
        return "\n".join(f"  {line}" for line in (result.stdout + result.stderr).splitlines()[-LOG_LINES:])


def find() -> tuple[str, ...]:
    """The words that call Compose. Raises StackError when it is not there or no engine answers."""
    if not shutil.which("docker"):
        raise StackError(
            "docker is not installed; install Docker and its compose plugin, or leave out --runtime compose"
        )
    for words in (("docker", "compose"), ("docker-compose",)):
        if _works((*words, "version")):
            break
    else:
        raise StackError(
            "Docker Compose is not installed; install its plugin (docker compose), or leave out --runtime compose"
        )
    answer = subprocess.run(
        ("docker", "version", "--format", "{{.Server.Version}}"),
        capture_output=True,
        text=True,
        check=False,
        timeout=QUICK,
    )
    if answer.returncode != 0:
        reason = next(iter(answer.stderr.strip().splitlines()[-1:]), "no answer").rstrip(".?")
        raise StackError(f"the Docker engine does not answer ({reason}); start it, or leave out --runtime compose")
    return words


def _works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=QUICK).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run(
    command: Sequence[str],
    variables: Mapping[str, str] | None,
    timeout: float,
    folder: Path | None = None,
    *,
    show: bool = False,
) -> str:
    said = " ".join(word for word in command if not word.startswith(("-", "/")))[:60]
    sys.stderr.flush()
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            env=dict(os.environ if variables is None else variables),
            stdin=subprocess.DEVNULL,
            stdout=2 if show else subprocess.PIPE,
            stderr=None if show else subprocess.PIPE,
            text=True,
            check=False,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise StackError(f"{said} did not end within {timeout:g} s; look at docker ps and the engine's log") from None
    if result.returncode != 0:
        reason = "its words are above" if show else " ".join((result.stderr or "").split()[-60:])
        raise StackError(f"{said} failed with exit code {result.returncode}: {reason}")
    return result.stdout or ""


def _container(item: Mapping[str, object]) -> Container:
    state, config, host = item["State"], item["Config"], item["HostConfig"]
    assert isinstance(state, Mapping)
    assert isinstance(config, Mapping)
    assert isinstance(host, Mapping)
    return Container(
        id=str(item["Id"]),
        service=config["Labels"]["com.docker.compose.service"],
        status=state["Status"],
        health=(state.get("Health") or {}).get("Status", ""),
        exit_code=state["ExitCode"],
        once=host["RestartPolicy"]["Name"] in ("", "no"),
    )
