"""A Docker engine of the tests' own: private folders and socket, and no change to the machine's firewall or routes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

START: Final = 60.0
OPTIONS: Final = (
    "--iptables=false",
    "--ip6tables=false",
    "--ip-masq=false",
    "--ip-forward=false",
    "--bridge=none",
    "--host-gateway-ip=127.0.0.1",
    "--group=root",
)


class EngineError(Exception):
    """No engine can be started here; the message says why."""


@dataclass(frozen=True)
class Engine:
    """A running engine."""

    environment: Mapping[str, str]

    def docker(self, *arguments: str, timeout: float = 120, check: bool = True) -> str:
        """Run a command of the command line."""
        result = subprocess.run(
            ["docker", *arguments],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert result.returncode == 0 or not check, f"docker {' '.join(arguments[:2])}: {result.stderr}"
        return result.stdout + (result.stderr if arguments[0] == "logs" else "")


@contextlib.contextmanager
def start(config: Path) -> Iterator[Engine]:
    """An engine that ends with the context."""
    missing = [name for name in ("dockerd", "containerd", "runc", "docker") if not shutil.which(name)]
    if missing:
        raise EngineError(f"{', '.join(missing)} not installed; run tests/compose/setup.sh as root")
    if os.geteuid() != 0:
        raise EngineError("an engine of the tests' own needs root")
    # /var/tmp is on a disk where /tmp may be in memory; the socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="wf-docker-", dir="/var/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        host = f"unix://{folder}/docker.sock"
        environment = {**os.environ, "DOCKER_HOST": host, "DOCKER_CONFIG": str(config)}
        paths = (
            f"--data-root={folder}/data",
            f"--exec-root={folder}/exec",
            f"--pidfile={folder}/pid",
            f"--host={host}",
        )
        with (folder / "log").open("wb") as log:
            daemon = subprocess.Popen(["dockerd", *paths, *OPTIONS], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            try:
                _wait(daemon, environment, folder / "log")
                yield Engine(environment)
            finally:
                _stop(daemon)
                _unmount(folder)


def _wait(daemon: subprocess.Popen[bytes], environment: Mapping[str, str], log: Path) -> None:
    deadline = time.monotonic() + START
    while True:
        answer = subprocess.run(["docker", "info"], env=dict(environment), capture_output=True, timeout=30, check=False)
        if answer.returncode == 0:
            return
        if daemon.poll() is not None or time.monotonic() > deadline:
            lines = [
                line for line in log.read_text(errors="replace").splitlines() if "level=error" in line or "fail" in line
            ]
            how = "does not answer" if daemon.poll() is None else f"ended with exit code {daemon.returncode}"
            raise EngineError(f"dockerd {how}: {'; '.join(lines[-3:]) or 'see its log'}")
        time.sleep(0.1)


def _stop(daemon: subprocess.Popen[bytes]) -> None:
    daemon.send_signal(signal.SIGTERM)
    try:
        daemon.wait(timeout=30)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _unmount(folder: Path) -> None:
    """Release what the engine left mounted, or its folder cannot be deleted."""
    places = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in reversed([place for place in places if place.startswith(f"{folder}/")]):
        subprocess.run(["umount", "--lazy", place], check=False, timeout=30)
